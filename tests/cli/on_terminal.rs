//! A program that runs on a pseudoterminal, and its output.

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs a program whose standard input and standard error are a terminal.
pub(super) struct OnTerminal {
    child: Child,
    pub(super) ours: File,
    shown: Arc<Mutex<String>>,
}

impl OnTerminal {
    pub(super) fn start(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        command.stdin(theirs.try_clone().unwrap()).stdout(Stdio::piped()).stderr(theirs);
        let child = command.spawn().unwrap();
        drop(command);
        let ours = File::from(ours);
        let (shown, mut reader) = (Arc::new(Mutex::new(String::new())), ours.try_clone().unwrap());
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..read]);
                *seen.lock().unwrap() = String::from_utf8_lossy(&bytes).into_owned();
            }
        });
        Self { child, ours, shown }
    }

    fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    pub(super) fn wait_for(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.shown().contains(text) {
            assert!(Instant::now() < until, "`{text}` is not in: {}", self.shown());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn type_line(&mut self, line: &str) {
        self.wait_for("\n> ");
        self.answer(line);
    }

    /// Types a line without waiting for a question.
    pub(super) fn answer(&mut self, line: &str) {
        self.ours.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(super) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(super) fn end(mut self) -> (Option<i32>, String) {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let status = self.child.wait().unwrap();
        (status.code(), format!("{}{out}", self.shown()))
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
