//! Commands on servers: real OpenSSH servers, what may run on them, whose key they must have, and what
//! happens when they misbehave.

use umbrasil_tests::{Host, Sshd, World, eventually, fixtures::component};

mod commands;
mod config;
mod granted;
mod hostile;
mod keys;
mod trust;

/// What the fixture asks for, granted by the owner's file.
const GRANTS: &str = r#"
[[modules.shell.ssh]]
targets = ["web1", "web2"]
commands = [
    "echo {word:word}", "systemctl status {unit:unit-name}", "docker restart {name:container-name}",
    "ls {path:path}", "ping {host:host-name}", "head -c {size:number} /dev/zero", "cat {path:path}",
    "sh {path:path}", "sh {path:path} {word:word}", "reboot {word:word}",
    '''printf %s "it's (one) #word ~ ! \\ end"''',
]

[[modules.shell.ssh]]
targets = ["web1", "web2"]
commands = ["uptime"]
effect = "read"
"#;

/// A world whose owner has configured these targets, and granted the fixture all that it asks for.
async fn world(targets: &[String]) -> (World, Host) {
    let world = World::new().await;
    let text = format!("{GRANTS}\n{}", targets.join("\n"));
    std::fs::write(world.path().join("umbrasil.toml"), text).unwrap();
    world.install("shell", component("shell"));
    let host = world.start(&[]).await;
    (world, host)
}
