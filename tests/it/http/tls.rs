//! Certificates: what is not valid is not spoken to, and only the owner adds authorities.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use umbrasil_tests::{World, eventually, run};

use super::{audit, host};

/// `openssl s_server`, until it is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn openssl(directory: &Path, args: &str) {
    let words = args.split(' ').filter(|word| !word.is_empty());
    let output = Command::new("openssl").current_dir(directory).args(words).output().unwrap();
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes an authority `ca.pem`, and certificates of it: good, for another name, expired; and one of its own.
fn certificates(directory: &Path) {
    openssl(
        directory,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=authority",
    );
    for (name, place) in
        [("good", "IP:127.0.0.1"), ("other", "DNS:other.test"), ("expired", "IP:127.0.0.1")]
    {
        openssl(
            directory,
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
            ),
        );
        std::fs::write(
            directory.join("extensions"),
            format!("subjectAltName={place}\nbasicConstraints=CA:FALSE\n"),
        )
        .unwrap();
        let days = if name == "expired" { "-1" } else { "20" };
        openssl(
            directory,
            &format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -days {days} -out {name}.pem"
            ),
        );
    }
    openssl(
        directory,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -out self.pem -days 20 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1",
    );
}

async fn server(directory: &Path, name: &str) -> Server {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let words =
        format!("s_server -accept 127.0.0.1:{port} -key {name}.key -cert {name}.pem -www -quiet");
    let mut command = Command::new("openssl");
    command.current_dir(directory).args(words.split(' '));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server { child: command.spawn().unwrap(), port };
    eventually(10, "the server listens", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
    })
    .await;
    server
}

#[tokio::test]
async fn only_valid_certificates_are_spoken_to() {
    let world = World::new().await;
    let directory = world.path().join("certificates");
    std::fs::create_dir(&directory).unwrap();
    certificates(&directory);
    let mut servers = Vec::new();
    for name in ["good", "other", "expired", "self"] {
        servers.push(server(&directory, name).await);
    }
    let tables: String = servers
        .iter()
        .map(|server| {
            format!(
                "[[http]]\nurl = \"https://127.0.0.1:{}/*\"\nmethods = [\"GET\", \"POST\"]\n",
                server.port
            )
        })
        .collect();
    let authority = directory.join("ca.pem").display().to_string();
    for (vars, said) in [
        (
            &[("UMBRASIL_EXTRA_CA", authority.as_str())][..],
            ["200 ", "is for another name", "has expired", "cannot be verified"],
        ),
        (
            &[],
            [
                "is signed by nobody known",
                "is signed by nobody known",
                "has expired",
                "cannot be verified",
            ],
        ),
    ] {
        let host = host(&world, &tables, &tables, vars).await;
        for (server, said) in servers.iter().zip(said) {
            let answer =
                world.user().say(&format!("/web GET https://127.0.0.1:{}/", server.port)).await;
            assert!(answer.text().contains(said), "{said}: {answer}");
            if said.starts_with("200") {
                // It is good for 20 days from when it was made, a moment ago.
                let call = format!("/web GET https://127.0.0.1:{}/ expires", server.port);
                let answer = world.user().say(&call).await;
                let expires: u64 = answer.text().parse().unwrap();
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let left = expires - now.as_secs();
                assert!((20 * 86_400 - 600..=20 * 86_400).contains(&left), "{left} s");
            } else {
                assert!(
                    answer.text().starts_with("unavailable: the certificate of 127.0.0.1 "),
                    "{answer}"
                );
                // Nothing was sent before the certificate was seen.
                let post = world
                    .user()
                    .say(&format!("/web POST https://127.0.0.1:{}/ body=x", server.port))
                    .await;
                assert!(post.text().starts_with("unavailable: the certificate of"), "{post}");
            }
        }
        host.stop().await;
    }
    let records = audit(&world).await;
    assert_eq!(records.matches("not sent: no connection").count(), 14, "{records}");
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_stops_the_start() {
    let directory = tempfile::Builder::new().prefix("umbrasil-ca-").tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("empty.pem", "");
    write("text.pem", "this is no certificate");
    write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA");
    for file in ["missing.pem", "empty.pem", "text.pem", "broken.pem", "cut.pem", "."] {
        let vars = [
            ("TELEGRAM_BOT_TOKEN", umbrasil_tests::TOKEN),
            ("TELEGRAM_API_URL", "http://127.0.0.1:9"),
            ("ALLOWED_USER_IDS", "111"),
            ("UMBRASIL_DATA_DIR", "data"),
            ("PORT", "0"),
            ("UMBRASIL_EXTRA_CA", file),
        ];
        let (code, said) = run(&["run"], directory.path(), &vars).await;
        assert_eq!(code, 78, "{file}: {said}");
        assert!(said.contains("UMBRASIL_EXTRA_CA"), "{file}: {said}");
    }
}
