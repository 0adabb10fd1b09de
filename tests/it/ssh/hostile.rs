//! Servers that are none: what they do ends with a clear error, and the host goes on.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What a hostile server does with a connection.
type Deed = fn(TcpStream) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

/// A key exchange that has nothing in it that anybody knows; then whatever one wants.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 16 - (payload.len() + 5) % 8;
    let length = u32::try_from(payload.len() + padding + 1).unwrap();
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.push(u8::try_from(padding).unwrap());
    bytes.extend_from_slice(payload);
    bytes.extend(vec![0; padding]);
    bytes
}

const BANNER: &[u8] = b"SSH-2.0-hostile\r\n";

const DEEDS: [(&str, Deed); 10] = [
    ("a banner without an end", |mut tcp| {
        Box::pin(async move {
            loop {
                tcp.write_all(&[b'x'; 4096]).await?;
            }
        })
    }),
    ("banner lines without an end", |mut tcp| {
        Box::pin(async move {
            loop {
                tcp.write_all(b"welcome\r\n").await?;
            }
        })
    }),
    ("garbage", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            let mut state = 1_u32;
            loop {
                let noise: Vec<u8> = (0..1024)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        state.to_le_bytes()[3]
                    })
                    .collect();
                tcp.write_all(&noise).await?;
            }
        })
    }),
    ("a packet of 4 GB", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            tcp.write_all(&[0xff; 64]).await?;
            tcp.read_to_end(&mut Vec::new()).await.map(drop)
        })
    }),
    ("an empty packet", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            tcp.write_all(&[0; 64]).await?;
            tcp.read_to_end(&mut Vec::new()).await.map(drop)
        })
    }),
    ("goodbye in the key exchange", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            tcp.write_all(&packet(b"\x01\0\0\0\x02\0\0\0\x03bye\0\0\0\0")).await?;
            tcp.read_to_end(&mut Vec::new()).await.map(drop)
        })
    }),
    ("a short key exchange", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            tcp.write_all(&packet(b"\x14short")).await?;
            tcp.read_to_end(&mut Vec::new()).await.map(drop)
        })
    }),
    ("news without an end", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            loop {
                tcp.write_all(&packet(b"\x07\0\0\0\0")).await?;
            }
        })
    }),
    ("messages to ignore without an end", |mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            let ignore = packet(&[&b"\x02\0\0\x40\0"[..], &[0; 0x4000]].concat());
            loop {
                tcp.write_all(&ignore).await?;
            }
        })
    }),
    ("the end", |tcp| {
        Box::pin(async move {
            drop(tcp);
            Ok(())
        })
    }),
];

/// A server that does this to everybody; its port.
async fn serve(deed: Deed) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(deed(tcp));
        }
    });
    port
}

#[tokio::test]
async fn hostile_servers_end_with_a_clear_error() {
    let server = Sshd::start().await;
    let on = |alias: &str, port: u16| {
        let table = server.table(alias, "");
        table.replace(&format!("port = {}", server.port()), &format!("port = {port}"))
    };
    for (what, deed) in DEEDS {
        let port = serve(deed).await;
        let (world, host) = world(&[on("web1", port), server.table("web2", "")]).await;
        let before = host.memory();
        let answer = world.user().say("/exec web1 echo hello").await.text().to_owned();
        assert!(answer.starts_with("unavailable: web1 "), "{what}: {answer}");
        assert!(!answer.contains("127.0.0.1"), "{what}: {answer}");
        let answer = world.user().say("/exec web2 echo hello").await.text().to_owned();
        assert_eq!(answer, "exit 0: hello", "{what}");
        assert!(host.memory() < before + 24, "{what}: from {before} to {} MiB", host.memory());
        assert!(!host.logged().contains("panicked"), "{what}: {}", host.logged());
    }
}

#[tokio::test]
async fn a_tarpit_is_left_after_fifteen_seconds() {
    let server = Sshd::start().await;
    let port = serve(|mut tcp| {
        Box::pin(async move {
            tcp.write_all(BANNER).await?;
            // The length of a packet that is on its way.
            tcp.write_all(&[0, 0, 0x40, 0]).await?;
            loop {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                tcp.write_all(b"\0").await?;
            }
        })
    })
    .await;
    let slow = server
        .table("web1", "")
        .replace(&format!("port = {}", server.port()), &format!("port = {port}"));
    let (world, _host) = world(&[slow, server.table("web2", "")]).await;
    let (owner, user) = (world.owner(), world.user());
    owner.write("/exec web1 echo hello").await;
    // Nobody else waits for it.
    assert_eq!(user.say("/exec web2 echo hello").await.text(), "exit 0: hello");
    let answers = owner.wait_for(1).await;
    assert_eq!(answers[0].text(), "unavailable: web1 did not answer within 15 s");
}
