//! What everything stands on, opened in order: the database, the secrets in it, the audit, the book of
//! grants. The host and a command line without a host open the same.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::AppError;
use crate::audit::Audit;
use crate::builtin;
use crate::config::Config;
use crate::database::Database;
use crate::module::survey;
use crate::operate::Operate;
use crate::permission::Book;
use crate::secret::{SecretError, Secrets};

#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) database: Database,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) audit: Audit,
    pub(crate) book: Arc<Book>,
}

impl Ground {
    /// Opens the data directory, and locks it. Without the right `SECRET_KEY` nothing in it is changed.
    pub(crate) async fn open(config: &Config) -> Result<Self, AppError> {
        let database = Database::open(&config.data_dir)?;
        let (key, environment) = (config.secret_key.as_ref(), config.secrets.clone());
        let secrets = match Secrets::open(database.clone(), key, environment).await {
            Ok(secrets) => Arc::new(secrets),
            Err(error) => {
                database.leave();
                return Err(match error {
                    SecretError::NoKey | SecretError::WrongKey | SecretError::Crypto(_) => {
                        AppError::Setting { setting: "SECRET_KEY", reason: error.to_string() }
                    }
                    SecretError::Database(error) => AppError::Recovery(error),
                    error => AppError::Secrets(error.to_string()),
                });
            }
        };
        let audit = Audit::sealed(database.clone(), secrets.seal());
        audit.begin(secrets.is_first_use()).await;
        let own = builtin::all().into_iter().map(|(name, _)| name).collect();
        let book = Book::open(database.clone(), audit.clone(), config.modules.clone(), own).await?;
        Ok(Self { database, secrets, audit, book: Arc::new(book) })
    }

    /// What owners can do.
    pub(crate) fn operate(&self, config: &Config) -> Operate {
        Operate {
            secrets: Arc::clone(&self.secrets),
            audit: self.audit.clone(),
            book: Arc::clone(&self.book),
            policy: Arc::new(config.policy.clone()),
            database: self.database.clone(),
            ssh: OnceLock::new(),
            granted: Arc::new(Notify::new()),
        }
    }

    /// Reads what the modules' files ask for, without running them: for when no host does.
    pub(crate) fn look_at_modules(&self, config: &Config) {
        for candidate in survey(&config.modules_dir, &config.settings, &builtin::all()) {
            self.book.look_at(candidate);
        }
    }

    /// Makes durable what was done, and lets go of the directory.
    pub(crate) async fn close(self) {
        self.audit.note_last().await;
        self.database.close().await;
    }
}
