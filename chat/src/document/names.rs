//! Names next to IDs, for people.

use super::question::clean;
use super::{Block, Cell, Chart, Document};
use claude_admin_catalog::{Action, Catalog, ID, Input, NameList, TextAt, Type};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Names by ID.
pub type Names = HashMap<String, String>;

/// IDs that are shown, and the list that has their names.
#[derive(Debug)]
pub struct Unnamed<'c> {
    /// The list.
    pub list: NameList<'c>,
    /// The IDs, each once.
    pub ids: Vec<String>,
}

/// Finds the IDs in the result of an action that have no name next to them, by the list that has the names.
#[must_use]
pub fn unnamed<'c>(catalog: &'c Catalog, action: &'c Action, value: &Value) -> Vec<Unnamed<'c>> {
    let mut found: Vec<Unnamed<'c>> = Vec::new();
    let Some(result) = &action.result else { return found };
    let mut lists = HashMap::new();
    catalog.types.visit_texts(result, value, &mut |at| {
        let Some(ty) = id_type(catalog, action, &at) else { return };
        let list = lists.entry(format!("{ty:?}")).or_insert_with(|| catalog.name_list(action, &ty));
        let Some(list) = list.as_ref().filter(|list| !is_of(action, list, &at) && !has_name(list, &at)) else { return };
        match found.iter_mut().find(|known| known.list.list.id == list.list.id) {
            Some(known) if known.ids.iter().any(|id| id == at.text) => {}
            Some(known) => known.ids.push(at.text.to_owned()),
            None => found.push(Unnamed { list: list.clone(), ids: vec![at.text.to_owned()] }),
        }
    });
    found
}

/// Finds the IDs in the arguments of an action, by the list with their names. `known` is an ID that already has a name.
#[must_use]
pub fn unnamed_arguments<'c>(
    catalog: &'c Catalog,
    action: &'c Action,
    arguments: &Map<String, Value>,
    known: Option<&str>,
) -> Vec<Unnamed<'c>> {
    let id = |input: &'c Input| {
        let id = text(arguments, &input.name).filter(|id| Some(*id) != known)?;
        Some(Unnamed { list: catalog.name_list(action, &input.ty)?, ids: vec![id.to_owned()] })
    };
    action.inputs.iter().filter_map(id).collect()
}

/// The lists that can contain names of IDs in the results of an action.
#[must_use]
pub fn lists_of_names<'c>(catalog: &'c Catalog, action: &'c Action) -> Vec<NameList<'c>> {
    let types = action.result.as_ref().map(|ty| catalog.types.text_types(ty)).unwrap_or_default();
    let mut lists: Vec<NameList<'c>> = Vec::new();
    for list in types.into_iter().filter_map(|ty| catalog.name_list(action, ty)) {
        // The items of a list have their own names.
        if list.list.id != action.id && !lists.iter().any(|known| known.list.id == list.list.id) {
            lists.push(list);
        }
    }
    lists
}

/// The type of the ID in a text.
fn id_type(catalog: &Catalog, action: &Action, at: &TextAt<'_>) -> Option<Type> {
    if catalog.types.is_id(at.ty) {
        return Some(at.ty.clone());
    }
    // The author of a change can be a member, a service account or a key. The cursors of a page are also IDs, but have
    // no name.
    let named_like_an_id = at.field.is_some_and(|field| field == ID || field.ends_with("_id"));
    let is_cursor = action.paging.is_some() && !at.pointer.starts_with("/data");
    (*at.ty == Type::String && named_like_an_id && !is_cursor).then(|| catalog.types.id_type_of(at.text))?
}

/// Whether an ID is that of an object of the action itself: its items have their own names, and a removed object has none.
fn is_of(action: &Action, list: &NameList<'_>, at: &TextAt<'_>) -> bool {
    at.field == Some(ID) && list.list.interface == action.interface
}

/// Whether the object with the ID also contains the name.
fn has_name(list: &NameList<'_>, at: &TextAt<'_>) -> bool {
    let (Some(field), Some(object)) = (at.field, at.object) else { return false };
    let has = |name: &str| text(object, name).is_some();
    if field == ID {
        return list.names.iter().copied().chain(list.email).any(has);
    }
    let stem = field.strip_suffix("_id").unwrap_or(field);
    let is_person = list.email.is_some();
    // For an ID field other than `user_id`, `name` is the name of the object itself: a key has a name and a creator.
    has(&format!("{stem}_name"))
        || is_person && (["email", "email_address"].into_iter().any(has) || stem == "user" && has("name"))
}

fn text<'v>(object: &'v Map<String, Value>, field: &str) -> Option<&'v str> {
    object.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The names of the items of a list, by ID: its first name, or the e-mail address of an item without one.
pub fn names_of<'v>(list: &NameList<'_>, items: &'v [Value]) -> impl Iterator<Item = (&'v str, &'v str)> {
    let fields: Vec<String> = list.names.iter().copied().chain(list.email).map(str::to_owned).collect();
    items
        .iter()
        .filter_map(Value::as_object)
        .filter_map(move |item| Some((text(item, ID)?, fields.iter().find_map(|field| text(item, field))?)))
}

impl Document {
    /// Shows names next to IDs: `Production (wrkspc_01ABC)`. Points of a chart have the name only.
    #[must_use]
    pub fn with_names(mut self, names: &Names) -> Self {
        if names.is_empty() {
            return self;
        }
        for block in &mut self.blocks {
            match block {
                Block::Facts(facts) => facts.iter_mut().for_each(|fact| name_cell(&mut fact.cell, names)),
                Block::Table(table) => table.rows.iter_mut().flatten().for_each(|cell| name_cell(cell, names)),
                Block::Chart(chart) => name_points(chart, names),
                Block::Notice(notice) => notice.text = named_sentence(&notice.text, names),
                Block::Choices(choices) => {
                    choices.text = named_sentence(&choices.text, names);
                    for option in &mut choices.options {
                        option.change = named_sentence(&option.change, names);
                    }
                }
                Block::Text(_) | Block::Commands(_) => {}
            }
        }
        self
    }
}

fn name_cell(cell: &mut Cell, names: &Names) {
    match cell {
        Cell::Text(text) => {
            if let Some(name) = names.get(text.as_str()) {
                *text = format!("{name} ({text})");
            }
        }
        Cell::Sentence(text) => *text = named_sentence(text, names),
        Cell::Nested { text, .. } => *text = named_words(text, |word| names.get(word).cloned()),
        _ => {}
    }
}

/// Names the IDs in a sentence, except in commands in backquotes.
fn named_sentence(text: &str, names: &Names) -> String {
    let name = |word: &str| clean(names.get(word)?);
    let spans = text.split('`').enumerate();
    let spans = spans.map(|(index, span)| if index % 2 == 1 { span.to_owned() } else { named_words(span, name) });
    spans.collect::<Vec<_>>().join("`")
}

/// Adds names to the IDs in a text. For an ID in parentheses, the name is already in front.
fn named_words(text: &str, name: impl Fn(&str) -> Option<String>) -> String {
    // IDs are words: they are separated by spaces and punctuation.
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        named.push_str(before);
        match name(word).filter(|_| !before.ends_with('(')) {
            Some(name) => named.push_str(&format!("{name} ({word})")),
            None => named.push_str(word),
        }
        rest = after;
    }
    named.push_str(rest);
    named
}

/// IDs of objects with the same name are still shown, to distinguish the objects.
fn name_points(chart: &mut Chart, names: &Names) {
    let labels: Vec<&String> = chart.points.iter().filter_map(|point| names.get(&point.label)).collect();
    let shared = |name: &String| labels.iter().filter(|label| **label == name).count() > 1;
    let renamed: Vec<Option<String>> = chart
        .points
        .iter()
        .map(|point| {
            let name = names.get(&point.label)?;
            Some(if shared(name) { format!("{name} ({})", point.label) } else { name.clone() })
        })
        .collect();
    for (point, name) in chart.points.iter_mut().zip(renamed) {
        if let Some(name) = name {
            point.label = name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Fact, Point};
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    #[test]
    fn id_with_its_name_next_to_it_is_not_looked_up() {
        let found = |action: &str, value: Value| {
            let unnamed = unnamed(catalog(), catalog().action(action).unwrap(), &value);
            unnamed.into_iter().map(|found| (found.list.list.id.clone(), found.ids)).collect::<Vec<_>>()
        };
        let user = json!({"id": "user_01A", "name": "Ada", "email": "ada@example.com", "type": "user"});
        assert!(found("users.get", user).is_empty());
        let page = json!({"data": [], "has_more": false, "first_id": "user_01A", "last_id": "user_01B"});
        assert!(found("users.list", page).is_empty());
        assert!(found("users.remove", json!({"id": "user_01A", "type": "user_deleted"})).is_empty());
        let creator = json!({"id": "apikey_01A", "name": "ci", "created_by": {"id": "user_01A", "type": "user"}});
        assert_eq!(found("api-keys.get", creator), [("users.list".to_owned(), vec!["user_01A".to_owned()])]);
        let member = json!({"user_id": "user_01A", "workspace_id": "wrkspc_01A", "workspace_role": "x", "type": "x"});
        let both = [("users.list".to_owned(), vec!["user_01A".to_owned()]), {
            ("workspaces.list".to_owned(), vec!["wrkspc_01A".to_owned()])
        }];
        assert_eq!(found("workspace-members.get", member), both);
    }

    #[test]
    fn names_are_shown_next_to_ids_and_on_points() {
        let names = Names::from([("wrkspc_01A".to_owned(), "Production".to_owned())]);
        let nested = Cell::Nested { text: "workspace: wrkspc_01A, wrkspc_01AB".to_owned(), json: String::new() };
        let chart = Chart {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            points: vec![Point { label: "wrkspc_01A".to_owned(), value: 1.0, text: String::new() }],
        };
        let document = Document::titled("x")
            .with(Block::Facts(vec![Fact::new("a", "wrkspc_01A"), Fact { cell: nested, ..Fact::new("b", "") }]))
            .with(Block::Chart(chart))
            .with_names(&names);
        let [Block::Facts(facts), Block::Chart(chart)] = document.blocks.as_slice() else { panic!("{document:?}") };
        assert_eq!(facts[0].cell.text(), "Production (wrkspc_01A)");
        assert_eq!(facts[1].cell.text(), "workspace: Production (wrkspc_01A), wrkspc_01AB");
        assert_eq!(chart.points[0].label, "Production");
    }

    #[test]
    fn id_in_a_sentence_is_named_once_and_never_in_a_command() {
        let names = Names::from([
            ("wrkspc_01A".to_owned(), "Production".to_owned()),
            ("wrkspc_01B".to_owned(), "`x`\n\"y\"".to_owned()),
        ]);
        for (text, named) in [
            ("Archive wrkspc_01B?", "Archive 'x' 'y' (wrkspc_01B)?"),
            ("Archive wrkspc_01A?", "Archive Production (wrkspc_01A)?"),
            ("Archive prod (wrkspc_01A)?", "Archive prod (wrkspc_01A)?"),
            ("To archive wrkspc_01A: `workspaces archive wrkspc_01A`.", {
                "To archive Production (wrkspc_01A): `workspaces archive wrkspc_01A`."
            }),
        ] {
            assert_eq!(named_sentence(text, &names), named);
        }
    }
}
