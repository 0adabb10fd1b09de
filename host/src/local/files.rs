//! The files of both sides, in memory: 64 MiB in all, the oldest go first.

use std::collections::VecDeque;

use axum::body::Bytes;

use super::image;
use super::params::Upload;

const TOTAL: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(super) struct StoredFile {
    pub(super) id: String,
    pub(super) unique_id: String,
    /// Where the Bot API offers it for download.
    pub(super) path: String,
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

/// What a file is sent as; it decides its id's look and its path, as on Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Photo,
    Document,
    Voice,
}

#[derive(Debug, Default)]
pub(super) struct Files {
    stored: VecDeque<StoredFile>,
    bytes: usize,
    last: u64,
}

impl Files {
    pub(super) fn insert(&mut self, kind: FileKind, upload: &Upload, nonce: u64) -> StoredFile {
        self.last += 1;
        let number = self.last;
        let picture = image::recognise(&upload.bytes);
        let name = upload.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let extension = extension
            .filter(|e| (1..=8).contains(&e.len()) && e.chars().all(|c| c.is_ascii_alphanumeric()));
        let (prefix, folder, extension) = match kind {
            FileKind::Photo => {
                ("AgACAgIAAx", "photos", picture.map_or("jpg", |p| p.extension).to_owned())
            }
            FileKind::Document => {
                ("BQACAgIAAx", "documents", extension.unwrap_or_else(|| "bin".to_owned()))
            }
            FileKind::Voice => {
                ("AwACAgIAAx", "voice", extension.unwrap_or_else(|| "oga".to_owned()))
            }
        };
        let mime = match (
            picture,
            upload.mime.as_deref().map(|mime| mime.split(';').next().unwrap_or(mime).trim()),
        ) {
            (Some(picture), _) => picture.mime,
            (None, Some(mime)) if is_mime(mime) => mime,
            (None, _) => mime_of(&extension),
        };
        let file = StoredFile {
            id: format!("{prefix}{nonce:016x}{number:08x}QAD"),
            unique_id: format!("AQAD{nonce:08x}{number:06x}"),
            path: format!("{folder}/file_{number}.{extension}"),
            name: if name.is_empty() {
                format!("file_{number}.{extension}")
            } else {
                name.to_owned()
            },
            mime: mime.to_owned(),
            bytes: upload.bytes.clone(),
        };
        self.bytes += file.bytes.len();
        self.stored.push_back(file.clone());
        while self.bytes > TOTAL && self.stored.len() > 1 {
            if let Some(oldest) = self.stored.pop_front() {
                self.bytes -= oldest.bytes.len();
            }
        }
        file
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&StoredFile> {
        self.stored.iter().find(|file| file.id == id)
    }

    pub(super) fn by_path(&self, path: &str) -> Option<&StoredFile> {
        self.stored.iter().find(|file| file.path == path)
    }
}

/// Says whether a given type is one: bots parse it, and one that cannot be parsed costs them the whole message.
fn is_mime(given: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    given.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

fn mime_of(extension: &str) -> &'static str {
    match extension {
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "svg" => "image/svg+xml",
        "oga" | "ogg" => "audio/ogg",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_files_go_first() {
        let mut files = Files::default();
        let upload = |size| Upload {
            name: "a.bin".to_owned(),
            mime: None,
            bytes: Bytes::from(vec![0; size]),
        };
        let first = files.insert(FileKind::Document, &upload(TOTAL / 2), 1);
        let second = files.insert(FileKind::Document, &upload(TOTAL / 2), 1);
        assert!(files.by_id(&first.id).is_some());
        files.insert(FileKind::Document, &upload(1), 1);
        assert!(files.by_id(&first.id).is_none());
        assert!(files.by_id(&second.id).is_some());
    }

    #[test]
    fn a_path_has_nothing_of_the_given_name_but_its_extension() {
        let mut files = Files::default();
        let upload =
            Upload { name: "../../etc/Report.CSV".to_owned(), mime: None, bytes: Bytes::new() };
        let file = files.insert(FileKind::Document, &upload, 1);
        assert_eq!(
            (file.path.as_str(), file.name.as_str()),
            ("documents/file_1.csv", "Report.CSV")
        );
    }
}
