//! Fetches what users sent: `getFile`, then the file itself, into memory.
//!
//! What the metadata says of the size is checked, and not believed: the bytes are counted as they come.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::api::{Api, ApiError};
use crate::capability::Error;
use crate::capability::files::Source;

/// The answer to `getFile`, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Found {
    file_path: Option<String>,
    #[serde(default)]
    file_size: Option<u64>,
}

impl Source for Api {
    fn fetch(&self, id: &str, limit: u64) -> BoxFuture<'static, Result<Vec<u8>, Error>> {
        let (api, id) = (self.clone(), id.to_owned());
        async move { api.file(&id, limit).await }.boxed()
    }
}

impl Api {
    async fn file(&self, id: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let asked = self.ask::<Found>("GetFile", &serde_json::json!({ "file_id": id })).await;
        let found = asked.map_err(|error| meaning(&error, limit))?;
        if found.file_size.is_some_and(|size| size > limit) {
            return Err(Error::TooLarge(limit));
        }
        let path = found.file_path.filter(|path| is_plain(path)).ok_or_else(gone)?;
        let sent = self.download(&path).send().await;
        // The URL of a request holds the token: errors are stripped of it, and shown to nobody.
        let lost = |error: reqwest::Error| {
            tracing::warn!(error = %error.without_url(), "a file of a user could not be fetched");
            unavailable()
        };
        let mut response = sent.map_err(lost)?;
        match response.status().as_u16() {
            200 => {}
            404 => return Err(gone()),
            status => {
                tracing::warn!(status, "a file of a user could not be fetched");
                return Err(unavailable());
            }
        }
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(Error::TooLarge(limit));
        }
        let mut content = Vec::new();
        while let Some(part) = response.chunk().await.map_err(lost)? {
            if (content.len() + part.len()) as u64 > limit {
                return Err(Error::TooLarge(limit));
            }
            content.extend_from_slice(&part);
        }
        Ok(content)
    }
}

/// Whether a path is one of files below the download folder, and no way out of it.
fn is_plain(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.len() <= 512 && path.split('/').all(part) && !path.chars().any(char::is_control)
}

fn meaning(error: &ApiError, limit: u64) -> Error {
    tracing::warn!(%error, "a file of a user could not be fetched");
    match error {
        ApiError::Refused(_, description) if description.contains("too big") => {
            Error::TooLarge(limit)
        }
        ApiError::Refused(..) => gone(),
        _ => unavailable(),
    }
}

fn gone() -> Error {
    Error::Unavailable("Telegram does not have the file any more; send it again".to_owned())
}

fn unavailable() -> Error {
    Error::Unavailable("the file could not be fetched from Telegram; try again".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        assert!(is_plain("documents/file_1.csv") && is_plain("a b/ä"));
        for path in
            ["", "/etc/passwd", "a//b", "../x", "a/../b", "a/", ".", "a\nb", &"x".repeat(600)]
        {
            assert!(!is_plain(path), "{path:?}");
        }
    }

    #[test]
    fn errors_say_what_to_do_and_nothing_else() {
        let secret = || "http://127.0.0.1/bot42:SECRET/getFile".to_owned();
        for error in [
            ApiError::Unreachable(secret()),
            ApiError::Lost(secret()),
            ApiError::Refused(400, secret()),
            ApiError::Server(502),
        ] {
            let text = meaning(&error, 1).to_string();
            assert!(!text.contains("SECRET") && !text.contains("127.0.0.1"), "{text}");
        }
        let big = ApiError::Refused(400, "Bad Request: file is too big".to_owned());
        assert!(matches!(meaning(&big, 20), Error::TooLarge(20)));
    }
}
