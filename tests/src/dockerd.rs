//! A Docker daemon that nobody else uses, with its own directory, socket and images.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running daemon. Dropped, it is ended with all its containers.
pub struct Dockerd {
    daemon: Child,
    directory: PathBuf,
}

/// Where a program is, whatever the test's own search path.
pub fn find(program: &str) -> Option<PathBuf> {
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    folders.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.exists())
}

/// Runs a command that must succeed, and gives what it printed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}\n{complained}");
    said.into_owned()
}

impl Dockerd {
    /// Starts one in this directory; none where that is not possible, and then it says why.
    pub async fn start(directory: &Path) -> Option<Self> {
        let skip = |reason: &str| {
            #[allow(clippy::print_stderr, reason = "a skipped test says why")]
            {
                eprintln!("skipped: {reason}");
            }
        };
        for program in ["dockerd", "docker", "busybox", "strip", "tar"] {
            if find(program).is_none() {
                skip(&format!("{program} is not installed"));
                return None;
            }
        }
        if !rustix::process::geteuid().is_root() {
            skip("a Docker of our own needs root");
            return None;
        }
        let log = std::fs::File::create(directory.join("dockerd.log")).unwrap();
        let mut command = Command::new(find("dockerd").unwrap());
        for (option, value) in [("data-root", "docker"), ("exec-root", "exec"), ("pidfile", "pid")]
        {
            command.arg(format!("--{option}")).arg(directory.join(value));
        }
        command.arg("--host").arg(format!("unix://{}", directory.join("docker.sock").display()));
        command.args(["--storage-driver=vfs", "--bridge=none", "--iptables=false"]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let daemon = command.spawn().unwrap();
        let mut docker = Self { daemon, directory: directory.to_owned() };
        for _ in 0..300 {
            if docker.command(&["version"]).output().unwrap().status.success() {
                return Some(docker);
            }
            if docker.daemon.try_wait().unwrap().is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let log = std::fs::read_to_string(directory.join("dockerd.log")).unwrap_or_default();
        skip(&format!("dockerd does not run here: {}", log.lines().last().unwrap_or_default()));
        None
    }

    /// What `DOCKER_HOST` is for it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.directory.join("docker.sock").display())
    }

    /// Stops the daemon in its tracks, or lets it go on.
    pub fn signal(&self, signal: crate::Signal) {
        let pid = rustix::process::Pid::from_child(&self.daemon);
        rustix::process::kill_process(pid, signal).unwrap_or_default();
    }

    /// Docker's own command line, for this daemon.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(find("docker").unwrap());
        // The builder of the daemon itself: the other one is a program that may not be there.
        command.args(["--host", &self.host()]).args(arguments).env("DOCKER_BUILDKIT", "0");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        output(&mut self.command(arguments))
    }

    /// Makes an image of a folder.
    pub fn import(&self, root: &Path, name: &str) {
        let archive = root.with_extension("tar");
        let mut tar = Command::new("tar");
        output(
            tar.args(["--owner=0", "--group=0", "-cf"]).arg(&archive).arg("-C").arg(root).arg("."),
        );
        self.run(&["import", archive.to_str().unwrap(), name]);
    }

    /// Makes an image `busybox` with nothing in it but a shell and its friends.
    pub fn import_busybox(&self) {
        let root = self.directory.join("busybox");
        for folder in ["bin", "tmp", "proc", "sys", "dev", "etc"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::fs::copy(find("busybox").unwrap(), root.join("bin/busybox")).unwrap();
        for name in ["sh", "sleep", "yes", "echo", "seq", "cat", "printf", "head", "dd", "tr"] {
            std::os::unix::fs::symlink("busybox", root.join("bin").join(name)).unwrap();
        }
        self.import(&root, "busybox");
    }

    /// Starts a container of the image `busybox` with these options, which runs a shell script.
    pub fn container(&self, name: &str, options: &[&str], script: &str) {
        let usual = ["run", "--detach", "--network", "none", "--stop-timeout", "1", "--name", name];
        let arguments: Vec<&str> =
            usual.iter().chain(options).copied().chain(["busybox", "sh", "-c", script]).collect();
        self.run(&arguments);
    }

    /// What `docker inspect` says of a container in this format.
    pub fn ask(&self, name: &str, format: &str) -> String {
        self.run(&["inspect", "--format", format, name]).trim().to_owned()
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        // Containers end with their daemon only if it is told to end them.
        self.signal(crate::Signal::CONT);
        if let Ok(listed) = self.command(&["ps", "--all", "--quiet"]).output() {
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let ids: Vec<&str> = listed.split_whitespace().collect();
            if !ids.is_empty() {
                drop(self.command(&[&["rm", "--force"], ids.as_slice()].concat()).output());
            }
        }
        self.signal(crate::Signal::TERM);
        drop(self.daemon.wait());
        // The network namespace `none` stays mounted, and with it the directory.
        let namespaces = self.directory.join("exec/netns");
        for entry in std::fs::read_dir(namespaces).into_iter().flatten().flatten() {
            let flags = rustix::mount::UnmountFlags::DETACH;
            rustix::mount::unmount(entry.path(), flags).unwrap_or_default();
        }
    }
}
