//! The Model Context Protocol: every action is a tool.
//!
//! A model sends requests on behalf of the person at the terminal, from the place `mcp`. The same rules apply as for
//! that person: policy, approvals, audit log. A model cannot confirm or approve a write. A write is pending until a
//! person decides in a terminal or a chat. A model never receives a secret, because its input can be sent to other
//! systems.

use crate::command::{self, Format, HOST_COMMANDS, HostCommandForm, HostCommandInfo, Options, Reason};
use crate::contract::{self, action_of, playbook_tool, tools};
use crate::identity::{Place, Principal};
use crate::service::{Input, Outcome, Request, Service};
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer, ServiceExt};
use rmcp::{ErrorData, RmcpError};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// The instructions for a model about all tools.
const INSTRUCTIONS: &str = "Tools for the Admin API of a Claude organization. A tool that makes a change runs only \
    after a person confirms it: its first response has the outcome `waiting` and an operation ID. Show the person the \
    plan and how to confirm it, and use `status` to check the operation. The description of an argument says whether \
    an e-mail address or a name can be given instead of an ID. Other text that is not an ID is never sent. `can_i` \
    shows whether a command is allowed before you try it. Commands in backquotes in a response are for the person, who \
    runs them as `claude-admin run -- COMMAND`.";

/// Serves one client until it disconnects.
///
/// # Errors
///
/// [`RmcpError`] if the client does not start the protocol correctly.
pub async fn serve<R, W>(service: Arc<Service>, principal: Principal, reader: R, writer: W) -> Result<(), RmcpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let running = Mcp { service, principal }.serve((reader, writer)).await?;
    running.waiting().await?;
    Ok(())
}

#[derive(Debug)]
struct Mcp {
    service: Arc<Service>,
    principal: Principal,
}

impl ServerHandler for Mcp {
    fn get_info(&self) -> ServerConfig {
        let this = Implementation::new("claude-admin", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(this)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let place = Place::mcp();
        let allowed = self.service.can_ever_work(&self.principal, &place).await;
        let actions = tools(self.service.catalog())
            .filter(|tool| {
                let action = action_of(self.service.catalog(), &tool.name);
                action.is_some_and(|action| allowed(action))
            })
            .map(described);
        let playbooks = self.service.playbooks_for(&self.principal, &place).await;
        let playbooks = playbooks.iter().map(|form| described(playbook_tool(form)));
        let of_host = host_tools().map(|(command, form, docs)| host_tool(command, form, docs));
        Ok(ListToolsResult::with_all_items(of_host.chain(playbooks).chain(actions).collect()))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = call.arguments.unwrap_or_default();
        let denied = |problem: String| ErrorData::invalid_params(problem, None);
        // Check for secrets before an error quotes the input.
        let secrets = command::refuse_secrets(&call.name).and_then(|()| command::refuse_secrets_in(&arguments));
        secrets.map_err(|error| denied(error.to_string()))?;
        let input = self.input(&call.name, arguments).map_err(denied)?;
        let request =
            Request { principal: self.principal.clone(), place: Place::mcp(), input, delivery: None, format: None };
        let reply = Arc::clone(&self.service).handle_to_the_end(request).await;
        let answer = reply.envelope(reply.to_json());
        let content = vec![ContentBlock::text(format!("{answer:#}"))];
        // A pending request is not an error: a model can only propose a write.
        let mut result = match reply.outcome {
            Outcome::Done | Outcome::Waiting => CallToolResult::success(content),
            _ => CallToolResult::error(content),
        };
        result.structured_content = Some(answer);
        Ok(result.into())
    }
}

impl Mcp {
    fn input(&self, tool: &str, mut arguments: Map<String, Value>) -> Result<Input, String> {
        if let Some((command, form, _)) = host_tools().find(|(command, ..)| tool_name(command) == tool) {
            return self.host_input(command, form, &arguments);
        }
        let catalog = self.service.catalog();
        let playbook = catalog.playbooks.iter().find(|form| form.id().replace('.', "_") == tool);
        let action = action_of(catalog, tool);
        if playbook.is_none() && action.is_none() {
            return Err(format!("there is no tool `{tool}`; `tools/list` lists all tools"));
        }
        // A flag that the tool does not have stays in its arguments, where it fails as an unknown argument.
        let mut flag = |name: &str, takes: bool| match takes.then(|| arguments.shift_remove(name)).flatten() {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(given)) => Ok(given),
            Some(_) => Err(format!("`{name}` must be true or false")),
        };
        let (all, dry_run) = (
            flag("all", action.is_some_and(|action| action.paging.is_some()))?,
            flag("dry_run", action.is_none_or(|action| action.writes()))?,
        );
        let reason = match arguments.shift_remove("reason") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Reason::new(&text).map_err(|error| error.to_string())?),
            Some(_) => return Err("`reason` must be a string".to_owned()),
        };
        // A model cannot confirm, so `yes` is always false.
        let options = Options { all, dry_run, reason, yes: false, format: Some(Format::Json), ..Options::default() };
        let id = playbook.map(|form| form.id()).or(action.map(|action| action.id.clone())).unwrap_or_default();
        Ok(Input::Operation { id, arguments, options })
    }

    fn host_input(
        &self,
        command: &HostCommandInfo,
        form: &HostCommandForm,
        arguments: &Map<String, Value>,
    ) -> Result<Input, String> {
        let tool = tool_name(command);
        let known = |given: &&String| form.arguments.iter().any(|argument| argument.field.0 == given.as_str());
        if let Some(unknown) = arguments.keys().find(|given| !known(given)) {
            return Err(format!("`{tool}` has no argument `{unknown}`"));
        }
        let given = form.arguments.first().map(|argument| {
            let (name, docs) = argument.field;
            let given = arguments.get(name).and_then(Value::as_str);
            given.ok_or_else(|| format!("`{tool}` needs `{name}`: {docs}"))
        });
        Ok(Input::Parsed(self.service.parse_host_command(command, given.transpose()?)))
    }
}

/// A tool in the terms of the protocol.
fn described(tool: contract::Tool) -> Tool {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(tool.read_only)
        .destructive(tool.destructive)
        .idempotent(tool.idempotent)
        .open_world(false);
    Tool::new(tool.name, tool.description, tool.input_schema).with_annotations(annotations)
}

/// The commands of the host that are tools, each with the form that is one, and its description.
fn host_tools() -> impl Iterator<Item = (&'static HostCommandInfo, &'static HostCommandForm, &'static str)> {
    let forms = HOST_COMMANDS.iter().flat_map(|command| command.forms.iter().map(move |form| (command, form)));
    forms.filter_map(|(command, form)| Some((command, form, form.tool?)))
}

fn tool_name(command: &HostCommandInfo) -> String {
    command.name.replace('-', "_")
}

fn host_tool(command: &HostCommandInfo, form: &HostCommandForm, docs: &'static str) -> Tool {
    let text = |docs: &str| json!({ "type": "string", "description": docs });
    let fields = || form.arguments.iter().map(|argument| argument.field);
    let properties: Map<String, Value> = fields().map(|(name, docs)| (name.to_owned(), text(docs))).collect();
    let required: Vec<&str> = fields().map(|(name, _)| name).collect();
    let schema = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("required".to_owned(), json!(required)),
        ("additionalProperties".to_owned(), json!(false)),
    ]);
    let annotations = ToolAnnotations::with_title(command.name).read_only(command.only_reads()).open_world(false);
    Tool::new(tool_name(command), docs, schema).with_annotations(annotations)
}
