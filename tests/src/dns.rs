//! A DNS server that answers what a test tells it, name by name and question by question, and counts.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The server; it ends when this is dropped.
pub struct Dns {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _server: DropGuard,
}

#[derive(Default)]
struct State {
    /// What the next questions for a name get; the last answer stays.
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: HashMap<(String, u16), usize>,
}

/// Address records, by the type of the question.
const A: u16 = 1;
const AAAA: u16 = 28;

impl Dns {
    /// Starts it on a free port.
    pub async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, shared) = (CancellationToken::new(), Arc::clone(&state));
        let stopped = stop.clone();
        tokio::spawn(async move {
            let mut packet = [0; 1500];
            loop {
                let (size, from) = tokio::select! {
                    received = socket.recv_from(&mut packet) => received.unwrap(),
                    () = stopped.cancelled() => return,
                };
                if let Some(answer) = answer(&packet[..size], &shared) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        Self { address, state, _server: stop.drop_guard() }
    }

    /// For `UMBRASIL_RESOLVER`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Adds the answer to one question for the addresses of a name, with a time to live of 0 s. The last
    /// one that was added stays. IPv4 and IPv6 are two questions: each answer serves both once.
    pub fn set(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.state.lock().unwrap().answers.entry(name.to_owned()).or_default().push(addresses);
    }

    /// How often the IPv4 address of a name was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.state.lock().unwrap().asked.get(&(name.to_owned(), A)).copied().unwrap_or(0)
    }

    /// All questions, of either kind.
    pub fn questions(&self) -> usize {
        self.state.lock().unwrap().asked.values().sum()
    }
}

fn answer(packet: &[u8], state: &Mutex<State>) -> Option<Vec<u8>> {
    let (id, mut rest) = (packet.get(..2)?, packet.get(12..)?);
    let mut labels = Vec::new();
    while let Some((&length, after)) = rest.split_first() {
        let (label, after) = after.split_at_checked(length.into())?;
        rest = after;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(label).to_lowercase());
    }
    let kind = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
    let question = packet.get(12..packet.len() - rest.len() + 4)?;
    let name = labels.join(".");
    let mut state = state.lock().unwrap();
    let asked = state.asked.entry((name.clone(), kind)).or_default();
    *asked += 1;
    let turn = *asked - 1;
    let known = state.answers.get(&name);
    let found = known.map(|answers| &answers[turn.min(answers.len() - 1)]);
    let records: Vec<Vec<u8>> = found
        .into_iter()
        .flatten()
        .filter_map(|address| {
            let data = match address {
                IpAddr::V4(address) if kind == A => address.octets().to_vec(),
                IpAddr::V6(address) if kind == AAAA => address.octets().to_vec(),
                _ => return None,
            };
            let length = u16::try_from(data.len()).unwrap().to_be_bytes();
            // A pointer to the name of the question, type, class IN, no time to live, the data.
            let head = [0xc0, 12, kind.to_be_bytes()[0], kind.to_be_bytes()[1], 0, 1, 0, 0, 0, 0];
            Some([&head[..], &length, &data].concat())
        })
        .collect();
    let status = if known.is_some() { 0x80 } else { 0x83 };
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let head = [id[0], id[1], 0x85, status, 0, 1, count[0], count[1], 0, 0, 0, 0];
    Some([&head[..], question, &records.concat()].concat())
}
