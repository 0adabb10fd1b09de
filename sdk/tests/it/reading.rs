//! Files that users send, the text in pictures, and schedules.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::testing::{self, Host};

fn module() -> Module {
    Module::new("Reader")
        .file(Media::Document, size)
        .file(Media::Photo, text)
        .command("size", "Reads a file where there is none", size)
        .command("small", "Reads at most three bytes", |_| {
            files::read_up_to(3).map(|content| Reply::text(content.len()))
        })
        .schedule("check", |call| Ok(Reply::text(format_args!("{}: fine", call.name()))))
}

fn size(call: &Call) -> Result<Reply> {
    let content = files::read()?;
    let tail = files::read_part(content.len() as u64 - 2, 9)?;
    let name = call.file().map_or("", |file| &file.name);
    Ok(Reply::text(format_args!("{name}: {} bytes, {tail:?}, {}", content.len(), call.text())))
}

fn text(call: &Call) -> Result<Reply> {
    Ok(Reply::text(ocr::read_file(call.text())?))
}

#[test]
fn a_file_is_read_in_parts() {
    let content: Vec<u8> = (0..3_000_000_u32).map(|index| index.to_le_bytes()[0]).collect();
    let mut host = Host::new(module()).files(&content);
    let read = host.file(Media::Document, "a.bin", "mine").unwrap();
    assert_eq!(read.text(), format!("a.bin: 3000000 bytes, {:?}, mine", &content[2_999_998..]));
    assert_eq!(read.calls, 5);
}

#[test]
fn what_is_not_set_is_denied() {
    let mut host = Host::new(module());
    for media in [Media::Document, Media::Photo] {
        let error = testing::error(host.file(media, "", ""));
        assert!(error.text().starts_with("Not permitted: grant `"), "{error}");
    }
}

#[test]
fn an_event_without_a_file_has_none() {
    let mut host = Host::new(module()).files(b"abcd").ocr("text");
    assert!(testing::error(host.command("/size")).text().contains("brought no file"));
    assert!(testing::error(host.command("/small")).text().contains("brought no file"));
}

#[test]
fn languages_are_checked_as_the_host_does() {
    let mut host = Host::new(module()).ocr("12.50");
    for languages in ["", "eng", "eng+deu+fra"] {
        assert_eq!(host.file(Media::Photo, "", languages).unwrap().text(), "12.50");
    }
    for languages in ["en", "-l", "eng+deu+fra+ita", "ENG"] {
        let error = testing::error(host.file(Media::Photo, "", languages));
        assert!(error.text().contains("no list of languages"), "{error}");
    }
}

#[test]
fn a_schedule_is_due() {
    assert_eq!(Host::new(module()).tick("check").unwrap().text(), "check: fine");
}
