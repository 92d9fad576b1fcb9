//! Help about playbooks.

use crate::document::{Block, Document, Fact};
use claude_admin_catalog::PlaybookForm;
use serde_json::{Value, json};

/// Explains a playbook.
#[must_use]
pub fn playbook_help(form: &PlaybookForm) -> Document {
    let fact = |parameter: &claude_admin_catalog::PlaybookParameter| {
        let label = match parameter.required {
            true => format!("<{}>", parameter.name),
            false => format!("--{}", parameter.name),
        };
        let allowed = match parameter.values.is_empty() {
            true => String::new(),
            false => format!(" One of {}.", parameter.values.join(", ")),
        };
        let several = if parameter.repeats { " Several values are allowed." } else { "" };
        let text = format!("{}{allowed}{several}", parameter.summary);
        Fact { field: parameter.name.clone(), ..Fact::new(label, text) }
    };
    let document = Document::titled(form.name.clone())
        .with(Block::Text(format!("{}.", form.summary)))
        .with(Block::Text(format!("Usage: {}", form.usage())));
    let facts: Vec<Fact> = form.parameters.iter().map(fact).collect();
    let facts = (!facts.is_empty()).then_some(Block::Facts(facts));
    document
        .with_all(facts)
        .with(Block::Text(
            "A playbook reads with your permissions, and proposes steps. No step runs before it was confirmed or \
             approved."
                .to_owned(),
        ))
        .footer(format!("sha256:{}", form.digest))
}

/// The same, for programs.
#[must_use]
pub fn playbook_data(form: &PlaybookForm) -> Value {
    json!({
        "name": form.name, "kind": "playbook", "summary": form.summary, "usage": form.usage(),
        "parameters": form.parameters, "digest": form.digest,
    })
}
