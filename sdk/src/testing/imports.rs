//! The functions of the host, with the signatures that the bindings give to the real ones.
//!
//! The comments of `wit/v0.1` are the specification; each check here is a sentence there.

use std::cell::RefCell;

use super::world::{Effects, Running, World};
use crate::bindings::umbrasil::module::types::Error;

const MIB: usize = 1 << 20;

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Begins an event on this thread.
pub(crate) fn enter(world: World) {
    RUNNING.set(Some(Running { world, ..Running::default() }));
}

/// Ends the event of this thread.
pub(crate) fn leave(keep: bool) -> (World, Effects) {
    RUNNING.take().unwrap_or_default().finish(keep)
}

pub(crate) fn running<T>(action: impl FnOnce(&mut Running) -> T) -> T {
    RUNNING.with_borrow_mut(|running| match running {
        Some(running) => action(running),
        None => panic!("there is no host here: call the handler through `testing::Host`"),
    })
}

/// Counts one call of the guest to its host.
pub(crate) fn counted() {
    running(|now| now.effects.calls += 1);
}

/// The clock on the wall, in milliseconds since 1970.
pub(crate) fn clock_ms() -> u64 {
    running(|now| now.world.clock_ms)
}

pub(super) fn invalid<T>(text: impl Into<String>) -> Result<T, Error> {
    Err(Error::Invalid(text.into()))
}

pub(super) fn at_most(limit: usize, size: usize) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge(limit as u64)) } else { Ok(()) }
}

pub(crate) use super::modules;

pub(crate) mod chat {
    use super::{Error, MIB, at_most, counted, invalid, running};

    pub(crate) fn toast(text: &str) -> Result<(), Error> {
        counted();
        if text.chars().count() > 200 {
            return invalid("a toast has at most 200 characters");
        }
        running(|now| now.effects.toasts.push(text.to_owned()));
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
    pub(crate) fn expect(name: &str, args: &[String]) -> Result<(), Error> {
        counted();
        running(|now| now.effects.expected = Some((name.to_owned(), args.to_vec())));
        Ok(())
    }

    pub(crate) fn photo(image: &[u8], caption: &str) -> Result<(), Error> {
        counted();
        at_most(2 * MIB, image.len())?;
        if !image.starts_with(b"\x89PNG\r\n\x1a\n") && !image.starts_with(b"\xff\xd8\xff") {
            return invalid("a picture is a PNG or a JPEG");
        }
        caption_fits(caption)?;
        running(|now| now.effects.photos.push((image.to_vec(), caption.to_owned())));
        Ok(())
    }

    pub(crate) fn document(name: &str, content: &[u8], caption: &str) -> Result<(), Error> {
        counted();
        at_most(2 * MIB, content.len())?;
        if name.is_empty() {
            return invalid("a document needs a name");
        }
        caption_fits(caption)?;
        let document = (name.to_owned(), content.to_vec(), caption.to_owned());
        running(|now| now.effects.documents.push(document));
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
    pub(crate) fn progress(html: &str) -> Result<(), Error> {
        counted();
        if html.trim().is_empty() {
            return invalid("an empty text cannot be shown");
        }
        running(|now| now.effects.progress.push(html.to_owned()));
        Ok(())
    }

    pub(crate) fn typing() -> Result<(), Error> {
        counted();
        running(|now| now.effects.typing += 1);
        Ok(())
    }

    fn caption_fits(caption: &str) -> Result<(), Error> {
        if caption.encode_utf16().count() > 1_024 {
            return invalid("a caption has at most 1,024 characters");
        }
        Ok(())
    }
}

pub(crate) mod config {
    use super::{Error, counted, running};

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
    pub(crate) fn get(name: &str) -> Result<Option<String>, Error> {
        counted();
        Ok(running(|now| now.world.settings.get(name).cloned()))
    }
}

pub(crate) mod log {
    use super::{counted, running};
    use crate::bindings::umbrasil::module::log::Level;

    pub(crate) fn log(level: Level, text: &str) {
        counted();
        running(|now| now.effects.logs.push((level, text.to_owned())));
    }
}

pub(crate) mod storage {
    use std::collections::BTreeMap;

    use super::{Error, MIB, at_most, counted, invalid, running};
    use crate::bindings::umbrasil::module::storage::{Item, Range};

    pub(crate) fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
        counted();
        read(key)
    }

    pub(crate) fn get_many(keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        counted();
        at_most(1_000, keys.len())?;
        keys.iter().map(|key| read(key)).collect()
    }

    pub(crate) fn set(key: &str, value: &[u8]) -> Result<(), Error> {
        counted();
        write(key, Some(value))
    }

    pub(crate) fn delete(key: &str) -> Result<(), Error> {
        counted();
        write(key, None)
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
    pub(crate) fn list(range: &Range) -> Result<Vec<Item>, Error> {
        counted();
        let wanted = |key: &str| {
            key.starts_with(&range.prefix)
                && range.start.as_deref().is_none_or(|start| key >= start)
                && range.end.as_deref().is_none_or(|end| key < end)
        };
        let mut items: Vec<Item> = running(|now| {
            let mut seen: BTreeMap<&String, Option<&Vec<u8>>> = BTreeMap::new();
            let first = range.start.as_ref().unwrap_or(&range.prefix).max(&range.prefix);
            let kept = now.world.kept.range(first.clone()..);
            let kept = kept.take_while(|(key, _)| key.starts_with(&range.prefix));
            seen.extend(kept.map(|(key, value)| (key, Some(value))));
            seen.extend(now.writes.iter().map(|(key, value)| (key, value.as_ref())));
            let item = |(key, value): (&String, Option<&Vec<u8>>)| {
                let value = value.filter(|_| wanted(key))?.clone();
                Some(Item { key: key.clone(), value })
            };
            seen.into_iter().filter_map(item).collect()
        });
        if range.reverse {
            items.reverse();
        }
        items.truncate(range.limit.min(1_000) as usize);
        let mut room = MIB;
        let fits = items.iter().take_while(|item| {
            let size = item.key.len() + item.value.len();
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        let count = fits.count();
        items.truncate(count);
        Ok(items)
    }

    pub(crate) fn compare_and_set(
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Error> {
        counted();
        if read(key)?.as_deref() != expected {
            return Ok(false);
        }
        write(key, new)?;
        Ok(true)
    }

    pub(crate) fn increment(key: &str, by: i64) -> Result<i64, Error> {
        counted();
        let old = match read(key)? {
            None => 0,
            Some(value) => match String::from_utf8(value).ok().and_then(|text| text.parse().ok()) {
                Some(number) => number,
                None => return invalid(format!("`{key}` is no counter")),
            },
        };
        let Some(sum) = i64::checked_add(old, by) else {
            return invalid(format!("`{key}` would overflow"));
        };
        write(key, Some(sum.to_string().as_bytes()))?;
        Ok(sum)
    }

    fn read(key: &str) -> Result<Option<Vec<u8>>, Error> {
        check_key(key)?;
        Ok(running(|now| now.value(key).cloned()))
    }

    fn write(key: &str, value: Option<&[u8]>) -> Result<(), Error> {
        if running(|now| now.world.read_only) {
            return Err(Error::Denied("this command says that it changes nothing".to_owned()));
        }
        check_key(key)?;
        at_most(MIB / 4, value.map_or(0, <[u8]>::len))?;
        running(|now| now.writes.insert(key.to_owned(), value.map(<[u8]>::to_vec)));
        Ok(())
    }

    fn check_key(key: &str) -> Result<(), Error> {
        if key.is_empty() || key.len() > 256 {
            return invalid("a key has 1 to 256 bytes");
        }
        Ok(())
    }
}
