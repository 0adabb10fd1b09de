//! What the benches may touch: the sandbox and the database, as one event uses them. No part of the API.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::audit::Audit;
use crate::bindings::exports::umbrasil::module::handler::{Call, Event, Input, Moment, User};
use crate::builtin;
use crate::capability::Services;
use crate::capability::permit::{Authority, Guard, Subject, Terms};
use crate::database::{Commit, Database, Quota, Reads, Writes};
use crate::grant::{self, Scope, Want};
use crate::module::Module;
use crate::module::loader::{Candidate, Loader};
use crate::module::sandbox::{Occasion, Reach, Sandbox};
use crate::permission::Book;
use crate::permission::{Granted, Live, Origin, Permissions};
use crate::telemetry::Metrics;

/// A sandbox with the finance module in it, and a database.
pub struct Bench {
    database: Database,
    sandbox: Arc<Sandbox>,
    module: Arc<Module>,
}

/// The check that every call of a capability passes.
pub struct Checks {
    guard: Guard,
    call: Option<grant::Call>,
}

impl Checks {
    /// Checks one call; whether it was permitted.
    pub fn authorise(&mut self) -> bool {
        let Some(call) = self.call.clone() else { return false };
        self.guard.authorise(call, "").is_ok()
    }
}

impl Bench {
    /// Loads the module; `program` compiles it as a child process.
    pub async fn new(directory: &Path, program: PathBuf) -> anyhow::Result<Self> {
        let database = Database::open(directory)?;
        let settings = BTreeMap::from([("DEFAULT_CURRENCY".to_owned(), "EUR".to_owned())]);
        let (signs, _) = mpsc::channel(1);
        let runtime = tokio::runtime::Handle::current();
        let metrics = Arc::new(Metrics::default());
        let audit = Audit::new(database.clone());
        let authority =
            Authority { policy: Arc::default(), audit: audit.clone(), database: database.clone() };
        let reach = Reach { services: Services::default(), authority };
        let sandbox = Sandbox::new(runtime, database.clone(), settings, metrics, signs, reach);
        let sandbox = Arc::new(sandbox.map_err(|error| anyhow::anyhow!("{error:#}"))?);
        let book = Book::open(database.clone(), audit, BTreeMap::new(), Vec::new()).await?;
        let (cache, book) = (directory.join("cache"), Arc::new(book));
        let loader = Loader::new(Arc::clone(&sandbox), program, cache, builtin::all(), book)?;
        builtin::install(directory, &[], &database).await;
        let module = loader.load(Candidate::read(&directory.join("finance.wasm"))?).await?;
        Ok(Self { database, sandbox, module: Arc::new(module) })
    }

    /// Makes an instance and drops it.
    pub async fn instantiate(&self) -> bool {
        self.sandbox.instantiate(&self.module).await.is_ok()
    }

    /// One event from its queue to its outcome, without the commit; whether the module answered.
    pub async fn event(&self, command: &str, args: &[&str]) -> bool {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let text = args.join(" ");
        let event = Event {
            id: "1-1".to_owned(),
            user: User { id: 1, name: "Bench".to_owned(), language: "en".to_owned(), owner: true },
            at: Moment { unix_ms: 1_790_000_000_000, offset_seconds: 0 },
            input: Input::Command(Call { name: command.to_owned(), args, text }),
        };
        let occasion = Occasion { event, ..Occasion::of_bench() };
        self.sandbox.handle(&self.module, occasion).await.is_ok()
    }

    /// A guard with `scopes` permissions, of which only the last one covers the call that is checked.
    #[must_use]
    pub fn checks(&self, scopes: usize) -> Checks {
        let line =
            |number: usize| format!("http GET https://host{number}.example.org/v1/*/items/*");
        let scope = |number| line(number).parse::<Scope>().ok();
        let scopes: Vec<Scope> = (0..scopes).filter_map(scope).collect();
        let want = |scope: &Scope| Want { scope: scope.clone(), reason: String::new() };
        let grant = |scope: &Scope| Granted { scope: scope.clone(), by: "bench".into() };
        let (wants, grants) =
            (scopes.iter().map(want).collect(), scopes.iter().map(grant).collect());
        let permissions = Permissions::new(wants, grants);
        let subject = Subject {
            event: "1-1".into(),
            module: "bench".into(),
            hash: "".into(),
            actor: "owner 1".into(),
            origin: Origin::Owner,
        };
        let authority = Authority {
            policy: Arc::default(),
            audit: Audit::new(self.database.clone()),
            database: self.database.clone(),
        };
        let present = Arc::new(Live::new(permissions));
        let last = scopes.len().saturating_sub(1);
        let call = format!("http GET https://host{last}.example.org/v1/a/items/7?q=1");
        Checks {
            guard: Guard::new(subject, present, authority, Terms::default()),
            call: call.parse().ok(),
        }
    }

    /// Makes one small write durable.
    pub async fn commit(&self, key: u32) -> bool {
        let values = BTreeMap::from([(format!("k{key}"), Some(vec![b'x'; 100]))]);
        let quota = Quota { keys: 1_000, bytes: 1 << 20 };
        let writes = Writes { module: Arc::from("bench"), reads: Reads::default(), values, quota };
        self.database.commit(Commit { writes: vec![writes], ..Commit::default() }).await.is_ok()
    }
}
