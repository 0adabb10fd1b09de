//! `umbrasil doctor`: are the settings sound, and is the bot that runs with them well?

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use super::{CONFIG, complain};
use crate::config::{Config, Port};

const PATIENCE: Duration = Duration::from_secs(3);

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub(super) fn doctor() -> ExitCode {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => {
            complain(&error);
            return ExitCode::from(CONFIG);
        }
    };
    println!("settings: sound, {} may talk to the bot", config.allowed.len());
    let (Port::Exactly(port) | Port::Preferably(port)) = config.port;
    let host = match config.bind {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(host, port);
    match ask(address) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => {
            println!("bot: ready at {address}");
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
            complain(&format!("the bot at {address} is not ready: {body}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("no bot answers at {address}: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer)?;
    Ok(answer)
}
