//! What a component asks for, what it was granted, and who decides when the two differ.

use umbrasil_tests::{Host, World, eventually, fixtures::component, with_manifest};

/// The fixture `caller` as a build that asks for these tables.
fn build(version: &str, tables: &str) -> Vec<u8> {
    let manifest = format!("[module]\nname = \"caller\"\nversion = \"{version}\"\n{tables}");
    with_manifest(component("caller"), &manifest)
}

fn commands(names: &str) -> String {
    format!("[[modules]]\nname = \"callee\"\ncommands = [{names}]\nreason = \"to see\"\n")
}

const READS: &str = "\"count\"";
const MORE: &str = "\"count\", \"add\", \"sneak\"";

async fn start(caller: &[u8]) -> (World, Host) {
    let world = World::new().await;
    world.settings("[[modules.callee.modules]]\nname = \"finance\"\ncommands = [\"balance\"]\n");
    world.install("callee", component("callee"));
    world.install("caller", caller);
    let host = world.start(&[]).await;
    (world, host)
}

#[tokio::test]
async fn a_foreign_module_starts_with_nothing_and_runs_once_an_owner_agrees() {
    let (world, host) = start(&build("1.0.0", &commands(READS))).await;
    let question = world.owner().reads("asks for:").await;
    assert!(question.text().contains("➕ module callee count (to see)"), "{question}");
    assert!(question.text().contains("Until you decide, it does not run."), "{question}");
    let unknown = world.owner().say("/call callee count").await;
    assert!(unknown.text().contains("don't know /call"), "{unknown}");
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("nobody has granted it `module callee count`"), "{modules}");
    let answer = world.owner().press("✅ Allow").await;
    assert!(answer.text().contains("is allowed what it asks for"), "{answer}");
    world.owner().reads("Module caller 1.0.0 is loaded").await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    // For good: also after a restart.
    host.stop().await;
    let host = world.start(&[]).await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    host.stop().await;
}

#[tokio::test]
async fn once_lasts_until_the_host_stops_and_no_is_no() {
    let (world, host) = start(&build("1.0.0", &commands(READS))).await;
    world.owner().reads("asks for:").await;
    world.owner().press("1️⃣ Allow once").await;
    world.owner().reads("Module caller 1.0.0 is loaded").await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    host.stop().await;
    let before = world.owner().received().await.len();
    let host = world.start(&[]).await;
    let received = world.owner().wait_for(before + 1).await;
    assert!(received.last().unwrap().text().contains("asks for:"), "asked again");
    let answer = world.owner().press("✖️ Deny").await;
    assert!(answer.text().contains("is not loaded"), "{answer}");
    let unknown = world.owner().say("/call callee count").await;
    assert!(unknown.text().contains("don't know /call"), "{unknown}");
    // No is kept, and nobody is asked again; but owners may have second thoughts.
    host.stop().await;
    let before = world.owner().received().await.len();
    let host = world.start(&[]).await;
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("an owner has refused it"), "{modules}");
    assert_eq!(world.owner().received().await.len(), before + 1, "no question");
    world.owner().press("🛡️ Decide about caller").await;
    world.owner().press("✅ Allow").await;
    eventually(20, "it is loaded", async || {
        (world.owner().say("/call callee count").await.text() == "counter 0").then_some(())
    })
    .await;
    host.stop().await;
}

#[tokio::test]
async fn an_update_that_asks_for_more_waits_while_the_old_version_serves() {
    let (world, host) = start(&build("1.0.0", &commands(READS))).await;
    world.owner().reads("asks for:").await;
    world.owner().press("✅ Allow").await;
    world.owner().reads("Module caller 1.0.0 is loaded").await;
    let more =
        build("1.0.0", &format!("{}[[http]]\nurl = \"https://example.org/\"\n", commands(MORE)));
    world.install("caller", &more);
    let question = world.owner().reads("goes on serving").await;
    for line in [
        "➕ module callee add",
        "➕ module callee sneak",
        "➕ http GET https://example.org/",
        "It keeps 1",
    ] {
        assert!(question.text().contains(line), "{line}: {question}");
    }
    assert!(!question.text().contains("➕ module callee count"), "only the difference: {question}");
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0", "version 1.0.0");
    let denied = world.owner().say("/call callee add 5").await;
    assert!(denied.text().contains("does not ask for `module callee add`"), "{denied}");
    // Yet other bytes: the question was about the ones before.
    let question = question.button("✅ Allow").unwrap();
    world.install("caller", &build("1.0.2", &commands(MORE)));
    world.owner().reads("Module caller 1.0.2").await;
    world.owner().press_raw("old", 1, &question).await;
    world.owner().reads("is answered, or was withdrawn").await;
    assert_eq!(world.owner().say("/call callee count").await.text(), "counter 0");
    world.owner().press("✅ Allow").await;
    world.owner().reads("1.0.0 → 1.0.2").await;
    host.stop().await;
}

#[tokio::test]
async fn other_bytes_that_ask_for_the_same_wait_unless_updates_are_allowed() {
    let (world, host) = start(&build("1.0.0", &commands(READS))).await;
    world.owner().reads("asks for:").await;
    world.owner().press("✅ Allow").await;
    world.owner().reads("Module caller 1.0.0 is loaded").await;
    world.install("caller", &build("1.0.1", &commands(READS)));
    let question = world.owner().reads("nothing new: these are other bytes").await;
    assert!(question.text().contains("version 1.0.0 goes on serving"), "{question}");
    host.stop().await;
    let settings = std::fs::read_to_string(world.path().join("umbrasil.toml")).unwrap();
    world.settings(&format!("{settings}[modules.caller]\nupdates = true\n"));
    let host = world.start(&[]).await;
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("caller 1.0.1"), "{modules}");
    // More than before waits all the same; less does not.
    world.install("caller", &build("1.0.2", &commands(MORE)));
    world.owner().reads("Module caller 1.0.2").await;
    assert!(world.owner().say("/modules").await.text().contains("✅ caller 1.0.1"));
    host.stop().await;
}

#[tokio::test]
async fn what_a_manifest_leaves_out_or_gets_wrong_is_refused_by_its_line() {
    let (world, host) = start(&build("1.0.0", "")).await;
    let refused = world.owner().reads("was not loaded").await;
    assert!(
        refused.text().contains("imports `modules` and its manifest asks for nothing of it"),
        "{refused}"
    );
    for (number, tables, words) in [
        (1, "[[http]]\nurl = \"https://x.org/\"\npermisions = 1\n", ["line 6", "^"]),
        (2, "[[http]]\nurl = \"https://*.com/\"\n", ["`*.` needs a domain", ""]),
        (
            3,
            "[[ssh]]\ntargets = [\"*\"]\ncommands = [\"{any:word} x\"]\n",
            ["name of a program", ""],
        ),
        (4, "[[schedule]]\nname = \"x\"\nevery = \"1s\"\n", ["at least 10 s", ""]),
        (5, "[[docker]]\nverbs = [\"exec\"]\ncontainers = [\"*\"]\n", ["`exec` is none of", ""]),
        (6, "[system]\nread = [\"passwords\"]\n", ["line 5", "^"]),
        (
            7,
            "[[secret]]\nname = \"X_Y\"\nhosts = [\"*.org\"]\ninject = { header = \"A\" }\n",
            ["is no host", ""],
        ),
        (8, "[files]\n[files]\n", ["duplicate", "^"]),
    ] {
        let name = format!("wrong{number}");
        let manifest = format!("[module]\nname = \"{name}\"\nversion = \"1\"\n{tables}");
        world.install(&name, &with_manifest(component("caller"), &manifest));
        let refused = world.owner().reads(&format!("{name}.wasm was not loaded")).await;
        for word in words {
            assert!(refused.text().contains(word), "{word}: {refused}");
        }
    }
    host.stop().await;
}

#[tokio::test]
async fn asking_for_more_than_is_used_is_shown() {
    let more = format!("{}[[docker]]\nverbs = [\"list\"]\ncontainers = [\"*\"]\n", commands(READS));
    let (world, host) = start(&build("1.0.0", &more)).await;
    world.owner().reads("asks for:").await;
    world.owner().press("✅ Allow").await;
    world.owner().reads("Module caller 1.0.0 is loaded").await;
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("asks for docker and never uses it"), "{modules}");
    host.stop().await;
}

#[tokio::test]
async fn other_bytes_in_place_of_a_built_in_module_get_nothing_that_it_had_not() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    assert!(world.owner().say("/balance").await.text().contains("Balance"));
    let manifest = "[module]\nname = \"finance\"\nversion = \"9.9.9\"\n[[modules]]\nname = \"callee\"\ncommands = [\"add\"]\n";
    world.install("finance", &with_manifest(component("caller"), manifest));
    let question = world.owner().reads("Module finance 9.9.9").await;
    assert!(question.text().contains("➕ module callee add"), "{question}");
    assert!(question.text().contains("goes on serving"), "{question}");
    assert!(world.owner().say("/balance").await.text().contains("Balance"), "the old one serves");
    host.stop().await;
}

#[tokio::test]
async fn a_module_can_be_kept_for_some_users() {
    let world = World::new().await;
    world.settings("[modules.finance]\nusers = [1000]\n");
    let host = world.start(&[]).await;
    assert!(world.owner().say("/balance").await.text().contains("Balance"));
    assert!(world.person(1000).say("/balance").await.text().contains("Balance"));
    let refused = world.user().say("/balance").await;
    assert!(refused.text().contains("finance is not for you"), "{refused}");
    for (person, sees) in [(world.user(), false), (world.person(1000), true)] {
        assert_eq!(person.say("/menu").await.button("💰 Finance").is_some(), sees);
        assert_eq!(person.say("/help").await.text().contains("/balance"), sees);
    }
    host.stop().await;
}

#[tokio::test]
async fn names_that_restrict_nobody_are_noticed() {
    let world = World::new().await;
    world.settings("[modules.finnace]\nusers = [1000]\n");
    let host = world.start(&[]).await;
    assert!(host.logged().contains("[modules.finnace], but no module of that name is loaded"));
    host.stop().await;
    world.settings("[modules.finance]\nusers = [1000, 5]\n");
    let said = world.operate(&["run"], "", &[]).await;
    assert_eq!(said.code, 78, "{said:?}");
    assert!(
        said.err.contains("[modules.finance]: users: 5 is not in ALLOWED_USER_IDS"),
        "{said:?}"
    );
}
