//! The parameters of an action as a person writes them.
//!
//! A parameter that is a record is split: each field is a separate input. The same inputs are the flags of a command,
//! the keys of a JSON request and the arguments that a policy sees.

use crate::{Bounds, Param, Place, Type, Types, Unit};
use serde::{Deserialize, Serialize};

/// Whether an input must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It can be omitted.
    Optional,
    /// It can be omitted, and it can be null, which removes a value.
    Nullable,
    /// It must be given, and it can be null.
    RequiredOrNull,
}

/// One input of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The name in kebab case: the flag without its dashes.
    pub name: String,
    /// The type of a value that is given, without options.
    pub ty: Type,
    /// Whether it must be given.
    pub presence: Presence,
    /// The part of the request that contains it.
    pub place: Place,
    /// The parameter it belongs to, by its WIT name.
    pub param: String,
    /// Wire names of the fields that lead to it inside the parameter; empty when it is the parameter itself.
    pub fields: Vec<String>,
    /// Its description.
    pub docs: String,
    /// Bounds.
    pub range: Option<Bounds>,
    /// The meaning of the number (`@unit`).
    pub unit: Option<Unit>,
    /// The value that the server assumes if it is not sent.
    pub default: Option<String>,
    /// Whether it is a secret.
    pub sensitive: bool,
    /// Whether an empty item of the list is sent (`@empty`).
    pub takes_empty: bool,
}

impl Input {
    /// Splits the parameters of a function into inputs.
    pub(crate) fn of_params(params: &[Param], types: &Types) -> Vec<Self> {
        let mut inputs = Vec::new();
        for param in params {
            let (ty, mut presence) = presence(&param.ty, param.range, types);
            if param.null_when_none {
                presence = Presence::RequiredOrNull;
            }
            let input = Self {
                name: param.name.clone(),
                ty: ty.clone(),
                presence,
                place: param.place,
                param: param.name.clone(),
                fields: Vec::new(),
                docs: param.docs.clone(),
                range: param.range,
                unit: param.unit.clone(),
                default: param.default.clone(),
                sensitive: param.sensitive,
                takes_empty: param.takes_empty,
            };
            input.flatten(types, &mut inputs);
        }
        // Two records can have fields with the same name. Then the names of both inputs begin with the name of their
        // parameter.
        let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
        for input in &mut inputs {
            if !input.fields.is_empty() && names.iter().filter(|name| **name == input.name).count() > 1 {
                input.name = format!("{}-{}", input.param, input.name);
            }
        }
        inputs
    }

    fn flatten(self, types: &Types, inputs: &mut Vec<Self>) {
        let Some(fields) = types.open_record(&self.ty) else {
            inputs.push(self);
            return;
        };
        if self.is_nullable() {
            // The record as a whole is also an input: this is the only way to set it to null.
            inputs.push(self.clone());
        }
        for field in fields.iter().filter(|field| field.constant.is_none()) {
            let (ty, presence) = presence(&field.ty, field.range, types);
            // A field is required only if all records around it are required.
            let presence = match (self.presence, presence) {
                (Presence::Required, presence) => presence,
                (_, Presence::Required) => Presence::Optional,
                (_, presence) => presence,
            };
            let mut path = self.fields.clone();
            path.push(field.wire.clone());
            let input = Self {
                name: field.name.clone(),
                ty: ty.clone(),
                presence,
                place: self.place,
                param: self.param.clone(),
                fields: path,
                docs: field.docs.clone(),
                range: field.range,
                unit: field.unit.clone(),
                default: field.default.clone(),
                sensitive: self.sensitive || field.sensitive,
                takes_empty: false,
            };
            input.flatten(types, inputs);
        }
    }

    /// Whether it must be given, possibly as null.
    #[must_use]
    pub fn is_required(&self) -> bool {
        matches!(self.presence, Presence::Required | Presence::RequiredOrNull)
    }

    /// Whether it can be null.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        matches!(self.presence, Presence::Nullable | Presence::RequiredOrNull)
    }

    /// Whether several values can be given.
    #[must_use]
    pub fn repeats(&self, types: &Types) -> bool {
        types.list_item(&self.ty).is_some()
    }
}

fn presence<'t>(ty: &'t Type, range: Option<Bounds>, types: &'t Types) -> (&'t Type, Presence) {
    if let Some(inner) = types.optional(ty) {
        return match types.optional(inner) {
            Some(innermost) => (innermost, Presence::Nullable),
            None => (inner, Presence::Optional),
        };
    }
    // An empty list is not sent, so a list is required only if it must contain an item.
    let may_be_empty = types.list_item(ty).is_some() && range.is_none_or(|range| range.min < 1);
    (ty, if may_be_empty { Presence::Optional } else { Presence::Required })
}
