//! The resources of operations, derived from their paths and types.

use crate::operation::Operation;
use crate::rules::{self, Rules};
use crate::shape;
use claude_admin_catalog::{Action, Catalog, Method, ReplyForm, Segment, Type, Types, snake_case};
use std::collections::BTreeSet;

/// A collection or singleton, and the type of its items.
pub(crate) struct Resource {
    /// The type of an item.
    pub(crate) item: Option<Type>,
    /// The field of an item that identifies it in paths.
    pub(crate) key: String,
    /// The prefix of generated identifiers.
    pub(crate) prefix: String,
    /// Whether the documentation has this prefix.
    pub(crate) has_prefix: bool,
    /// The name of an item in messages.
    pub(crate) noun: String,
    pub(crate) rules: &'static dyn Rules,
}

impl Resource {
    /// Derives a resource from its path, with `{}` for parameters, and the operations on it.
    pub(crate) fn of(path: &str, operations: &[(&Action, &Operation)], types: &Types) -> Self {
        let item = item_type(operations, types);
        let param = operations.iter().find_map(|(action, _)| match action.http.path.segments().last() {
            Some(Segment::Param(name)) => action.params.iter().find(|param| param.name == *name),
            _ => None,
        });
        let id = item.as_ref().and_then(|ty| shape::fields(ty, types).into_iter().find(|field| field.wire == "id"));
        let last_word = path.rsplit('/').find(|word| *word != "{}").unwrap_or_default();
        let noun = match &item {
            Some(Type::Named(id)) => types.get(*id).name.replace('-', " "),
            _ => last_word.trim_end_matches('s').replace('_', " "),
        };
        let key = match (id, param) {
            (None, Some(param)) => snake_case(&param.name),
            _ => "id".to_owned(),
        };
        let prefix = id.and_then(|id| types.prefix(&id.ty)).or_else(|| types.prefix(&param?.ty));
        let has_prefix = prefix.is_some();
        let prefix = prefix.map_or_else(|| format!("{}_", noun.replace(' ', "_")), str::to_owned);
        Self { item, key, prefix, has_prefix, noun, rules: rules::of(path) }
    }
}

/// The type of an item. The result of a read is the best source.
fn item_type(operations: &[(&Action, &Operation)], types: &Types) -> Option<Type> {
    let result = |wanted: fn(&Operation) -> bool| {
        operations.iter().find(|(_, operation)| wanted(operation)).and_then(|(action, _)| action.result.as_ref())
    };
    result(|operation| matches!(operation, Operation::Read | Operation::ReadSingleton))
        .or_else(|| result(|operation| *operation == Operation::List).and_then(|page| list_item(page, types)))
        .or_else(|| result(|operation| *operation == Operation::Create))
        .or_else(|| result(|operation| matches!(operation, Operation::Update | Operation::UpdateSingleton)))
        .cloned()
}

/// The items of a page.
pub(crate) fn list_item<'t>(page: &'t Type, types: &'t Types) -> Option<&'t Type> {
    types.list_item(&types.record(page)?.iter().find(|field| field.wire == "data")?.ty)
}

/// The paths of a catalog that are collections or have a singleton object.
#[derive(Debug)]
pub(crate) struct Shapes {
    collections: BTreeSet<String>,
    singletons: BTreeSet<String>,
}

impl Shapes {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let mut shapes = Self { collections: BTreeSet::new(), singletons: BTreeSet::new() };
        for action in &catalog.actions {
            let segments = action.http.path.segments();
            if action.reply_form == ReplyForm::Bytes {
                let collection = &segments[..download_length(segments)];
                shapes.collections.insert(anonymous(collection));
            } else if let Some((Segment::Param(_), collection)) = segments.split_last() {
                shapes.collections.insert(anonymous(collection));
            } else if action.http.method == Method::Get {
                let page = action.result.as_ref().and_then(|result| list_item(result, &catalog.types));
                let paths = if page.is_some() { &mut shapes.collections } else { &mut shapes.singletons };
                paths.insert(anonymous(segments));
            }
        }
        shapes
    }

    pub(crate) fn is_collection(&self, segments: &[Segment]) -> bool {
        self.collections.contains(&anonymous(segments))
    }

    /// The kind of an operation, and the number of segments of its path up to the resource.
    pub(crate) fn operation(&self, action: &Action) -> (Operation, usize) {
        let segments = action.http.path.segments();
        let length = segments.len();
        let path = anonymous(segments);
        if action.reply_form == ReplyForm::Bytes {
            return (Operation::Download, download_length(segments));
        }
        match (segments.last(), action.http.method) {
            (Some(Segment::Param(_)), Method::Get) => (Operation::Read, length - 1),
            (Some(Segment::Param(_)), Method::Delete) => (Operation::Delete, length - 1),
            (Some(Segment::Param(_)), _) => (Operation::Update, length - 1),
            (_, Method::Get) if self.collections.contains(&path) => (Operation::List, length),
            (_, Method::Get) => (Operation::ReadSingleton, length),
            (_, method) if method.has_body() && self.collections.contains(&path) => (Operation::Create, length),
            (_, Method::Delete) if self.singletons.contains(&path) => (Operation::DeleteSingleton, length),
            (_, _) if self.singletons.contains(&path) => (Operation::UpdateSingleton, length),
            _ if length >= 2 && matches!(segments[length - 2], Segment::Param(_)) => (Operation::Act, length - 2),
            _ => (Operation::Call, length),
        }
    }
}

/// The number of segments of the path of a file up to the collection: all before the last parameter.
fn download_length(segments: &[Segment]) -> usize {
    segments.iter().rposition(|segment| matches!(segment, Segment::Param(_))).unwrap_or(segments.len())
}

/// A path with `{}` for its parameters, so their names do not matter.
pub(crate) fn anonymous(segments: &[Segment]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(match segment {
            Segment::Literal(word) => word,
            Segment::Param(_) => "{}",
        });
    }
    path
}
