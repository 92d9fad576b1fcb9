//! The rules for annotations, and the problems found.

mod annotations;
mod values;

pub(crate) use annotations::{ALIAS, CASE, EMBEDDER_FUNCTION, FIELD, FUNCTION, INTERFACE, RECORD, TYPE, VARIANT};

use crate::annotation::Docs;
use crate::{Bounds, Catalog, CatalogError, HttpRequest, Problem, Risk};
use annotations::{ABOUT_A_PARAM, BARE, BARE_ON_A_FIELD, ONCE};
use std::collections::BTreeMap;
use std::str::FromStr;
use wit_parser::{Resolve, Span};

/// An item that can have problems.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    span: Span,
}

impl Item {
    pub(crate) fn new(name: String, span: Span) -> Self {
        Self { name, span }
    }

    pub(crate) fn child(&self, name: &str, span: Span) -> Self {
        Self::new(format!("{}.{name}", self.name), span)
    }
}

/// Collects problems, so one build shows all of them.
pub(crate) struct Checker<'r> {
    resolve: &'r Resolve,
    problems: Vec<Problem>,
}

impl<'r> Checker<'r> {
    pub(crate) fn new(resolve: &'r Resolve) -> Self {
        Self { resolve, problems: Vec::new() }
    }

    pub(crate) fn problem(&mut self, item: &Item, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem {
            location: self.resolve.render_location(item.span),
            item: item.name.clone(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Returns the catalog, unless problems were found.
    pub(crate) fn finish(mut self, catalog: Catalog) -> Result<Catalog, CatalogError> {
        self.unique_spellings(&catalog);
        self.names_exist(&catalog);
        self.targets_exist(&catalog);
        if self.problems.is_empty() { Ok(catalog) } else { Err(CatalogError::Problems(self.problems)) }
    }

    /// Checks that every annotation is known and allowed here, and that the item has docs.
    pub(crate) fn annotations(&mut self, docs: &Docs, item: &Item, allowed: &[&str]) {
        if docs.prose.is_empty() {
            self.problem(item, "it has no docs", "begin its doc comment with a sentence that describes it");
        }
        for annotation in &docs.annotations {
            let name = annotation.name.as_str();
            let bare = BARE.contains(&name) || (BARE_ON_A_FIELD.contains(&name) && allowed == FIELD);
            if !allowed.contains(&name) {
                let remedy = if allowed.is_empty() {
                    "remove it; no annotation is allowed here".to_owned()
                } else {
                    format!("use one of: @{}", allowed.join(", @"))
                };
                self.problem(item, format!("the annotation `@{name}` is not known here"), remedy);
            } else if annotation.value.is_empty() && !bare {
                self.problem(
                    item,
                    format!("the annotation `@{name}` has no value"),
                    format!("write `@{name} …`, or remove it"),
                );
            }
        }
        let about_params = allowed == FUNCTION;
        for name in ONCE.iter().filter(|name| !(about_params && ABOUT_A_PARAM.contains(name))) {
            if docs.values(name).count() > 1 {
                self.problem(item, format!("`@{name}` is given more than once"), "remove all but one");
            }
        }
    }

    /// The request of a function.
    pub(crate) fn http(&mut self, docs: &Docs, item: &Item) -> Option<HttpRequest> {
        let Some(text) = docs.values("http").next() else {
            self.problem(
                item,
                "it has no `@http`",
                "write `@http METHOD /path/{param}`, or mark the interface `@embedder` if its functions make no request",
            );
            return None;
        };
        match text.parse() {
            Ok(http) => Some(http),
            Err(error) => {
                self.problem(item, format!("`@http {text}`: {error}"), "write `@http METHOD /path/{param}`");
                None
            }
        }
    }

    pub(crate) fn parsed<T: FromStr<Err = String>>(&mut self, text: &str, item: &Item) -> Option<T> {
        text.parse().map_err(|error: String| self.problem(item, error, "correct the annotation")).ok()
    }

    pub(crate) fn bounds(&mut self, text: &str, item: &Item) -> Option<Bounds> {
        let (range, except) = text.split_once(" except ").map_or((text, None), |(range, except)| (range, Some(except)));
        let parsed = range.split_once("..").and_then(|(min, max)| {
            let min = min.parse().ok()?;
            let max = if max.is_empty() { None } else { Some(max.parse().ok()?) };
            let except = except.map(str::parse).transpose().ok()?;
            (max.is_none_or(|max: i64| min <= max)).then_some(Bounds { min, max, except })
        });
        if parsed.is_none() {
            self.problem(
                item,
                format!("`{text}` is not a range"),
                "write `MIN..MAX` or `MIN..`, then `except N` if needed",
            );
        }
        parsed
    }

    /// Checks that every parameter that an annotation or the path names exists.
    pub(crate) fn params_exist(&mut self, docs: &Docs, item: &Item, params: &[&str], http: &HttpRequest) {
        for annotation in &docs.annotations {
            if ABOUT_A_PARAM.contains(&annotation.name.as_str()) {
                let name = annotation.value.split_whitespace().next().unwrap_or_default();
                if !params.contains(&name) {
                    self.problem(
                        item,
                        format!("`@{} {name}` names no parameter", annotation.name),
                        format!("use one of: {}", params.join(", ")),
                    );
                }
            }
        }
        for name in http.path.params() {
            if !params.contains(&name) {
                self.problem(
                    item,
                    format!("the path names `{{{name}}}`, which is not a parameter"),
                    "add the parameter, or correct the path",
                );
            }
        }
    }

    /// Checks the texts for people: an example is always required, an effect only for a write.
    pub(crate) fn prose(&mut self, docs: &Docs, item: &Item, risk: Risk) {
        if !docs.has("example") {
            self.problem(item, "it has no `@example`", "write `@example noun verb arguments`");
        }
        if risk.writes() && !docs.has("effect") {
            self.problem(
                item,
                "it is a write and has no `@effect`",
                "write `@effect` and the facts that the user must know before confirming",
            );
        }
        for annotation in ["effect", "ask", "impact", "futile"] {
            if !risk.writes() && docs.has(annotation) {
                self.problem(item, format!("it is a read and has an `@{annotation}`"), "remove one of the two");
            }
        }
    }

    /// Checks the annotation for the format of a body or a response: returns whether it has this value.
    pub(crate) fn form(&mut self, docs: &Docs, item: &Item, annotation: &str, word: &str) -> bool {
        match docs.values(annotation).next() {
            Some(text) if text == word => true,
            Some(text) => {
                self.problem(
                    item,
                    format!("`@{annotation} {text}` is not known"),
                    format!("write `@{annotation} {word}`"),
                );
                false
            }
            None => false,
        }
    }

    pub(crate) fn result_problem(&mut self, item: &Item) {
        self.problem(item, "it does not return `result<…, error>`", "return a result whose error is `types.error`");
    }

    /// Checks that the fields with names (`@names`) are fields of the items of a list.
    fn names_exist(&mut self, catalog: &Catalog) {
        for interface in &catalog.interfaces {
            let lists =
                || catalog.actions_of(&interface.name).filter_map(|action| catalog.types.items(action)).flatten();
            for name in interface.names.iter().filter(|name| !lists().any(|field| field.name == **name)) {
                self.problems.push(Problem {
                    location: catalog.package.clone(),
                    item: interface.name.clone(),
                    message: format!("`@names {name}`: no item of a list has this field"),
                    remedy: "write the WIT name of a field of the items, or remove the annotation".to_owned(),
                });
            }
        }
    }

    /// Adds a problem.
    pub(crate) fn found(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn unique_spellings(&mut self, catalog: &Catalog) {
        let mut nouns: BTreeMap<&str, &str> = BTreeMap::new();
        let mut clashes = Vec::new();
        for interface in &catalog.interfaces {
            for spelling in std::iter::once(&interface.name).chain(&interface.aliases) {
                if let Some(other) = nouns.insert(spelling, &interface.name) {
                    clashes.push((interface.name.clone(), format!("`{spelling}` is also a name of {other}")));
                }
            }
            let mut verbs: BTreeMap<&str, &str> = BTreeMap::new();
            for action in catalog.actions_of(&interface.name) {
                for spelling in std::iter::once(&action.function).chain(&action.aliases) {
                    if let Some(other) = verbs.insert(spelling, &action.function) {
                        clashes.push((
                            action.id.clone(),
                            format!("`{spelling}` is also a name of {} {other}", interface.name),
                        ));
                    }
                }
            }
        }
        for (item, message) in clashes {
            self.problems.push(Problem {
                location: catalog.package.clone(),
                item,
                message,
                remedy: "remove the `@alias` on one of them".to_owned(),
            });
        }
    }
}
