//! Compiling, away from this process, and keeping what was compiled.
//!
//! The compiler may be made to take minutes and gigabytes by a small file, which wasmtime does not regard
//! as its fault: so it runs in a child process with hard limits. What it made is native code; it is kept in
//! a directory that only this user can enter, under the hash of its source, and nothing from any other
//! place is ever taken for it.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::{Use, engine};
use super::loader::LoadError;

/// Seconds of CPU, over all threads of the compiler.
const CPU_SECONDS: u64 = 20;
/// A machine that is busy with other things may need longer than that.
const WALL: Duration = Duration::from_mins(1);
const MEMORY: u64 = 2 << 30;
/// Native code is a few times as large as its source.
const OUTPUT_BYTES: u64 = 256 << 20;
/// Compiled modules that are kept.
const KEPT: usize = 64;

/// Compiles components, or finds that it did so before.
pub(super) struct Compiler {
    /// This program: it is its own compiler, by the command `compile`.
    program: PathBuf,
    cache: PathBuf,
}

impl Compiler {
    pub(super) fn new(program: PathBuf, cache: PathBuf) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&cache)?;
        let metadata = fs::symlink_metadata(&cache)?;
        let own = metadata.is_dir() && metadata.uid() == rustix::process::getuid().as_raw();
        if !own || metadata.mode() & 0o077 != 0 {
            let text = format!(
                "{} must be a directory that only this user can enter (chmod 700)",
                cache.display()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        Ok(Self { program, cache })
    }

    /// The machine code of `bytes`, whose hash is `hash`.
    pub(super) async fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        hash: &str,
    ) -> Result<Component, LoadError> {
        let path = self.cache.join(format!("{hash}-{:016x}.cwasm", fingerprint(engine)));
        if let Some(component) = load(engine, &path) {
            return Ok(component);
        }
        let code = self.run(bytes).await?;
        let (kept, directory) = (path.clone(), self.cache.clone());
        let stored = tokio::task::spawn_blocking(move || {
            store(&kept, &code)?;
            prune(&directory);
            Ok::<_, io::Error>(())
        });
        match stored.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(LoadError::Cache(error)),
            Err(error) => return Err(LoadError::Cache(io::Error::other(error))),
        }
        load(engine, &path)
            .ok_or_else(|| LoadError::Compile("the compiler's output cannot be loaded".to_owned()))
    }

    async fn run(&self, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .arg("compile")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().map_err(LoadError::Compiler)?;
        let missing = || LoadError::Compiler(io::Error::other("a pipe is missing"));
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let (stdout, stderr) =
            (child.stdout.take().ok_or_else(missing)?, child.stderr.take().ok_or_else(missing)?);
        let (mut code, mut words) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) = (stdout.take(OUTPUT_BYTES), stderr.take(4096));
        let work = async {
            let feed = async {
                // A compiler that gave up early closes the pipe; its exit says why.
                drop(stdin.write_all(bytes).await);
                drop(stdin);
            };
            let ((), read, _) =
                tokio::join!(feed, stdout.read_to_end(&mut code), stderr.read_to_end(&mut words));
            read?;
            child.wait().await
        };
        let status = match tokio::time::timeout(WALL, work).await {
            Ok(status) => status.map_err(LoadError::Compiler)?,
            Err(_) => {
                return Err(LoadError::TooLarge(format!(
                    "it takes longer than {} s to compile",
                    WALL.as_secs()
                )));
            }
        };
        if status.success() {
            return Ok(code);
        }
        let words = String::from_utf8_lossy(&words).trim().to_owned();
        Err(if status.code() == Some(REFUSED.into()) {
            LoadError::Compile(words)
        } else {
            LoadError::TooLarge(format!(
                "it takes more than {CPU_SECONDS} s or {} GiB to compile",
                MEMORY >> 30
            ))
        })
    }
}

/// The exit code of a compiler that ran well and found the component wanting.
const REFUSED: u8 = 65;

/// The child's side: compiles standard input to standard output, within hard limits.
pub(crate) fn compile_from_stdin() -> std::process::ExitCode {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let limits = [
        (Resource::Cpu, CPU_SECONDS),
        // Counts what is written to, unlike the address space, of which the runtime reserves plenty.
        (Resource::Data, MEMORY),
        (Resource::Core, 0),
    ];
    for (resource, value) in limits {
        let limit = Rlimit { current: Some(value), maximum: Some(value) };
        if let Err(error) = setrlimit(resource, limit) {
            drop(writeln!(io::stderr(), "cannot limit the compiler: {error}"));
            return std::process::ExitCode::FAILURE;
        }
    }
    let mut bytes = Vec::new();
    let read = io::stdin().take(super::inspect::FILE_BYTES + 1).read_to_end(&mut bytes);
    let compiled = read
        .map_err(wasmtime::Error::from)
        .and_then(|_| engine(Use::Compile)?.precompile_component(&bytes));
    match compiled {
        Ok(code) if io::stdout().write_all(&code).and_then(|()| io::stdout().flush()).is_ok() => {
            std::process::ExitCode::SUCCESS
        }
        Ok(_) => std::process::ExitCode::FAILURE,
        Err(error) => {
            drop(writeln!(io::stderr(), "{error:#}"));
            std::process::ExitCode::from(REFUSED)
        }
    }
}

fn fingerprint(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// None if there is nothing usable: it is then made anew.
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.uid() != rustix::process::getuid().as_raw() {
        return None;
    }
    #[expect(
        unsafe_code,
        reason = "our own output, from a directory that only this user can write to"
    )]
    // SAFETY: the file was written by `store` in a directory of mode 0700 that belongs to this user, and it
    // is named by the hash of the source and of the engine's configuration.
    let loaded = unsafe { Component::deserialize_file(engine, path) };
    loaded
        .inspect_err(
            |error| tracing::warn!(%error, "a cached module cannot be used; compiling it again"),
        )
        .ok()
}

/// All of it or nothing, also when the machine stops.
fn store(path: &Path, code: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&draft)?;
    let written =
        file.write_all(code).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        drop(fs::remove_file(&draft));
    }
    written
}

/// Forgets the oldest, so that a module that is replaced every day does not fill the disk.
fn prune(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(KEPT);
    for (_, path) in files.into_iter().take(surplus) {
        drop(fs::remove_file(path));
    }
}
