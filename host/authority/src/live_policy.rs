//! The active policy, and its file while the host runs.
//!
//! At the start, a missing or invalid policy permits nothing. Later, if an edit makes the file invalid, the last valid
//! policy stays active, and [`PolicyState::problem`] describes the problem of the file. A removed file is different: a
//! host administrator removes it to stop everything. So nothing is permitted until the file exists again.
//!
//! A program that writes the file should write another file next to it and rename that one. A half-written file can be
//! valid Cedar without its last `forbid` policies.

use crate::PolicyState;
use claude_admin_audit::Code;
use claude_admin_catalog::Catalog;
use claude_admin_chat::{outside_text, redacted};
use claude_admin_policy::{GroupNames, Policies, PolicyErrors, Vocabulary, hash};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant, SystemTime};

/// The minimum interval between two checks of the file.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A file that was changed so shortly before it was read can change again without a new time: clocks of file systems
/// are coarse.
const SETTLING_TIME: Duration = Duration::from_secs(3);

/// The maximum size of a policy file in bytes. A handwritten file is smaller.
const MOST_BYTES: u64 = 4 << 20;

/// The result of reading the file again, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The hash of the policies that are active now; none if nothing is permitted.
    pub hash: Option<String>,
    /// The problem of the file.
    pub problem: Option<String>,
    /// The same for the audit log.
    pub cause: Option<Code>,
}

/// The active policy, which follows its file.
#[derive(Debug)]
pub struct LivePolicy {
    file: Option<PolicyFile>,
    state: RwLock<Arc<PolicyState>>,
}

/// A policy file, and the data about it.
#[derive(Debug)]
struct PolicyFile {
    path: PathBuf,
    groups: GroupNames,
    vocabulary: Result<Arc<Vocabulary>, PolicyErrors>,
    seen: Mutex<Seen>,
}

/// The state of the file at the last check.
#[derive(Debug, Default)]
struct Seen {
    looked_at: Option<Instant>,
    stamp: Option<Stamp>,
    content: Option<Content>,
}

/// Shows a change of a file without reading the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Unreadable(String),
    Missing,
}

impl Content {
    /// Distinguishes this content from another: the text itself does not have to be stored.
    fn digest(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(hash(text)),
            other => other.clone(),
        }
    }
}

impl LivePolicy {
    /// Reads the policy from a file. It never fails: without a valid policy, nothing is permitted, and
    /// [`Self::current`] contains the reason.
    #[must_use]
    pub fn open(catalog: &Catalog, path: impl Into<PathBuf>, groups: GroupNames) -> Self {
        let vocabulary = Vocabulary::of(catalog).map(Arc::new);
        let file = PolicyFile { path: path.into(), groups, vocabulary, seen: Mutex::default() };
        let nothing = PolicyState::none("the policy was not read yet".to_owned(), Code::new("policy-not-read"));
        let live = Self { file: Some(file), state: RwLock::new(Arc::new(nothing)) };
        live.reload();
        live
    }

    /// A policy that does not change.
    #[must_use]
    pub fn fixed(policies: Policies) -> Self {
        Self { file: None, state: RwLock::new(Arc::new(PolicyState::good(Arc::new(policies)))) }
    }

    /// The policy that is active now.
    #[must_use]
    pub fn current(&self) -> Arc<PolicyState> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file that the policy follows.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Reads the file again if it seems to have changed. It checks the file at most once a second, so it can be called
    /// before every decision. Returns the result if the content changed.
    pub fn refresh(&self) -> Option<Change> {
        let file = self.file.as_ref()?;
        // The check that is already running is enough for all callers.
        let mut seen = match file.seen.try_lock() {
            Ok(seen) => seen,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if seen.looked_at.is_some_and(|at| at.elapsed() < CHECK_INTERVAL) {
            return None;
        }
        seen.looked_at = Some(Instant::now());
        let stamp = fs::metadata(&file.path).ok().as_ref().and_then(Stamp::of);
        let unchanged = stamp.as_ref().is_some_and(|stamp| seen.stamp.as_ref() == Some(stamp));
        if unchanged { None } else { self.read(file, &mut seen) }
    }

    /// Reads the file again now, without a check for changes: for a signal of the host administrator. Returns the
    /// result if the content changed.
    pub fn reload(&self) -> Option<Change> {
        let file = self.file.as_ref()?;
        let mut seen = file.seen();
        seen.looked_at = Some(Instant::now());
        self.read(file, &mut seen)
    }

    fn read(&self, file: &PolicyFile, seen: &mut Seen) -> Option<Change> {
        let (content, stamp) = file.content();
        seen.stamp = stamp;
        let digest = content.digest();
        if seen.content.as_ref() == Some(&digest) {
            return None;
        }
        seen.content = Some(digest);
        let before = self.current();
        let state = match content {
            Content::Text(text) => match file.parse(&text) {
                Ok(policies) => PolicyState::good(Arc::new(policies)),
                Err(errors) => after_problem(
                    &before,
                    errors.to_string(),
                    Code::new("policy-invalid").names("places", errors.places()),
                ),
            },
            Content::Unreadable(problem) => after_problem(&before, problem, Code::new("policy-unreadable")),
            Content::Missing => PolicyState::none(
                format!("there is no policy file {}", file.path.display()),
                Code::new("policy-missing"),
            ),
        };
        let change = Change { hash: state.hash.clone(), problem: state.problem.clone(), cause: state.cause.clone() };
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        Some(change)
    }
}

/// The last valid policy stays active.
fn after_problem(before: &PolicyState, problem: String, cause: Code) -> PolicyState {
    // An error quotes the file, and the wrong file can contain a secret.
    PolicyState { problem: Some(redacted(problem)), cause: Some(cause), ..before.clone() }
}

impl PolicyFile {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content of the file, and the stamp that identifies it later; none if the stamp would not be safe.
    fn content(&self) -> (Content, Option<Stamp>) {
        let unreadable = |problem: String| {
            Content::Unreadable(format!("the policy file {} cannot be read: {problem}", self.path.display()))
        };
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return (Content::Missing, None),
            Err(error) => return (unreadable(error.to_string()), None),
        };
        if metadata.len() > MOST_BYTES {
            return (unreadable(format!("it is larger than {MOST_BYTES} bytes")), None);
        }
        match fs::read(&self.path) {
            Ok(bytes) => match outside_text::text(&bytes) {
                Ok(text) => (Content::Text(text.into_owned()), Stamp::of(&metadata).filter(Stamp::is_settled)),
                Err(error) => (unreadable(error.to_string()), None),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => (Content::Missing, None),
            Err(error) => (unreadable(error.to_string()), None),
        }
    }

    fn parse(&self, text: &str) -> Result<Policies, PolicyErrors> {
        let vocabulary = self.vocabulary.as_ref().map_err(Clone::clone)?;
        Policies::parse_with(Arc::clone(vocabulary), &self.groups, &self.path.display().to_string(), text)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Option<Self> {
        Some(Self { modified: metadata.modified().ok()?, length: metadata.len() })
    }

    fn is_settled(&self) -> bool {
        SystemTime::now().duration_since(self.modified).is_ok_and(|age| age > SETTLING_TIME)
    }
}

#[cfg(test)]
mod tests;
