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
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::{Use, engine};
use super::loader::LoadError;
use crate::grant::hash;

/// Seconds of CPU, over all threads of the compiler.
const CPU_SECONDS: u64 = 20;
/// A machine that is busy with other things may need longer than that.
const WALL: Duration = Duration::from_mins(1);
const MEMORY: u64 = 2 << 30;
/// Native code is a few times as large as its source.
const OUTPUT_BYTES: u64 = 256 << 20;
/// Files that are kept, two for each compiled module.
const KEPT: usize = 2 * 64;

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
        if path.exists() {
            match load(engine, &path).await {
                Ok(component) => return Ok(component),
                Err(reason) => {
                    tracing::warn!(%reason, "a cached module cannot be used; compiling it again");
                }
            }
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
        // What compiles and cannot be loaded asks for more than the pool has room for.
        load(engine, &path).await.map_err(LoadError::TooLarge)
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
        // Whoever stops the bot from a terminal stops this child with it.
        if let Some(signal) = status.signal().and_then(Signal::from_named_raw)
            && matches!(signal, Signal::INT | Signal::TERM | Signal::HUP)
        {
            return Err(LoadError::Compiler(io::Error::other("it was told to stop")));
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

/// Takes the code from the file, if it is what `store` has written. The reason why not is for the log.
async fn load(engine: &Engine, path: &Path) -> Result<Component, String> {
    let (engine, path) = (engine.clone(), path.to_owned());
    let loaded = tokio::task::spawn_blocking(move || load_blocking(&engine, &path)).await;
    loaded.unwrap_or_else(|error| Err(error.to_string()))
}

fn load_blocking(engine: &Engine, path: &Path) -> Result<Component, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.uid() != rustix::process::getuid().as_raw() {
        return Err("it is not a file of this user".to_owned());
    }
    // Machine code that was damaged, or swapped for that of another module, would be run as it is.
    let (code, sum) = (fs::read(path), fs::read_to_string(sum_path(path)));
    let (code, sum) =
        (code.map_err(|error| error.to_string())?, sum.map_err(|error| error.to_string())?);
    if sum != seal(path, &code) {
        return Err("it is not what was compiled".to_owned());
    }
    drop(code);
    #[expect(
        unsafe_code,
        reason = "our own output, from a directory that only this user can write to"
    )]
    // SAFETY: the file was written by `store` in a directory of mode 0700 that belongs to this user, and it
    // is named by the hash of the source and of the engine's configuration.
    let loaded = unsafe { Component::deserialize_file(engine, path) };
    loaded.map_err(|error| format!("{error:#}"))
}

fn sum_path(path: &Path) -> PathBuf {
    path.with_extension("sum")
}

/// Binds the code to the name of its file, which holds the hash of its source.
fn seal(path: &Path, code: &[u8]) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    hash(format!("{name} {}", hash(code)).as_bytes())
}

/// All of it or nothing, also when the machine stops.
fn store(path: &Path, code: &[u8]) -> io::Result<()> {
    write(path, code)?;
    write(&sum_path(path), seal(path, code).as_bytes())
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&draft)?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&draft, path));
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
