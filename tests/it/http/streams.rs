//! Answers that are read while they arrive.

use std::time::Duration;

use umbrasil_tests::eventually;
use umbrasil_tests::web::{Sink, Step, reply};

use super::{audit, to, world};

/// Sends a line every 20 ms, `/N` of them, or for ever.
async fn ticker() -> Sink {
    Sink::new(|arrival| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let mut steps = vec![Step::Send(head.as_bytes().to_vec())];
        let count = arrival.target.trim_start_matches("/unsized/").parse().unwrap_or(10_000);
        for index in 0..count {
            steps.push(Step::Send(format!("data: {index}\n").into_bytes()));
            steps.push(Step::Wait(Duration::from_millis(20)));
        }
        steps
    })
    .await
}

#[tokio::test]
async fn lines_are_read_as_they_come() {
    let sink = ticker().await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    let url = format!("{}/unsized/3", sink.url());
    let answer = world.user().say(&format!("/stream GET {url}")).await;
    assert_eq!(answer.text(), format!("200 {url}\ndata: 0\ndata: 1\ndata: 2"));
    let denied = world.user().say("/stream GET http://127.0.0.1:1/").await;
    assert!(denied.text().starts_with("denied: "), "{denied}");
    let missing = world.user().say(&format!("/stream POST {url}")).await;
    assert!(missing.text().starts_with("denied: "), "{missing}");
    assert_eq!(sink.connections(), 1);
    eventually(10, "the stream is on record", async || {
        audit(&world).await.contains("200, all of it").then_some(())
    })
    .await;
}

#[tokio::test]
async fn letting_go_closes_the_connection() {
    let sink = ticker().await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    world.user().write(&format!("/first {}/unsized/x", sink.url())).await;
    eventually(10, "the stream begins", async || (sink.connections() == 1).then_some(())).await;
    // The event goes on for a second after it has let go of the stream.
    sink.is_left(10).await;
    assert!(world.user().received().await.is_empty(), "closed before the event has ended");
    assert_eq!(world.user().wait_for(1).await[0].text(), "data: 0");
}

#[tokio::test]
async fn four_are_open_and_go_with_the_event() {
    let sink = ticker().await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    for _ in 0..3 {
        let answer = world.user().say(&format!("/open 5 {}/unsized/x", sink.url())).await;
        assert_eq!(answer.text(), "4: invalid: an event has at most 4 streams open");
        sink.is_left(10).await;
    }
    assert_eq!((sink.connections(), sink.most()), (12, 4));
}

#[tokio::test]
async fn a_stream_has_an_end_even_if_its_server_has_none() {
    let sink = Sink::new(|arrival| match arrival.target.as_str() {
        "/unsized" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Step::Endless([vec![b'x'; 64 << 10], b"\n".to_vec()].concat()),
        ],
        "/unsized-half" => {
            vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec())]
        }
        _ => vec![Step::Send(reply(404, "", b"none"))],
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    let answer = world.user().say(&format!("/stream GET {}/404", sink.url())).await;
    assert_eq!(answer.text(), format!("404 {}/404\nnone", sink.url()));
    let answer = world.user().say(&format!("/stream GET {}/unsized-half", sink.url())).await;
    assert!(
        answer
            .text()
            .ends_with("unavailable: the answer of 127.0.0.1 was broken off or is garbled"),
        "{answer}"
    );
    world.user().write(&format!("/again 1 {}/unsized", sink.url())).await;
    world.user().wait_for(3).await;
    sink.is_left(10).await;
}

#[tokio::test]
async fn revoking_ends_what_is_open() {
    let sink = ticker().await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    world.user().write(&format!("/stream GET {}/unsized/x", sink.url())).await;
    eventually(10, "the stream begins", async || (sink.connections() == 1).then_some(())).await;
    let line = format!("http GET {}/*", sink.url());
    let said = world.operate(&["grant", "revoke", "web", &line], "", &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    sink.is_left(5).await;
    let answer = &world.user().wait_for(1).await[0];
    assert!(answer.text().contains("denied: "), "{answer}");
    let denied = world.user().say(&format!("/stream GET {}/unsized/3", sink.url())).await;
    assert!(denied.text().starts_with("denied: "), "{denied}");
    assert_eq!(sink.connections(), 1, "nothing arrives any more");
}
