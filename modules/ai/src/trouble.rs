//! Why a provider gave no answer, in words for people: never a body, never a key.

use std::fmt;
use std::time::Duration;

use umbrasil_sdk::http::Stream;

use crate::provider::Provider;

/// The longest pause that a provider may ask for before it is asked once more.
const LONGEST_PAUSE: u64 = 3;

/// Why there is no answer, or only a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 401 or 403.
    KeyRefused(u16),
    /// 429, and the seconds after which it wants to be asked again.
    TooMany(Option<u64>),
    /// 500 and above, or an error within an answer.
    Broken(u16),
    /// Any other status: the request does not suit it.
    Refused(u16),
    /// Nothing came for too long.
    Silent,
    /// The answer ended before its end.
    CutOff,
    /// What came is not what the provider's documentation says.
    Unreadable,
    /// It answered that it does not want to.
    Declined,
    TooLarge,
    NotPermitted(String),
    Unreachable(String),
    /// It failed again and again; it is asked again in so many seconds.
    Resting(u64),
    /// The owner is asked whether the request may be sent.
    Waits(String),
}

impl Trouble {
    /// What an answer with another status than success means.
    pub(crate) fn of_status(stream: &Stream) -> Option<Self> {
        let status = stream.status();
        Some(match status {
            200..=299 => return None,
            401 | 403 => Self::KeyRefused(status),
            429 => Self::TooMany(
                stream.header("retry-after").and_then(|text| text.trim().parse().ok()),
            ),
            500.. => Self::Broken(status),
            413 => Self::TooLarge,
            _ => Self::Refused(status),
        })
    }

    /// What an error that comes within an answer means, by its type.
    pub(crate) fn of_error(kind: &str) -> Self {
        match kind {
            "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => {
                Self::TooMany(None)
            }
            "authentication_error" | "invalid_api_key" => Self::KeyRefused(401),
            "permission_error" => Self::KeyRefused(403),
            "invalid_request_error" => Self::Refused(400),
            "billing_error" => Self::Refused(402),
            "overloaded_error" => Self::Broken(529),
            _ => Self::Broken(500),
        }
    }

    /// How long to wait before asking the same provider once more, if that is worth it.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match self {
            Self::TooMany(Some(seconds)) if *seconds <= LONGEST_PAUSE => {
                Some(Duration::from_secs(*seconds))
            }
            _ => None,
        }
    }

    /// Whether the request may have been refused because the model knows no tools: OpenRouter has no address
    /// for it then.
    pub(crate) fn may_be_tools(&self, provider: Provider) -> bool {
        matches!(self, Self::Refused(400))
            || matches!(self, Self::Refused(404)) && provider == Provider::OpenRouter
    }

    /// Whether a shorter conversation may help.
    pub(crate) fn may_be_length(&self) -> bool {
        matches!(self, Self::Refused(400) | Self::TooLarge)
    }

    /// Whether it says something about the provider's health, rather than about a key or a setting.
    pub(crate) fn is_sickness(&self) -> bool {
        matches!(
            self,
            Self::TooMany(_)
                | Self::Broken(_)
                | Self::Silent
                | Self::CutOff
                | Self::Unreadable
                | Self::Unreachable(_)
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyRefused(status) => write!(f, "the key was refused ({status})"),
            Self::TooMany(_) => f.write_str("too many requests, or no credit left (429)"),
            Self::Broken(529) => f.write_str("overloaded (529)"),
            Self::Broken(status) => write!(f, "a fault at the provider ({status})"),
            Self::Refused(402) => f.write_str("no credit left (402)"),
            Self::Refused(404) => f.write_str("there is no such model or address (404)"),
            Self::Refused(status) => write!(f, "the request was refused ({status})"),
            Self::Silent => f.write_str("no answer in time"),
            Self::CutOff => f.write_str("the answer broke off"),
            Self::Unreadable => f.write_str("the answer was unreadable"),
            Self::Declined => f.write_str("it does not want to answer that"),
            Self::TooLarge => f.write_str("the question is too large"),
            Self::NotPermitted(what) => write!(f, "not permitted: {what}"),
            Self::Unreachable(why) => f.write_str(why),
            Self::Resting(seconds) => {
                write!(f, "failed again and again; tried again in {seconds} s")
            }
            Self::Waits(what) => write!(f, "the owner has to confirm: {what}"),
        }
    }
}
