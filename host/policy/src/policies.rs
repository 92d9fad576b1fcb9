//! Policies that are active after they are loaded.

use super::load::{Loader, refuse_templates};
use super::loaded_policy::LoadedPolicy;
use super::names::GroupNames;
use super::problem::{PolicyErrors, PolicyProblem, Source};
use super::scan::statements;
use super::validate::{in_order, told, validate};
use super::vocabulary::Vocabulary;
use cedar_policy::ffi::DetailedError;
use cedar_policy::{Authorizer, ParseErrors, PolicyId, PolicySet};
use claude_admin_catalog::Catalog;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Policies that have been checked against the schema of a catalog.
#[derive(Debug)]
pub struct Policies {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) groups: GroupNames,
    pub(super) groups_named: GroupNames,
    pub(super) authorizer: Authorizer,
    pub(super) set: PolicySet,
    /// In the order of the file.
    pub(super) policies: Vec<LoadedPolicy>,
    pub(super) warnings: Vec<PolicyProblem>,
    pub(super) hash: String,
}

impl Policies {
    /// Reads policies and checks them against the schema of the catalog and the names of the configured groups.
    /// `file_name` is the file name in problems.
    ///
    /// # Errors
    ///
    /// All problems, each with file, line and column. If the text is not valid Cedar, only its syntax errors are
    /// returned.
    pub fn parse(catalog: &Catalog, groups: &GroupNames, file_name: &str, text: &str) -> Result<Self, PolicyErrors> {
        Self::parse_with(Arc::new(Vocabulary::of(catalog)?), groups, file_name, text)
    }

    /// The same as [`Self::parse`], with an existing vocabulary.
    pub fn parse_with(
        vocabulary: Arc<Vocabulary>,
        groups: &GroupNames,
        file_name: &str,
        text: &str,
    ) -> Result<Self, PolicyErrors> {
        let source = Source { file: file_name, text };
        let set: PolicySet = text.parse().map_err(|errors: ParseErrors| {
            PolicyErrors(errors.iter().map(|error| told(&source, &DetailedError::from(error), None)).collect())
        })?;
        let statements = statements(text);
        refuse_templates(&source, &set, &statements)?;
        let mut loader = Loader::new(&source, &vocabulary, groups);
        let policies = loader.policies(&set, &statements)?;
        let mut problems = loader.problems;
        let set = PolicySet::from_policies(policies.iter().map(|policy| policy.cedar.clone()))
            .map_err(|error| PolicyErrors(vec![source.problem(None, error.to_string())]))?;
        let warnings = validate(&source, &vocabulary, &set, &policies, &mut problems)?;
        if problems.is_empty() {
            Ok(Self {
                groups: groups.clone(),
                groups_named: groups_named(&policies),
                authorizer: Authorizer::new(),
                hash: hash(text),
                vocabulary,
                set,
                policies,
                warnings,
            })
        } else {
            Err(in_order(problems))
        }
    }

    /// Problems that are not errors, such as a policy that can never match.
    #[must_use]
    pub fn warnings(&self) -> &[PolicyProblem] {
        &self.warnings
    }

    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The number of policies.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// Whether there are no policies. All actions are then denied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The groups of the configuration, which policies can name.
    #[must_use]
    pub fn group_names(&self) -> &GroupNames {
        &self.groups
    }

    /// The groups that the policies name, including groups of approvers.
    #[must_use]
    pub fn groups_named(&self) -> &GroupNames {
        &self.groups_named
    }

    /// The policy with this name.
    pub(super) fn policy(&self, id: &PolicyId) -> Option<&LoadedPolicy> {
        let id: &str = id.as_ref();
        self.policies.iter().find(|policy| policy.id == id)
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

fn groups_named(policies: &[LoadedPolicy]) -> GroupNames {
    let approvers = policies.iter().filter_map(|policy| policy.demands.approval.as_ref()?.from.clone());
    let literals = policies.iter().flat_map(|policy| policy.cedar.entity_literals());
    let groups = literals.filter(|uid| uid.type_name().basename() == "Group");
    groups.map(|uid| uid.id().unescaped().to_owned()).chain(approvers).collect()
}
