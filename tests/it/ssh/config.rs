//! What is wrong with a target stops the start, names the table or the variable, and shows nothing of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use umbrasil_tests::sshd::keygen;
use umbrasil_tests::{TOKEN, run};

use super::*;

const SOUND: [(&str, &str); 5] = [
    ("TELEGRAM_BOT_TOKEN", TOKEN),
    ("TELEGRAM_API_URL", "http://127.0.0.1:9"),
    ("ALLOWED_USER_IDS", "111,222"),
    ("UMBRASIL_DATA_DIR", "data"),
    ("PORT", "0"),
];

async fn refused(directory: &Path, file: &str, more: &[(&str, &str)]) -> String {
    std::fs::write(directory.join("umbrasil.toml"), file).unwrap();
    let (code, said) = run(&["run"], directory, &[&SOUND[..], more].concat()).await;
    assert_eq!(code, 78, "{file}{more:?}: {said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    said
}

fn table(key: &Path) -> String {
    format!("[ssh.web1]\nhost = \"127.0.0.1\"\nuser = \"root\"\nkey = \"{}\"\n", key.display())
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_used_stops_the_start() {
    let directory = tempfile_dir();
    let path = directory.path();
    let key = path.join("key");
    keygen(&key, &["-t", "ed25519"]);
    let sound = table(&key);
    for bits in [0o644, 0o640, 0o604, 0o660] {
        mode(&key, bits);
        let said = refused(path, &sound, &[]).await;
        assert!(said.contains("[ssh.web1]: `key` names a file that others than its owner can read: run `chmod 600` on it"), "{said}");
    }
    let other = |name: &str, content: &[u8]| {
        std::fs::write(path.join(name), content).unwrap();
        mode(&path.join(name), 0o600);
        table(&path.join(name))
    };
    let said = refused(path, &other("text", b"hello, I am no key"), &[]).await;
    assert!(said.contains("[ssh.web1]: `key` holds no private key"), "{said}");
    let public = std::fs::read(path.join("key.pub")).unwrap();
    assert!(refused(path, &other("public", &public), &[]).await.contains("holds no private key"));
    assert!(refused(path, &other("empty", b""), &[]).await.contains("holds no private key"));
    assert!(refused(path, &other("bytes", &[0xff; 900]), &[]).await.contains("is no private key"));
    assert!(refused(path, &other("huge", &vec![b'x'; 70_000]), &[]).await.contains("too large"));
    assert!(refused(path, &table(path), &[]).await.contains("must name a file"));
    assert!(refused(path, &table(&path.join("nowhere")), &[]).await.contains("is not there"));
    keygen(&path.join("short"), &["-t", "rsa", "-b", "1024"]);
    let said = refused(path, &table(&path.join("short")), &[]).await;
    assert!(said.contains("[ssh.web1]: `key` holds an RSA key of less than 2048 bits"), "{said}");
    for format in ["RFC4716", "PKCS8", "PEM"] {
        let locked = path.join(format!("locked-{format}"));
        keygen(&locked, &["-t", "rsa", "-b", "2048", "-m", format, "-N", "a passphrase"]);
        let said = refused(path, &table(&locked), &[]).await;
        assert!(
            said.contains("[ssh.web1]: `key` holds a key with a passphrase"),
            "{format}: {said}"
        );
    }
}

#[tokio::test]
async fn a_target_that_makes_no_sense_stops_the_start() {
    let directory = tempfile_dir();
    let path = directory.path();
    let key = path.join("key");
    keygen(&key, &["-t", "ed25519"]);
    let sound = table(&key);
    let with = |line: &str| format!("{sound}{line}\n");
    let instead = |from: &str, to: &str| sound.replace(from, to);
    for (file, expected) in [
        (with("port = 0"), "`port` must be"),
        (with("timeout = 301"), "`timeout` must be 1 to 300 seconds"),
        (with("timeout = 0"), "`timeout` must be"),
        (
            with("host_key = \"AAAAC3NzaC1lZDI1NTE5AAAAIhidden\""),
            "`host_key` must be a host key such as",
        ),
        (with("host_key = \"ssh-ed25519 AAAAhidden\""), "`host_key` must be a host key such as"),
        (with("key_env = \"OTHER\""), "needs either `key` (a path) or `key_env`"),
        (with("password = \"hidden\""), "line 5, [ssh.web1]: unknown field `password`"),
        (with("port = \"hidden\""), "line 5, [ssh.web1]: a value of the wrong kind"),
        (instead("host = ", "address = "), "unknown field `address`"),
        (instead("\"127.0.0.1\"", "\"user@hidden\""), "`host` must be a host name"),
        (instead("\"127.0.0.1\"", "\"-oProxyCommand=hidden\""), "`host` must be a host name"),
        (instead("\"root\"", "\"-l hidden\""), "`user` must be"),
        (instead("ssh.web1", "ssh.\"web 1\""), "a target's name has letters"),
        (instead("ssh.web1", "ssh.\"*\""), "a target's name has letters"),
        ("[ssh.web1]\nuser = \"root\"\n".to_owned(), "missing field `host`"),
    ] {
        let said = refused(path, &file, &[]).await;
        assert!(said.contains(expected) && !said.contains("hidden"), "{file}: {said}");
    }
    let packed = base64(&key);
    let vps = |name: &'static str, value: &'static str| {
        let mut vars = vec![("VPS_HOST", "127.0.0.1"), ("VPS_USERNAME", "root")];
        vars.push(("VPS_PRIVATE_KEY", &packed));
        vars.retain(|(known, _)| *known != name);
        vars.push((name, value));
        vars
    };
    for (name, value) in [
        ("VPS_HOST", "user@hidden"),
        ("VPS_HOST", ""),
        ("VPS_PORT", "hidden"),
        ("VPS_PORT", "0"),
        ("VPS_USERNAME", ""),
        ("VPS_USERNAME", "a hidden"),
        ("VPS_PRIVATE_KEY", ""),
        ("VPS_PRIVATE_KEY", "hidden"),
        ("VPS_PRIVATE_KEY", "aGlkZGVu"),
        ("VPS_HOST_KEY", "hidden"),
    ] {
        let said = refused(path, "", &vps(name, value)).await;
        assert!(said.contains(&format!("{name}: ")) && !said.contains("hidden"), "{name}: {said}");
    }
    let said = refused(path, &instead("web1", "vps"), &vps("VPS_PORT", "22")).await;
    assert!(said.contains("[ssh.vps]: is the target that VPS_HOST configures, too"), "{said}");
}

#[tokio::test]
async fn keys_may_come_from_the_environment() {
    let server = Sshd::start().await;
    let packed = base64(&server.key());
    let world = World::new().await;
    let table = server.table("web1", "key_env = \"WEB1_KEY\"");
    let lines = table.lines().filter(|line| !line.starts_with("key ="));
    let grants = GRANTS.replace("web2", "vps");
    let file = format!("{grants}\n{}", lines.collect::<Vec<_>>().join("\n"));
    std::fs::write(world.path().join("umbrasil.toml"), file).unwrap();
    world.install("shell", component("shell"));
    let (port, user, key) =
        (server.port().to_string(), umbrasil_tests::sshd::user(), server.host_key());
    let host = world
        .start(&[
            ("WEB1_KEY", &packed),
            ("VPS_HOST", "localhost"),
            ("VPS_PORT", &port),
            ("VPS_USERNAME", &user),
            ("VPS_PRIVATE_KEY", &packed),
            ("VPS_HOST_KEY", &key),
        ])
        .await;
    assert!(!host.logged().contains(&packed[..40]));
    drop(host);
}

fn base64(path: &Path) -> String {
    let output = std::process::Command::new("base64").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn tempfile_dir() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("umbrasil-targets-").tempdir().unwrap()
}
