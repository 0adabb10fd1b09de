use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;

use super::*;
use crate::config::Config;

const HOST_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8 root@web1";
/// 1,024 bits.
const SHORT_RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDnl61Y//6iGjZ+fZM2TgVYgpsz7Anz1upt38KVAVYCdvdCvN4CY1vdjN9I84S2ORPWeAvPGHtDJ1UjNrT7nJ+n72ze2kAUBNodF5eMch9XLojzZb6IzTynLE+KzkYxTMWk38VbA5+KYbZ9yUWrfuKv3WzY5e+Lu5kOGTmaoUQZmw==";

fn packed() -> String {
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
    let text = key.to_openssh(LineEnding::LF).unwrap();
    base64::engine::general_purpose::STANDARD.encode(text.as_bytes())
}

#[test]
fn the_environment_configures_one_target() {
    assert!(Config::from_vars([]).unwrap().targets.is_empty());
    let packed = packed();
    let (first, second) = packed.split_at(70);
    let wrapped = format!("{first}\n{second}\n");
    let config = Config::from_vars([
        ("VPS_HOST", "2001:db8::1"),
        ("VPS_PORT", "2222"),
        ("VPS_USERNAME", "deploy"),
        ("VPS_PRIVATE_KEY", &wrapped),
        ("VPS_HOST_KEY", HOST_KEY),
    ]);
    let config = config.unwrap();
    let [target] = config.targets.as_slice() else { panic!("{:?}", config.targets) };
    assert_eq!((target.alias.as_str(), target.user.as_str()), ("vps", "deploy"));
    assert_eq!(target.address(), "[2001:db8::1]:2222");
    assert!(target.private_key().is_some());
    let pinned = target.host_key.as_ref().unwrap();
    assert!(HOST_KEY.starts_with(&pinned.to_openssh().unwrap()));
    assert!(!format!("{target:?}").contains("PRIVATE KEY"), "{target:?}");
}

#[test]
fn tables_configure_others() {
    let packed = packed();
    let mut source = Source::of_vars([("WEB1_KEY", packed.as_str())]).unwrap();
    source.text = format!(
        "[ssh.web1]\nhost = \"web1.example.org\"\nuser = \"root\"\nkey_env = \"WEB1_KEY\"\nhost_key = \"{HOST_KEY}\"\ntimeout = 300\n"
    );
    let targets = targets(&source).unwrap();
    let [target] = targets.as_slice() else { panic!("{targets:?}") };
    assert_eq!(target.address(), "web1.example.org:22");
    assert_eq!(target.timeout, Duration::from_mins(5));
}

#[test]
fn a_host_key_is_a_plain_and_strong_one() {
    assert!(host_key(HOST_KEY).is_some());
    for line in [
        "",
        SHORT_RSA,
        "web1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8",
        "@cert-authority * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8",
        "@revoked * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8",
        "|1|hash|= ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIMncc+xnNeHTrdaIqWRWNaW9HYynvBUvRI5o0KiH9iy8",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA",
    ] {
        assert!(host_key(line).is_none(), "{line}");
    }
}
