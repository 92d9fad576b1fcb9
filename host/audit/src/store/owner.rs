//! Which of the hosts that share a store are still alive.
//!
//! A host holds an exclusive lock on a file of its own for as long as it runs. The operating system releases it when
//! the process ends, however it ends; so a lock that can be taken is one whose host is gone. Nobody has to beat, and no
//! time has to pass. This holds on one machine: a store on a network drive that several machines mount is not
//! supported, by SQLite neither.

use crate::private_folder;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a name is given up because somebody tidied its file away before it was locked.
const ATTEMPTS: usize = 8;

/// The hosts of one store.
#[derive(Debug, Clone)]
pub struct Hosts(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(PathBuf),
    Memory(Arc<Mutex<HashSet<String>>>),
}

impl Hosts {
    /// The hosts of a store in a file. Their locks are in a folder beside it.
    #[must_use]
    pub fn of(store: &Path) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".hosts");
        Self(Kind::Folder(folder.into()))
    }

    /// The hosts of a store in memory: whoever has a clone of this value.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Kind::Memory(Arc::default()))
    }

    /// Joins the hosts under a new name, and tidies up after those that are gone.
    ///
    /// # Errors
    ///
    /// When the lock cannot be made.
    pub fn join(&self) -> io::Result<HostLock> {
        match &self.0 {
            Kind::Memory(names) => {
                let name = random_name();
                lock(names).insert(name.clone());
                Ok(HostLock { name, held: Held::Memory(Arc::clone(names)) })
            }
            Kind::Folder(folder) => {
                private_folder::create(folder)?;
                tidy(folder);
                for _ in 0..ATTEMPTS {
                    let name = random_name();
                    let path = folder.join(&name);
                    let file = File::create_new(&path)?;
                    // Between the two, another host may take the file for one of a dead host, and remove it.
                    if file.try_lock().is_ok() && path.exists() {
                        return Ok(HostLock { name, held: Held::File { file: Some(file), path } });
                    }
                }
                Err(io::Error::other("the lock of this host was taken away again and again"))
            }
        }
    }

    /// Whether the host of that name still runs.
    ///
    /// When that cannot be found out, it is said to be alive: what a live host is about to do must not be taken for
    /// abandoned.
    #[must_use]
    pub fn is_alive(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Memory(names) => lock(names).contains(name),
            // Names come out of records: none may lead out of the folder.
            Kind::Folder(folder) => is_name(name) && !is_dead(&folder.join(name)),
        }
    }
}

/// Alive for as long as this exists.
#[derive(Debug)]
pub struct HostLock {
    name: String,
    held: Held,
}

#[derive(Debug)]
enum Held {
    File { file: Option<File>, path: PathBuf },
    Memory(Arc<Mutex<HashSet<String>>>),
}

impl HostLock {
    /// The name by which others ask for this host.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        match &mut self.held {
            // What cannot be removed is tidied up by the next host. Removed first: a file that is there and not locked
            // is looked at by everybody.
            Held::File { file, path } => {
                let _ = fs::remove_file(path);
                drop(file.take());
            }
            Held::Memory(names) => {
                lock(names).remove(&self.name);
            }
        }
    }
}

/// A panic elsewhere does not make the names untrue.
fn lock(names: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lock that can be shared is not held. Sharing it, rather than taking it, keeps those who ask at the same time from
/// taking each other for the host.
fn is_dead(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes the files of hosts that are gone. What fails is left for the next time.
fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(is_name);
        let Ok(file) = File::open(entry.path()) else { continue };
        // The lock is shared until after the removal, so that a host which has just made the file notices.
        if ours && file.try_lock_shared().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn random_name() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::thread;

    /// Set in the process that is to be killed: the store whose hosts it joins.
    const CHILD: &str = "CLAUDE_ADMIN_TEST_HOST_OF";

    #[test]
    fn a_host_is_alive_until_its_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        for hosts in [Hosts::of(&folder.path().join("store")), Hosts::in_memory()] {
            let (first, second) = (hosts.join().unwrap(), hosts.join().unwrap());
            let name = first.name().to_owned();
            assert!(hosts.is_alive(&name) && hosts.clone().is_alive(second.name()));
            drop(first);
            assert!(!hosts.is_alive(&name) && hosts.is_alive(second.name()));
        }
        assert_eq!(fs::read_dir(folder.path().join("store.hosts")).unwrap().count(), 0);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = Hosts::of(&folder.path().join("store"));
        let _lock = hosts.join().unwrap();
        for name in ["", ".", "..", "../store", "/etc/passwd", "x"] {
            assert!(!hosts.is_alive(name), "{name}");
        }
    }

    #[test]
    fn a_killed_host_is_dead_and_the_next_one_tidies_up() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--ignored"])
            .arg(format!("{}::a_host_that_waits_to_be_killed", module_path!().split_once("::").unwrap().1))
            .env(CHILD, &store)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let name = lines.map_while(Result::ok).find_map(|line| line.split_once("host=").map(|(_, n)| n.to_owned()));
        let (hosts, name) = (Hosts::of(&store), name.unwrap());
        assert!(hosts.is_alive(&name));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!hosts.is_alive(&name));
        let next = hosts.join().unwrap();
        let left: Vec<_> = fs::read_dir(folder.path().join("store.hosts")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].file_name().to_str(), Some(next.name()));
    }

    #[test]
    #[ignore = "runs in a process of its own, as the one that is killed"]
    fn a_host_that_waits_to_be_killed() {
        let Some(store) = std::env::var_os(CHILD) else { return };
        let lock = Hosts::of(Path::new(&store)).join().unwrap();
        println!("host={}", lock.name());
        thread::sleep(std::time::Duration::from_secs(60));
    }

    #[test]
    fn hosts_that_join_at_once_do_not_tidy_each_other_away() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = Hosts::of(&folder.path().join("store"));
        let locks: Vec<HostLock> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| (0..25).map(|_| hosts.join().unwrap()).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(locks.len(), 200);
        assert!(locks.iter().all(|lock| hosts.is_alive(lock.name())));
    }
}
