//! The web of a test: answers that were set, and the requests that came.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use super::imports::{counted, running};
use crate::bindings::umbrasil::module::http::{Header, Request, Response};
use crate::bindings::umbrasil::module::types::Error;

/// Requests in one `send_all`, and open streams.
const TOGETHER: usize = 16;
const STREAMS: usize = 4;

/// What is answered, by method and URL, and what was asked.
#[derive(Debug, Default)]
pub(crate) struct Web {
    /// The names of the secrets that are granted and set.
    pub(crate) secrets: std::collections::BTreeSet<String>,
    pub(crate) answers: BTreeMap<String, VecDeque<Result<Response, Error>>>,
    pub(crate) requests: Vec<Requested>,
}

/// A request that a module has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// Method and URL, as in `GET https://example.org/`.
    pub line: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The names of the secrets that the host was to put in.
    pub secrets: Vec<String>,
}

impl Web {
    fn answer(&mut self, request: &Request) -> Result<Response, Error> {
        let line = format!("{} {}", request.method, request.url);
        let header = |header: &Header| (header.name.clone(), header.value.clone());
        self.requests.push(Requested {
            line: line.clone(),
            headers: request.headers.iter().map(header).collect(),
            body: request.body.clone(),
            secrets: request.secrets.clone(),
        });
        let denied = || Error::Denied(format!("grant `http {line}` to this module"));
        let answers = self.answers.get_mut(&line).ok_or_else(denied)?;
        // The last one stays.
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let mut response = next.ok_or_else(denied)??;
        if response.url.is_empty() {
            response.url.clone_from(&request.url);
        }
        Ok(response)
    }
}

pub(crate) fn send(request: &Request) -> Result<Response, Error> {
    counted();
    check(request)?;
    running(|now| now.world.web.answer(request))
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
pub(crate) fn secrets() -> Result<Vec<String>, Error> {
    counted();
    Ok(running(|now| now.world.web.secrets.iter().cloned().collect()))
}

pub(crate) fn send_all(requests: &[Request]) -> Vec<Result<Response, Error>> {
    counted();
    let one = |request: &Request| {
        if requests.len() > TOGETHER {
            return Err(Error::TooLarge(TOGETHER as u64));
        }
        check(request)?;
        running(|now| now.world.web.answer(request))
    };
    requests.iter().map(one).collect()
}

pub(crate) fn open(request: &Request) -> Result<Stream, Error> {
    counted();
    check(request)?;
    if OPEN.get() == STREAMS {
        return Err(Error::Invalid(format!("an event has at most {STREAMS} streams open")));
    }
    let response = running(|now| now.world.web.answer(request))?;
    OPEN.set(OPEN.get() + 1);
    // Line by line: whoever takes a part for the whole finds out.
    let parts = response.body.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    Ok(Stream { response, parts: RefCell::new(parts) })
}

thread_local! {
    static OPEN: Cell<usize> = const { Cell::new(0) };
}

fn check(request: &Request) -> Result<(), Error> {
    let method = &request.method;
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Error::Invalid(format!("`{method}` is no method such as GET")));
    }
    if !request.url.starts_with("http://") && !request.url.starts_with("https://") {
        return Err(Error::Invalid(format!("`{}` is no http or https URL", request.url)));
    }
    if request.headers.len() > 64 {
        return Err(Error::Invalid("a request has at most 64 headers".to_owned()));
    }
    Ok(())
}

/// An answer that arrives line by line.
#[derive(Debug)]
pub(crate) struct Stream {
    response: Response,
    parts: RefCell<VecDeque<Vec<u8>>>,
}

impl Stream {
    pub(crate) fn status(&self) -> u16 {
        counted();
        self.response.status
    }

    pub(crate) fn url(&self) -> String {
        counted();
        self.response.url.clone()
    }

    pub(crate) fn headers(&self) -> Vec<Header> {
        counted();
        self.response.headers.clone()
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        counted();
        Ok(self.parts.borrow_mut().pop_front())
    }

    /// Whatever there is has arrived.
    pub(crate) fn read_within(&self, _: u32) -> Result<Option<Vec<u8>>, Error> {
        self.read()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        OPEN.set(OPEN.get().saturating_sub(1));
    }
}
