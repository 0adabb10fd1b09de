//! `umbrasil:module/files`: the file that the user sent.
//!
//! Nothing is fetched before a module asks for it and may have it. Then it is fetched once for the event, as
//! a whole and into memory, and goes when the event ends. What fetches it is a [`Source`]: this file knows
//! nothing of Telegram, and the source knows nothing of modules.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::files as wit;
use crate::grant::Call;

/// The largest file: what the Bot API hands out.
pub(crate) const FILE_BYTES: u64 = 20 << 20;
/// The largest part that one call gives.
const PART: u32 = 1 << 20;
/// How long fetching may take, the wait for room included. Shorter than an event, so that the module can
/// still say what went wrong.
const PATIENCE: Duration = Duration::from_secs(25);
/// Files in memory at once, over all events.
const HELD: usize = 4;

/// Fetches what users sent.
pub(crate) trait Source: Send + Sync {
    /// The content of a file of at most `limit` bytes. The errors are shown to people: they never contain
    /// where the file was fetched from.
    fn fetch(&self, id: &str, limit: u64) -> BoxFuture<'static, Result<Vec<u8>, Error>>;
}

/// What all events share.
pub(crate) struct Service {
    source: Option<Arc<dyn Source>>,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Service {
    /// Without a source: for what handles no updates.
    fn default() -> Self {
        Self { source: None, room: Arc::new(Semaphore::new(HELD)), patience: PATIENCE }
    }
}

impl Service {
    pub(crate) fn new(source: Arc<dyn Source>) -> Self {
        Self { source: Some(source), ..Self::default() }
    }

    /// The file of one event, by its id at the source; all capabilities of the event share it.
    pub(crate) fn upload(self: &Arc<Self>, id: Option<String>) -> Option<Arc<Upload>> {
        let content = OnceCell::new();
        id.map(|id| Arc::new(Upload { id, service: Arc::clone(self), content }))
    }
}

/// The file of one event: fetched when it is first asked for, then kept until the event ends.
pub(crate) struct Upload {
    id: String,
    service: Arc<Service>,
    content: OnceCell<Content>,
}

struct Content {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Upload {
    /// Whether the content is here already.
    fn is_here(&self) -> bool {
        self.content.initialized()
    }

    /// The content, fetched if it is not here yet. The caller has a permit.
    pub(super) async fn content(&self) -> Result<&[u8], Error> {
        let content = self.content.get_or_try_init(|| async {
            let fetched = tokio::time::timeout(self.service.patience, self.fetch()).await;
            fetched.map_err(|_| Error::Timeout)?
        });
        Ok(&content.await?.bytes)
    }

    async fn fetch(&self) -> Result<Content, Error> {
        let unavailable = || Error::Unavailable("this host cannot fetch files".to_owned());
        let source = self.service.source.as_ref().ok_or_else(unavailable)?;
        let room = Arc::clone(&self.service.room).acquire_owned().await;
        let room = room.map_err(|_| unavailable())?;
        let bytes = source.fetch(&self.id, FILE_BYTES).await?;
        // A source that does not keep to the limit is a bug; a module must not pay for it.
        if bytes.len() as u64 > FILE_BYTES {
            return Err(Error::TooLarge(FILE_BYTES));
        }
        Ok(Content { bytes, _room: room })
    }
}

/// What one event uses.
pub(crate) struct Files {
    /// None if the event brought no file.
    upload: Option<Arc<Upload>>,
}

impl Files {
    pub(crate) fn new(upload: Option<Arc<Upload>>) -> Self {
        Self { upload }
    }
}

/// What a module hears that asks for a file where there is none.
pub(super) fn no_file() -> Error {
    Error::Invalid("this event brought no file".to_owned())
}

impl wit::Host for Scoped<'_, Files> {
    async fn read(&mut self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        self.meter.call()?;
        let upload = self.own.upload.clone();
        if let Some(upload) = upload.as_ref().filter(|upload| upload.is_here()) {
            self.guard.authorise_quietly(&Call::Files)?;
            return Ok(part(upload.content().await?, offset, length));
        }
        let permit = self.guard.authorise(Call::Files, "")?;
        let upload = upload.ok_or_else(no_file)?;
        let running = permit.begin().await?;
        match upload.content().await {
            Ok(content) => {
                running.end("fetched", content.len() as u64).await;
                Ok(part(content, offset, length))
            }
            Err(error) => {
                running.end(&format!("failed: {error}"), 0).await;
                Err(error)
            }
        }
    }
}

/// At most `length` bytes from `offset` on; whatever the numbers are, no more than there is.
fn part(content: &[u8], offset: u64, length: u32) -> Vec<u8> {
    let from = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
    let length = usize::try_from(length.min(PART)).unwrap_or(0);
    content.iter().skip(from).take(length).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Fixed(Result<usize, ()>, AtomicUsize);

    impl Source for Fixed {
        fn fetch(&self, _: &str, _: u64) -> BoxFuture<'static, Result<Vec<u8>, Error>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            let size = self.0;
            Box::pin(async move {
                size.map(|size| vec![7; size]).map_err(|()| Error::Unavailable("gone".to_owned()))
            })
        }
    }

    #[test]
    fn parts_are_clamped_to_what_there_is() {
        let content: Vec<u8> = (0..10).collect();
        for (offset, length, bytes) in [
            (0, 3, &content[..3]),
            (8, 5, &content[8..]),
            (10, 1, &[]),
            (u64::MAX, u32::MAX, &[]),
            (0, u32::MAX, &content),
            (3, 0, &[]),
        ] {
            assert_eq!(part(&content, offset, length), bytes, "{offset} {length}");
        }
        assert_eq!(part(&vec![1; 3 << 20], 5, u32::MAX).len(), 1 << 20);
    }

    #[tokio::test]
    async fn a_file_is_fetched_once_and_room_comes_back() {
        let source = Arc::new(Fixed(Ok(100), AtomicUsize::new(0)));
        let service = Arc::new(Service::new(Arc::clone(&source) as Arc<dyn Source>));
        let upload = service.upload(Some("id".to_owned())).unwrap();
        assert!(!upload.is_here());
        for _ in 0..3 {
            assert_eq!(upload.content().await.unwrap().len(), 100);
        }
        assert_eq!(source.1.load(Ordering::Relaxed), 1);
        assert_eq!(service.room.available_permits(), HELD - 1);
        drop(upload);
        assert_eq!(service.room.available_permits(), HELD);
        assert!(service.upload(None).is_none());
    }

    #[tokio::test]
    async fn what_is_too_large_or_fails_keeps_no_room() {
        let large = usize::try_from(FILE_BYTES).unwrap() + 1;
        for (size, limit) in [(Ok(large), true), (Err(()), false)] {
            let source = Arc::new(Fixed(size, AtomicUsize::new(0)));
            let service = Arc::new(Service::new(source));
            let upload = service.upload(Some("id".to_owned())).unwrap();
            let error = upload.content().await.unwrap_err();
            assert_eq!(matches!(error, Error::TooLarge(FILE_BYTES)), limit, "{error}");
            assert_eq!(service.room.available_permits(), HELD);
        }
        // Where no room comes free, the wait ends.
        let source = Arc::new(Fixed(Ok(1), AtomicUsize::new(0)));
        let patience = Duration::from_millis(1);
        let service = Arc::new(Service { patience, ..Service::new(source) });
        let _all = Arc::clone(&service.room).acquire_many_owned(4).await.unwrap();
        let upload = service.upload(Some("id".to_owned())).unwrap();
        assert!(matches!(upload.content().await.unwrap_err(), Error::Timeout));
    }
}
