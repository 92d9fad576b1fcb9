//! The types of a package, with what their annotations add.

use crate::Unit;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Refers to a [`TypeDef`] in [`Types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeId(pub(crate) usize);

/// A WIT type, limited to the types of plain values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of WIT")]
pub enum Type {
    Bool,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    F32,
    F64,
    Char,
    String,
    List(Box<Type>),
    Option(Box<Type>),
    Tuple(Vec<Type>),
    Named(TypeId),
}

/// A named type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDef {
    /// The interface that declares it.
    pub interface: String,
    /// The WIT name.
    pub name: String,
    /// The prose of its docs.
    pub docs: String,
    /// The prefixes of identifiers of this type (`@prefix`), the usual one first.
    pub prefixes: Vec<String>,
    /// Whether people write a record as one value (`@compact`).
    pub compact: bool,
    /// Its definition.
    pub kind: Kind,
}

/// The definition of a named type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Another name of a type. The name itself is the format (`timestamp`, `email`, `json`).
    Alias(Type),
    /// Fields.
    Record(Vec<Field>),
    /// A closed set of values.
    Enum(Vec<Case>),
    /// One of several cases.
    Variant {
        /// The cases.
        cases: Vec<Case>,
        /// The way to distinguish the cases on the wire.
        form: VariantForm,
    },
}

/// The way to distinguish the cases of a variant in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariantForm {
    /// Words, and `other` for words that are newer than the package.
    OpenWords,
    /// Objects with this field, and `other` for objects that are newer than the package (`@tag`).
    Tagged(String),
    /// Words, or one case with a value of another JSON kind.
    WordOrValue,
    /// The cases cannot be distinguished: the type is never sent as JSON.
    NotJson,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The WIT name.
    pub name: String,
    /// The JSON name.
    pub wire: String,
    /// The type.
    pub ty: Type,
    /// The prose of its docs.
    pub docs: String,
    /// Bounds (`@range`).
    pub range: Option<Bounds>,
    /// The meaning of the number (`@unit`).
    pub unit: Option<Unit>,
    /// The value that the server assumes if it is not sent (`@default`).
    pub default: Option<String>,
    /// Whether it contains a secret (`@sensitive`).
    pub sensitive: bool,
    /// Whether it contains text or files that people wrote (`@content`).
    pub content: bool,
    /// Whether it names the person who wrote the content (`@owner`).
    pub owner: bool,
    /// Whether the API documents that the field is always there. A response without it is still read.
    pub promised: bool,
    /// The value that it always has (`@const`).
    pub constant: Option<String>,
    /// Whether `none` is sent as null (`@null`).
    pub null_when_none: bool,
    /// Whether it contains every field that has no other declaration (`@rest`).
    pub rest: bool,
    /// Whether it is a number that must not be added, such as the number of different people (`@level`).
    #[serde(default)]
    pub level: bool,
}

/// A case of an enum or variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The WIT name.
    pub name: String,
    /// The JSON spelling.
    pub wire: String,
    /// The prose of its docs.
    pub docs: String,
    /// The payload.
    pub payload: Option<Type>,
}

/// Inclusive bounds: of a number, of the characters of a text, of the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The minimum.
    pub min: i64,
    /// The maximum; `None` for no limit.
    pub max: Option<i64>,
    /// A value between them that is not allowed.
    pub except: Option<i64>,
}

impl Bounds {
    /// Whether a value is within the bounds.
    #[must_use]
    pub fn allow(&self, value: i64) -> bool {
        value >= self.min && self.max.is_none_or(|max| value <= max) && self.except != Some(value)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{}..{max}", self.min)?,
            None => write!(f, "{}..", self.min)?,
        }
        self.except.map_or(Ok(()), |except| write!(f, " except {except}"))
    }
}

/// The named types of a package.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Types {
    pub(crate) defs: Vec<TypeDef>,
}

impl Types {
    /// The definition of a named type.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &TypeDef {
        &self.defs[id.0]
    }

    /// Every named type, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &TypeDef)> {
        self.defs.iter().enumerate().map(|(index, def)| (TypeId(index), def))
    }

    /// Finds a named type.
    #[must_use]
    pub fn find(&self, interface: &str, name: &str) -> Option<&TypeDef> {
        self.defs.iter().find(|def| def.interface == interface && def.name == name)
    }

    /// Follows aliases to a type that is not one.
    #[must_use]
    pub fn underlying<'t>(&'t self, ty: &'t Type) -> &'t Type {
        match ty {
            Type::Named(id) => match &self.get(*id).kind {
                Kind::Alias(target) => self.underlying(target),
                _ => ty,
            },
            _ => ty,
        }
    }

    /// The name of the alias of a type, such as `timestamp`: the format of a text.
    #[must_use]
    pub fn format(&self, ty: &Type) -> Option<&str> {
        match ty {
            Type::Named(id) => {
                let def = self.get(*id);
                matches!(def.kind, Kind::Alias(_)).then_some(def.name.as_str())
            }
            _ => None,
        }
    }

    /// The prefix of identifiers of this type, after aliases.
    #[must_use]
    pub fn prefix(&self, ty: &Type) -> Option<&str> {
        self.prefixes(ty).first().map(String::as_str)
    }

    /// Every prefix of identifiers of this type, the usual one first, after aliases.
    #[must_use]
    pub fn prefixes(&self, ty: &Type) -> &[String] {
        let Type::Named(id) = ty else { return &[] };
        let def = self.get(*id);
        match &def.kind {
            Kind::Alias(target) if def.prefixes.is_empty() => self.prefixes(target),
            _ => &def.prefixes,
        }
    }

    /// The named kind of a type, after aliases.
    #[must_use]
    pub fn kind<'t>(&'t self, ty: &'t Type) -> Option<&'t Kind> {
        match self.underlying(ty) {
            Type::Named(id) => Some(&self.get(*id).kind),
            _ => None,
        }
    }

    /// The fields of a record, after aliases.
    #[must_use]
    pub fn record<'t>(&'t self, ty: &'t Type) -> Option<&'t [Field]> {
        match self.kind(ty)? {
            Kind::Record(fields) => Some(fields),
            _ => None,
        }
    }

    /// The fields of a record that people write field by field: of every record that is not `@compact`.
    #[must_use]
    pub fn open_record<'t>(&'t self, ty: &'t Type) -> Option<&'t [Field]> {
        self.record(ty).filter(|_| !self.is_compact(ty))
    }

    /// Whether a type is a record that people write as one value.
    #[must_use]
    pub fn is_compact(&self, ty: &Type) -> bool {
        matches!(self.underlying(ty), Type::Named(id) if self.get(*id).compact)
    }

    /// The items of a list, after aliases.
    #[must_use]
    pub fn list_item<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.underlying(ty) {
            Type::List(item) => Some(item),
            _ => None,
        }
    }

    /// The type inside an option, after aliases.
    #[must_use]
    pub fn optional<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.underlying(ty) {
            Type::Option(inner) => Some(inner),
            _ => None,
        }
    }

    /// The value type of a map with text keys, which WIT writes as `list<tuple<string, T>>`.
    #[must_use]
    pub fn map_value<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.underlying(self.list_item(ty)?) {
            Type::Tuple(pair) => match pair.as_slice() {
                [key, value] if *self.underlying(key) == Type::String => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a value of this type has a field, at any depth, that meets the condition. No type contains itself.
    #[must_use]
    pub fn any_field(&self, ty: &Type, holds: &dyn Fn(&Field) -> bool) -> bool {
        match self.underlying(ty) {
            Type::List(inner) | Type::Option(inner) => self.any_field(inner, holds),
            Type::Tuple(items) => items.iter().any(|item| self.any_field(item, holds)),
            Type::Named(id) => match &self.get(*id).kind {
                Kind::Record(fields) => fields.iter().any(|field| holds(field) || self.any_field(&field.ty, holds)),
                Kind::Variant { cases, .. } => {
                    cases.iter().filter_map(|case| case.payload.as_ref()).any(|ty| self.any_field(ty, holds))
                }
                Kind::Alias(_) | Kind::Enum(_) => false,
            },
            _ => false,
        }
    }

    /// The values that can be written for an enum or an open variant, as on the wire.
    #[must_use]
    pub fn words<'t>(&'t self, ty: &'t Type) -> Option<Vec<&'t str>> {
        match self.kind(ty)? {
            Kind::Enum(cases) => Some(cases.iter().map(|case| case.wire.as_str()).collect()),
            Kind::Variant { cases, form: VariantForm::OpenWords | VariantForm::WordOrValue } => {
                Some(cases.iter().filter(|case| case.payload.is_none()).map(|case| case.wire.as_str()).collect())
            }
            _ => None,
        }
    }
}
