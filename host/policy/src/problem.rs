//! The problems of a policy, and their positions.

use std::fmt;

/// An error or a warning about a policy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PolicyProblem {
    /// The file, or `None` if the catalog has no valid schema.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The policy: the value of its `@id`, or `policy at line N`.
    pub policy: Option<String>,
    /// The problem.
    pub message: String,
    /// The remedy.
    pub remedy: Option<String>,
}

impl PolicyProblem {
    /// The problem of a catalog for which no schema can be built.
    pub(super) fn of_catalog(message: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            column: None,
            policy: None,
            message: format!("the actions of the component: {}", message.into()),
            remedy: Some("use a component whose names differ from those of the host".to_owned()),
        }
    }
}

/// `policy.cedar:12:3: policy `helpers`: there is no action `users.delete`; did you mean `users.remove`?`
impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        // The name of a policy without `@id` only repeats the line.
        if let Some(policy) = self.policy.as_ref().filter(|policy| !policy.starts_with(UNNAMED)) {
            write!(f, "policy `{policy}`: ")?;
        }
        f.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

/// The prefix of the names of policies without `@id`.
pub(super) const UNNAMED: &str = "policy at line ";

/// All problems of a policy file, in the order of its lines. The file is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct PolicyErrors(pub Vec<PolicyProblem>);

impl PolicyErrors {
    /// The positions of the problems as `LINE:COLUMN`, for the audit log: at most 10.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let place = |problem: &PolicyProblem| Some(format!("{}:{}", problem.line?, problem.column?));
        self.0.iter().filter_map(place).take(10).collect()
    }
}

fn lines(problems: &[PolicyProblem]) -> String {
    problems.iter().map(PolicyProblem::to_string).collect::<Vec<_>>().join("\n")
}

/// The text of a policy file, with the places of its lines.
#[derive(Debug)]
pub(super) struct Source<'t> {
    /// The name of the file.
    pub(super) file: &'t str,
    /// The text.
    pub(super) text: &'t str,
}

impl Source<'_> {
    /// Line and column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// A problem at a byte offset, or of the whole file if there is no offset.
    pub(super) fn problem(&self, offset: Option<usize>, message: impl Into<String>) -> PolicyProblem {
        let position = offset.map(|offset| self.position(offset));
        PolicyProblem {
            file: Some(self.file.to_owned()),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            policy: None,
            message: message.into(),
            remedy: None,
        }
    }
}

impl PolicyProblem {
    /// The same problem, with its policy.
    pub(super) fn of_policy(mut self, policy: &str) -> Self {
        self.policy = Some(policy.to_owned());
        self
    }

    /// The same problem, with a remedy.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}
