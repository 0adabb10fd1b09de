//! From a file to a [`Module`], step by step; the first step that fails says why, and nothing is published.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::Linker;

use super::compile::Compiler;
use super::inspect::{FILE_BYTES, inspect};
use super::sandbox::{CallError, Sandbox};
use super::{INSTANCES, Manifest, Module};
use crate::bindings::ModulePre;
use crate::bindings::exports::umbrasil::module::handler::Descriptor;
use crate::capability;
use crate::database::CommitError;
use crate::grant::{Want, hash};
use crate::permission::{self, Admission, Asks, Book, Live};

/// The interfaces that need no grant.
pub(super) const FREE: [&str; 4] = ["types", "chat", "storage", "log"];
/// Compiled size of one pattern, so that a short text cannot become a large automaton.
const PATTERN_BYTES: usize = 256 << 10;

/// Why a file cannot be a module. Each text tells the person who put it there what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("cannot read the file: {0}")]
    Read(io::Error),
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it is not a component: {0}")]
    NotAComponent(String),
    #[error("it is too large: {0}")]
    TooLarge(String),
    #[error("its manifest is wrong: {0}")]
    Manifest(String),
    #[error("it imports `{0}`, which this host does not offer")]
    Import(String),
    #[error("it does not compile: {0}")]
    Compile(String),
    #[error("the compiler cannot run: {0}")]
    Compiler(io::Error),
    #[error("cannot keep the compiled module: {0}")]
    Cache(io::Error),
    #[error("it does not fit the world `umbrasil:module/module`: {0}")]
    Link(String),
    #[error("it cannot describe itself: it {0}")]
    Describe(CallError),
    #[error("what it says of itself is wrong: {0}")]
    Descriptor(String),
    #[error("{0}")]
    Clash(String),
    #[error(
        "it imports `{0}` and its manifest asks for nothing of it; add what it needs to the manifest"
    )]
    Unasked(String),
    #[error("{}", waits(.0))]
    Waits(Box<Asks>),
    #[error("an owner has refused it; put other bytes in its place, or grant what it asks for")]
    Refused,
    #[error("cannot keep what was decided about it: {0}")]
    Undecided(CommitError),
}

fn waits(asks: &Asks) -> String {
    let lines: Vec<String> = asks.plus.iter().map(|want| format!("`{}`", want.scope)).collect();
    if lines.is_empty() {
        "other bytes than those that its grants are for; an owner has to agree".to_owned()
    } else {
        format!("nobody has granted it {}; an owner has to agree", lines.join(", "))
    }
}

/// Loads modules.
pub(crate) struct Loader {
    compiler: Compiler,
    linker: Linker<capability::State>,
    sandbox: Arc<Sandbox>,
    book: Arc<Book>,
    /// The modules that come with the binary: name and SHA-256.
    built_in: Vec<(String, String)>,
}

/// The content of a module's file, read once: what is hashed is what is compiled.
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: String,
}

impl Loader {
    /// `program` is this program, which compiles as a child; `cache` is where compiled modules are kept.
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        program: PathBuf,
        cache: PathBuf,
        built_in: Vec<(String, String)>,
        book: Arc<Book>,
    ) -> Result<Self, LoadError> {
        let mut linker = Linker::new(sandbox.engine());
        capability::link(&mut linker).map_err(|error| LoadError::Link(format!("{error:#}")))?;
        let compiler = Compiler::new(program, cache).map_err(LoadError::Cache)?;
        Ok(Self { compiler, linker, sandbox, book, built_in })
    }

    /// Whether the name of a file is that of a module that comes with the binary.
    pub(crate) fn is_built_in(&self, path: &Path) -> bool {
        path.file_stem().is_some_and(|stem| self.built_in.iter().any(|(name, _)| **name == *stem))
    }

    pub(crate) async fn load(&self, candidate: Candidate) -> Result<Module, LoadError> {
        let Candidate { path, bytes, hash } = candidate;
        let (bytes, (manifest, imports)) = tokio::task::spawn_blocking(move || {
            inspect(&bytes).map(|inspected| (bytes, inspected))
        })
        .await
        .map_err(|error| LoadError::NotAComponent(error.to_string()))??;
        let wants = manifest.wants(self.sandbox.settings());
        let wants = wants.map_err(|error| LoadError::Manifest(error.to_string()))?;
        let unused = check_imports(&manifest, &imports, &wants)?;
        let imports = imports.into_iter().filter(|import| !FREE.contains(&import.as_str()));
        let live = self.admit(&manifest, &hash, &wants, imports.collect()).await?;
        let component = self.compiler.compile(self.sandbox.engine(), &bytes, &hash).await?;
        let pre = self.linker.instantiate_pre(&component).and_then(ModulePre::new);
        let pre = pre.map_err(|error| LoadError::Link(format!("{error:#}")))?;
        let descriptor = self.sandbox.describe(&manifest, &pre).await.map_err(undescribed)?;
        let patterns = check(&descriptor).map_err(LoadError::Descriptor)?;
        Ok(Module {
            name: manifest.module.name.as_str().into(),
            answers: descriptor.answers.clone().into(),
            instances: Arc::new(Semaphore::new(INSTANCES)),
            live,
            unused,
            manifest,
            hash,
            descriptor,
            patterns,
            path,
            pre,
        })
    }

    /// Asks what the module may do: nothing of it has run, or was compiled, before that is decided.
    async fn admit(
        &self,
        manifest: &Manifest,
        hash: &str,
        wants: &[Want],
        imports: Vec<String>,
    ) -> Result<Arc<Live>, LoadError> {
        let name = &manifest.module.name;
        let candidate = permission::Candidate {
            module: name.as_str().into(),
            version: manifest.module.version.clone(),
            hash: hash.to_owned(),
            wants: wants.to_vec(),
            imports,
            built_in: self.built_in.iter().any(|own| own.0 == *name && own.1 == hash),
        };
        match self.book.admit(&candidate).await.map_err(LoadError::Undecided)? {
            Admission::Admitted(live) => Ok(live),
            Admission::Waits(asks) => Err(LoadError::Waits(Box::new(asks))),
            Admission::Denied => Err(LoadError::Refused),
        }
    }

    /// Tells the book that a module is loaded: decisions change its permissions from now on.
    pub(crate) fn published(&self, module: &Module) {
        let wants = module.manifest.wants(self.sandbox.settings()).unwrap_or_default();
        self.book.loaded(&module.name, wants, Arc::clone(&module.live));
    }
}

/// Every import must be asked for. Returns the capabilities that are asked for and not imported.
fn check_imports(
    manifest: &Manifest,
    imports: &[String],
    wants: &[Want],
) -> Result<Vec<String>, LoadError> {
    for import in imports.iter().filter(|import| !FREE.contains(&import.as_str())) {
        if !manifest.asks_for(import) {
            return Err(LoadError::Unasked(import.clone()));
        }
    }
    let capabilities: BTreeSet<&str> = wants.iter().map(|want| want.scope.capability()).collect();
    let unused = |capability: &&&str| {
        !matches!(**capability, "storage" | "schedule")
            && !imports.iter().any(|import| import == **capability)
    };
    Ok(capabilities.iter().filter(unused).map(|capability| (*capability).to_owned()).collect())
}

impl Candidate {
    /// Reads a file of the modules directory. Nothing but a regular file is opened, so that a pipe or a
    /// link cannot hold the host up or lead it elsewhere.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let opened = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
        let file = match opened {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                return Err(LoadError::NotAFile);
            }
            opened => opened.map_err(LoadError::Read)?,
        };
        let metadata = file.metadata().map_err(LoadError::Read)?;
        if !metadata.is_file() {
            return Err(LoadError::NotAFile);
        }
        let mut bytes = Vec::new();
        let length = file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(LoadError::Read)?;
        if length as u64 > FILE_BYTES {
            return Err(LoadError::TooLarge(format!(
                "the file has more than {} MiB",
                FILE_BYTES >> 20
            )));
        }
        let hash = hash(&bytes);
        Ok(Self { path: path.to_owned(), bytes, hash })
    }
}

/// What fails without running is not made for this world: its exports have other types, or it is larger than
/// an instance may be.
fn undescribed(error: CallError) -> LoadError {
    match error {
        CallError::Trap(detail) if !detail.contains("wasm trap") => LoadError::Link(detail),
        error => LoadError::Describe(error),
    }
}

/// Checks what a module says of itself, and compiles its patterns.
fn check(descriptor: &Descriptor) -> Result<Vec<(String, regex::Regex)>, String> {
    let shown = |text: &str| format!("{:?}", text.chars().take(40).collect::<String>());
    let line = |what: &str, text: &str, most: usize| {
        let sound = !text.trim().is_empty()
            && text.chars().count() <= most
            && !text.chars().any(char::is_control);
        if sound {
            Ok(())
        } else {
            Err(format!("{what} {} must be 1 to {most} characters on one line", shown(text)))
        }
    };
    line("the title", &descriptor.title, 64)?;
    line("the summary", &descriptor.summary, 256)?;
    if descriptor.commands.len() > 50
        || descriptor.patterns.len() > 20
        || descriptor.actions.len() > 200
    {
        return Err("at most 50 commands, 20 patterns and 200 actions".to_owned());
    }
    for command in &descriptor.commands {
        let name = &command.name;
        let well_formed = (1..=32).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !well_formed {
            return Err(format!(
                "the command {} must be 1 to 32 characters of a-z, 0-9 and _",
                shown(name)
            ));
        }
        line("the summary", &command.summary, 256)?;
        for argument in &command.arguments {
            line("the argument", &argument.name, 32)?;
            line("the argument's help", &argument.help, 256)?;
        }
    }
    for name in descriptor.actions.iter().chain(&descriptor.answers) {
        if name.is_empty()
            || name.len() > 32
            || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        {
            return Err(format!(
                "the name {} must be 1 to 32 visible ASCII characters without a colon",
                shown(name)
            ));
        }
    }
    if let Some(menu) = &descriptor.menu {
        line("the menu label", &menu.label, 64)?;
        if !descriptor.actions.contains(&menu.action) {
            return Err(format!(
                "the menu calls {}, which is not among the actions",
                shown(&menu.action)
            ));
        }
    }
    let compile = |regex: &str| {
        regex::RegexBuilder::new(regex)
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES)
            .build()
    };
    let pattern = |pattern: &crate::bindings::exports::umbrasil::module::handler::Pattern| {
        let compiled = compile(&pattern.regex)
            .map_err(|error| format!("the pattern {}: {error}", shown(&pattern.name)))?;
        Ok((pattern.name.clone(), compiled))
    };
    descriptor.patterns.iter().map(pattern).collect()
}
