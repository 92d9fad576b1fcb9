//! The arguments of a read: IDs from earlier replies, and required values from the examples of the WIT.

use crate::command::{self, Arguments, Command, Invocation, Markup};
use claude_admin_catalog::{Action, Catalog, ID, Input, Paging, Place, Type, Types};
use claude_admin_chat::document::is_report;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// The age of the day of a report: data is complete after up to three days.
const AGE: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The period of a report.
const PERIOD: &str = "7d";

/// The IDs that replies contained.
#[derive(Debug, Default)]
pub(super) struct Known {
    rows: Vec<Row>,
}

/// The known IDs of one object: from the arguments of the request and the fields of the item.
#[derive(Debug)]
struct Row {
    interface: String,
    values: Vec<KnownId>,
}

/// A text that can be an ID, with the input or field that it is from.
#[derive(Debug, Clone)]
struct KnownId {
    name: String,
    ty: Type,
    text: String,
    source: Source,
}

/// Which part of a request or a reply an ID is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// The field that identifies the object: its `id`, or its first field.
    OwnId,
    /// An argument of the request.
    Argument,
    /// Another field, which refers to another object.
    Field,
}

/// The origin of the IDs of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// No ID is needed, or they are from a reply of the same interface: the objects exist.
    Same,
    /// From the list of the objects of that type.
    List,
    /// From another reply, which can refer to an object that no longer exists.
    Other,
}

impl Known {
    /// Remembers the IDs of a reply.
    pub(super) fn learn(&mut self, types: &Types, action: &Action, arguments: &Arguments, reply: &Value) {
        let given = action.inputs.iter().filter(|input| input.place == Place::Path);
        let given = given.filter_map(|input| {
            let text = arguments.get(&input.name)?.as_str()?.to_owned();
            Some(KnownId { name: input.name.clone(), ty: input.ty.clone(), text, source: Source::Argument })
        });
        let given: Vec<KnownId> = given.collect();
        let Some(whole) = &action.result else { return };
        let data = types.record(whole).and_then(|fields| fields.iter().find(|field| field.wire == "data"));
        let (item, items) = match (data.and_then(|data| types.list_item(&data.ty)), reply.get("data")) {
            (Some(item), Some(Value::Array(items))) => (item, items.iter().collect()),
            _ => (whole, vec![reply]),
        };
        for value in items {
            let fields = types.fields_of(item, value).unwrap_or_default().iter().enumerate();
            let own = fields.filter_map(|(index, field)| {
                let text = value.get(&field.wire)?.as_str()?.to_owned();
                let ty = types.optional(&field.ty).unwrap_or(&field.ty).clone();
                let source = if index == 0 || field.wire == ID { Source::OwnId } else { Source::Field };
                (!text.is_empty()).then(|| KnownId { name: field.name.clone(), ty, text, source })
            });
            let values = given.iter().cloned().chain(own).collect();
            self.rows.push(Row { interface: action.interface.clone(), values });
        }
    }

    /// Finds a value for every ID that an action requires, all of one object.
    ///
    /// # Errors
    ///
    /// The names of the inputs for which no reply contained a value.
    fn ids(&self, types: &Types, action: &Action) -> Result<(Arguments, Origin), String> {
        let needed: Vec<&Input> = action.inputs.iter().filter(|input| is_id(types, input)).collect();
        if needed.is_empty() {
            return Ok((Arguments::new(), Origin::Same));
        }
        let found = self.rows.iter().filter_map(|row| row.binding(types, action, &needed));
        found.min_by_key(|(_, origin)| *origin).ok_or_else(|| {
            let names: Vec<String> = needed.iter().map(|input| format!("<{}>", input.name)).collect();
            names.join(" ")
        })
    }
}

impl Row {
    /// The values of this row for the inputs; `None` if it lacks one.
    fn binding(&self, types: &Types, action: &Action, needed: &[&Input]) -> Option<(Arguments, Origin)> {
        let mut origin = Origin::Same;
        let mut arguments = Arguments::new();
        for input in needed {
            let same_interface = self.interface == action.interface;
            let fits = |known: &&KnownId| match types.is_id(&input.ty) {
                true => known.ty == input.ty,
                // A text can have any meaning. Only within one interface does a name have the same meaning.
                false => same_interface && (known.name == input.name || known.source == Source::OwnId),
            };
            let known = self.values.iter().filter(fits).min_by_key(|known| (known.name != input.name, known.source))?;
            let from = match known.source {
                _ if same_interface => Origin::Same,
                Source::OwnId | Source::Argument => Origin::List,
                Source::Field => Origin::Other,
            };
            origin = origin.max(from);
            arguments.insert(input.name.clone(), Value::from(known.text.as_str()));
        }
        Some((arguments, origin))
    }
}

/// Whether a value of the input must be known from an earlier reply.
fn is_id(types: &Types, input: &Input) -> bool {
    input.place == Place::Path || (input.is_required() && types.is_id(&input.ty))
}

/// The arguments of the smallest read of an action.
///
/// # Errors
///
/// Why there are none.
pub(super) fn arguments(
    catalog: &Catalog,
    action: &Action,
    known: &Known,
    now: Timestamp,
) -> Result<(Arguments, Origin), String> {
    let types = &catalog.types;
    let (ids, origin) =
        known.ids(types, action).map_err(|names| format!("no earlier reply contained a value for {names}"))?;
    let mut given: Map<String, Value> = ids.into_iter().collect();
    let example = example(catalog, action, now);
    for input in action.inputs.iter().filter(|input| input.is_required() && !is_id(types, input)) {
        let value = match types.format(&input.ty) {
            Some("date") => now.checked_sub(AGE).ok().map(|day| Value::from(day.to_string().split('T').next())),
            _ => example.get(&input.name).cloned(),
        };
        let value = value.ok_or_else(|| format!("no example has a value for <{}>", input.name))?;
        given.insert(input.name.clone(), value);
    }
    if let Some(period) = action.periods.first().filter(|_| is_report(catalog, action)) {
        given.remove(&period.start);
        given.remove(&period.end);
        given.insert(period.name.clone(), PERIOD.into());
    }
    if let Some(limit) = action.input(Paging::LIMIT) {
        given.insert(Paging::LIMIT.to_owned(), limit.range.map_or(1, |range| range.min.max(1)).into());
    }
    // The text of the error can contain an ID.
    let draft = command::from_json(catalog, &action.id, &given, now)
        .map_err(|_| "the grammar does not accept the smallest request".to_owned())?;
    Ok((draft.invocation.arguments, origin))
}

/// The arguments of the first example.
fn example(catalog: &Catalog, action: &Action, now: Timestamp) -> Arguments {
    let read = |line: &String| match command::parse(catalog, line, Markup::None, now) {
        Ok(Command::Run(draft, _)) => Some(draft.invocation),
        _ => None,
    };
    let found: Option<Invocation> = action.examples.iter().find_map(read);
    found.map(|invocation| invocation.arguments).unwrap_or_default()
}
