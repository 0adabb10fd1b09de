//! A real OpenSSH server on a free port of loopback, in a directory of its own: its host keys, the one key
//! that may log in, and a log that says all that it saw.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::eventually;

/// A running `sshd`. Dropped, it is ended with all its sessions.
pub struct Sshd {
    directory: tempfile::TempDir,
    port: u16,
    child: Child,
}

/// A port of loopback that is free now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Makes a key pair without a passphrase; the public one lies beside it as `.pub`.
pub fn keygen(path: &Path, options: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-C", "test", "-f"]).arg(path).args(options);
    assert!(command.status().unwrap().success(), "ssh-keygen {options:?}");
}

/// The name of the user who runs the tests, and logs in.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Sshd {
    /// Starts a server with an Ed25519 host key.
    pub async fn start() -> Self {
        Self::with(free_port(), "ed25519").await
    }

    /// Starts a server with one host key of this type on this port.
    pub async fn with(port: u16, key_type: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("umbrasil-sshd-").tempdir().unwrap();
        keygen(&directory.path().join("client"), &["-t", "ed25519"]);
        let public = std::fs::read(directory.path().join("client.pub")).unwrap();
        std::fs::write(directory.path().join("authorized_keys"), public).unwrap();
        keygen(&directory.path().join("host"), &["-t", key_type]);
        let child = launch(directory.path(), port);
        let server = Self { directory, port, child };
        server.listens().await;
        server
    }

    /// Ends the server and starts it again on its port, with another host key of this type.
    pub async fn restart(&mut self, key_type: &str) {
        self.end();
        let host = self.path().join("host");
        std::fs::remove_file(&host).unwrap();
        std::fs::remove_file(self.path().join("host.pub")).unwrap();
        keygen(&host, &["-t", key_type]);
        std::fs::remove_file(self.path().join("log")).unwrap();
        self.child = launch(self.directory.path(), self.port);
        self.listens().await;
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private key that may log in.
    pub fn key(&self) -> PathBuf {
        self.path().join("client")
    }

    /// The host key as a person copies it: type and base64.
    pub fn host_key(&self) -> String {
        let line = std::fs::read_to_string(self.path().join("host.pub")).unwrap();
        line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// `[ssh.ALIAS]` for `umbrasil.toml`, with the host key pinned.
    pub fn table(&self, alias: &str, more: &str) -> String {
        format!("{}host_key = \"{}\"\n{more}\n", self.unknown(alias), self.host_key())
    }

    /// `[ssh.ALIAS]` without the host key.
    pub fn unknown(&self, alias: &str) -> String {
        let (port, user, key) = (self.port, user(), self.key());
        format!(
            "[ssh.{alias}]\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{user}\"\nkey = \"{}\"\n",
            key.display()
        )
    }

    /// A shell script on the server; gives its path.
    pub fn script(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// All that the server has logged.
    pub fn logged(&self) -> String {
        let log = std::fs::read(self.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// How often a text is in the log.
    pub fn count(&self, text: &str) -> usize {
        self.logged().matches(text).count()
    }

    /// TCP connections that the server has seen.
    pub fn connections(&self) -> usize {
        self.count("Connection from ")
    }

    /// Attempts to log in that the server has seen, `none` included.
    pub fn attempts(&self) -> usize {
        self.count("userauth-request for user ")
    }

    /// Commands that the server has begun to run.
    pub fn commands(&self) -> usize {
        self.count("Starting session: command")
    }

    /// The sessions that are open now, as processes.
    pub fn sessions(&self) -> Vec<u32> {
        descendants(self.child.id())
    }

    /// What runs on the server under this name.
    pub fn running(&self, name: &str) -> Vec<u32> {
        let named = |process: &u32| {
            let own = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            own.trim() == name
        };
        self.sessions().into_iter().filter(named).collect()
    }

    /// Ends all sessions at once, as a crash of the server would; it goes on listening.
    pub fn drop_sessions(&self) {
        for process in self.sessions() {
            kill(process);
        }
    }

    async fn listens(&self) {
        eventually(20, "sshd listens", async || {
            self.logged().contains("Server listening on").then_some(())
        })
        .await;
    }

    fn end(&mut self) {
        let sessions = self.sessions();
        drop(self.child.kill());
        drop(self.child.wait());
        sessions.into_iter().for_each(kill);
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            #[allow(clippy::print_stderr, reason = "for the person who reads the failed test")]
            {
                eprintln!("--- the log of sshd:\n{}", self.logged());
            }
        }
    }
}

fn launch(directory: &Path, port: u16) -> Child {
    let config = directory.join("sshd_config");
    let text = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized_keys\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\n\
         PermitRootLogin yes\nPidFile none\nLogLevel DEBUG1\nMaxStartups 4:100:4\nMaxSessions 10\n",
        directory.display()
    );
    std::fs::write(&config, text).unwrap();
    // Where sshd locks itself in, before somebody is let in. Debian makes it at boot.
    drop(std::fs::create_dir_all("/run/sshd"));
    let mut command = Command::new("/usr/sbin/sshd");
    command.arg("-D").arg("-f").arg(&config).arg("-E").arg(directory.join("log"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("openssh-server is installed")
}

fn kill(process: u32) {
    let process = rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    // It may have ended by itself.
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap_or_default();
}

/// All processes below this one.
fn descendants(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name may hold anything, and ends with the last bracket.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let zombie = fields.first() == Some(&"Z");
        let parent = fields.get(1).and_then(|parent| parent.parse::<u32>().ok());
        if let (Some(parent), false) = (parent, zombie) {
            parents.push((process, parent));
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&of) = found.get(at) {
        found
            .extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(process, _)| process));
        at += 1;
    }
    found.split_off(1)
}
