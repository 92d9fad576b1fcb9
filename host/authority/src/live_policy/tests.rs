use super::*;
use claude_admin_catalog::testing::catalog;
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Place, Principal};
use claude_admin_policy::{Asker, Decision, Denial, DenialKind, HostAction, Question};
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

    /// Makes the last check of the file long ago.
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

/// A user at a terminal.
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
        Question {
            asker: self.asker(),
            action,
            arguments,
            reason: None,
            playbook: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
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
fn invalid_edit_leaves_the_last_valid_policy_active() {
    let host = Host::start(Some(READ));
    let good = host.live.current();
    let change = host.edit(BROKEN).unwrap();
    assert_eq!(host.allows(), (true, true));
    assert_eq!(change.hash, good.hash);
    assert!(change.problem.as_ref().unwrap().contains("policy.cedar:2:29: "));
    assert_eq!(host.live.current().problem, change.problem);
    assert_eq!(host.live.current().loaded_at, good.loaded_at);
    // Another error is reported, the same one is not.
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
    // An invalid file does not restore the old policy.
    assert!(host.edit(BROKEN).unwrap().hash.is_none());
    assert_eq!(host.allows(), (false, false));
    assert!(host.edit(READ).unwrap().hash.is_some());
    assert_eq!(host.allows(), (true, true));
}

#[test]
fn policy_file_is_checked_at_most_once_a_second() {
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
fn edit_of_a_recent_file_with_same_size_and_mtime_is_detected() {
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
    // The stamp is known now: a change that does not change the stamp is not noticed until a reload is requested.
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
