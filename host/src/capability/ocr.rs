//! `umbrasil:module/ocr`: text in pictures, by tesseract on this machine.
//!
//! Pictures come from anybody, and decoders have holes: so a picture is measured before anything decodes it,
//! and what decodes it is a child with a cleared environment and hard limits, one at a time.

mod child;
mod picture;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

pub(crate) use self::child::recognise;
use self::child::{Ended, OUTPUT_BYTES, find, run};
use super::files::{Upload, no_file};
use super::{Error, Scoped};
use crate::bindings::umbrasil::module::ocr as wit;
use crate::grant::Call;

/// The largest picture that a module may pass. The call copies it, and copies are limited to 2 MiB in all.
const IMAGE_BYTES: usize = 1_900 << 10;
/// How long a picture waits for the one before it.
const QUEUE: Duration = Duration::from_secs(10);
/// How long the list of languages is taken as it was.
const KNOWN_FOR: Duration = Duration::from_mins(1);
/// Languages that one picture may be read in.
const LANGUAGES: usize = 3;
/// Where programs are.
const PLACES: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"];

/// What all events share.
pub(crate) struct Service {
    /// This program, which becomes tesseract; none where nothing is to be read.
    program: Option<PathBuf>,
    places: Vec<PathBuf>,
    turn: Semaphore,
    patience: Duration,
    /// The languages that tesseract knows, and since when that is known.
    languages: Mutex<Option<(Instant, Vec<String>)>>,
}

impl Default for Service {
    fn default() -> Self {
        let places = PLACES.iter().map(PathBuf::from).collect();
        let (turn, languages) = (Semaphore::new(1), Mutex::default());
        Self { program: None, places, turn, patience: QUEUE, languages }
    }
}

impl Service {
    /// `program` is this program.
    pub(crate) fn new(program: PathBuf) -> Self {
        Self { program: Some(program), ..Self::default() }
    }

    /// The text of a picture. `languages` are well-formed, and empty for all that are installed.
    async fn read(&self, picture: &[u8], languages: &str) -> Result<String, Error> {
        picture::measure(picture)
            .map_err(|unfit| Error::Invalid(format!("the picture: {unfit}")))?;
        let missing = || {
            Error::Unavailable(
                "tesseract is not installed on the host. Install tesseract-ocr, and tesseract-ocr-LANGUAGE for languages other than English"
                    .to_owned(),
            )
        };
        let (program, tesseract) =
            self.program.as_ref().zip(find(&self.places)).ok_or_else(missing)?;
        let busy = || Error::Unavailable("other pictures are being read; try again".to_owned());
        let turn = tokio::time::timeout(self.patience, self.turn.acquire()).await;
        let _turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let installed = match self.known() {
            Some(known) => known,
            None => {
                let listed = ended(run(program, &tesseract, None, &[]).await)?;
                self.remember(listed.lines().filter(|line| is_language(line)))
            }
        };
        let languages = choose(languages, &installed)?;
        ended(run(program, &tesseract, Some(&languages), picture).await)
    }

    fn known(&self) -> Option<Vec<String>> {
        let known = self.languages.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, languages) = known.as_ref()?;
        (since.elapsed() < KNOWN_FOR).then(|| languages.clone())
    }

    fn remember<'a>(&self, languages: impl Iterator<Item = &'a str>) -> Vec<String> {
        let languages: Vec<String> = languages.map(str::to_owned).collect();
        let known = Some((Instant::now(), languages.clone()));
        *self.languages.lock().unwrap_or_else(PoisonError::into_inner) = known;
        languages
    }
}

/// What one event uses.
pub(crate) struct Ocr {
    service: Arc<Service>,
    upload: Option<Arc<Upload>>,
}

impl Ocr {
    pub(crate) fn new(service: Arc<Service>, upload: Option<Arc<Upload>>) -> Self {
        Self { service, upload }
    }
}

impl Scoped<'_, Ocr> {
    /// Authorises, reads the picture that is given, or else the one that the user sent, and puts it on record.
    async fn recognise(
        &mut self,
        image: Option<Vec<u8>>,
        languages: &str,
    ) -> Result<String, Error> {
        check(languages)?;
        let permit = self.guard.authorise(Call::Ocr, "")?;
        let (service, upload) = (Arc::clone(&self.own.service), self.own.upload.clone());
        let running = permit.begin().await?;
        let reading = async {
            match (image, upload) {
                (Some(image), _) => service.read(&image, languages).await,
                (None, Some(upload)) => service.read(upload.content().await?, languages).await,
                (None, None) => Err(no_file()),
            }
        };
        let read = reading.await;
        match &read {
            Ok(text) => running.end("read", text.len() as u64).await,
            Err(error) => running.end(&format!("failed: {error}"), 0).await,
        }
        read
    }
}

impl wit::Host for Scoped<'_, Ocr> {
    async fn read_file(&mut self, languages: String) -> Result<String, Error> {
        self.meter.call()?;
        self.recognise(None, &languages).await
    }

    async fn read_image(&mut self, image: Vec<u8>, languages: String) -> Result<String, Error> {
        self.meter.call()?;
        if image.len() > IMAGE_BYTES {
            return Err(Error::TooLarge(IMAGE_BYTES as u64));
        }
        self.recognise(Some(image), &languages).await
    }
}

/// Whether languages are written as they may be; nothing else ever becomes an argument.
fn check(languages: &str) -> Result<(), Error> {
    let sound = languages.is_empty()
        || (languages.split('+').count() <= LANGUAGES && languages.split('+').all(is_language));
    if sound {
        return Ok(());
    }
    let shown: String = languages.chars().take(40).collect();
    Err(Error::Invalid(format!(
        "`{}` is no list of up to {LANGUAGES} languages such as `eng` or `eng+deu`",
        shown.escape_debug()
    )))
}

fn is_language(word: &str) -> bool {
    (3..=12).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The languages to read in: those that are asked for, or all that are installed, English first.
fn choose(asked: &str, installed: &[String]) -> Result<String, Error> {
    // `osd` finds out how a page is turned, and reads nothing.
    let mut usable: Vec<&str> =
        installed.iter().map(String::as_str).filter(|language| *language != "osd").collect();
    usable.sort_by_key(|language| (*language != "eng", *language));
    if asked.is_empty() && !usable.is_empty() {
        usable.truncate(LANGUAGES);
        return Ok(usable.join("+"));
    }
    let missing = asked.split('+').find(|language| !usable.contains(language));
    match missing {
        None => Ok(asked.to_owned()),
        Some(_) if usable.is_empty() => Err(Error::Unavailable(
            "the host's tesseract knows no language. Install tesseract-ocr-eng".to_owned(),
        )),
        Some(missing) => Err(Error::Unavailable(format!(
            "the host's tesseract does not know `{missing}`, only {}. Install tesseract-ocr-{missing}",
            usable.join(", ")
        ))),
    }
}

/// What a child's end means for the module.
fn ended(ended: Ended) -> Result<String, Error> {
    match ended {
        Ended::Well(text) => {
            let text = String::from_utf8_lossy(&text);
            // Pages end with a form feed.
            Ok(text.trim_end_matches(['\u{c}', '\n', ' ']).to_owned())
        }
        Ended::Refused(words) => {
            tracing::debug!(words, "tesseract gave a picture up");
            Err(Error::Invalid("the picture is damaged, or nothing that can be read".to_owned()))
        }
        Ended::Limit => {
            let text = "the picture takes more time or memory than reading one may take; send a smaller one";
            Err(Error::Unavailable(text.to_owned()))
        }
        Ended::TooMuch => Err(Error::TooLarge(OUTPUT_BYTES)),
        Ended::Late => Err(Error::Timeout),
        Ended::NotBegun(reason) => {
            tracing::error!(reason, "cannot start tesseract");
            Err(Error::Unavailable("tesseract could not be started; the log says why".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_languages_become_arguments() {
        for sound in ["", "eng", "eng+deu", "chi_sim_vert", "eng+deu+fra"] {
            assert!(check(sound).is_ok(), "{sound}");
        }
        let wrong = [
            "en",
            "ENG",
            "eng+",
            "+eng",
            "eng deu",
            "--psm",
            "-l",
            "../eng",
            "eng;id",
            "eng\0",
            "a+b",
            "eng+deu+fra+ita",
            "averylongname",
            "eng+\u{fdfa}\u{fdfa}",
            "eng\n",
        ];
        for wrong in wrong {
            assert!(matches!(check(wrong), Err(Error::Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn only_installed_languages_are_asked_for() {
        let installed = ["deu", "eng", "osd"].map(str::to_owned);
        assert_eq!(choose("", &installed).unwrap(), "eng+deu");
        assert_eq!(choose("deu", &installed).unwrap(), "deu");
        for (asked, installed) in [("fra", &installed[..]), ("osd", &installed), ("", &[])] {
            let error = choose(asked, installed).unwrap_err();
            assert!(error.to_string().contains("Install tesseract-ocr-"), "{error}");
        }
    }

    #[tokio::test]
    async fn without_tesseract_one_reads_what_to_install() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10";
        let places = vec![PathBuf::from("/nowhere")];
        let service = Service { places, ..Service::new("/bin/false".into()) };
        let error = service.read(png, "eng").await.unwrap_err();
        assert!(
            matches!(&error, Error::Unavailable(text) if text.contains("Install tesseract-ocr")),
            "{error}"
        );
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10";
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tesseract"), "").unwrap();
        let places = vec![folder.path().to_owned()];
        let patience = Duration::from_millis(1);
        let service = Service { places, patience, ..Service::new("/bin/false".into()) };
        let _turn = service.turn.acquire().await.unwrap();
        let error = service.read(png, "").await.unwrap_err();
        assert!(error.to_string().contains("try again"), "{error}");
    }
}
