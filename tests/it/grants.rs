//! Grants, from the command line with and without a host, and from the chat.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use insta::assert_snapshot;
use umbrasil_tests::{Said, USER, World, eventually, fixtures};

const DOCKER: &str = "docker restart web";
const SETTING: &str = "config DEFAULT_CURRENCY";

async fn run(world: &World, args: &[&str]) -> Said {
    world.operate(args, "", &[]).await
}

async fn done(world: &World, args: &[&str]) -> String {
    let said = run(world, args).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}");
    said.out
}

/// A world with the module that asks for much, which was granted all of it while no host ran.
async fn granted() -> World {
    let world = World::new().await;
    world.install("asks", fixtures::component("asks"));
    let host = world.start(&[]).await;
    host.stop().await;
    done(&world, &["grant", "allow", "asks"]).await;
    world
}

/// The lines of a module in `grant list`, without the head.
async fn listed(world: &World, module: &str) -> Vec<String> {
    let out = done(world, &["grant", "list", module]).await;
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    out.lines().skip(1).map(squeezed).collect()
}

#[tokio::test]
async fn what_waits_is_listed_and_granted_without_a_host() {
    let world = World::new().await;
    world.install("asks", fixtures::component("asks"));
    let said = run(&world, &["grant", "list"]).await;
    assert!(said.code == 1 && said.err.contains("there is no data in"), "{said:?}");
    assert!(!world.data().join("umbrasil.db").exists(), "a question makes no database");
    let host = world.start(&[]).await;
    let with_host = listed(&world, "asks").await;
    host.stop().await;
    let without_host = listed(&world, "asks").await;
    assert_eq!(with_host, without_host);
    assert_eq!(
        without_host,
        [
            "asks http GET https://api.example.org/v1/* waits to ask",
            "asks secret ASKS_API_KEY as header Authorization \"Bearer {}\" to api.example.org waits",
            "asks ssh *: systemctl restart {unit:unit-name} waits",
            "asks docker restart web waits",
            "asks config DEFAULT_CURRENCY waits to show them",
            "asks config OPENAI_MODEL waits to show them",
        ]
    );
    let out = done(&world, &["grant", "list"]).await;
    assert!(
        out.contains("config DEFAULT_CURRENCY") && out.contains("granted by the host itself"),
        "{out}"
    );
    let said = done(&world, &["grant", "allow", "asks"]).await;
    assert!(
        said.starts_with("Granted to asks 0.1.0 (") && said.contains("\n  docker restart web"),
        "{said}"
    );
    let said = run(&world, &["grant", "allow", "asks"]).await;
    assert!(said.code == 1 && said.err.contains("asks waits for nothing"), "{said:?}");
    let _host = world.start(&[]).await;
    assert_eq!(
        world.owner().say("/setting DEFAULT_CURRENCY").await.text(),
        "DEFAULT_CURRENCY: EUR"
    );
    assert!(
        listed(&world, "asks").await.iter().all(|line| line.contains("granted by command line"))
    );
}

#[tokio::test]
async fn what_is_revoked_is_refused_from_the_next_call_on() {
    let world = granted().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let setting = async || owner.say("/setting DEFAULT_CURRENCY").await.text().to_owned();
    assert_eq!(setting().await, "DEFAULT_CURRENCY: EUR");
    let said = done(&world, &["grant", "revoke", "asks", SETTING]).await;
    assert_eq!(said, "Revoked from asks: config DEFAULT_CURRENCY\n");
    assert!(setting().await.starts_with("error: "), "no restart is needed");
    let out = done(&world, &["grant", "revoke", "asks", "config", "DEFAULT_CURRENCY"]).await;
    assert!(out.contains("It was revoked already"), "{out}");
    let lines = listed(&world, "asks").await;
    assert!(
        lines.iter().any(|line| line.contains("DEFAULT_CURRENCY revoked by command line")),
        "{lines:?}"
    );
    let out = done(&world, &["policy", "explain", "asks", SETTING]).await;
    assert!(out.contains("Revoked:   config DEFAULT_CURRENCY by command line"), "{out}");
    assert!(out.contains("umbrasil grant allow asks 'config DEFAULT_CURRENCY'"), "{out}");
    done(&world, &["grant", "allow", "asks", SETTING]).await;
    assert_eq!(setting().await, "DEFAULT_CURRENCY: EUR");
    let records = done(&world, &["audit", "list", "--module", "asks"]).await;
    let said: Vec<&str> = ["revoke", "deny", "grant"]
        .into_iter()
        .filter(|word| records.contains(&format!("config DEFAULT_CURRENCY: {word}")))
        .collect();
    assert_eq!(said, ["revoke", "deny", "grant"], "{records}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let world = granted().await;
    for host in [None, Some(world.start(&[]).await)] {
        for (args, code, why) in [
            (&["grant", "allow", "nobody"][..], 1, "there is no module `nobody`"),
            (
                &["grant", "list", "nobody"],
                1,
                "there is no module `nobody`; those that ask for something are asks, finance",
            ),
            (&["grant", "revoke", "nobody", "files"], 1, "there is no module"),
            (&["policy", "explain", "nobody", "files"], 1, "there is no module"),
            (&["grant", "allow", "asks", "everything"], 2, "`everything` is no permission"),
            (&["grant", "allow", "asks", "http", "GET", "ftp://x/"], 2, ""),
            (&["grant", "revoke", "asks", "docker exec web"], 2, ""),
            (
                &["grant", "revoke", "asks", "system load"],
                1,
                "asks has no permission `system load`",
            ),
            (&["grant", "revoke", "asks"], 2, "LINE"),
            (&["policy", "explain", "asks", "docker exec web"], 2, ""),
            (&["policy", "explain", "asks", "http GET nowhere"], 2, "the URL is wrong"),
            (&["grant", "alow", "asks"], 2, ""),
            (&["audit", "list", "--limit", "0"], 2, ""),
        ] {
            let said = run(&world, args).await;
            assert_eq!(said.code, code, "{args:?}: {said:?}");
            assert!(said.err.contains(why) && said.out.is_empty(), "{args:?}: {said:?}");
        }
        let out = done(&world, &["grant", "allow", "asks", "system cpu"]).await;
        assert!(out.contains("Its manifest does not ask for that"), "{out}");
        drop(host);
    }
}

#[tokio::test]
async fn a_verdict_is_explained() {
    let world = granted().await;
    done(&world, &["grant", "revoke", "asks", DOCKER]).await;
    done(&world, &["grant", "allow", "asks", DOCKER]).await;
    let explain = async |call: &str| done(&world, &["policy", "explain", "asks", call]).await;
    assert_snapshot!(explain(DOCKER).await, @r#"
    asks: docker restart web

    Asked for: docker restart web
    Granted:   docker restart web by command line
    Counts as: dangerous

    owner     ask    an owner confirms each call (policy.owner.dangerous = "ask"; "allow" in umbrasil.toml would let it pass)
    user      ask    an owner confirms each call (policy.user.dangerous = "ask"; "allow" in umbrasil.toml would let it pass)
    model     ask    an owner confirms each call (policy.model.dangerous = "ask"; "allow" in umbrasil.toml would let it pass)
    schedule  deny   policy.schedule.dangerous = "deny"; "ask" or "allow" in umbrasil.toml would change it
    "#);
    assert_snapshot!(explain("http POST https://api.example.org/v1/x").await, @r#"
    asks: http POST https://api.example.org/v1/x

    Asked for: no, so that granting it has no effect
    Granted:   no

    owner     deny
    user      deny
    model     deny
    schedule  deny

    Its author would have to ask for it in module.toml:
      [[http]]
      url = "https://api.example.org/v1/x"
      methods = ["POST"]
    "#);
    // The rule that was named is the one that decides.
    std::fs::write(world.path().join("umbrasil.toml"), "policy.schedule.dangerous = \"allow\"\n")
        .unwrap();
    let out = explain(DOCKER).await;
    assert!(out.contains("schedule  allow"), "{out}");
}

/// Whatever the explanation proposes has the effect that it says, on the command line and in the file.
#[tokio::test]
async fn what_an_explanation_proposes_allows_the_call() {
    let calls = [
        "http GET https://api.example.org/v1/x",
        "secret ASKS_API_KEY to api.example.org",
        "ssh web1: systemctl restart nginx",
        DOCKER,
        SETTING,
    ];
    let world = World::new().await;
    world.install("asks", fixtures::component("asks"));
    world.start(&[]).await.stop().await;
    let mut file = String::new();
    let mut commands = Vec::new();
    for call in calls {
        let out = done(&world, &["policy", "explain", "asks", call]).await;
        assert!(out.contains("Granted:   no") && out.contains("owner     deny"), "{out}");
        let (_, after) = out.split_once("To allow it:\n  umbrasil grant allow asks '").unwrap();
        commands.push(after.split_once("'\nor in umbrasil.toml:\n").unwrap().0.to_owned());
        let (_, snippet) = out.split_once("or in umbrasil.toml:\n").unwrap();
        for line in snippet.lines().take_while(|line| line.starts_with("  ")) {
            file.push_str(line);
            file.push('\n');
        }
    }
    let config = world.path().join("umbrasil.toml");
    std::fs::write(&config, file).unwrap();
    for call in calls {
        let out = done(&world, &["policy", "explain", "asks", call]).await;
        assert!(out.contains("by umbrasil.toml") && !out.contains("owner     deny"), "{out}");
    }
    std::fs::remove_file(config).unwrap();
    for (call, line) in calls.iter().zip(&commands) {
        done(&world, &["grant", "allow", "asks", line]).await;
        let out = done(&world, &["policy", "explain", "asks", call]).await;
        assert!(out.contains("by command line") && !out.contains("owner     deny"), "{out}");
    }
}

#[tokio::test]
async fn owners_revoke_and_allow_in_the_chat() {
    let world = granted().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    let said = owner.say("/grants").await;
    assert!(said.text().contains("asks: 6 granted"), "{said}");
    let said = owner.press("asks").await;
    assert!(
        said.text()
            .contains("5. ✅ config DEFAULT_CURRENCY\ngranted by command line: to show them"),
        "{said}"
    );
    let said = owner.press("Revoke 5").await;
    assert!(said.text().contains("config DEFAULT_CURRENCY") && said.text().contains('?'), "{said}");
    assert_eq!(
        owner.say("/setting DEFAULT_CURRENCY").await.text(),
        "DEFAULT_CURRENCY: EUR",
        "not before it is confirmed"
    );
    let said = owner.press("Revoke").await;
    assert!(said.text().starts_with("Revoked from asks: config DEFAULT_CURRENCY"), "{said}");
    assert!(said.text().contains("⛔ config DEFAULT_CURRENCY\nrevoked by owner 111"), "{said}");
    assert!(owner.say("/setting DEFAULT_CURRENCY").await.text().starts_with("error: "));
    let data = said.button("Allow 5").unwrap().replace("allow?", "allow");
    assert!(data.len() <= 64, "{data}");
    // Somebody else presses what was shown to the owner.
    let refused = world.person(USER).press_stale(&data).await;
    assert_eq!(refused.text(), "That is for owners only.");
    assert!(owner.say("/setting DEFAULT_CURRENCY").await.text().starts_with("error: "));
    owner.say("/grants asks").await;
    owner.press("Allow 5").await;
    let said = owner.press("Allow").await;
    assert!(said.text().starts_with("Granted to asks: config DEFAULT_CURRENCY"), "{said}");
    assert_eq!(owner.say("/setting DEFAULT_CURRENCY").await.text(), "DEFAULT_CURRENCY: EUR");
    let said = owner.press_stale("h:grants:asks:revoke:000000000000").await;
    assert!(said.text().starts_with("That permission is not there any more."), "{said}");
    let said = owner.say("/grants nobody").await;
    assert!(said.text().contains("there is no module"), "{said}");
}

#[tokio::test]
async fn long_lists_are_turned_and_begin_with_what_was_decided() {
    let world = World::new().await;
    let _host = world.start(&[("ENABLE_VPS", "true")]).await;
    done(&world, &["grant", "allow", "vps", "ssh web1: mega {what:word}"]).await;
    let owner = world.owner();
    let first = owner.say("/grants vps").await;
    assert!(first.text().starts_with("Grants of vps, page 1 of 3"), "{first}");
    assert!(
        first.text().contains("1. ✅ ssh web1: mega {what:word}\ngranted by command line"),
        "{first}"
    );
    let second = owner.press("Next ▶️").await;
    assert!(second.id() == first.id() && second.text().contains("\n11. "), "{second}");
    let last = owner.press("Next ▶️").await;
    assert!(last.button("Next ▶️").is_none(), "{last}");
    owner.press("Revoke 25").await;
    let revoked = owner.press("Revoke").await;
    assert!(revoked.text().contains("⛔") && revoked.text().contains("page 1 of 3"), "{revoked}");
}

#[tokio::test]
async fn the_socket_takes_no_nonsense_and_no_room() {
    let world = World::new().await;
    // What an earlier host has left there is replaced.
    std::fs::create_dir_all(world.data()).unwrap();
    let socket = world.data().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let host = world.start(&[]).await;
    let long = vec![b'x'; 200 << 10];
    for request in
        [&b"\n"[..], b"{}\n", b"{\"ask\":\"everything\"}\n", b"\xff\xfe\n", b"[[[[[[\n", &long]
    {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        // A long request is not read to its end.
        drop(stream.write_all(request));
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer));
        assert!(answer.is_empty() || answer.contains("does not understand"), "{answer}");
    }
    // Connections that say nothing do not keep others out for long.
    let idle: Vec<_> = (0..7).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    done(&world, &["grant", "list", "finance"]).await;
    drop(idle);
    host.stop().await;
    done(&world, &["grant", "list", "finance"]).await;
    // A path that no socket can have stops the start, and says why.
    let deep = world.path().join("d".repeat(120)).display().to_string();
    let mut host = world.launch(&[("UMBRASIL_DATA_DIR", &deep)]);
    let status = host.exit(20).await;
    assert!(
        !status.success() && host.logged().contains("too long for a socket"),
        "{}",
        host.logged()
    );
}

#[tokio::test]
async fn a_command_and_a_host_that_starts_do_not_get_in_each_others_way() {
    let world = granted().await;
    let host = world.launch(&[]);
    // At every moment of the start it is either done or refused with a reason.
    let said = eventually(60, "the command is carried out", async || {
        let said = run(&world, &["grant", "revoke", "asks", DOCKER]).await;
        assert!(said.code == 0 || said.err.contains("does not answer"), "{said:?}");
        (said.code == 0).then_some(said)
    })
    .await;
    assert!(said.out.starts_with("Revoked from asks"), "{said:?}");
    drop(host);
}
