//! The playbook `my-playbook`: gives another role to every member who has a role.

wit_bindgen::generate!({ path: "wit", world: "playbook", generate_all });

use claude::admin::types::{Error, OrganizationRole, Page};
use claude::admin::users::{self, User};
use exports::claude::playbook::playbooks::{Guest, Manifest, Parameter, Proposal, Step, Table};

struct Component;

export!(Component);

fn parameter(name: &str, summary: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        summary: summary.to_owned(),
        required: true,
        repeats: false,
        values: ["user", "developer", "billing", "claude-code-user"].map(str::to_owned).to_vec(),
    }
}

impl Guest for Component {
    fn describe() -> Vec<Manifest> {
        vec![Manifest {
            name: "my-playbook".to_owned(),
            summary: "Give another role to every member who has a role".to_owned(),
            parameters: vec![parameter("role", "The role that they have."), parameter("new-role", "The role that they get.")],
        }]
    }

    fn plan(_name: String, arguments: Vec<(String, String)>, _now: String) -> Result<Proposal, String> {
        let argument = |name: &str| {
            let found = arguments.iter().find(|(given, _)| given == name);
            // In the API, words are separated by underscores.
            found.map(|(_, value)| value.replace('-', "_")).unwrap_or_default()
        };
        let (old, new) = (argument("role"), argument("new-role"));
        let members = members()?;
        let found: Vec<&User> = members.iter().filter(|user| role(&user.role) == old).collect();
        let step = |(number, user): (usize, &&User)| Step {
            id: format!("step-{number}"),
            action: "users.update".to_owned(),
            // IDs and roles need no escapes in JSON.
            arguments: format!(r#"{{"user-id": "{}", "role": "{new}"}}"#, user.id),
            why: format!("{} has the role {old}", user.email),
            optional: false,
        };
        Ok(Proposal {
            summary: format!("{} of {} members have the role {old}.", found.len(), members.len()),
            tables: vec![Table {
                caption: "Members".to_owned(),
                columns: vec!["email".to_owned(), "id".to_owned()],
                rows: found.iter().map(|user| vec![user.email.clone(), user.id.clone()]).collect(),
            }],
            steps: found.iter().enumerate().map(step).collect(),
        })
    }
}

/// Every member, page by page.
fn members() -> Result<Vec<User>, String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { limit: Some(1000), after_id: after, before_id: None };
        let found = users::list(None, &[], &page).map_err(sentence)?;
        all.extend(found.data);
        after = found.last_id.filter(|_| found.has_more);
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// An error for the user who runs the playbook.
fn sentence(error: Error) -> String {
    match error {
        Error::Api(error) => format!("The members cannot be read: {}.", error.message),
        Error::Denied(why) => format!("The members cannot be read: {why}."),
        other => format!("The members cannot be read: {other:?}."),
    }
}

fn role(role: &OrganizationRole) -> &str {
    match role {
        OrganizationRole::User => "user",
        OrganizationRole::Developer => "developer",
        OrganizationRole::Billing => "billing",
        OrganizationRole::ClaudeCodeUser => "claude_code_user",
        _ => "another role",
    }
}
