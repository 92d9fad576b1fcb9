//! Shared test data: catalogs, people, and valid arguments.

use super::vocabulary::Vocabulary;
use super::{Asker, GroupNames, Policies, PolicyErrors, Question};
use claude_admin_catalog::testing::catalog;
use claude_admin_catalog::{Action, Catalog, Kind, PackageText, Presence, Type, Types, VariantForm};
use claude_admin_chat::command::{Arguments, Invocation};
use claude_admin_chat::identity::{Place, Principal};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The real catalog.
pub(super) static CATALOG: LazyLock<&Catalog> = LazyLock::new(catalog);

/// A catalog with an argument of every shape.
pub(super) static SHAPES: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::from_text(&PackageText::from_files([("shapes.wit", SHAPES_WIT)])).unwrap());

static VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| Arc::new(Vocabulary::of(catalog()).unwrap()));

static SHAPES_VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| Arc::new(Vocabulary::of(&SHAPES).unwrap()));

const SHAPES_WIT: &str = r#"
package test:shapes@0.1.0;
/// Shared types.
interface types {
    /// Why an action failed.
    variant error {
        /// For any reason.
        other(string),
    }
    /// JSON text.
    type json = string;
    /// A closed set.
    enum size {
        /// Small.
        small,
        /// Large.
        extra-large,
    }
    /// An open set.
    variant color {
        /// Red.
        red,
        /// Newer.
        other(string),
    }
    /// A word or a list.
    variant reach {
        /// Everywhere.
        everywhere,
        /// Only there.
        only(list<string>),
    }
    /// A workspace.
    record room {
        /// Which.
        room-id: string,
    }
    /// One of several.
    ///
    /// @tag type
    variant target {
        /// A room.
        room(room),
        /// All of them.
        house,
        /// Newer.
        other(json),
    }
    /// A record that can be null.
    record extra {
        /// A note.
        note: option<string>,
    }
}
/// Shapes.
interface shapes {
    use types.{error, json, size, color, reach, target, extra};
    /// Make
    /// a shape.
    ///
    /// @http POST /v1/shapes/{id}
    /// @risk reversible
    /// @effect A shape.
    /// @param id Which.
    /// @range many 1..
    /// @example shapes make a
    make: func(id: string, flag: option<bool>, big: option<u64>, %in: option<s32>, ratio: option<f64>, size: option<size>, color: option<color>, reach: option<reach>, target: option<target>, free: option<json>, many: list<u32>, ratios: list<f64>, tags: list<tuple<string, string>>, labels: list<tuple<string, option<u32>>>, extra: option<option<extra>>) -> result<_, error>;
    /// See a shape.
    ///
    /// @http GET /v1/shapes/{id}
    /// @example shapes see a
    see: func(id: string) -> result<_, error>;
}
"#;

/// The configured groups of most tests.
pub(super) fn group_names() -> GroupNames {
    ["compliance", "viewers", "helpdesk", "admins"].map(str::to_owned).into()
}

/// Reads policies for the real catalog.
pub(super) fn parse(text: &str) -> Result<Policies, PolicyErrors> {
    Policies::parse_with(Arc::clone(&VOCABULARY), &group_names(), "policy.cedar", text)
}

/// Reads valid policies for the real catalog.
pub(super) fn policies(text: &str) -> Policies {
    parse(text).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// Reads valid policies for the catalog of shapes.
pub(super) fn shape_policies(text: &str) -> Policies {
    Policies::parse_with(Arc::clone(&SHAPES_VOCABULARY), &group_names(), "policy.cedar", text)
        .unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// A requester in a place, at 12:00 on a Saturday.
#[derive(Debug, Clone)]
pub(super) struct Someone {
    pub(super) principal: Principal,
    pub(super) groups: BTreeSet<String>,
    pub(super) place: Place,
    pub(super) reason: Option<String>,
    pub(super) now: jiff::Timestamp,
}

/// `slack:T1/U1` in `slack:T1/C1`.
pub(super) fn someone(groups: &[&str]) -> Someone {
    Someone {
        principal: Principal::slack("T1", "U1").unwrap(),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        place: Place::slack("T1", Some("C1")).unwrap(),
        reason: None,
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
    }
}

impl Someone {
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker { principal: &self.principal, groups: &self.groups, place: &self.place }
    }

    pub(super) fn asks<'a>(&'a self, action: &'a Action, arguments: &'a Arguments) -> Question<'a> {
        Question {
            asker: self.asker(),
            action,
            arguments,
            reason: self.reason.as_deref(),
            playbook: None,
            now: self.now,
        }
    }
}

/// An action of the real catalog.
pub(super) fn action(id: &str) -> &'static Action {
    CATALOG.action(id).unwrap()
}

/// Arguments as JSON writes them.
pub(super) fn arguments(value: Value) -> Arguments {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Arguments that fit an action: those that it needs, or all.
pub(super) fn sample(types: &Types, action: &Action, all: bool) -> Arguments {
    let wanted = action.inputs.iter().filter(|input| all || input.presence == Presence::Required);
    wanted.map(|input| (input.name.clone(), sample_value(types, &input.ty))).collect()
}

fn sample_value(types: &Types, ty: &Type) -> Value {
    if let Some(value) = types.map_value(ty) {
        let mut entries = Map::new();
        entries.insert("key".to_owned(), sample_value(types, value));
        return Value::Object(entries);
    }
    match types.underlying(ty) {
        Type::Bool => json!(true),
        Type::F32 | Type::F64 => json!(0.5),
        Type::String | Type::Char => json!("x"),
        Type::List(item) => json!([sample_value(types, item)]),
        Type::Option(inner) => sample_value(types, inner),
        Type::Tuple(items) => items.iter().map(|item| sample_value(types, item)).collect(),
        Type::Named(id) => match &types.get(*id).kind {
            Kind::Record(fields) => {
                let fields = fields.iter().map(|field| (field.wire.clone(), sample_value(types, &field.ty)));
                Value::Object(fields.collect())
            }
            Kind::Variant { cases, form: VariantForm::Tagged(tag) } => json!({ tag: cases[0].wire }),
            Kind::Enum(cases) | Kind::Variant { cases, .. } => json!(cases[0].wire),
            Kind::Alias(target) => sample_value(types, target),
        },
        _ => json!(1),
    }
}

/// Parses a command in the simple form that tables need: required arguments in order, `--flag value`, lists with
/// commas.
pub(super) fn command(line: &str) -> Result<Invocation, String> {
    let mut words = line.split_whitespace();
    let id = format!("{}.{}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let action = CATALOG.action(&id).ok_or_else(|| format!("no action {id}"))?;
    let mut required = action.inputs.iter().filter(|input| input.presence == Presence::Required);
    let mut arguments = Arguments::new();
    while let Some(word) = words.next() {
        let (input, text) = match word.strip_prefix("--") {
            Some(name) => (action.input(name), words.next().unwrap_or_default()),
            None => (required.next(), word),
        };
        let input = input.ok_or_else(|| format!("`{word}` is too much"))?;
        let value =
            if input.repeats(&CATALOG.types) { json!(text.split(',').collect::<Vec<_>>()) } else { json!(text) };
        arguments.insert(input.name.clone(), value);
    }
    Ok(Invocation { action: Arc::clone(action), arguments })
}
