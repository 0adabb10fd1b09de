//! One command on a session: sent once, read to its end, or given up.

use std::time::{Duration, Instant};

use russh::client::Msg;
use russh::{Channel, ChannelMsg, Sig};
use tokio_util::sync::CancellationToken;

use super::dial::Connection;
use super::kept::Kept;
use crate::bindings::umbrasil::module::ssh as wit;

/// The most that is read of a command's output, both streams together, before it is cut off.
const FLOOD: u64 = 16 << 20;
/// How long a command that has ended, or was told to, may go on without a word, and how long with words.
const LINGER: Duration = Duration::from_secs(2);
const CHATTER: Duration = Duration::from_secs(10);
/// How long a server may take to open a channel, and to take a command.
const OPEN: Duration = Duration::from_secs(15);

/// A command that is ready to be sent.
pub(super) struct Command<'a> {
    pub(super) line: &'a str,
    pub(super) timeout: Duration,
    /// Bytes that are kept of each stream.
    pub(super) keep: usize,
}

/// How a command went.
pub(super) enum Went {
    /// To its end.
    Ended(wit::Output),
    /// Not sent; the text reads behind the alias.
    NotSent(&'static str),
    /// Not sent, because the session is dead: another one may be tried.
    Dead,
    /// Sent, and nobody knows more.
    Unknown(String),
}

/// What was read so far.
struct Reading {
    out: Kept,
    err: Kept,
    /// The server has said how the command ended.
    ending: Option<wit::Ending>,
    /// The server does not run it.
    refused: bool,
    /// The server has closed the channel.
    closed: bool,
}

/// Why nothing more is read.
enum Stop {
    /// The server has said all that it will say.
    Said,
    /// The connection is gone.
    Lost,
    /// More came than anybody reads.
    Flooded,
    /// It took too long, or nobody waits for it any more.
    GivenUp(String),
}

/// Runs a command. Also says whether the session is fit for another one.
pub(super) async fn run(
    connection: &Connection,
    command: &Command<'_>,
    cancelled: &CancellationToken,
) -> (Went, bool) {
    let open = tokio::time::timeout(OPEN, connection.handle.channel_open_session());
    let open = tokio::select! {
        biased;
        () = cancelled.cancelled() => return (Went::NotSent("was given up"), false),
        open = open => open,
    };
    let mut channel = match open {
        Ok(Ok(channel)) => channel,
        Ok(Err(russh::Error::ChannelOpenFailure(_))) => {
            return (Went::NotSent("does not open a session; it may have too many"), true);
        }
        Ok(Err(_)) => return (Went::Dead, false),
        Err(_) => return (Went::NotSent("did not open a session within 15 s"), false),
    };
    let began = Instant::now();
    if channel.exec(true, command.line).await.is_err() {
        return (Went::Dead, false);
    }
    let mut reading = Reading {
        out: Kept::new(command.keep),
        err: Kept::new(command.keep),
        ending: None,
        refused: false,
        closed: false,
    };
    let stop = reading.read(&mut channel, command.timeout, cancelled).await;
    let took = began.elapsed();
    match stop {
        Stop::Said if reading.refused => {
            (Went::NotSent("does not run commands for this user"), true)
        }
        Stop::Said => {
            let closed = reading.closed || channel.close().await.is_ok();
            (reading.went(took, "the server did not say how the command ended"), closed)
        }
        Stop::Lost => (reading.went(took, "the connection was lost while the command ran"), false),
        Stop::Flooded => {
            let closed = reading.end(&mut channel).await;
            // What closing a pipe does to who writes into it.
            reading.ending.get_or_insert_with(|| wit::Ending::Signalled("PIPE".to_owned()));
            (reading.went(took, ""), closed)
        }
        Stop::GivenUp(reason) => {
            // Whatever the server says of it from here on is our doing.
            reading.end(&mut channel).await;
            (Went::Unknown(reason), false)
        }
    }
}

impl Reading {
    async fn read(
        &mut self,
        channel: &mut Channel<Msg>,
        timeout: Duration,
        cancelled: &CancellationToken,
    ) -> Stop {
        let deadline = tokio::time::sleep(timeout);
        tokio::pin!(deadline);
        loop {
            let ended = self.ending.is_some();
            tokio::select! {
                biased;
                () = cancelled.cancelled() => {
                    return Stop::GivenUp("it was given up; the command may still be running".to_owned());
                }
                () = &mut deadline => {
                    if ended {
                        return Stop::Said;
                    }
                    let seconds = timeout.as_secs();
                    return Stop::GivenUp(format!("timed out after {seconds} s; the command may still be running"));
                }
                message = channel.wait() => {
                    let Some(message) = message else { return Stop::Lost };
                    self.take(message);
                    if self.closed || self.refused {
                        return Stop::Said;
                    }
                    if !ended && self.ending.is_some() {
                        deadline.as_mut().reset(tokio::time::Instant::now() + CHATTER);
                    }
                    if self.out.total().saturating_add(self.err.total()) > FLOOD {
                        return Stop::Flooded;
                    }
                }
                // Something that the command left behind holds its output open.
                () = tokio::time::sleep(LINGER), if ended => return Stop::Said,
            }
        }
    }

    fn take(&mut self, message: ChannelMsg) {
        match message {
            ChannelMsg::Data { data } => self.out.push(&data),
            ChannelMsg::ExtendedData { data, ext: 1 } => self.err.push(&data),
            ChannelMsg::ExitStatus { exit_status } => {
                self.ending = Some(wit::Ending::Exited(exit_status));
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.ending = Some(wit::Ending::Signalled(name_of(&signal_name)));
            }
            ChannelMsg::Failure => self.refused = true,
            ChannelMsg::Close => self.closed = true,
            _ => {}
        }
    }

    /// Tells the command to end, then closes the channel. Says whether the server has done so, too.
    async fn end(&mut self, channel: &mut Channel<Msg>) -> bool {
        let end = async {
            let told = channel.signal(Sig::TERM).await.is_ok();
            let close = tokio::time::sleep(LINGER / 2);
            tokio::pin!(close);
            let mut closing = false;
            while told && !self.closed {
                tokio::select! {
                    message = channel.wait() => match message {
                        Some(message) => self.take(message),
                        None => return,
                    },
                    () = &mut close, if !closing => {
                        closing = true;
                        if channel.close().await.is_err() {
                            return;
                        }
                    }
                }
            }
        };
        tokio::time::timeout(LINGER, end).await.is_ok() && self.closed
    }

    /// Its output, if the server has said how it ended.
    fn went(self, took: Duration, unknown: &str) -> Went {
        let Some(ending) = self.ending else { return Went::Unknown(unknown.to_owned()) };
        let ((stdout, out_cut), (stderr, err_cut)) = (self.out.into_text(), self.err.into_text());
        Went::Ended(wit::Output {
            ending,
            stdout,
            stderr,
            truncated: out_cut || err_cut,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// The name of a signal as servers write it, such as `KILL`.
fn name_of(signal: &Sig) -> String {
    let name = match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    };
    name.chars().filter(char::is_ascii_alphanumeric).take(20).collect()
}
