//! The policy in force, and its file while the host runs.
//!
//! At the start a missing or broken policy allows nothing. Later, an edit that breaks the file leaves the last good
//! policy in force, and [`PolicyState::problem`] says what is wrong with the file. A file that is taken away is a
//! different matter: it is how an operator stops everything, so that nothing is allowed until it is back.
//!
//! A program that writes the file should write another one beside it and rename that: a file that is half written may
//! be good Cedar that lacks its last forbids.

use claude_admin_audit::Code;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::{outside_text, redacted};
use claude_admin_policy::{
    Asker, Candidates, Decision, Denial, DenialKind, Explanation, GroupNames, HostAction, Policies, PolicyErrors,
    Question, Vocabulary, hash,
};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant, SystemTime};

/// How often the file is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A file that was changed so shortly before it was read may change again without a new time: clocks of file systems
/// are coarse.
const SETTLING_TIME: Duration = Duration::from_secs(3);

/// The most bytes of a policy file. Nobody writes that many by hand.
const MOST_BYTES: u64 = 4 << 20;

/// The policy that is in force.
#[derive(Debug, Clone)]
pub struct PolicyState {
    /// The policies; none while nothing is allowed.
    pub policies: Option<Arc<Policies>>,
    /// What is wrong with the file, with lines. The policies above are then those of before.
    pub problem: Option<String>,
    /// The same for the audit log.
    pub cause: Option<Code>,
    /// The hash of the policies in force.
    pub hash: Option<String>,
    /// When they were loaded.
    pub loaded_at: jiff::Timestamp,
}

impl PolicyState {
    fn good(policies: Arc<Policies>) -> Self {
        let hash = Some(policies.hash().to_owned());
        Self { policies: Some(policies), problem: None, cause: None, hash, loaded_at: jiff::Timestamp::now() }
    }

    fn none(problem: String, cause: Code) -> Self {
        Self {
            policies: None,
            problem: Some(problem),
            cause: Some(cause),
            hash: None,
            loaded_at: jiff::Timestamp::now(),
        }
    }

    /// Decides as [`Policies::decide`]. Without policies everything is denied.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        match &self.policies {
            Some(policies) => policies.decide(question),
            None => Decision::Deny(self.no_policy()),
        }
    }

    /// Decides as [`Policies::decide_host`]. Without policies everything is denied.
    #[must_use]
    pub fn decide_host(&self, asker: &Asker<'_>, action: HostAction, now: jiff::Timestamp) -> Decision {
        match &self.policies {
            Some(policies) => policies.decide_host(asker, action, now),
            None => Decision::Deny(self.no_policy()),
        }
    }

    /// Whether an action may ever be allowed: see [`Policies::may_ever`].
    #[must_use]
    pub fn may_ever(&self, asker: &Asker<'_>, action: &Action) -> bool {
        self.policies.as_ref().is_some_and(|policies| policies.may_ever(asker, action))
    }

    /// Who can be permitted an action at all; nobody without policies.
    #[must_use]
    pub fn candidates(&self, action: &Action) -> Candidates {
        self.policies.as_ref().map(|policies| policies.candidates(action)).unwrap_or_default()
    }

    /// Explains a decision as [`Policies::explain`].
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        match &self.policies {
            Some(policies) => policies.explain(question),
            None => Explanation::empty(question, Decision::Deny(self.no_policy())),
        }
    }

    /// The denial of everything while no policy is in force.
    #[must_use]
    pub fn no_policy(&self) -> Denial {
        // What is wrong with it names people and places: that is for whoever runs the host.
        let message = "no policy is in force, since its file is missing or not right";
        Denial { kind: DenialKind::Broken, message: message.to_owned() }
    }
}

/// What came of reading the file again, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The hash of the policies that are in force now; none when nothing is allowed.
    pub hash: Option<String>,
    /// What is wrong with the file.
    pub problem: Option<String>,
    /// The same for the audit log.
    pub cause: Option<Code>,
}

/// The policy in force, which follows its file.
#[derive(Debug)]
pub struct LivePolicy {
    file: Option<PolicyFile>,
    state: RwLock<Arc<PolicyState>>,
}

/// A policy file, and what is known of it.
#[derive(Debug)]
struct PolicyFile {
    path: PathBuf,
    groups: GroupNames,
    vocabulary: Result<Arc<Vocabulary>, PolicyErrors>,
    seen: Mutex<Seen>,
}

/// What was seen at the last look at the file.
#[derive(Debug, Default)]
struct Seen {
    looked_at: Option<Instant>,
    stamp: Option<Stamp>,
    content: Option<Content>,
}

/// By what a change of a file can be told without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Unreadable(String),
    Missing,
}

impl Content {
    /// What tells it from another: the text itself need not be kept.
    fn digest(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(hash(text)),
            other => other.clone(),
        }
    }
}

impl LivePolicy {
    /// Reads the policy from a file. It never fails: where there is no good policy, nothing is allowed, and
    /// [`Self::current`] says why.
    #[must_use]
    pub fn open(catalog: &Catalog, path: impl Into<PathBuf>, groups: GroupNames) -> Self {
        let vocabulary = Vocabulary::of(catalog).map(Arc::new);
        let file = PolicyFile { path: path.into(), groups, vocabulary, seen: Mutex::default() };
        let nothing = PolicyState::none("the policy was not read yet".to_owned(), Code::new("policy-not-read"));
        let live = Self { file: Some(file), state: RwLock::new(Arc::new(nothing)) };
        live.reload();
        live
    }

    /// A policy that stays as it is.
    #[must_use]
    pub fn fixed(policies: Policies) -> Self {
        Self { file: None, state: RwLock::new(Arc::new(PolicyState::good(Arc::new(policies)))) }
    }

    /// The policy in force now.
    #[must_use]
    pub fn current(&self) -> Arc<PolicyState> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file that it follows.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Reads the file again if it seems to have changed. Looks at it at most once a second, so that it can be called
    /// before every decision. Returns what came of it, if its content changed.
    pub fn refresh(&self) -> Option<Change> {
        let file = self.file.as_ref()?;
        // Whoever looks already does it for all.
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

    /// Reads the file again now, however it looks: for a signal of the operator. Returns what came of it, if its
    /// content changed.
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

/// The last good policy stays in force.
fn after_problem(before: &PolicyState, problem: String, cause: Code) -> PolicyState {
    // An error quotes the file, and a secret can be in the wrong one.
    PolicyState { problem: Some(redacted(problem)), cause: Some(cause), ..before.clone() }
}

impl PolicyFile {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file holds, and the stamp by which it is known again; none where that would not be safe.
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
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use claude_admin_chat::command::Arguments;
    use claude_admin_chat::identity::{Place, Principal};
    use std::collections::BTreeSet;
    use tempfile::TempDir;

    const READ: &str = "permit(principal, action in Action::\"read\", resource);\n";
    const LIST: &str = "permit(principal, action == Action::\"users.list\", resource);\n";
    const BROKEN: &str = "\npermit(principal, action == Action::\"users.lst\", resource);\n";

    struct Host {
        folder: TempDir,
        live: LivePolicy,
    }

    impl Host {
        fn start(text: Option<&str>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("policy.cedar");
            if let Some(text) = text {
                fs::write(&path, text).unwrap();
            }
            let live = LivePolicy::open(catalog(), path, GroupNames::new());
            Self { folder, live }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("policy.cedar")
        }

        fn edit(&self, text: &str) -> Option<Change> {
            fs::write(self.path(), text).unwrap();
            self.live.reload()
        }

        /// Makes the last look at the file long ago.
        fn wait(&self) {
            self.live.file.as_ref().unwrap().seen().looked_at = None;
        }

        /// Whether `users.list` and `users.get` are allowed.
        fn allows(&self) -> (bool, bool) {
            let state = self.live.current();
            let given = [Arguments::new(), Arguments::from([("user-id".to_owned(), "u".into())])];
            let ada = ada();
            let ask = |id: &str, given: &Arguments| state.decide(&ada.asks(id, given)).requirements().is_some();
            (ask("users.list", &given[0]), ask("users.get", &given[1]))
        }
    }

    /// Somebody at a terminal.
    struct Ada {
        principal: Principal,
        groups: BTreeSet<String>,
        place: Place,
    }

    fn ada() -> Ada {
        Ada { principal: Principal::local("ada").unwrap(), groups: BTreeSet::new(), place: Place::terminal() }
    }

    impl Ada {
        fn asker(&self) -> Asker<'_> {
            Asker { principal: &self.principal, groups: &self.groups, place: &self.place }
        }

        fn asks<'a>(&'a self, id: &str, arguments: &'a Arguments) -> Question<'a> {
            let action = catalog().action(id).unwrap();
            Question { asker: self.asker(), action, arguments, reason: None, now: jiff::Timestamp::UNIX_EPOCH }
        }
    }

    fn denial(state: &PolicyState) -> Denial {
        match state.decide(&ada().asks("users.list", &Arguments::new())) {
            Decision::Deny(denial) => denial,
            Decision::Allow(_) => panic!("allowed"),
        }
    }

    #[test]
    fn a_missing_or_broken_policy_allows_nothing_at_the_start() {
        let cases: [(Option<&str>, &str); 2] =
            [(None, "there is no policy file"), (Some(BROKEN), "policy.cedar:2:29: there is no action `users.lst`")];
        for (text, problem) in cases {
            let host = Host::start(text);
            let state = host.live.current();
            assert!(state.policies.is_none() && state.hash.is_none());
            assert!(state.problem.as_ref().unwrap().contains(problem), "{:?}", state.problem);
            let denial = denial(&state);
            assert_eq!(denial.kind, DenialKind::Broken);
            assert!(!denial.message.contains(problem), "details are not for everybody: {}", denial.message);
            let ada = ada();
            assert!(!state.may_ever(&ada.asker(), catalog().action("users.list").unwrap()));
            for action in HostAction::ALL {
                assert!(state.decide_host(&ada.asker(), action, jiff::Timestamp::UNIX_EPOCH).requirements().is_none());
            }
            let given = Arguments::new();
            assert!(state.explain(&ada.asks("users.list", &given)).decision.requirements().is_none());
        }
    }

    #[test]
    fn a_good_edit_comes_into_force() {
        let host = Host::start(Some(READ));
        assert_eq!(host.allows(), (true, true));
        let before = host.live.current().hash.clone();
        let change = host.edit(LIST).unwrap();
        assert_eq!(host.allows(), (true, false));
        assert!(change.problem.is_none() && change.hash.is_some() && change.hash != before);
        assert_eq!(change.hash, host.live.current().hash);
        assert_eq!(host.live.reload(), None);
    }

    #[test]
    fn a_broken_edit_leaves_the_last_good_policy_in_force() {
        let host = Host::start(Some(READ));
        let good = host.live.current();
        let change = host.edit(BROKEN).unwrap();
        assert_eq!(host.allows(), (true, true));
        assert_eq!(change.hash, good.hash);
        assert!(change.problem.as_ref().unwrap().contains("policy.cedar:2:29: "));
        assert_eq!(host.live.current().problem, change.problem);
        assert_eq!(host.live.current().loaded_at, good.loaded_at);
        // Another mistake is news, the same one is not.
        assert!(host.edit("nonsense").is_some());
        assert_eq!(host.live.reload(), None);
        fs::write(host.path(), [0xff, 0xff]).unwrap();
        assert!(host.live.reload().unwrap().problem.unwrap().contains("cannot be read"));
        assert_eq!(host.allows(), (true, true));
        let change = host.edit(READ).unwrap();
        assert_eq!((change.hash, change.problem), (good.hash.clone(), None));
    }

    #[test]
    fn a_policy_that_is_taken_away_allows_nothing_until_it_is_back() {
        let host = Host::start(Some(READ));
        fs::remove_file(host.path()).unwrap();
        let change = host.live.reload().unwrap();
        assert!(change.hash.is_none() && change.problem.unwrap().contains("there is no policy file"));
        assert_eq!(host.allows(), (false, false));
        assert_eq!(host.live.reload(), None);
        // What comes back broken does not bring the old one back.
        assert!(host.edit(BROKEN).unwrap().hash.is_none());
        assert_eq!(host.allows(), (false, false));
        assert!(host.edit(READ).unwrap().hash.is_some());
        assert_eq!(host.allows(), (true, true));
    }

    #[test]
    fn the_file_is_looked_at_once_a_second() {
        let host = Host::start(Some(READ));
        fs::write(host.path(), LIST).unwrap();
        assert_eq!(host.live.refresh(), None);
        assert_eq!(host.allows(), (true, true));
        host.wait();
        assert!(host.live.refresh().is_some());
        assert_eq!(host.allows(), (true, false));
        fs::remove_file(host.path()).unwrap();
        host.wait();
        assert!(host.live.refresh().unwrap().hash.is_none());
    }

    #[test]
    fn an_edit_of_the_same_length_and_time_is_seen_while_the_file_is_young() {
        let host = Host::start(Some(LIST));
        let same_length = LIST.replace("list", "get ").replace("get \"", "get\" ");
        let modified = fs::metadata(host.path()).unwrap().modified().unwrap();
        fs::write(host.path(), same_length).unwrap();
        fs::File::options().write(true).open(host.path()).unwrap().set_modified(modified).unwrap();
        host.wait();
        assert!(host.live.refresh().is_some());
        assert_eq!(host.allows(), (false, true));
    }

    #[test]
    fn a_file_that_did_not_change_is_not_read() {
        let host = Host::start(Some(READ));
        let old = SystemTime::now() - Duration::from_secs(60);
        let age = || fs::File::options().write(true).open(host.path()).unwrap().set_modified(old).unwrap();
        age();
        assert_eq!(host.live.reload(), None);
        // The stamp is known now: a change behind its back goes unseen, until it is asked for.
        fs::write(host.path(), READ.replace("read", "host")).unwrap();
        age();
        host.wait();
        assert_eq!(host.live.refresh(), None);
        assert!(host.live.reload().is_some());
        assert_eq!(host.allows(), (false, false));
    }

    #[test]
    fn a_fixed_policy_stays_as_it_is() {
        let live = LivePolicy::fixed(Policies::parse(catalog(), &GroupNames::new(), "policy.cedar", READ).unwrap());
        assert!(live.path().is_none() && live.refresh().is_none() && live.reload().is_none());
        assert!(live.current().policies.is_some() && live.current().problem.is_none());
    }

    #[test]
    fn decisions_go_on_while_the_policy_is_read_again() {
        let host = Host::start(Some(READ));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        assert!(host.allows().0);
                    }
                });
            }
            for round in 0..20 {
                host.edit(if round % 2 == 0 { LIST } else { READ });
            }
        });
    }
}
