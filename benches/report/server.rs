//! A program that listens: this one, its simulator, or a peer.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Ticks of the clock in which Linux counts the time of a process.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that ends when this value is dropped.
pub(crate) struct Server {
    child: Child,
    // Stored, because a program that writes to a closed pipe would end.
    output: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        // The workers of a server end if it receives SIGTERM, and not if it is killed.
        Command::new("kill").arg(pid).status().ok();
        for _ in 0..50 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("it has an output"));
        Self { child, output }
    }

    /// The result of `read` for the first line of the output for which it returns one.
    pub(crate) fn says<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> T {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.output.read_line(&mut line).expect("it writes text") > 0, "it ended before it was ready");
            if let Some(said) = read(line.trim_end()) {
                return said;
            }
        }
    }

    /// The processor time that the process has used, in seconds.
    pub(crate) fn processor_time(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("Linux tells");
        let fields = stat.rsplit(") ").next().expect("behind the name").split_whitespace();
        fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
    }

    /// The peak memory of the process, in MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux tells");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells");
        peak.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }
}

/// The simulator, and the variables with its base URL and its credentials.
pub(crate) fn simulator() -> (Server, HashMap<String, String>) {
    let mut server = Server::start(Command::new(env!("CARGO_BIN_EXE_claude-admin")).arg("simulator"));
    let mut variables = HashMap::new();
    while !variables.contains_key("ANTHROPIC_ADMIN_KEY") || !variables.contains_key("ANTHROPIC_BASE_URL") {
        let (name, value) = server.says(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
        });
        variables.insert(name, value);
    }
    (server, variables)
}

/// The folder of the peers.
pub(crate) fn peers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/peers")
}
