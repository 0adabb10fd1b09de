//! Answers and requests of all sizes, broken transport, slow servers, and how many at a time.

use std::process::Command;
use std::time::Duration;

use umbrasil_tests::eventually;
use umbrasil_tests::web::{Sink, Step, reply};

use super::{audit, host, to, world};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn bodies_have_a_limit_both_ways() {
    let sink = Sink::new(|arrival| {
        let size = arrival.target.trim_start_matches('/').parse().unwrap_or(0);
        vec![Step::Send(reply(200, "", &vec![b'x'; size]))]
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET", "POST"]), &[]).await;
    let user = world.user();
    for (call, said) in [
        (format!("POST {}/ size={MIB}", sink.url()), "200 ".to_owned()),
        (format!("GET {}/{}", sink.url(), 4 * MIB), format!("200 {} bytes", 4 * MIB)),
        (format!("POST {}/ size={}", sink.url(), MIB + 1), format!("too large: {MIB}")),
        (format!("GET {}/{}", sink.url(), 4 * MIB + 1), format!("too large: {}", 4 * MIB)),
    ] {
        assert_eq!(user.say(&format!("/web {call}")).await.text(), said.trim_end(), "{call}");
    }
    let arrivals = sink.arrivals();
    assert_eq!((arrivals.len(), arrivals[0].body.len()), (3, MIB), "the larger one was not sent");
}

#[tokio::test]
async fn more_needs_to_be_wanted_and_granted() {
    let sink = Sink::new(|_| vec![Step::Send(reply(200, "", &vec![b'x'; 5 << 20]))]).await;
    let usual = to(&sink, &["GET"]);
    let more = format!("{usual}response = \"6MiB\"\n");
    for (wants, grants, said) in
        [(&more, &more, "200 5242880 bytes"), (&usual, &more, "too large: 4194304")]
    {
        let world = umbrasil_tests::World::new().await;
        let _host = host(&world, wants, grants, &[]).await;
        assert_eq!(world.user().say(&format!("/web GET {}/", sink.url())).await.text(), said);
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let sink = Sink::new(|arrival| match arrival.target.as_str() {
        "/unsized" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Step::Endless(vec![b'x'; 64 << 10]),
        ],
        "/chunked" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()),
            Step::Endless([b"8000\r\n".to_vec(), vec![b'x'; 32 << 10], b"\r\n".to_vec()].concat()),
        ],
        "/vast" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n".to_vec()),
            Step::Endless(vec![b'x'; 64 << 10]),
        ],
        // More than it says: what is more is not read.
        _ => vec![Step::Send([reply(200, "", b"1"), vec![b'x'; 64 << 10]].concat())],
    })
    .await;
    let (world, host) = world(&to(&sink, &["GET"]), &[]).await;
    world.user().say(&format!("/web GET {}/warm", sink.url())).await;
    let before = host.memory();
    for path in ["unsized", "chunked", "vast"] {
        let answer = world.user().say(&format!("/web GET {}/{path}", sink.url())).await;
        assert_eq!(answer.text(), "too large: 4194304", "{path}");
        sink.is_left(10).await;
    }
    assert_eq!(world.user().say(&format!("/web GET {}/more", sink.url())).await.text(), "200 1");
    assert!(sink.sent() < 64 * MIB, "{}", sink.sent());
    assert!(host.memory() < before + 60, "{} after {before} MiB", host.memory());
}

#[tokio::test]
async fn a_bomb_bursts_at_the_limit() {
    let packed = |pipe: &str| Command::new("sh").args(["-c", pipe]).output().unwrap().stdout;
    let bomb = packed("head -c 1G /dev/zero | gzip -9");
    assert!(bomb.len() < 2 * MIB && bomb.len() > MIB / 2, "{}", bomb.len());
    let small = packed("printf hello | gzip");
    let nested = packed("head -c 64M /dev/zero | gzip -9 | gzip -9");
    let sink = Sink::new(move |arrival| {
        let (encoding, body) = match arrival.target.as_str() {
            "/bomb" => ("gzip", &bomb),
            "/nested" => ("gzip", &nested),
            "/twice" => ("gzip, gzip", &nested),
            "/strange" => ("zstd", &small),
            _ => ("gzip", &small),
        };
        vec![Step::Send(reply(200, &format!("content-encoding: {encoding}\r\n"), body))]
    })
    .await;
    let (world, host) = world(&to(&sink, &["GET"]), &[]).await;
    let user = world.user();
    assert_eq!(user.say(&format!("/web GET {}/small", sink.url())).await.text(), "200 hello");
    let offered = sink.arrivals()[0].header("accept-encoding").unwrap().to_owned();
    assert!(offered.contains("gzip") && offered.contains("br") && offered.contains("deflate"));
    let before = host.memory();
    assert_eq!(
        user.say(&format!("/web GET {}/bomb", sink.url())).await.text(),
        "too large: 4194304"
    );
    let nested = user.say(&format!("/web GET {}/nested", sink.url())).await;
    assert!(nested.text().starts_with("200 "), "once is what was asked for: {nested}");
    for path in ["twice", "strange"] {
        let answer = user.say(&format!("/web GET {}/{path}", sink.url())).await;
        assert!(
            answer.text().contains("packed its answer in a way that was not asked for"),
            "{answer}"
        );
    }
    assert!(host.memory() < before + 40, "{} after {before} MiB", host.memory());
}

#[tokio::test]
async fn broken_transport_is_an_error_with_a_name() {
    let sink = Sink::new(|arrival| {
        let text = |text: &str| vec![Step::Send(text.as_bytes().to_vec())];
        match arrival.target.as_str() {
            "/unsized-half" => text("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
            "/unsized-chunks" => {
                text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nx\r\n")
            }
            "/unsized-gzip" => {
                text("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nno gzip at all")
            }
            "/unsized-old" => text("<html>HTTP/0.9</html>"),
            "/unsized-garbage" => text("\0\u{1}\u{2}\r\n\r\n"),
            "/unsized-nothing" => Vec::new(),
            "/unsized-lengths" => {
                text("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")
            }
            "/headers" => text(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(10_000))),
            _ => text("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        }
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET", "POST"]), &[]).await;
    for (path, said) in [
        ("unsized-half", "broken off or is garbled"),
        ("unsized-chunks", "broken off or is garbled"),
        ("unsized-gzip", "broken off or is garbled"),
        ("unsized-old", "answers, but not with HTTP"),
        ("unsized-garbage", "answers, but not with HTTP"),
        ("unsized-nothing", "answers, but not with HTTP"),
        ("unsized-lengths", "answers, but not with HTTP"),
        ("headers", "answers, but not with HTTP"),
    ] {
        let answer = world.user().say(&format!("/web GET {}/{path}", sink.url())).await;
        assert!(
            answer.text().starts_with("unavailable: ") && answer.text().contains(said),
            "{path}: {answer}"
        );
    }
    // What changes something and has no answer may have had its effect; with an answer it certainly had.
    let arrived = sink.connections();
    let answer =
        world.user().say(&format!("/web POST {}/unsized-nothing body=x", sink.url())).await;
    assert!(answer.text().starts_with("unknown: the request was sent to 127.0.0.1"), "{answer}");
    assert_eq!(sink.connections(), arrived + 1, "never repeated");
    let answer = world.user().say(&format!("/web POST {}/unsized-half body=x", sink.url())).await;
    assert!(answer.text().starts_with("unavailable: "), "{answer}");
    let records = audit(&world).await;
    assert!(records.contains("outcome unknown: no answer"), "{records}");
}

#[tokio::test]
async fn slow_servers_run_into_the_deadline() {
    let wait = |ms| Step::Wait(Duration::from_millis(ms));
    let sink = Sink::new(move |arrival| {
        let text = |text: &str| Step::Send(text.as_bytes().to_vec());
        match arrival.target.as_str() {
            "/status" => vec![Step::Hang],
            "/continue" => {
                (0..200).flat_map(|_| [text("HTTP/1.1 100 Continue\r\n\r\n"), wait(50)]).collect()
            }
            "/headers" => std::iter::once(text("HTTP/1.1 200 OK\r\n"))
                .chain((0..200).flat_map(|_| [text("a: b\r\n"), wait(50)]))
                .collect(),
            "/body" => std::iter::once(text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"))
                .chain((0..200).flat_map(|_| [text("x"), wait(50)]))
                .collect(),
            _ => vec![Step::Send(reply(200, "", b"tea"))],
        }
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET", "POST"]), &[]).await;
    for path in ["status", "continue", "headers", "body"] {
        let answer = world.user().say(&format!("/web GET {}/{path} timeout=700", sink.url())).await;
        assert_eq!(answer.text(), "timeout", "{path}");
        sink.is_left(10).await;
    }
    let answer = world.user().say(&format!("/web POST {}/status timeout=700", sink.url())).await;
    assert!(answer.text().starts_with("unknown: "), "{answer}");
    // All slots are free again.
    let all = format!("/all {}", format!("{}/tea ", sink.url()).repeat(12));
    let answers = world.user().say(&all).await;
    assert_eq!(answers.text().lines().filter(|line| *line == "200 tea").count(), 12, "{answers}");
}

#[tokio::test]
async fn six_at_a_time_and_fifty_an_event() {
    let sink = Sink::new(|_| {
        vec![Step::Wait(Duration::from_millis(100)), Step::Send(reply(200, "", b"tea"))]
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    let all = format!("/all {}", format!("{}/ ", sink.url()).repeat(16));
    world.person(1000).write(&all).await;
    world.person(1001).write(&all).await;
    let answers = world.user().say(&all).await;
    assert_eq!(answers.text().lines().filter(|line| *line == "200 tea").count(), 16, "{answers}");
    for id in [1000, 1001] {
        world.person(id).wait_for(1).await;
    }
    assert_eq!((sink.connections(), sink.most()), (48, 6));
    let vast = world.user().say(&format!("/all {}", format!("{}/ ", sink.url()).repeat(17))).await;
    assert_eq!(vast.text().lines().filter(|line| *line == "too large: 16").count(), 17, "{vast}");
    let (denied, good) = ("http://127.0.0.1:1/", sink.url());
    let mixed = world.user().say(&format!("/all {good}/ {denied} nonsense {good}/")).await;
    let kinds: Vec<&str> = mixed.text().lines().map(|line| &line[..6]).collect();
    assert_eq!(kinds, ["200 te", "denied", "invali", "200 te"]);
    let quick = Sink::saying("tea").await;
    let world = super::world(&to(&quick, &["GET"]), &[]).await;
    let answer = world.0.user().say(&format!("/again 60 {}/", quick.url())).await;
    assert!(
        answer.text().starts_with("50: invalid: an event makes at most 50 requests"),
        "{answer}"
    );
    assert_eq!(quick.connections(), 50);
}

#[tokio::test]
async fn nothing_is_shared_between_requests() {
    let sink = Sink::new(|_| {
        vec![Step::Send(reply(
            200,
            "set-cookie: session=1; path=/\r\nconnection: keep-alive\r\n",
            b"tea",
        ))]
    })
    .await;
    let (world, _host) = world(&to(&sink, &["GET"]), &[]).await;
    for _ in 0..3 {
        let answer = world.user().say(&format!("/web GET {}/ show", sink.url())).await;
        assert!(!answer.text().contains("session"), "{answer}");
    }
    let arrivals = sink.arrivals();
    assert!(arrivals.iter().all(|one| one.header("cookie").is_none()), "{arrivals:?}");
    assert_eq!(sink.connections(), 3, "no connection serves twice");
    sink.is_left(10).await;
    assert!(arrivals[0].header("user-agent").unwrap().starts_with("umbrasil/"));
}

#[tokio::test]
async fn a_day_has_so_many_bytes() {
    let sink = Sink::saying("").await;
    let (world, _host) = world(&to(&sink, &["POST"]), &[]).await;
    let call = format!("/web POST {}/ size={}", sink.url(), MIB - 1_000);
    let mut sent = 0;
    let refused = eventually(60, "the day is used up", async || {
        let answer = world.user().say(&call).await;
        sent += usize::from(answer.text().starts_with("200"));
        (!answer.text().starts_with("200")).then_some(answer)
    })
    .await;
    assert_eq!(refused.text(), "unavailable: web has sent 50 MiB today, which is the most");
    assert_eq!((sent, sink.connections()), (50, 50));
}
