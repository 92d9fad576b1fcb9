//! What is wrong with a package is said with file, item and remedy, all at once.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Catalog, CatalogError, PackageText, Problem};
use serde_json::{Value, json};

const TYPES: &str =
    "package test:t@0.1.0;\n/// T.\ninterface types {\n  /// E.\n  variant error {\n/// O.\nother(string) }\n}\n";

/// Reads a package whose interface `things` holds the items given.
fn read(items: &str) -> Result<Catalog, CatalogError> {
    let things = format!("/// Things.\ninterface things {{\n  use types.{{error}};\n{items}\n}}\n");
    Catalog::from_text(&PackageText::from_files([("types.wit", TYPES.to_owned()), ("things.wit", things)]))
}

fn problems(items: &str) -> Vec<Problem> {
    match read(items) {
        Err(CatalogError::Problems(problems)) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

fn only_problem(items: &str) -> Problem {
    let mut problems = problems(items);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

#[test]
fn a_complete_function_has_no_problem() {
    read("/// Get.\n/// @http GET /v1/x/{id}\n/// @example things get 1\nget: func(id: string) -> result<_, error>;")
        .unwrap();
}

#[test]
fn a_missing_request_is_a_problem() {
    let problem = only_problem("/// Get.\n/// @example things get\nget: func() -> result<_, error>;");
    assert_eq!(problem.item, "things.get");
    assert!(problem.location.starts_with("things.wit:6:"), "{}", problem.location);
    assert!(problem.message.contains("@http"));
    assert!(problem.remedy.contains("@embedder"));
}

#[test]
fn a_write_without_risk_or_effect_is_two_problems() {
    let problems =
        problems("/// Make.\n/// @http POST /v1/x\n/// @example things make\nmake: func() -> result<_, error>;");
    let all = problems.iter().map(ToString::to_string).collect::<String>();
    assert!(all.contains("a POST has no `@risk`") && all.contains("no `@effect`"), "{all}");
}

#[test]
fn a_missing_example_is_a_problem() {
    let problem = only_problem("/// Get.\n/// @http GET /v1/x\nget: func() -> result<_, error>;");
    assert!(problem.message.contains("@example"));
}

#[test]
fn a_beta_with_a_condition_names_a_query_parameter() {
    let declared = |condition: &str| {
        format!(
            "/// Get.\n/// @http GET /v1/x\n/// @beta new-thing {condition}\n/// @param kind Which.\n/// @example things get\n\
             get: func(kind: list<string>) -> result<_, error>;"
        )
    };
    for condition in ["other", "other=a", "kind a"] {
        let problem = only_problem(&declared(condition));
        assert!(problem.message.contains(&format!("`@beta new-thing {condition}`")), "{}", problem.message);
    }
    let betas = |condition: &str, kinds: Value| {
        let catalog = read(&declared(condition)).unwrap();
        catalog.actions[0].betas_of(|input| Some(&kinds).filter(|_| input == "kind")).len()
    };
    assert_eq!(betas("kind", json!(["b"])), 1);
    assert_eq!(betas("kind", json!([])) + betas("kind", Value::Null), 0);
    assert_eq!((betas("kind=a", json!(["b", "a"])), betas("kind=a", json!(["b"]))), (1, 0));
}

#[test]
fn an_unknown_annotation_names_the_known_ones() {
    let problem = only_problem(
        "/// Get.\n/// @http GET /v1/x\n/// @example things get\n/// @riks read\nget: func() -> result<_, error>;",
    );
    assert!(problem.message.contains("@riks") && problem.remedy.contains("@risk"), "{problem}");
}

#[test]
fn an_annotation_in_the_wrong_place_is_a_problem() {
    let problem = only_problem("/// T.\n/// @risk read\ntype thing-id = string;");
    assert!(problem.message.contains("not known here"), "{problem}");
}

#[test]
fn a_repeated_annotation_is_a_problem() {
    let problem = only_problem(
        "/// Get.\n/// @http GET /v1/x\n/// @http GET /v1/y\n/// @example things get\nget: func() -> result<_, error>;",
    );
    assert!(problem.message.contains("more than once"), "{problem}");
}

#[test]
fn a_path_parameter_must_exist_and_be_text() {
    let missing =
        only_problem("/// Get.\n/// @http GET /v1/x/{id}\n/// @example things get\nget: func() -> result<_, error>;");
    assert!(missing.message.contains("{id}"), "{missing}");
    let number = only_problem(
        "/// Get.\n/// @http GET /v1/x/{id}\n/// @example things get 1\nget: func(id: u32) -> result<_, error>;",
    );
    assert!(number.message.contains("not a string"), "{number}");
}

#[test]
fn an_annotation_about_no_parameter_is_a_problem() {
    let problem = only_problem(
        "/// Get.\n/// @http GET /v1/x\n/// @param nme The name.\n/// @example things get\nget: func(name: option<string>) -> result<_, error>;",
    );
    assert!(problem.message.contains("nme") && problem.remedy.contains("name"), "{problem}");
}

#[test]
fn a_read_with_an_effect_contradicts_itself() {
    let problem = only_problem(
        "/// Get.\n/// @http GET /v1/x\n/// @effect Boom.\n/// @example things get\nget: func() -> result<_, error>;",
    );
    assert!(problem.message.contains("is a read"), "{problem}");
}

#[test]
fn a_union_needs_a_tag() {
    let union = "/// U.\nvariant u {\n/// A.\na(string),\n/// B.\nb(string) }\n";
    let problem = only_problem(&format!(
        "{union}/// Get.\n/// @http GET /v1/x\n/// @example things get\nget: func() -> result<u, error>;"
    ));
    assert!(problem.remedy.contains("@tag"), "{problem}");
}

#[test]
fn a_function_must_return_a_result_with_the_shared_error() {
    let problem = only_problem("/// Get.\n/// @http GET /v1/x\n/// @example things get\nget: func() -> string;");
    assert!(problem.message.contains("result"), "{problem}");
}

#[test]
fn undocumented_items_are_problems() {
    let problem = only_problem("record r {\n/// A.\na: string }");
    assert!(problem.message.contains("no docs"), "{problem}");
}

#[test]
fn one_spelling_cannot_mean_two_verbs() {
    let function = |name: &str, alias: &str| {
        format!(
            "/// Get.\n/// @http GET /v1/x\n/// @alias {alias}\n/// @example things get\n{name}: func() -> result<_, error>;\n"
        )
    };
    let problem = only_problem(&(function("get", "show") + &function("view", "show")));
    assert!(problem.message.contains("`show` also means"), "{problem}");
}

#[test]
fn text_that_is_not_wit_is_shown_with_its_place() {
    let error = read("get: fnc();").unwrap_err().to_string();
    assert!(error.contains("things.wit:4"), "{error}");
}
