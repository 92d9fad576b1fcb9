//! Another runtime, in a separate process.

use super::value::{decode, encode_as};
use super::{Outcome, support};
use claude_admin::command::Invocation;
use claude_admin::sandbox::{from_val, to_val};
use claude_admin_catalog::{Catalog, Type};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(super) struct Adapter {
    /// The name of the runtime, and the way in which it gets the credential.
    pub(super) name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // The adapter ends at the end of its input.
        self.input = None;
        self.child.wait().ok();
    }
}

impl Adapter {
    /// The adapters that the environment variables select.
    pub(super) fn all(key: &str) -> Vec<Self> {
        let programs = [("MATRIX_PYTHON", "python/adapter.py"), ("MATRIX_NODE", "node/adapter.mjs")];
        let asked = programs.into_iter().filter_map(|(variable, file)| Some((std::env::var_os(variable)?, file)));
        asked
            .flat_map(|(program, file)| {
                ["gate", "configure"].map(|credential| {
                    let mut command = Command::new(&program);
                    command
                        .arg(support::workspace().join("tests/matrix").join(file))
                        .arg("--credential")
                        .arg(credential);
                    command.env("ANTHROPIC_ADMIN_KEY", key).env("CLAUDE_ADMIN", env!("CARGO_BIN_EXE_claude-admin"));
                    Self::start(command)
                })
            })
            .collect()
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the adapter starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut adapter = Self { name: String::new(), child, input, output };
        let greeting = adapter.read();
        let word = |name: &str| greeting[name].as_str().unwrap_or_default();
        adapter.name = format!("{}, {}", word("runtime"), word("credential"));
        adapter
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it writes text");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: `{line}`", self.name))
    }

    pub(super) fn call(&mut self, base_url: &str, catalog: &Catalog, invocation: &Invocation) -> Outcome {
        let action = &invocation.action;
        let given = invocation.parameters();
        let arguments: Vec<Value> = action
            .params
            .iter()
            .map(|param| {
                let val = to_val(&catalog.types, &param.ty, given.get(&param.name)).expect("of its type");
                encode_as(&catalog.types, &param.ty, &val)
            })
            .collect();
        let request = json!({
            "base_url": base_url, "interface": action.interface, "function": action.function, "arguments": arguments,
        });
        writeln!(self.input.as_mut().expect("it listens"), "{request}").expect("it reads");
        let answer = self.read();
        let read = |ty: Option<&Type>, value: &Value| match ty {
            None => Ok(Value::Null),
            Some(ty) => decode(&catalog.types, ty, value).and_then(|val| from_val(&catalog.types, ty, val)),
        };
        let error = catalog.types.iter().find(|(_, def)| def.interface == "types" && def.name == "error");
        let error = error.map(|(id, _)| Type::Named(id));
        let outcome = match (answer.get("ok"), answer.get("err")) {
            (Some(value), None) => read(action.result.as_ref(), value).map(Outcome::Ok),
            (None, Some(value)) => read(error.as_ref(), value).map(Outcome::Err),
            _ => Err(answer.to_string()),
        };
        outcome.unwrap_or_else(Outcome::Trap)
    }
}
