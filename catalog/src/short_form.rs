//! The short form of a union: `user:user_01` instead of a JSON object.

use crate::{Case, Field, Type, Types, Union, describe};

/// The way in which people write a case of a union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortForm<'t> {
    /// As the name of the case: no value is required.
    Word,
    /// As the name of the case, a colon, and the value of the one field that is needed.
    WordAndField(&'t Field),
    /// As JSON only.
    Json,
}

impl Types {
    /// The way in which people write a case of a tagged union.
    ///
    /// A case with one required field is written with the value of that field. A case whose only field is optional is
    /// written in the same way, or without a value.
    #[must_use]
    pub fn short_form<'t>(&'t self, case: &'t Case) -> ShortForm<'t> {
        let Some(payload) = &case.payload else { return ShortForm::Word };
        let Some(fields) = self.record(payload) else { return ShortForm::Json };
        let mut open = fields.iter().filter(|field| field.constant.is_none());
        let mut required = fields.iter().filter(|field| field.constant.is_none() && self.must_be_given(&field.ty));
        match (required.next(), required.next(), open.next(), open.next()) {
            (Some(field), None, _, _) | (None, _, Some(field), None) => ShortForm::WordAndField(field),
            (None, _, _, _) => ShortForm::Word,
            _ => ShortForm::Json,
        }
    }

    /// Whether a case can be written as its name only.
    #[must_use]
    pub fn may_stand_alone(&self, case: &Case) -> bool {
        let fields = case.payload.as_ref().map(|payload| self.record(payload));
        match fields {
            None => true,
            Some(fields) => fields.is_some_and(|fields| {
                fields.iter().all(|field| field.constant.is_some() || !self.must_be_given(&field.ty))
            }),
        }
    }

    fn must_be_given(&self, ty: &Type) -> bool {
        self.optional(ty).is_none() && self.list_item(ty).is_none()
    }

    /// Describes how the cases of a union are written: `user:USER-ID`, `organization` or a JSON object.
    pub(crate) fn describe_union(&self, union: Union<'_>) -> String {
        let forms: Vec<String> = union
            .known()
            .filter_map(|case| match self.short_form(case) {
                ShortForm::Word => Some(case.wire.clone()),
                ShortForm::WordAndField(field) => Some(format!("{}:{}", case.wire, field.name.to_uppercase())),
                ShortForm::Json => None,
            })
            .collect();
        if forms.is_empty() {
            "a JSON object".to_owned()
        } else {
            format!("one of {}, or a JSON object", forms.join(", "))
        }
    }

    /// Describes how a record that is written as one value looks: `NAME=CONTENT`.
    pub(crate) fn describe_compact(&self, fields: &[Field]) -> String {
        match fields {
            [first, second] => format!("{}={}", first.name.to_uppercase(), describe(self, &second.ty)),
            _ => "a JSON object".to_owned(),
        }
    }
}
