//! Values that have the shape of a type.

use crate::Object;
use crate::ids::Ids;
use claude_admin_catalog::{Field, Kind, Type, Types};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Makes values fit types. Fields that a type does not know are removed, and required fields that are missing are
/// generated.
pub(crate) struct Shaper<'s> {
    pub(crate) types: &'s Types,
    pub(crate) ids: &'s mut Ids,
    pub(crate) now: Timestamp,
}

impl Shaper<'_> {
    /// The fields of a record, taken from an object.
    pub(crate) fn record(&mut self, fields: &[Field], from: &Object) -> Object {
        let mut shaped: Object = fields
            .iter()
            .filter(|field| !field.rest)
            .map(|field| (field.wire.clone(), self.field(field, from.get(&field.wire))))
            .collect();
        if fields.iter().any(|field| field.rest) {
            for (name, value) in from {
                if !shaped.contains_key(name) {
                    shaped.insert(name.clone(), value.clone());
                }
            }
        }
        shaped
    }

    /// An object that is made to fit a type: a record, or one of several that a tag distinguishes.
    pub(crate) fn object(&mut self, ty: &Type, from: &Object) -> Object {
        let types = self.types;
        match types.kind(ty) {
            Some(Kind::Record(fields)) => self.record(fields, from),
            Some(Kind::Variant { .. }) if let Some(union) = types.union(ty) => {
                let word = from.get(union.tag).and_then(Value::as_str);
                let known = union.known().find(|case| Some(case.wire.as_str()) == word);
                let payload = known.and_then(|case| case.payload.as_ref()).and_then(|payload| types.record(payload));
                match (known, payload) {
                    // A value that is newer than the types is unchanged.
                    (None, _) if word.is_some() => from.clone(),
                    (None, _) => match self.blank(ty) {
                        Value::Object(blank) => blank,
                        _ => Object::new(),
                    },
                    (Some(case), payload) => {
                        let mut object = Object::from_iter([(union.tag.to_owned(), case.wire.as_str().into())]);
                        if let Some(fields) = payload {
                            for (name, value) in self.record(fields, from) {
                                object.entry(name).or_insert(value);
                            }
                        }
                        object
                    }
                }
            }
            _ => from.clone(),
        }
    }

    fn field(&mut self, field: &Field, given: Option<&Value>) -> Value {
        if let Some(word) = &field.constant {
            return word.as_str().into();
        }
        match given {
            Some(value) if !value.is_null() => self.value(&field.ty, value),
            _ if self.types.optional(&field.ty).is_some() && !field.promised => Value::Null,
            _ => match &field.default {
                Some(default) => serde_json::from_str(default).unwrap_or_else(|_| default.as_str().into()),
                None => self.blank(self.types.optional(&field.ty).unwrap_or(&field.ty)),
            },
        }
    }

    /// A value that is made to fit a type.
    pub(crate) fn value(&mut self, ty: &Type, given: &Value) -> Value {
        let types = self.types;
        if let Some(inner) = types.optional(ty) {
            return if given.is_null() { Value::Null } else { self.value(inner, given) };
        }
        if let Some(inner) = types.word_or_value(ty).filter(|_| !given.is_string()) {
            return self.value(inner, given);
        }
        match (types.kind(ty), types.underlying(ty), given) {
            (Some(_), _, Value::Object(from)) => self.object(ty, from).into(),
            (None, Type::List(item), Value::Array(items)) => {
                items.iter().map(|given| self.value(item, given)).collect::<Vec<_>>().into()
            }
            _ => given.clone(),
        }
    }

    /// A value of an unknown type.
    pub(crate) fn blank(&mut self, ty: &Type) -> Value {
        let types = self.types;
        match types.format(ty) {
            Some("timestamp") => return self.now.to_string().into(),
            Some("color") => return self.ids.color().into(),
            Some("email") => return "somebody@example.com".into(),
            Some("date") => return self.now.strftime("%F").to_string().into(),
            Some("uuid") => return self.ids.uuid().into(),
            Some("url") => return "https://example.com/".into(),
            Some("slug") => return "name".into(),
            Some("cents" | "whole-cents") => return "0".into(),
            Some("json") => return json!({}),
            _ => {}
        }
        if let Some(prefix) = types.prefix(ty) {
            return self.ids.next(prefix).into();
        }
        if types.map_value(ty).is_some() {
            return json!({});
        }
        match (types.kind(ty), types.underlying(ty)) {
            (Some(Kind::Record(fields)), _) => self.record(fields, &Object::new()).into(),
            (Some(Kind::Variant { .. }), _) if let Some(union) = types.union(ty) => {
                let case = union.known().next();
                let payload = case.and_then(|case| case.payload.as_ref()).map(|payload| self.blank(payload));
                let mut object = Object::from_iter([(union.tag.to_owned(), case.map(|case| case.wire.clone()).into())]);
                if let Some(Value::Object(fields)) = payload {
                    object.extend(fields);
                }
                object.into()
            }
            (Some(_), _) => types.words(ty).and_then(|words| words.first().copied()).into(),
            (None, Type::Bool) => false.into(),
            (None, Type::String) => "".into(),
            (None, Type::Char) => " ".into(),
            (None, Type::List(_)) => json!([]),
            (None, Type::Option(_)) => Value::Null,
            (None, Type::Tuple(items)) => items.iter().map(|item| self.blank(item)).collect::<Vec<_>>().into(),
            (None, _) => 0.into(),
        }
    }
}

/// The fields that every value of a type has: those of a record, or those that every case with fields shares.
pub(crate) fn fields<'t>(ty: &'t Type, types: &'t Types) -> Vec<&'t Field> {
    let Some(union) = types.union(ty) else { return types.record(ty).unwrap_or_default().iter().collect() };
    let mut payloads = union.known().filter_map(|case| types.record(case.payload.as_ref()?));
    let first: Vec<&Field> = payloads.next().unwrap_or_default().iter().collect();
    payloads.fold(first, |common, fields| {
        common.into_iter().filter(|field| fields.iter().any(|other| other.wire == field.wire)).collect()
    })
}

/// Applies changes to an object. Maps and records are changed entry by entry.
///
/// Null removes a value that is optional, and does not change a value that is required.
pub(crate) fn merge(object: &mut Object, changes: Object, item: Option<&Type>, types: &Types) {
    let fields = item.and_then(|ty| types.record(ty)).unwrap_or_default();
    for (name, change) in changes {
        let field = fields.iter().find(|field| field.wire == name);
        let ty = field.map(|field| &field.ty);
        let must_be_there = |field: &Field| field.promised || types.optional(&field.ty).is_none();
        match (change, object.get_mut(&name)) {
            (Value::Null, _) if field.is_some_and(must_be_there) => {}
            (Value::Object(change), Some(Value::Object(current)))
                if ty.and_then(|ty| types.map_value(ty)).is_some() =>
            {
                for (key, value) in change {
                    if value.is_null() {
                        current.shift_remove(&key);
                    } else {
                        current.insert(key, value);
                    }
                }
            }
            (Value::Object(change), Some(Value::Object(current))) if ty.and_then(|ty| types.record(ty)).is_some() => {
                merge(current, change, ty, types);
            }
            (change, _) => {
                object.insert(name, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::{Catalog, PackageText};

    const TEXT: &str = r#"
        package test:pets@0.1.0;
        /// Shared types.
        interface types {
            /// Why an action failed.
            variant error {
                /// For any reason.
                other(string),
            }
            /// Anything.
            type json = string;
        }
        /// Pets.
        interface pets {
            use types.{error, json};
            /// A dog.
            record dog {
                /// What it is called.
                name: string,
                /// Who feeds it.
                keeper: option<string>,
            }
            /// An animal.
            ///
            /// @tag type
            variant animal {
                /// A dog.
                dog(dog),
                /// A fish.
                fish,
                /// Newer.
                other(json),
            }
            /// A pet.
            record pet {
                /// Identifies it.
                id: string,
                /// What it is.
                animal: animal,
                /// Everything else.
                ///
                /// @rest
                more: json,
            }
            /// Show a pet.
            ///
            /// @http GET /v1/pets/{id}
            /// @param id The pet.
            /// @example pets get pet_1
            get: func(id: string) -> result<pet, error>;
        }
        "#;

    fn shaped(pet: Value) -> Value {
        let catalog = Catalog::from_text(&PackageText::from_files([("pets.wit", TEXT)])).unwrap();
        let ty = catalog.actions[0].result.clone().unwrap();
        let mut ids = Ids::new(1);
        let value = Shaper { types: &catalog.types, ids: &mut ids, now: Timestamp::UNIX_EPOCH }.value(&ty, &pet);
        assert_eq!(catalog.types.check_json(&ty, &value), Ok(()), "{value}");
        value
    }

    #[test]
    fn one_of_several_gets_the_fields_of_its_case() {
        let animal = |given: Value| shaped(json!({ "id": "p", "animal": given }))["animal"].clone();
        assert_eq!(
            animal(json!({ "type": "dog", "name": "Rex", "colour": "red" })),
            json!({ "type": "dog", "name": "Rex", "keeper": null })
        );
        assert_eq!(animal(json!({ "type": "fish", "name": "Wanda" })), json!({ "type": "fish" }));
        assert_eq!(animal(Value::Null), json!({ "type": "dog", "name": "", "keeper": null }));
    }

    #[test]
    fn undeclared_fields_are_stored_in_the_rest() {
        let pet = shaped(json!({ "id": "p", "animal": { "type": "fish" }, "tail": 1, "legs": { "count": 4 } }));
        assert_eq!(pet, json!({ "id": "p", "animal": { "type": "fish" }, "tail": 1, "legs": { "count": 4 } }));
    }
}
