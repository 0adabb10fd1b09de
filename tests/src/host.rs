//! The host as a process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// A running host. Dropped, it is killed.
pub struct Host {
    child: Child,
    log: PathBuf,
    log_from: usize,
}

/// The binary under test: what cargo has built beside this test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().find(|folder| folder.join("umbrasil").is_file());
    folder.expect("run `cargo build -p umbrasil` first").join("umbrasil")
}

/// Runs a command of the binary to its end, at most 20 s: exit code, and what it has said.
pub async fn run(args: &[&str], directory: &Path, vars: &[(&str, &str)]) -> (i32, String) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(binary());
    command.args(args).current_dir(directory).env_clear().stdin(Stdio::null());
    command.envs(vars.iter().copied());
    let mut host = Host::spawn(command, log.path());
    let status = host.exit(20).await;
    (status.code().expect("an exit, not a signal"), host.logged())
}

impl Host {
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let log_from = usize::try_from(file.metadata().unwrap().len()).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log: log.to_owned(), log_from }
    }

    /// Starts a copy of the binary without arguments, in a directory that has nothing else, with no
    /// environment but `vars`: as somebody does who has just downloaded it.
    pub fn alone(directory: &Path, vars: &[(&str, &str)]) -> Self {
        let program = directory.join("umbrasil");
        if !program.exists() {
            std::fs::copy(binary(), &program).unwrap();
        }
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().stdin(Stdio::null()).envs(vars.iter().copied());
        Self::spawn(command, &directory.with_extension("log"))
    }

    /// Where the chat page of local mode is: the one line for the person at the terminal says it.
    pub async fn page(&self) -> String {
        let line = eventually(30, "the host says where the page is", async || {
            let logged = self.logged();
            logged.lines().find(|line| line.starts_with("UmbraSIL is running: ")).map(str::to_owned)
        })
        .await;
        let after = line.split_once("open ").unwrap().1;
        after.split_whitespace().next().unwrap().to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What this host has logged so far.
    pub fn logged(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(log.get(self.log_from..).unwrap_or_default()).into_owned()
    }

    /// Waits until the host says that it is ready.
    pub async fn ready(&self) {
        let health = self.health().await;
        let client = reqwest::Client::new();
        eventually(30, "the host is ready", async || {
            let answer = client.get(format!("{health}/readyz")).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }

    /// The base URL of the HTTP listener, from the log.
    pub async fn health(&self) -> String {
        let address = eventually(20, "the log names the HTTP listener", async || {
            let logged = self.logged();
            // As text, or as JSON.
            let (_, after) =
                logged.split_once("health=").or_else(|| logged.split_once("\"health\":\""))?;
            Some(after.split([' ', '\n', '"']).next()?.to_owned())
        })
        .await;
        format!("http://{address}")
    }

    /// GET of the HTTP listener: status and body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.health().await);
        let response = reqwest::get(url).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends SIGTERM and waits for the end.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.exit(15).await
    }

    /// Like [`Host::stop`]; gives what it has logged as well.
    pub async fn stop_and_keep(mut self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        (self.exit(15).await, self.logged())
    }

    /// Ends the process as a crash would.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.exit(5).await;
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the process to end by itself.
    pub async fn exit(&mut self, seconds: u64) -> ExitStatus {
        eventually(seconds, "the host has ended", async || self.child.try_wait().unwrap()).await
    }

    /// Whether the process is still there.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.is_alive() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        // What a failed test leaves behind is its log.
        if std::thread::panicking() {
            let logged = self.logged();
            let tail: Vec<&str> = logged.lines().rev().take(60).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            #[allow(clippy::print_stderr, reason = "for the person who reads the failed test")]
            {
                eprintln!("--- the host's log ends with:\n{}", tail.join("\n"));
            }
        }
    }
}
