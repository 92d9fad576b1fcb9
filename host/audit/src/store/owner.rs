//! The hosts that share a store, and which of them still run.
//!
//! A host holds an exclusive lock on its own file while it runs. The operating system releases the lock when the
//! process ends, for any reason. If the lock is free, its host has exited. No heartbeat and no timeout is needed. This
//! works on one machine: a store on a network drive that several machines mount is not supported, and SQLite does not
//! support it either.

use crate::private_folder;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The maximum number of names that are tried because another host removed the file before it was locked.
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
    /// The hosts of a store in a file. Their locks are in a folder next to it.
    #[must_use]
    pub fn of(store: &Path) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".hosts");
        Self(Kind::Folder(folder.into()))
    }

    /// The hosts of a store in memory: all owners of a clone of this value.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Kind::Memory(Arc::default()))
    }

    /// Joins the hosts under a new name, and removes the files of hosts that have exited.
    ///
    /// # Errors
    ///
    /// If the lock file cannot be created.
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
                    // Between the two calls, another host might treat the file as that of an exited host, and remove
                    // it.
                    if file.try_lock().is_ok() && path.exists() {
                        return Ok(HostLock { name, held: Held::File { file: Some(file), path } });
                    }
                }
                Err(io::Error::other("other hosts removed the lock file of this host at each attempt"))
            }
        }
    }

    /// Whether any host still runs.
    #[cfg(feature = "sqlite")]
    pub(super) fn any_is_alive(&self) -> bool {
        match &self.0 {
            Kind::Memory(names) => !lock(names).is_empty(),
            Kind::Folder(folder) => {
                let files = fs::read_dir(folder).into_iter().flatten().flatten();
                files.into_iter().any(|file| is_name(&file.file_name().to_string_lossy()) && !is_dead(&file.path()))
            }
        }
    }

    /// Whether the host with this name still runs.
    ///
    /// If this cannot be determined, the result is true: an operation of a running host must not be treated as
    /// abandoned.
    #[must_use]
    pub fn is_alive(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Memory(names) => lock(names).contains(name),
            // Names come from entries: no name must lead to a path outside of the folder.
            Kind::Folder(folder) => is_name(name) && !is_dead(&folder.join(name)),
        }
    }
}

/// The host counts as running while this value exists.
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
    /// The name that identifies this host for other hosts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        match &mut self.held {
            // The next host removes a file that cannot be removed here. The file is removed before it is unlocked:
            // every host checks a file that exists and is not locked.
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

/// A panic elsewhere does not invalidate the names.
fn lock(names: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A shared lock is possible only if no host has the exclusive lock. With an exclusive lock here, two hosts that check
/// at the same time would each treat the other as the host.
fn is_dead(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes the files of hosts that have exited. A file that cannot be removed stays until the next time.
fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(is_name);
        let Ok(file) = File::open(entry.path()) else { continue };
        // The shared lock stays until after the removal. So a host that has just created the file notices the removal.
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

    /// Set in the process that is killed: the store whose hosts it joins.
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
    fn concurrent_host_joins_remove_no_active_lock() {
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
