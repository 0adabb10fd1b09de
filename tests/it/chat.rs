//! Chat flows, as people see them.

use umbrasil_tests::World;

#[tokio::test]
async fn a_message_is_answered_by_a_module() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let answer = world.owner().say("/expense 12.50 food coffee").await;
    assert!(answer.text().ends_with("Balance: -12.50 EUR"), "{answer}");
    let status = host.stop().await;
    assert!(status.success(), "{status}");
}
