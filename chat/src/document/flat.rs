//! Rows of a report: nested records become columns.

use claude_admin_catalog::{Field, Kind, Type, Types, VariantForm};
use serde_json::Value;

/// What a column of a report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// A number of things, which adds up.
    Count,
    /// An amount in cents, which adds up.
    Cents,
}

/// A column: a value inside a row, by the names that lead to it.
#[derive(Debug, Clone)]
pub(super) struct FlatColumn<'t> {
    /// The wire names.
    pub(super) path: Vec<&'t str>,
    pub(super) field: &'t Field,
    pub(super) measure: Option<Measure>,
}

impl FlatColumn<'_> {
    /// The name for programs, such as `cache_creation.ephemeral_1h_input_tokens`.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    /// The value in a row.
    pub(super) fn value<'v>(&self, row: &'v Value) -> Option<&'v Value> {
        self.path.iter().try_fold(row, |value, name| value.get(name)).filter(|value| !value.is_null())
    }
}

/// The items of a report, and the records that lead to them: buckets of time with rows, or rows alone.
pub(super) struct Rows<'t> {
    pub(super) columns: Vec<FlatColumn<'t>>,
    /// The field of a bucket that holds its rows.
    results: Option<&'t str>,
}

impl<'t> Rows<'t> {
    /// Reads the columns from the type of an item. A report is what has at least one measure.
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

fn flatten<'t>(types: &'t Types, field: &'t Field, mut path: Vec<&'t str>, columns: &mut Vec<FlatColumn<'t>>) {
    if field.constant.is_some() {
        return;
    }
    path.push(&field.wire);
    let ty = types.optional(&field.ty).unwrap_or(&field.ty);
    match types.record(ty) {
        Some(fields) => fields.iter().for_each(|field| flatten(types, field, path.clone(), columns)),
        None => columns.push(FlatColumn { path, field, measure: measure(types, field, ty) }),
    }
}

fn measure(types: &Types, field: &Field, ty: &Type) -> Option<Measure> {
    if types.format(ty) == Some("cents") || field.wire == "amount" {
        return Some(Measure::Cents);
    }
    matches!(types.underlying(ty), Type::S64 | Type::U64).then_some(Measure::Count)
}

/// A union in a row, as its word: who did it, by id.
pub(super) fn is_union(types: &Types, ty: &Type) -> bool {
    matches!(types.kind(ty), Some(Kind::Variant { form: VariantForm::Tagged(_), .. }))
}
