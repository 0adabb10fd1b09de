//! What a chat is shown of an event that has not ended yet: one text, which its worker puts into one message.
//!
//! The module says its text as often as it likes; the worker takes the latest one whenever Telegram is ready
//! for it. When the event has ended the worker is told, and says which message it was, so that the first
//! reply can take its place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A call to Telegram that was begun when the event ended is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(25);

/// What of an event shows before it has ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traces {
    /// Set once something leaves the host: the event must not be run again then.
    pub(crate) outside: Arc<AtomicBool>,
    /// What its chat is shown; none where nobody watches.
    pub(crate) progress: Option<Arc<OnceLock<Arc<Progress>>>>,
    /// The question that somebody has answered with it, once that is known.
    tap: Arc<OnceLock<Tap>>,
}

/// A question that was answered by a tap: what it allows runs as a part of an earlier event.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) nonce: String,
    /// What was asked about, which runs again: its outside actions are on record with it.
    pub(crate) event: String,
}

/// The text of one event, and the message that it is shown in.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) chat_id: i64,
    html: watch::Sender<String>,
    closing: CancellationToken,
    worker: watch::Sender<Worker>,
}

#[derive(Debug, Clone, Copy)]
enum Worker {
    Busy,
    /// This is the message, if there is one.
    Ended(Option<i64>),
}

impl Traces {
    /// Of an event that somebody waits for.
    pub(crate) fn of_chat() -> Self {
        Self { progress: Some(Arc::default()), ..Self::default() }
    }

    /// Of what runs inside another event.
    pub(crate) fn within(outside: &Arc<AtomicBool>) -> Self {
        Self { outside: Arc::clone(outside), ..Self::default() }
    }

    /// Notes which question this event answers.
    pub(crate) fn answers(&self, nonce: &str, event: &str) {
        self.tap.get_or_init(|| Tap { nonce: nonce.to_owned(), event: event.to_owned() });
    }

    pub(crate) fn tap(&self) -> Option<&Tap> {
        self.tap.get()
    }

    pub(crate) fn went_outside(&self) -> bool {
        self.outside.load(Ordering::Acquire)
    }

    /// Ends what is shown; gives the chat and the message that it was shown in.
    pub(crate) async fn finish(&self) -> Option<(i64, i64)> {
        let progress = self.progress.as_ref()?.get()?;
        Some((progress.chat_id, progress.finish().await?))
    }
}

impl Progress {
    pub(crate) fn new(chat_id: i64, html: String) -> Self {
        let (html, worker) = (watch::Sender::new(html), watch::Sender::new(Worker::Busy));
        Self { chat_id, html, closing: CancellationToken::new(), worker }
    }

    /// Shows this from now on.
    pub(crate) fn show(&self, html: String) {
        self.html.send_replace(html);
    }

    /// For the worker: the text, as soon as it is another one than `shown`; none once the event has ended.
    pub(crate) async fn next(&self, shown: Option<&str>) -> Option<String> {
        let mut html = self.html.subscribe();
        let news = html.wait_for(|html| Some(html.as_str()) != shown);
        tokio::select! {
            biased;
            () = self.closing.cancelled() => None,
            news = news => news.ok().map(|html| html.clone()),
        }
    }

    /// For the worker: waits this long, or until the event has ended.
    pub(crate) async fn pause(&self, pause: Duration) {
        drop(tokio::time::timeout(pause, self.closing.cancelled()).await);
    }

    /// For the worker: it has ended, and this is the message, if there is one.
    pub(crate) fn ended(&self, message: Option<i64>) {
        self.worker.send_replace(Worker::Ended(message));
    }

    async fn finish(&self) -> Option<i64> {
        self.closing.cancel();
        let mut worker = self.worker.subscribe();
        let ended = worker.wait_for(|worker| matches!(worker, Worker::Ended(_)));
        match *tokio::time::timeout(PATIENCE, ended).await.ok()?.ok()? {
            Worker::Ended(message) => message,
            Worker::Busy => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_latest_text_is_shown_and_the_message_told() {
        let traces = Traces::of_chat();
        assert_eq!(traces.finish().await, None, "nothing was shown");
        let progress = Arc::new(Progress::new(7, "one".to_owned()));
        traces.progress.as_ref().unwrap().set(Arc::clone(&progress)).unwrap();
        assert_eq!(progress.next(None).await.as_deref(), Some("one"));
        progress.show("two".to_owned());
        progress.show("three".to_owned());
        assert_eq!(progress.next(Some("one")).await.as_deref(), Some("three"));

        let worker = Arc::clone(&progress);
        let worker = tokio::spawn(async move {
            let last = worker.next(Some("three")).await;
            worker.ended(Some(42));
            last
        });
        assert_eq!(traces.finish().await, Some((7, 42)));
        assert_eq!(worker.await.unwrap(), None, "the event has ended");
        assert_eq!(traces.finish().await, Some((7, 42)), "asked again, it says the same");
    }
}
