//! Modules: from the bytes of a component to the answer to an event.
//!
//! `loader` turns a file into a [`Module`] or says why not; `sandbox` runs one event of it in a fresh
//! instance; `catalog` holds what is loaded now. A module is immutable: replacing it is a pointer swap, and
//! events that are under way finish on the one that they began with.

pub(crate) mod breaker;
pub(crate) mod catalog;
mod compile;
pub(crate) mod delegate;
mod engine;
mod inspect;
pub(crate) mod loader;
mod manifest;
pub(crate) mod registry;
pub(crate) mod sandbox;
mod survey;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

pub(crate) use self::compile::compile_from_stdin;
pub(crate) use self::loader::LoadError;
pub(crate) use self::manifest::Manifest;
pub(crate) use self::survey::survey;
use crate::bindings::ModulePre;
use crate::bindings::exports::umbrasil::module::handler::Descriptor;
use crate::capability::State;
use crate::permission::Live;

/// Instances of one module that may live at once.
const INSTANCES: usize = 4;

/// A module that is ready to answer.
pub(crate) struct Module {
    pub(crate) name: Arc<str>,
    pub(crate) manifest: Manifest,
    /// SHA-256 of the file, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) descriptor: Descriptor,
    pub(crate) patterns: Vec<(String, regex::Regex)>,
    pub(crate) path: PathBuf,
    /// What it may do now; changes under running instances.
    pub(crate) live: Arc<Live>,
    /// What it asks for and never uses.
    pub(crate) unused: Vec<String>,
    pre: ModulePre<State>,
    answers: Arc<[String]>,
    instances: Arc<Semaphore>,
}
