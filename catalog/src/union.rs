//! The cases of variants in JSON: a word or a value, or objects with a tag.

use crate::{Case, Field, Kind, Type, Types, VariantForm};
use serde_json::Value;

/// A union: objects with a field that names their case (`@tag`).
#[derive(Debug, Clone, Copy)]
pub struct Union<'t> {
    /// The JSON name of the field.
    pub tag: &'t str,
    cases: &'t [Case],
}

impl<'t> Union<'t> {
    /// The cases of the package, without `other` for objects that are newer.
    pub fn known(self) -> impl Iterator<Item = &'t Case> {
        self.cases.iter().filter(|case| case.name != "other")
    }

    /// The known case that an object names.
    #[must_use]
    pub fn case_of(self, value: &Value) -> Option<&'t Case> {
        let word = value.get(self.tag)?.as_str()?;
        self.known().find(|case| case.wire == word)
    }
}

impl Types {
    /// A union, after aliases.
    #[must_use]
    pub fn union<'t>(&'t self, ty: &'t Type) -> Option<Union<'t>> {
        match self.kind(ty)? {
            Kind::Variant { cases, form: VariantForm::Tagged(tag) } => Some(Union { tag, cases }),
            _ => None,
        }
    }

    /// The type of the values of a variant that is a word or a value, after aliases.
    #[must_use]
    pub fn word_or_value<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.kind(ty)? {
            Kind::Variant { cases, form: VariantForm::WordOrValue } => {
                cases.iter().find_map(|case| case.payload.as_ref())
            }
            _ => None,
        }
    }

    /// The fields of a value: of its record, or of its case of a union.
    #[must_use]
    pub fn fields_of<'t>(&'t self, ty: &'t Type, value: &Value) -> Option<&'t [Field]> {
        match self.union(ty) {
            Some(union) => self.record(union.case_of(value)?.payload.as_ref()?),
            None => self.record(ty),
        }
    }
}
