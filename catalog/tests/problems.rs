//! Problems of a package are reported with file, item and remedy, all in one error.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{
    Availability, Catalog, CatalogError, CodeEffect, ConditionalText, Currency, PackageText, Problem, Unit,
};
use serde_json::{Value, json};

const TYPES: &str =
    "package test:t@0.1.0;\n/// T.\ninterface types {\n  /// E.\n  variant error {\n/// O.\nother(string) }\n}\n";

/// Reads a package whose interface `things` contains the given items.
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
    assert!(problem.message.contains("`show` is also a name of"), "{problem}");
}

#[test]
fn text_that_is_not_wit_is_shown_with_its_place() {
    let error = read("get: fnc();").unwrap_err().to_string();
    assert!(error.contains("things.wit:4"), "{error}");
}

/// A write with these annotations, to an object with an optional name and status.
fn write_with(annotations: &str) -> String {
    format!(
        "/// Change.\n/// @http POST /v1/x/{{id}}\n/// @risk reversible\n{annotations}/// @param id Which.\n/// @param status S.\n\
         /// @example things change 1\nchange: func(id: string, status: option<string>) -> result<_, error>;"
    )
}

#[test]
fn effect_and_question_depend_on_arguments() {
    let catalog = read(&write_with(
        "/// @effect [status=off] It stops.\n/// @effect It changes.\n/// @ask [status] Set {id}?\n/// @ask Change {id}?\n",
    ))
    .unwrap();
    let change = &catalog.actions[0];
    let with = |status: Value| {
        let given = |input: &str| Some(&status).filter(|_| input == "status");
        let text = |found: Option<&ConditionalText>| found.unwrap().text.clone();
        (text(change.effect_of(given)), text(change.question(given)))
    };
    assert_eq!(with(json!("off")), ("It stops.".to_owned(), "Set {id}?".to_owned()));
    assert_eq!(with(json!("on")), ("It changes.".to_owned(), "Set {id}?".to_owned()));
    assert_eq!(with(Value::Null), ("It changes.".to_owned(), "Change {id}?".to_owned()));
    assert_eq!(change.effect().unwrap(), "With status=off: It stops. Otherwise: It changes.");
    assert_eq!(change.questions[0].placeholders().collect::<Vec<_>>(), ["id"]);
}

#[test]
fn conditional_text_that_never_applies_is_a_problem() {
    let never = only_problem(&write_with("/// @effect Always.\n/// @effect [status=off] Never.\n"));
    assert!(never.message.contains("never applies"), "{never}");
    let unknown = only_problem(&write_with("/// @effect E.\n/// @ask [stauts=off] Off?\n"));
    assert!(unknown.message.contains("[stauts]"), "{unknown}");
}

/// A read that returns an object, and a write of that object with these annotations.
fn target_with(annotations: &str) -> String {
    let read = "/// T.\nrecord thing {\n/// I.\nid: string,\n/// S.\nstate: option<string> }\n\
        /// Get.\n/// @http GET /v1/x/{id}\n/// @param id Which.\n/// @example things get 1\n\
        get: func(id: string) -> result<thing, error>;\n";
    format!("{read}{}", write_with(&format!("/// @effect E.\n{annotations}")))
}

#[test]
fn text_about_a_target_names_its_fields_and_the_arguments() {
    for good in ["@ask Change {state}?", "@ask Change {id} to {--status}?", "@futile done [state=a !id] It is {state}."]
    {
        read(&target_with(&format!("/// {good}\n"))).unwrap();
    }
    for (bad, expected) in [
        ("@ask Change {name}?", "`{name}` is neither an argument"),
        ("@ask Change {--state}?", "`{--state}` is neither an argument"),
        ("@replaces robots list", "is incomplete"),
        ("@replaces robots list: state", "`@replaces"),
        ("@futile done [color=red] It is red.", "no field `color`"),
        ("@futile done [--color] It is red.", "`@futile … --color` names no input"),
        ("@futile perhaps [state] It is.", "is incomplete"),
        ("@futile done It is.", "is incomplete"),
        ("@futile done [state=] It is.", "is incomplete"),
        ("@futile done [state=a,,b] It is.", "is incomplete"),
        ("@futile done [!state=a] It is.", "is incomplete"),
        ("@futile done [same=a] It is.", "is incomplete"),
        ("@futile done [--] It is.", "is incomplete"),
        ("@impact Things: things get {id}", "not a list with pages"),
        ("@impact things list", "is incomplete"),
    ] {
        let problem = only_problem(&target_with(&format!("/// {bad}\n")));
        assert!(problem.message.contains(expected), "{bad}: {problem}");
    }
}

#[test]
fn futile_rule_applies_where_all_its_conditions_do() {
    let catalog = read(&target_with("/// @futile refused [state=off,gone --status=on] It is {state}.\n")).unwrap();
    let rule = &catalog.action("things.change").unwrap().futile[0];
    let applies = |state: Value, status: Value| {
        let target = json!({"id": "1", "state": state});
        rule.applies(|input| Some(&status).filter(|_| input == "status"), &target, false)
    };
    assert!(applies(json!("gone"), json!("on")) && applies(json!({"type": "off"}), json!("on")));
    assert!(!applies(json!("gone"), json!("off")) && !applies(json!("on"), json!("on")));
    assert!(!applies(Value::Null, json!("on")));
}

#[test]
fn error_code_says_what_was_changed() {
    let catalog = read(&write_with("/// @effect E.\n/// @code half_done changed It was made. Look at it.\n")).unwrap();
    let code = catalog.actions[0].code("half_done").unwrap();
    assert_eq!((code.effect, &*code.advice), (CodeEffect::Changed, "It was made. Look at it."));
    for (bad, expected) in [("half_done", "incomplete"), ("half_done perhaps It was.", "`perhaps`")] {
        let problem = only_problem(&write_with(&format!("/// @effect E.\n/// @code {bad}\n")));
        assert!(problem.message.contains(expected), "{problem}");
    }
}

#[test]
fn content_makes_a_read_confidential_and_nothing_else_does() {
    let function = |risk: &str, content: &str| {
        format!(
            "/// Text.\nrecord text {{\n/// Words.\n{content}words: string }}\n/// Read.\n/// @http GET /v1/x\n{risk}\
             /// @example things get\nget: func() -> result<list<text>, error>;"
        )
    };
    let (content, confidential) = ("/// @content\n", "/// @risk confidential\n");
    assert!(read(&function(confidential, content)).unwrap().actions[0].is_confidential());
    assert!(only_problem(&function("", content)).remedy.contains("confidential"));
    assert!(only_problem(&function(confidential, "")).remedy.contains("@content"));
}

#[test]
fn secret_in_a_url_is_a_problem() {
    let function = |http: &str, annotations: &str| {
        format!(
            "/// A case.\nrecord detail {{\n/// Key.\n/// @sensitive\nkey: string }}\n/// Act.\n/// @http {http}\n/// @risk reversible\n\
             /// @effect E.\n{annotations}/// @param key K.\n/// @example things act\nact: func(key: string) -> result<_, error>;"
        )
    };
    for (http, annotations, is_problem) in [
        ("POST /v1/x", "/// @sensitive key\n", false),
        ("DELETE /v1/x", "/// @sensitive key\n/// @header key x-key\n", false),
        ("DELETE /v1/x", "/// @sensitive key\n", true),
        ("POST /v1/x/{key}", "/// @sensitive key\n", true),
        ("POST /v1/x/{key}", "", false),
    ] {
        let text = function(http, annotations);
        match is_problem {
            true => assert!(only_problem(&text).message.contains("part of the URL"), "{http}"),
            false => assert!(read(&text).is_ok(), "{http}"),
        }
    }
}

#[test]
fn unit_and_availability_are_read_and_checked() {
    let function = |unit: &str, available: &str| {
        format!(
            "/// Sum.\nrecord sum {{\n/// Amount.\n/// @unit {unit}\namount: s64,\n/// Currency.\ncurrency: string }}\n/// Read.\n\
             /// @http GET /v1/x\n/// @available {available}\n/// @example things get\nget: func() -> result<sum, error>;"
        )
    };
    let catalog = read(&function("cents currency", "console aws")).unwrap();
    let sum = catalog.types.record(catalog.actions[0].result.as_ref().unwrap()).unwrap();
    let unit = Unit::Cents(Currency::Field("currency".to_owned()));
    assert_eq!(sum[0].unit, Some(unit));
    assert_eq!("cents USD".parse(), Ok(Unit::Cents(Currency::Code("USD".to_owned()))));
    assert_eq!("tokens".parse(), Ok(Unit::Of("tokens".to_owned())));
    assert_eq!(catalog.actions[0].available, [Availability::Console, Availability::Aws]);
    assert!(only_problem(&function("cents", "console")).message.contains("not a unit"));
    assert!(only_problem(&function("tokens", "moon")).message.contains("`moon`"));
}

#[test]
fn header_parameter_is_a_text_with_a_wire_name() {
    let declared = |annotation: &str, ty: &str| {
        format!(
            "/// Get.\n/// @http GET /v1/x\n/// {annotation}\n/// @param profile Whose.\n/// @example things get\n\
             get: func(profile: {ty}) -> result<_, error>;"
        )
    };
    let catalog = read(&declared("@header profile x-profile-id", "option<string>")).unwrap();
    let param = &catalog.actions[0].params[0];
    assert_eq!((param.wire.as_str(), param.place), ("x-profile-id", claude_admin_catalog::Place::Header));
    assert!(
        only_problem(&declared("@header other x-profile-id", "option<string>")).message.contains("names no parameter")
    );
    assert!(
        only_problem(&declared("@header profile x-profile-id", "u32")).message.contains("is a header and not a string")
    );
}

#[test]
fn conflict_names_inputs_and_says_what_to_do() {
    let declared = |conflict: &str| {
        format!(
            "/// Get.\n/// @http GET /v1/x\n/// @conflict {conflict}\n/// @param a One.\n/// @param b Other.\n\
             /// @example things get\nget: func(a: option<string>, b: option<string>) -> result<_, error>;"
        )
    };
    let catalog = read(&declared("a b=x Use one.")).unwrap();
    assert_eq!(catalog.actions[0].conflicts[0].to_string(), "`--a` cannot be combined with `--b x`. Use one.");
    for wrong in ["a b", "a c Use one.", "c b Use one."] {
        assert!(only_problem(&declared(wrong)).message.contains("@conflict"), "{wrong}");
    }
}

#[test]
fn empty_items_are_for_lists_of_texts() {
    let declared = |ty: &str| {
        format!(
            "/// Get.\n/// @http GET /v1/x\n/// @empty ids\n/// @param ids Which.\n/// @example things get\n\
             get: func(ids: {ty}) -> result<_, error>;"
        )
    };
    assert!(read(&declared("list<string>")).unwrap().actions[0].inputs[0].takes_empty);
    assert!(only_problem(&declared("option<string>")).message.contains("@empty"));
}
