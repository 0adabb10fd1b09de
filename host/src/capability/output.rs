//! What a guest writes to its standard output and error: kept up to a limit, logged when the event ends.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::log::EVENT_BYTES;

/// A sink that many streams of one guest share. What is over the limit is counted and dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    dropped: usize,
}

impl Output {
    /// What was written, and how many bytes were dropped.
    pub(crate) fn take(&self) -> (String, usize) {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (String::from_utf8_lossy(&kept.bytes).into_owned(), kept.dropped)
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = EVENT_BYTES.saturating_sub(kept.bytes.len()).min(bytes.len());
        let (fits, over) = bytes.split_at(room);
        kept.bytes.extend_from_slice(fits);
        kept.dropped = kept.dropped.saturating_add(over.len());
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this, and it is switched off.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(EVENT_BYTES)
    }
}

impl Pollable for Output {
    fn ready<'a, 'b>(&'a mut self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        Self: 'b,
        'a: 'b,
    {
        Box::pin(async {})
    }
}
