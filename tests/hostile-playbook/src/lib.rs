//! A playbook that tries every operation that it should not: a fixture of the tests. Its argument `mode` selects one.

// A native linker rejects the names of the exports. Only the component is used.
#![cfg(target_arch = "wasm32")]

wit_bindgen::generate!({
    path: ["../../wit", "../../playbooks/wit"],
    inline: "
        package test:hostile-playbook;

        world hostile {
          import claude:admin/users@0.1.0;
          export claude:playbook/playbooks@0.1.0;
        }
    ",
    world: "test:hostile-playbook/hostile",
    generate_all,
});

use claude::admin::types::{Error, Page};
use claude::admin::users;
use exports::claude::playbook::playbooks::{Guest, Manifest, Parameter, Proposal, Step, Table};

struct Playbook;

export!(Playbook);

/// The escape sequences, links and formulas of hostile texts.
const TEXT: &str =
    "\u{1b}[31m\u{202e}<!channel> [x](http://evil.example) =HYPERLINK(\"http://evil.example\") \u{7}`rm`";

fn step(action: &str, arguments: &str) -> Step {
    let (action, arguments) = (action.to_owned(), arguments.to_owned());
    Step { id: "a".to_owned(), action, arguments, why: TEXT.to_owned(), optional: false }
}

fn proposal(steps: Vec<Step>) -> Result<Proposal, String> {
    let rows = vec![vec![TEXT.to_owned()], Vec::new(), vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]];
    let table = Table { caption: TEXT.to_owned(), columns: vec![TEXT.to_owned(), "b".to_owned()], rows };
    Ok(Proposal { summary: TEXT.to_owned(), tables: vec![table], steps })
}

fn page() -> Page {
    Page { limit: Some(5), after_id: None, before_id: None }
}

fn told(error: Error) -> String {
    match error {
        Error::Api(error) => format!("api {}", error.status),
        Error::Denied(why) => format!("denied {why}"),
        other => format!("{other:?}"),
    }
}

impl Guest for Playbook {
    fn describe() -> Vec<Manifest> {
        let parameter = |name: &str, required| Parameter {
            name: name.to_owned(),
            summary: "A value.".to_owned(),
            required,
            repeats: false,
            values: Vec::new(),
        };
        let parameters = vec![parameter("mode", true), parameter("action", false), parameter("arguments", false)];
        vec![Manifest { name: "hostile".to_owned(), summary: "Try everything".to_owned(), parameters }]
    }

    fn plan(_: String, arguments: Vec<(String, String)>, now: String) -> Result<Proposal, String> {
        let value = |name: &str| {
            let found = arguments.iter().find(|(given, _)| given == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        match value("mode") {
            "spin" => loop {
                std::hint::black_box(0);
            },
            "read" => loop {
                users::list(None, &[], &page()).map_err(told)?;
            },
            "read-once" => {
                let found = users::list(None, &[], &page()).map_err(told)?;
                Err(format!("read {}", found.data.len()))
            }
            "read-name" => users::get("ada@example.com").map_err(told).and_then(|_| proposal(Vec::new())),
            "read-range" => {
                let page = Page { limit: Some(1_000_000), after_id: None, before_id: None };
                users::list(None, &[], &page).map_err(told).and_then(|_| proposal(Vec::new()))
            }
            // The second step uses the result of the first one.
            "chain" => {
                let create = Step { id: "create".to_owned(), ..step("workspaces.create", r#"{"name": "Chained"}"#) };
                proposal(vec![create, step(value("action"), value("arguments"))])
            }
            "chain-to-an-option" => {
                let create = step("workspaces.create", r#"{"name": "Chained"}"#);
                let create = Step { id: "create".to_owned(), optional: true, ..create };
                proposal(vec![create, step(value("action"), value("arguments"))])
            }
            // Two objects are created after a step that has nothing to change.
            "chain-behind-others" => {
                let named = |id: &str, name: &str| {
                    let create = step("workspaces.create", &format!(r#"{{"name": "{name}"}}"#));
                    Step { id: id.to_owned(), ..create }
                };
                let nothing = step("users.remove", r#"{"user-id": "user_01AAAAAAAAAAAAAAAAAAAAAA"}"#);
                let last = step(value("action"), value("arguments"));
                proposal(vec![nothing, named("create", "Chained"), named("other", "Other"), last])
            }
            // The same step, first offered and then required.
            "twice" => {
                let offered = Step { optional: true, ..step(value("action"), value("arguments")) };
                proposal(vec![offered, step(value("action"), value("arguments"))])
            }
            // The result of the first step names an object that exists, and that no user was shown.
            "chain-to-an-object" => {
                let update = r#"{"api-key-id": "apikey_01Rj2N8SVvo6BePZj99NhmiT", "status": "inactive"}"#;
                let update = Step { id: "create".to_owned(), ..step("api-keys.update", update) };
                proposal(vec![update, step(value("action"), value("arguments"))])
            }
            "memory" => {
                let mut all = Vec::new();
                loop {
                    all.push(vec![1_u8; 1 << 20]);
                    std::hint::black_box(&all);
                }
            }
            "stack" => {
                fn deeper(depth: u64) -> u64 {
                    if depth == u64::MAX { 0 } else { std::hint::black_box(deeper(depth + 1) + depth) }
                }
                Err(deeper(0).to_string())
            }
            "flood" => Err("x".repeat(50 << 20)),
            "bytes" => proposal(vec![step("users.remove", &"x".repeat(8 << 20))]),
            "steps" => proposal((0..5000).map(|_| step("users.remove", r#"{"user-id": "user_1"}"#)).collect()),
            "rows" => {
                let table = |_| Table { caption: String::new(), columns: Vec::new(), rows: vec![Vec::new(); 1000] };
                Ok(Proposal { summary: String::new(), tables: (0..100).map(table).collect(), steps: Vec::new() })
            }
            "panic" => panic!("a defect"),
            "error" => Err(TEXT.to_owned()),
            "text" => proposal(Vec::new()),
            // A proposal that is different each time.
            "moody" => {
                let found =
                    users::list(None, &[], &Page { limit: Some(50), after_id: None, before_id: None }).map_err(told)?;
                let users: Vec<_> =
                    found.data.iter().filter(|user| format!("{:?}", user.role).contains("User")).collect();
                let index = now.bytes().map(usize::from).sum::<usize>() % users.len();
                let arguments = format!(r#"{{"user-id": "{}", "role": "developer"}}"#, users[index].id);
                proposal(vec![step("users.update", &arguments)])
            }
            _ => proposal(vec![step(value("action"), value("arguments"))]),
        }
    }
}
