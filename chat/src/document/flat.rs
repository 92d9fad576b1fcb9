//! Rows of a report: nested records become columns.

use super::unit::Cents;
use claude_admin_catalog::{Field, Type, Types};
use serde_json::{Map, Value};

/// The kind of the values of a column of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// A count, which can be added.
    Count,
    /// An amount in cents, which can be added to other amounts in its currency.
    Money,
    /// A number that must not be added, such as the number of different people.
    Level,
}

/// A column: a value inside a row, by the path of names to it.
#[derive(Debug, Clone)]
pub(super) struct FlatColumn<'t> {
    /// The wire names.
    pub(super) path: Vec<&'t str>,
    pub(super) field: &'t Field,
    pub(super) measure: Option<Measure>,
    unit: Option<Cents<'t>>,
}

impl FlatColumn<'_> {
    /// The name for programs, such as `cache_creation.ephemeral_1h_input_tokens`.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    /// The value in a row.
    pub(super) fn value<'v>(&self, row: &'v Value) -> Option<&'v Value> {
        at(row, &self.path).filter(|value| !value.is_null())
    }

    /// Whether an order or a field means this column: by its last name, or by `time` for the beginning of a bucket.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.path.last().is_some_and(|last| *last == name || (name == "time" && *last == "starting_at"))
    }

    /// The unit of its values, for programs.
    pub(super) fn unit_name(&self) -> Option<String> {
        self.unit.map(Cents::name)
    }

    /// The currency of the amount in a row. Its field is next to the amount, or in a parent object.
    pub(super) fn currency<'v>(&'v self, row: &'v Value) -> Option<&'v str> {
        let unit = self.unit?;
        (0..self.path.len()).rev().find_map(|depth| unit.currency(at(row, &self.path[..depth])?))
    }
}

/// The value at a path of names.
fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The items of a report, and the records around them: buckets of time with rows, or only rows.
pub(super) struct Rows<'t> {
    pub(super) columns: Vec<FlatColumn<'t>>,
    /// The field of a bucket with its rows.
    results: Option<&'t str>,
}

impl<'t> Rows<'t> {
    /// Reads the columns from the type of an item. A report has at least one measure.
    pub(super) fn of(types: &'t Types, item: &'t Type) -> Option<Self> {
        let fields = types.record(item)?;
        let nested =
            fields.iter().find(|field| types.list_item(&field.ty).is_some_and(|ty| types.record(ty).is_some()));
        let nested = nested.filter(|field| field.wire == "results");
        let mut columns = Vec::new();
        for field in fields.iter().filter(|field| nested.is_none_or(|nested| nested.wire != field.wire)) {
            flatten(types, field, Vec::new(), &mut columns);
        }
        if let Some(row) = nested.and_then(|field| types.record(types.list_item(&field.ty)?)) {
            row.iter().for_each(|field| flatten(types, field, Vec::new(), &mut columns));
        }
        let is_report = columns.iter().any(|column| column.measure.is_some());
        is_report.then_some(Self { columns, results: nested.map(|field| field.wire.as_str()) })
    }

    /// The field of a bucket with its rows, if there are buckets.
    pub(super) fn results(&self) -> Option<&'t str> {
        self.results
    }

    /// The rows of a page, each with the time of its bucket.
    pub(super) fn read(&self, items: &[Value]) -> Vec<Value> {
        let Some(results) = self.results else { return items.to_vec() };
        let mut rows = Vec::new();
        for bucket in items {
            for row in bucket.get(results).and_then(Value::as_array).into_iter().flatten() {
                let mut row = row.clone();
                if let (Some(row), Some(bucket)) = (row.as_object_mut(), bucket.as_object()) {
                    let outer = bucket.iter().filter(|(name, _)| *name != results);
                    outer.for_each(|(name, value)| drop(row.insert(name.clone(), value.clone())));
                }
                rows.push(row);
            }
        }
        rows
    }
}

/// The values of an item at some paths, in the order of the paths. In a bucket, each row contains those values that it
/// has.
pub(super) fn select(item: &Value, paths: &[Vec<&str>], results: Option<&str>) -> Value {
    let mut selected = Value::Object(Map::new());
    for path in paths {
        if let Some(value) = path.iter().try_fold(item, |value, name| value.get(name)) {
            // No path is the beginning of another one.
            let place = path.iter().fold(&mut selected, |place, name| &mut place[*name]);
            *place = value.clone();
        }
    }
    if let Some((name, rows)) = results.and_then(|name| Some((name, item.get(name)?.as_array()?))) {
        selected[name] = rows.iter().map(|row| select(row, paths, None)).collect();
    }
    selected
}

fn flatten<'t>(types: &'t Types, field: &'t Field, mut path: Vec<&'t str>, columns: &mut Vec<FlatColumn<'t>>) {
    if field.constant.is_some() {
        return;
    }
    path.push(&field.wire);
    let ty = types.optional(&field.ty).unwrap_or(&field.ty);
    match types.record(ty) {
        Some(fields) => fields.iter().for_each(|field| flatten(types, field, path.clone(), columns)),
        None => {
            let unit = Cents::of(field);
            columns.push(FlatColumn { path, field, measure: measure(types, field, ty, unit), unit });
        }
    }
}

fn measure(types: &Types, field: &Field, ty: &Type, unit: Option<Cents<'_>>) -> Option<Measure> {
    match (unit, types.underlying(ty)) {
        (Some(_), _) => Some(Measure::Money),
        (None, Type::S64 | Type::U64) if field.level => Some(Measure::Level),
        (None, Type::S64 | Type::U64) => Some(Measure::Count),
        _ => None,
    }
}

/// Whether a type is a union. In a row, a union is shown by the address, the name or the ID in it, such as the actor.
pub(super) fn is_union(types: &Types, ty: &Type) -> bool {
    types.union(ty).is_some()
}
