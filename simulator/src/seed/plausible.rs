//! Realistic values for objects that no family defines.

use super::Seeder;
use crate::Object;
use crate::rules::{Members, text};
use claude_admin_catalog::{Field, Kind, Type, Types, VariantForm};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The names of objects.
const NAMES: [&str; 6] =
    ["Quarterly review", "Onboarding guide", "Incident summary", "Customer research", "Release notes", "Budget draft"];

impl<'c> Seeder<'c> {
    /// An item of a type: the one at this position in its list, counted from the newest.
    pub(super) fn plausible(&mut self, ty: &Type, given: &Object, index: usize) -> Object {
        let types = self.types();
        let mut item = match types.union(ty) {
            None => self.plausible_record(types.record(ty).unwrap_or_default(), given, index),
            Some(union) => {
                let known = union.known().next();
                let payload = known.and_then(|case| types.record(case.payload.as_ref()?)).unwrap_or_default();
                let mut object =
                    Object::from_iter([(union.tag.to_owned(), known.map(|case| case.wire.as_str()).into())]);
                object.extend(self.plausible_record(payload, given, index));
                object
            }
        };
        // The time of a change is after the time of the creation.
        if let (Some(created), true) = (item.get("created_at").cloned(), item.contains_key("updated_at")) {
            let later = text(&item, "created_at").parse::<Timestamp>().ok();
            let later = later.and_then(|at| at.checked_add(SignedDuration::from_mins(95)).ok());
            item.insert("updated_at".to_owned(), later.map_or(created, |at| at.to_string().into()));
        }
        item
    }

    fn plausible_record(&mut self, fields: &[Field], given: &Object, index: usize) -> Object {
        let mut record = Object::new();
        for field in fields.iter().filter(|field| !field.rest) {
            let value = match (&field.constant, given.get(&field.wire)) {
                (Some(word), _) => word.as_str().into(),
                (None, Some(value)) => value.clone(),
                (None, None) => self.plausible_value(&field.ty, &field.wire, given, index),
            };
            record.insert(field.wire.clone(), value);
        }
        record
    }

    fn plausible_value(&mut self, ty: &Type, name: &str, given: &Object, index: usize) -> Value {
        let types = self.types();
        if let Some(inner) = types.optional(ty) {
            // An optional field has a value if a user would expect a text in it.
            let is_told = ["name", "title", "email", "description"].iter().any(|part| name.contains(part));
            return if is_told { self.plausible_value(inner, name, given, index) } else { Value::Null };
        }
        let days = i64::try_from(index).unwrap_or(0) * 37 + 11;
        match types.format(ty) {
            Some("timestamp") => return self.days_ago(days).to_string().into(),
            Some("date") => return self.days_ago(days).strftime("%F").to_string().into(),
            Some("uuid") => return self.organization_id.as_str().into(),
            Some("url") => return format!("https://example.com/{}", index + 1).into(),
            Some("email") => return self.member(index, "email").into(),
            Some("color") => return self.ids.color().into(),
            Some("cents" | "whole-cents") => return (12_500 * (index + 1)).to_string().into(),
            Some("json") => return json!({}),
            _ => {}
        }
        match types.prefix(ty) {
            Some("user_") => return self.member(index, "id").into(),
            Some(prefix) => return self.example_id(prefix).into(),
            None => {}
        }
        if types.map_value(ty).is_some() {
            return json!({});
        }
        match (types.kind(ty), types.underlying(ty)) {
            (Some(Kind::Record(_) | Kind::Variant { form: VariantForm::Tagged(_), .. }), _) => {
                self.plausible(ty, given, index).into()
            }
            (Some(_), _) => types.words(ty).and_then(|words| words.first().copied()).into(),
            (None, Type::Bool) => false.into(),
            (None, Type::List(_)) => json!([]),
            (None, Type::Tuple(_)) => Value::Null,
            (None, Type::String) => self.plausible_text(name, index).into(),
            (None, Type::Char) => "x".into(),
            (None, _) => (index + 1).into(),
        }
    }

    fn plausible_text(&mut self, name: &str, index: usize) -> String {
        match name {
            _ if name.contains("email") => self.member(index, "email"),
            "user_name" | "full_name" => self.member(index, "name"),
            _ if name == "id" || name.ends_with("_id") => self.ids.next(""),
            _ if name.contains("name") || name.contains("title") => NAMES[index % NAMES.len()].to_owned(),
            "description" => "Made up for trying things out.".to_owned(),
            _ => String::new(),
        }
    }

    /// A field of one of the first members. Empty if there are no members.
    fn member(&self, index: usize, field: &str) -> String {
        let members = || self.store.collection(Members::PATH).into_iter().flat_map(|all| all.oldest_first()).take(20);
        let count = members().count().max(1);
        members().nth(index % count).map_or_else(String::new, |(_, member)| text(member, field).to_owned())
    }

    fn types(&self) -> &'c Types {
        &self.catalog.types
    }
}
