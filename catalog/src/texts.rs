//! Every text inside a JSON value, with its type.

use crate::{Kind, Type, Types};
use serde_json::{Map, Value};

/// A text inside a value.
#[derive(Debug, Clone, Copy)]
pub struct TextAt<'v> {
    /// The JSON pointer to it: empty for the whole value.
    pub pointer: &'v str,
    /// The wire name of the innermost field with the text; `None` if no field contains it.
    pub field: Option<&'v str>,
    /// The object with this field; `None` if no field contains the text.
    pub object: Option<&'v Map<String, Value>>,
    /// Its type.
    pub ty: &'v Type,
    /// The text.
    pub text: &'v str,
}

/// The innermost field that a value is in, with its object.
type Within<'v> = Option<(&'v str, &'v Map<String, Value>)>;

impl Types {
    /// Calls `visit` with every text in a value of a type, as far as the type describes the value.
    pub fn visit_texts<'v>(&'v self, ty: &'v Type, value: &'v Value, visit: &mut dyn FnMut(TextAt<'_>)) {
        self.visit(ty, value, &mut String::new(), None, visit);
    }

    fn visit<'v>(
        &'v self,
        ty: &'v Type,
        value: &'v Value,
        pointer: &mut String,
        within: Within<'v>,
        visit: &mut dyn FnMut(TextAt<'_>),
    ) {
        let ty = self.optional(ty).unwrap_or(ty);
        match value {
            Value::String(text) => {
                let (field, object) = within.unzip();
                visit(TextAt { pointer, field, object, ty, text });
            }
            Value::Array(items) => {
                let Some(item) = self.list_item(self.word_or_value(ty).unwrap_or(ty)) else { return };
                for (index, value) in items.iter().enumerate() {
                    inside(pointer, &index.to_string(), |pointer| self.visit(item, value, pointer, within, visit));
                }
            }
            Value::Object(entries) => {
                if let Some(inner) = self.map_value(ty) {
                    for (key, value) in entries {
                        inside(pointer, key, |pointer| self.visit(inner, value, pointer, within, visit));
                    }
                    return;
                }
                for field in self.fields_of(ty, value).unwrap_or_default() {
                    let Some(value) = entries.get(&field.wire) else { continue };
                    inside(pointer, &field.wire, |pointer| {
                        self.visit(&field.ty, value, pointer, Some((field.wire.as_str(), entries)), visit);
                    });
                }
            }
            _ => {}
        }
    }

    /// Every type of a text inside a type, each type once.
    #[must_use]
    pub fn text_types<'t>(&'t self, ty: &'t Type) -> Vec<&'t Type> {
        let mut found = Vec::new();
        self.collect_text_types(ty, &mut found);
        found
    }

    fn collect_text_types<'t>(&'t self, ty: &'t Type, found: &mut Vec<&'t Type>) {
        if *self.underlying(ty) == Type::String {
            if !found.contains(&ty) {
                found.push(ty);
            }
            return;
        }
        match self.underlying(ty) {
            Type::List(inner) | Type::Option(inner) => self.collect_text_types(inner, found),
            Type::Tuple(items) => items.iter().for_each(|item| self.collect_text_types(item, found)),
            Type::Named(id) => match &self.get(*id).kind {
                Kind::Record(fields) => fields.iter().for_each(|field| self.collect_text_types(&field.ty, found)),
                Kind::Variant { cases, .. } => {
                    let payloads = cases.iter().filter(|case| case.name != "other");
                    payloads.filter_map(|case| case.payload.as_ref()).for_each(|ty| self.collect_text_types(ty, found));
                }
                Kind::Alias(_) | Kind::Enum(_) => {}
            },
            _ => {}
        }
    }
}

/// Extends a JSON pointer by one name.
fn inside(pointer: &mut String, name: &str, visit: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    visit(pointer);
    pointer.truncate(length);
}
