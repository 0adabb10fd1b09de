//! A module that only fails is paused; everybody else goes on.

use umbrasil_tests::{World, eventually, fixtures::component};

#[tokio::test]
async fn a_module_that_only_fails_is_paused_and_the_owner_hears_once() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let host = world.start(&[]).await;
    for _ in 0..5 {
        let failed = world.user().say("/panic").await;
        assert!(failed.text().contains("chatty"), "{failed}");
    }
    let paused = world.user().say("/echo hello").await;
    assert!(paused.text().contains("chatty is paused because it kept failing"), "{paused}");
    for _ in 0..20 {
        world.user().say("/panic").await;
    }
    let told = eventually(20, "the owner hears of it", async || {
        let received = world.owner().received().await;
        let told: Vec<_> = received
            .into_iter()
            .filter(|message| message.text().contains("failed 5 times in five minutes"))
            .collect();
        (!told.is_empty()).then_some(told)
    })
    .await;
    assert_eq!(told.len(), 1, "once");
    assert!(world.owner().say("/balance").await.text().contains("Balance"), "others answer");
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("⏸"), "{modules}");
    world.owner().press("▶️ Resume now").await;
    assert_eq!(world.user().say("/echo hello").await.text(), "hello");
    host.stop().await;
}

#[tokio::test]
async fn the_owner_sets_how_often_is_too_often() {
    let world = World::new().await;
    world.settings("[modules.chatty]\nfailures = 1000\n");
    world.install("chatty", component("chatty"));
    let host = world.start(&[]).await;
    for _ in 0..12 {
        world.user().say("/panic").await;
    }
    assert_eq!(world.user().say("/echo hello").await.text(), "hello");
    host.stop().await;
}
