//! A manifest that leaves the commands to the owner: by itself it lets nothing run.

use umbrasil_tests::with_manifest;

use super::*;

#[tokio::test]
async fn what_is_left_to_the_owner_runs_only_as_far_as_they_name_it() {
    let server = Sshd::start().await;
    let world = World::new().await;
    world.settings(&server.table("web1", ""));
    let open = "[module]\nname = \"shell\"\nversion = \"1.0.0\"\n[[ssh]]\ntargets = [\"*\"]\ncommands = [\"{granted}\"]\neffect = \"read\"\nreason = \"to run what you name\"\n";
    world.install("shell", &with_manifest(component("shell"), open));
    let host = world.start(&[]).await;
    let owner = world.owner();
    let question = owner.reads("asks for:").await;
    let line = "➕ read ssh *: {granted} (to run what you name)";
    assert!(question.text().contains(line), "{question}");
    owner.press("✅ Allow").await;
    owner.reads("Module shell 1.0.0 is loaded").await;
    assert_eq!(owner.say("/targets").await.text(), "targets:", "nothing is granted there");
    let denied = owner.say("/exec web1 uptime").await;
    assert_eq!(denied.text(), "denied: grant `ssh web1: uptime` to shell");

    let operate = async |verb: &str, line: &str| {
        let said = world.operate(&["grant", verb, "shell", line], "", &[]).await;
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    };
    let granted = operate("allow", "read ssh web1: echo {word:word}").await;
    assert!(!granted.contains("does not ask for"), "{granted}");
    assert_eq!(owner.say("/targets").await.text(), "targets: web1");
    assert_eq!(owner.say("/exec web1 echo hello").await.text(), "exit 0: hello");
    let listed = owner.say("/granted web1").await;
    assert!(listed.text().contains("echo {word:word} (Effect::Read)"), "{listed}");
    assert!(!listed.text().contains("{granted}"), "{listed}");
    let denied = owner.say("/exec web1 uptime").await;
    assert!(denied.text().starts_with("denied: grant"), "{denied}");
    let explained =
        world.operate(&["policy", "explain", "shell", "ssh web1: uptime"], "", &[]).await;
    assert!(explained.out.contains("grant allow shell 'ssh web1: uptime'"), "{explained:?}");
    assert!(!explained.out.contains("To allow all"), "{explained:?}");

    // What is taken back stays away, whatever else would let it in.
    operate("allow", "ssh *: echo {other:word}").await;
    operate("revoke", "read ssh web1: echo {word:word}").await;
    let denied = owner.say("/exec web1 echo hello").await;
    assert_eq!(denied.text(), "denied: grant `read ssh web1: echo {word:word}` to shell again");
    let explained =
        world.operate(&["policy", "explain", "shell", "ssh web1: echo hello"], "", &[]).await;
    assert!(explained.out.contains("Revoked:   read ssh web1: echo {word:word}"), "{explained:?}");
    // To grant the line itself once more changes nothing.
    operate("allow", "ssh *: {granted}").await;
    let denied = owner.say("/exec web1 uptime").await;
    assert!(denied.text().starts_with("denied: grant"), "{denied}");
    host.stop().await;
}
