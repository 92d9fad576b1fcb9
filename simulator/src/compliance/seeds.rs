//! Content of members from before the simulation began.

use super::activity_recorder::record_beginnings;
use super::beginnings::beginnings;
use super::files::{ARTIFACTS, BYTES, CONTENT, GENERATED, UPLOADED};
use super::{chats, code_artifacts, organization_tag, projects, review_seeds, sessions};
use crate::caller::Caller;
use crate::memory;
use crate::reports::random::{id, salt};
use crate::rules::{Groups, Members, ORGANIZATION, View, Workspaces, text};
use crate::store::Store;
use crate::version::ApiVersion;
use claude_admin_catalog::Catalog;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A chat: its name, the place of its project, its age in hours, and its questions and responses.
struct Chat {
    name: &'static str,
    project: Option<usize>,
    hours_ago: i64,
    model: &'static str,
    asked: &'static str,
    answered: &'static str,
}

const CHATS: [Chat; 8] = [
    Chat {
        name: "Root cause of the gripper stalls",
        project: Some(1),
        hours_ago: 52,
        model: "claude-opus-4-5",
        asked: "Here is the log of the gripper from last night. Why does it stall after ten minutes?",
        answered: "The motor driver reports over-temperature 40 seconds before each stall. The duty cycle is the cause.",
    },
    Chat {
        name: "Quarterly report outline",
        project: Some(2),
        hours_ago: 20,
        model: "claude-sonnet-4-5",
        asked: "Please outline the quarterly report for the board.",
        answered: "I suggest four parts: results, customers, risks, and what we ask of the board.",
    },
    Chat {
        name: "SQL for the churn dashboard",
        project: None,
        hours_ago: 76,
        model: "claude-sonnet-4-5",
        asked: "Write the query for monthly churn by region.",
        answered: "This query counts the customers who were active in one month and not in the next.",
    },
    Chat {
        name: "Translate the safety sheet",
        project: None,
        hours_ago: 140,
        model: "claude-haiku-4-5",
        asked: "Translate this safety sheet into German and Portuguese.",
        answered: "Both translations follow. I kept the numbering of the original.",
    },
    Chat {
        name: "=cmd|'/C calc'!A0 <!channel>",
        project: None,
        hours_ago: 300,
        model: "claude-sonnet-4-5",
        asked: "Why does my spreadsheet warn about this cell?",
        answered: "Because it begins with an equals sign and calls a program.",
    },
    Chat {
        name: "Interview questions",
        project: None,
        hours_ago: 720,
        model: "claude-sonnet-4-5",
        asked: "Ten questions for a robotics engineer, please.",
        answered: "Here are ten, from basics of control to a question about failure.",
    },
    Chat {
        name: "Naming the new arm",
        project: None,
        hours_ago: 1400,
        model: "claude-opus-4-1",
        asked: "We need a name for the new arm.",
        answered: "Short names that work in every market: Alba, Nerea, Tovik.",
    },
    Chat {
        name: "Migration plan",
        project: Some(1),
        hours_ago: 2900,
        model: "claude-opus-4-5",
        asked: "Plan the migration of the fleet service.",
        answered: "Three phases, each of which can be undone: shadow, split, and move.",
    },
];

/// A project: name, description, instructions, age in days.
const PROJECTS: [(&str, &str, &str, i64); 3] = [
    ("Onboarding", "Everything for new colleagues.", "Answer as if it were somebody's first week.", 160),
    ("Fleet reliability", "Logs and findings about robots in the field.", "Say how sure you are.", 120),
    ("Board reports", "Numbers and texts for the board.", "Keep it short.", 70),
];

const LOG: &str = "t=581 driver temp=74C ok\nt=600 driver temp=91C warn\nt=640 gripper stalled\n";
const CSV: &str = "month,region,churn\n2026-09,EMEA,0.021\n2026-10,EMEA,0.018\n2026-10,APAC,0.027\n";
const PAGE: &str = "<!doctype html>\n<title>Gripper temperatures</title>\n<h1>Gripper temperatures</h1>\n";
const HANDBOOK: &str = "# Handbook\n\nWelcome. Ask anything; write down what you learn.\n";
/// An image of one transparent pixel.
const PNG: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x00, 0x01, 0x00, 0x00, 0x05, 0x00, 0x01, 0x0d, 0x0a, 0x2d, 0xb4, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// The content that is being generated.
pub(super) struct Author<'a> {
    pub(super) store: &'a mut Store,
    pub(super) examples: Vec<String>,
    seed: u64,
    pub(super) now: Timestamp,
    /// The members, in the format of content. The first is the one that examples name.
    members: Vec<Value>,
    pub(super) organization: (String, String),
}

/// Adds the content of members, and records the activities that created the initial objects.
pub(crate) fn seed(store: &mut Store, catalog: &Catalog) {
    let words = catalog.actions.iter().flat_map(|action| &action.examples).flat_map(|example| example.split(' '));
    let examples: Vec<String> = words.map(str::to_owned).collect();
    let now = memory::started_at(store);
    let mut members: Vec<Value> = store
        .items(Members::PATH)
        .map(|member| json!({ "id": text(member, "id"), "email_address": text(member, "email") }))
        .collect();
    members.reverse();
    members.sort_by_key(|member| !examples.iter().any(|word| member["id"] == *word));
    let uuid = store.singletons.get(ORGANIZATION).map(|me| text(me, "id").to_owned()).unwrap_or_default();
    let organization = (organization_tag(store), uuid);
    if !members.is_empty() {
        let mut author = Author { seed: memory::seed(store), store, examples, now, members, organization };
        author.projects();
        author.chats();
        author.code_artifacts();
        author.sessions();
        review_seeds::seed(&mut author);
    }
    let caller = Caller::default();
    let activities = beginnings(View { store, now, version: ApiVersion::V2026_10_21, caller: &caller });
    record_beginnings(store, activities);
}

impl Author<'_> {
    pub(super) fn member(&self, place: usize) -> Value {
        self.members.get(place % self.members.len().max(1)).cloned().unwrap_or_default()
    }

    pub(super) fn ago(&self, minutes: i64) -> String {
        self.now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
    }

    /// The ID that examples name, for the first object of a kind. For others, a generated one.
    pub(super) fn id(&self, prefix: &str, place: u64) -> String {
        // One prefix can be the beginning of another prefix. The part after a prefix begins with a number.
        let is_example = |word: &&String| word.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("01"));
        match self.examples.iter().find(is_example).filter(|_| place == 0) {
            Some(id) => id.clone(),
            None => id(prefix, &[self.seed, salt(prefix), place]),
        }
    }

    pub(super) fn add(&mut self, path: &str, item: Value) {
        if let Value::Object(item) = item {
            let id = text(&item, "id").to_owned();
            self.store.collection_mut(path).insert(&id, item);
        }
    }

    fn projects(&mut self) {
        for (place, (name, description, instructions, days)) in PROJECTS.into_iter().enumerate() {
            let id = self.project_id(place);
            let (owner, created_at) = (self.member(place), self.ago(days * 24 * 60));
            let (other, group) = (self.member(place + 2), self.group());
            let mut collaborators = vec![
                json!({ "type": "user", "user_id": owner["id"], "role": "owner", "granted_at": created_at }),
                json!({ "type": "user", "user_id": other["id"], "role": "editor", "granted_at": created_at }),
            ];
            if let Some(group) = group {
                collaborators
                    .push(json!({ "type": "group", "group_id": group, "role": "viewer", "granted_at": created_at }));
            }
            if place != 2 {
                collaborators.push(json!({
                    "type": "organization",
                    "organization_uuid": self.organization.1,
                    "role": "viewer",
                    "granted_at": created_at,
                }));
            }
            let updated_at = self.ago(days * 8 * 60);
            self.add(
                projects::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "description": description,
                    "instructions": instructions,
                    "is_private": place == 2,
                    "user": owner,
                    "organization_id": self.organization.0,
                    "organization_uuid": self.organization.1,
                    "created_at": created_at,
                    "updated_at": updated_at,
                    "deleted_at": null,
                    "collaborators": collaborators,
                }),
            );
            let (document, file) =
                (self.id("claude_proj_doc_", place as u64), self.id("claude_file_", 50 + place as u64));
            let written_at = self.ago(days * 20 * 60);
            self.add(
                projects::DOCUMENTS,
                json!({
                    "id": document,
                    "filename": "handbook.md",
                    "mime_type": "text/plain",
                    "user": owner,
                    "claude_project_id": id,
                    "created_at": written_at,
                    "updated_at": written_at,
                    CONTENT: format!("{HANDBOOK}\nThis copy belongs to the project {name}.\n"),
                }),
            );
            self.add(
                UPLOADED,
                json!({
                    "id": file,
                    "filename": "diagram.png",
                    "mime_type": "image/png",
                    "user": owner,
                    "project_id": id,
                    "claude_chat_ids": [],
                    "message_ids": [],
                    "created_at": written_at,
                    BYTES: PNG.to_vec(),
                }),
            );
        }
    }

    /// The project of the example has no chats, so it can be deleted.
    fn project_id(&self, place: usize) -> String {
        self.id("claude_proj_", place as u64)
    }

    fn group(&self) -> Option<String> {
        self.store.items(Groups::PATH).last().map(|group| text(group, "id").to_owned())
    }

    fn chats(&mut self) {
        for (place, chat) in CHATS.into_iter().enumerate() {
            let number = place as u64;
            // Every third chat belongs to the member that examples name.
            let owner = self.member(if place % 3 == 0 { 0 } else { place });
            let id = self.id("claude_chat_", number);
            let begun = chat.hours_ago * 60;
            let message = |author: &Self, turn: u64| author.id("claude_chat_msg_", number * 10 + turn);
            let messages: Vec<String> = (0..3).map(|turn| message(self, turn)).collect();
            let (file, made, artifact) = (
                self.id("claude_file_", number),
                self.id("claude_gen_file_", number),
                self.id("claude_artifact_version_", number),
            );
            let tool = format!("toolu_{}", &crate::reports::random::id("", &[self.seed, salt("tool"), number])[..12]);
            let text_part =
                |text: &str| json!({ "type": "text", "text": text, "truncated": false, "thinking_redacted": false });
            let written = [
                json!({
                    "id": messages[0],
                    "role": "user",
                    "created_at": self.ago(begun),
                    "content": [text_part(chat.asked)],
                    "files": [file],
                }),
                json!({
                    "id": messages[1],
                    "role": "assistant",
                    "created_at": self.ago(begun - 1),
                    "content": [
                        text_part("Let me look at the data first."),
                        {
                            "type": "tool_use",
                            "id": tool,
                            "name": "search_files",
                            "input": json!({ "query": chat.asked, "limit": 20 }).to_string(),
                            "integration_name": "Google Drive",
                            "mcp_server_url": "https://drive.mcp.example.com/sse",
                            "truncated": false,
                        },
                        {
                            "type": "tool_result",
                            "tool_use_id": tool,
                            "name": "search_files",
                            "content": [{ "type": "text", "text": LOG }],
                            "is_error": false,
                            "integration_name": "Google Drive",
                            "mcp_server_url": "https://drive.mcp.example.com/sse",
                            "truncated": false,
                        },
                    ],
                }),
                json!({
                    "id": messages[2],
                    "role": "assistant",
                    "created_at": self.ago(begun - 2),
                    "content": [text_part(chat.answered)],
                    "generated_files": [made],
                    "artifacts": [artifact],
                }),
            ];
            let (asked_at, answered_at) = (self.ago(begun), self.ago(begun - 2));
            let project = chat.project.map(|place| self.project_id(place));
            self.add(
                chats::PATH,
                json!({
                    "id": id,
                    "name": chat.name,
                    "model": chat.model,
                    "user": owner,
                    "project_id": project,
                    "href": format!("https://claude.ai/chat/{}", id.trim_start_matches("claude_chat_")),
                    "organization_id": self.organization.0,
                    "organization_uuid": self.organization.1,
                    "created_at": asked_at,
                    "updated_at": answered_at,
                    "deleted_at": null,
                    "messages": written,
                }),
            );
            self.add(
                UPLOADED,
                json!({
                    "id": file,
                    "filename": if place == 4 { "=HYPERLINK(1).log" } else { "input.log" },
                    "mime_type": "text/plain",
                    "user": owner,
                    "claude_chat_ids": [id],
                    "message_ids": [messages[0]],
                    "created_at": asked_at,
                    CONTENT: format!("{LOG}# {}\n", chat.name),
                }),
            );
            self.add(
                GENERATED,
                json!({
                    "id": made,
                    "filename": "result.csv",
                    "mime_type": "text/csv",
                    "claude_chat_id": id,
                    "created_at": answered_at,
                    CONTENT: CSV,
                }),
            );
            self.add(
                ARTIFACTS,
                json!({
                    "id": artifact,
                    "artifact_id": self.id("claude_artifact_", 900 + number),
                    "title": chat.name,
                    "artifact_type": "text/html",
                    "claude_chat_id": id,
                    "created_at": answered_at,
                    CONTENT: PAGE,
                }),
            );
        }
    }

    fn code_artifacts(&mut self) {
        for (place, (name, read_mode)) in
            [("release-dashboard.html", "org"), ("coverage.html", "owner"), ("postmortem.md", "users")]
                .into_iter()
                .enumerate()
        {
            let (number, days) = (place as u64, 3 + 9 * i64::try_from(place).unwrap_or_default());
            let owner = self.member(place * 2);
            let versions: Vec<String> = (0..2).map(|version| self.id("cartver_", number * 10 + version)).collect();
            let version = |id: &str, created_at: String, is_finished: bool| {
                let mut version = json!({
                    "id": id,
                    "name": name,
                    "created_at": created_at,
                    "mime_type": if name.ends_with(".md") { "text/markdown" } else { "text/html" },
                    CONTENT: format!("{PAGE}<p>{id}</p>\n"),
                });
                if !is_finished {
                    version[code_artifacts::UNFINISHED] = true.into();
                }
                version
            };
            let (newest, older) = (self.ago(days * 24 * 60), self.ago(days * 48 * 60));
            let id = self.id("cart_", number);
            self.add(
                code_artifacts::PATH,
                json!({
                    "id": id,
                    "user": owner,
                    "owner_user_id": owner["id"],
                    "organization_uuid": self.organization.1,
                    "artifact_type": "claude_sites",
                    "published_version_id": if place == 1 { Value::Null } else { json!(versions[0]) },
                    "read_mode": read_mode,
                    "updated_at": newest,
                    // The upload of the newest version of the last one is not complete.
                    "versions": [version(&versions[0], newest.clone(), place != 2), version(&versions[1], older, true)],
                }),
            );
        }
        self.documents();
    }

    /// An artifact with several files, and a document with tabs.
    fn documents(&mut self) {
        let owner = self.member(1);
        let (made, changed) = (self.ago(40 * 24 * 60), self.ago(39 * 24 * 60));
        let version = self.id("cartver_", 90);
        let artifact = |author: &Self, number: u64, kind: &str| {
            json!({
                "id": author.id("cart_", number),
                "user": owner,
                "owner_user_id": owner["id"],
                "organization_uuid": author.organization.1,
                "artifact_type": kind,
                "published_version_id": null,
                "read_mode": "owner",
                "updated_at": changed,
                "versions": [],
            })
        };
        let mut site = artifact(self, 8, "claude_sites");
        site["versions"] = json!([{
            "id": version,
            "name": "site",
            "created_at": made,
            code_artifacts::FILES: { "index.html": PAGE, "data/temperatures.csv": CSV },
        }]);
        let mut document = artifact(self, 9, "claude_docs");
        document[code_artifacts::TABS] = json!([{ "id": "summary", "text": "Summary of the week." }, { "id": "notes", "text": "" }, { "id": "plan", "text": "Next steps." }]);
        self.add(code_artifacts::PATH, document);
        self.add(code_artifacts::PATH, site);
    }

    fn sessions(&mut self) {
        let workspace = self.store.items(Workspaces::PATH).last().map(|workspace| text(workspace, "id").to_owned());
        for place in 0..6_usize {
            let (number, hours) = (place as u64, 4 + 37 * i64::try_from(place).unwrap_or_default());
            let owner = self.member(place);
            let begun = hours * 60;
            let local = self.id("clls_", number);
            let surface = if place % 3 == 2 { "cowork" } else { "claude_code" };
            let mut messages = self.session_messages("clls_msg_", number, begun);
            for (turn, message) in messages.iter_mut().enumerate() {
                message["type"] = "compliance_local_session_message".into();
                let is_assistant = message["role"] == "assistant";
                message["model"] = if is_assistant { "claude-opus-4-5".into() } else { Value::Null };
                message["provenance"] = match (place, turn) {
                    (1, 0) => json!({ "type": "synthetic_marker" }),
                    (_, 0) => json!({ "type": "client_asserted" }),
                    _ => Value::Null,
                };
            }
            let (created_at, changed_at) = (self.ago(begun), self.ago(begun - 3));
            self.add(
                sessions::LOCAL,
                json!({
                    "id": local,
                    "type": "compliance_local_session",
                    "user": owner,
                    "organization_uuid": self.organization.1,
                    "product_surface": surface,
                    "workspace_id": workspace.as_ref().filter(|_| place % 3 == 0),
                    "created_at": created_at,
                    "updated_at": changed_at,
                    "messages": messages,
                }),
            );
            let remote = self.id("cse_", number);
            let mut messages = self.session_messages("cse_msg_", number, begun);
            for message in &mut messages {
                message["content_unavailable"] = false.into();
                message["sent_by_user_id"] = if message["role"] == "user" { owner["id"].clone() } else { Value::Null };
            }
            let status = ["active", "paused", "archived", "pending"][place % 4];
            let updated_at = self.ago(begun - 4);
            self.add(
                sessions::REMOTE,
                json!({
                    "id": remote,
                    "user": owner,
                    "started_by_user": owner,
                    "status": status,
                    "agent_id": null,
                    "claude_project_id": null,
                    "organization_uuid": self.organization.1,
                    "product_surface": "claude_code_web",
                    "created_at": created_at,
                    "updated_at": updated_at,
                    "messages": messages,
                }),
            );
        }
    }

    fn session_messages(&self, prefix: &str, number: u64, begun: i64) -> Vec<Value> {
        let id = |turn: u64| self.id(prefix, number * 10 + turn + 1);
        let text_part = |text: &str| json!({ "type": "text", "text": text, "truncated": false });
        let tool = format!("toolu_{number:02}");
        let contents = [
            ("user", json!([text_part("Make the tests of the planner pass.")])),
            (
                "assistant",
                json!([
                    text_part("I run them first."),
                    {
                        "type": "tool_use",
                        "id": tool,
                        "name": "Bash",
                        "input": json!({ "command": "cargo test -p planner", "timeout": 120_000 }).to_string(),
                        "truncated": false,
                    },
                ]),
            ),
            (
                "user",
                json!([{
                    "type": "tool_result",
                    "tool_use_id": tool,
                    "name": "Bash",
                    "content": [{ "type": "text", "text": "test plans_a_path … FAILED\n42 passed; 1 failed\n" }],
                    "is_error": true,
                    "truncated": false,
                }]),
            ),
            ("assistant", json!([text_part("The path ended one cell early. It is fixed; all 43 tests pass.")])),
        ];
        let message = |(turn, (role, content)): (usize, (&str, Value))| {
            let passed = i64::try_from(turn).unwrap_or_default();
            json!({
                "id": id(turn as u64),
                "role": role,
                "created_at": self.ago(begun - passed),
                "content": content,
            })
        };
        contents.into_iter().enumerate().map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_one() {
        assert_eq!(&PNG[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&PNG[PNG.len() - 8..PNG.len() - 4], b"IEND");
    }
}
