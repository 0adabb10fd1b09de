//! Redirects: each is a request of its own, which must be granted, and takes no secret along.

use umbrasil_tests::web::{Sink, Step, redirect, reply};

use super::{to, world};

const CANARY: &str = "sk-CANARY-redirect-5c1a";

/// A server that redirects to what the query says: `/307?http://…`.
async fn crossroads() -> Sink {
    Sink::new(|arrival| {
        let path = arrival.target.trim_start_matches('/');
        if let Some((status, location)) = path.split_once('?') {
            redirect(status.parse().unwrap(), location)
        } else {
            let said = format!("{} {}", arrival.method, arrival.body.len());
            vec![Step::Send(reply(200, "", said.as_bytes()))]
        }
    })
    .await
}

#[tokio::test]
async fn a_redirect_goes_nowhere_that_is_not_granted() {
    let (from, inside) = (crossroads().await, Sink::saying("inside").await);
    let (world, _host) = world(&to(&from, &["GET"]), &[]).await;
    for location in [
        format!("{}/x?key=private", inside.url()),
        format!("//127.0.0.1:{}/x", inside.port()),
        format!("https://127.0.0.1:{}/", from.port()),
        format!("http://127.0.0.2:{}/", from.port()),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let answer =
                world.user().say(&format!("/web GET {}/{status}?{location}", from.url())).await;
            assert!(answer.text().starts_with("denied: the answer is a redirect: "), "{answer}");
            assert!(answer.text().contains("http GET http"), "the remedy: {answer}");
            assert!(!answer.text().contains("private"), "{answer}");
        }
    }
    assert_eq!(inside.connections(), 0);
    for (location, said) in [
        ("file:///etc/passwd", "not followed"),
        ("gopher://127.0.0.1/", "not followed"),
        ("http://user:word@127.0.0.1/", "not followed"),
        ("http://", "no URL"),
        ("http://[::1", "no URL"),
    ] {
        let answer = world.user().say(&format!("/web GET {}/302?{location}", from.url())).await;
        assert!(answer.text().starts_with("unavailable: 127.0.0.1 redirects to"), "{answer}");
        assert!(answer.text().contains(said), "{answer}");
    }
    // Where there is nothing to follow, the answer is the answer.
    assert_eq!(
        world.user().say(&format!("/web GET {}/plain", from.url())).await.text(),
        "200 GET 0"
    );
}

#[tokio::test]
async fn redirects_have_an_end() {
    let around = Sink::new(|arrival| {
        if arrival.target == "/long" {
            redirect(302, &format!("/{}", "a".repeat(1 << 20)))
        } else if arrival.target == "/lengthy" {
            redirect(302, &format!("/{}", "a".repeat(9 << 10)))
        } else {
            redirect(302, "/again")
        }
    })
    .await;
    let (world, _host) = world(&to(&around, &["GET"]), &[]).await;
    let answer = world.user().say(&format!("/web GET {}/", around.url())).await;
    assert_eq!(answer.text(), "unavailable: 127.0.0.1 redirects more than 5 times");
    assert_eq!(around.connections(), 6);
    let answer = world.user().say(&format!("/web GET {}/lengthy", around.url())).await;
    assert_eq!(answer.text(), "unavailable: 127.0.0.1 redirects to a URL that is far too long");
    let answer = world.user().say(&format!("/web GET {}/long", around.url())).await;
    assert_eq!(answer.text(), "unavailable: 127.0.0.1 answers, but not with HTTP");
}

#[tokio::test]
async fn method_and_body_follow_the_rules() {
    let from = crossroads().await;
    let (world, _host) = world(&to(&from, &["GET", "POST", "PUT", "HEAD"]), &[]).await;
    for (call, came) in [
        ("POST 301", "GET 0"),
        ("POST 302", "GET 0"),
        ("POST 303", "GET 0"),
        ("PUT 303", "GET 0"),
        ("POST 307", "POST 3"),
        ("POST 308", "POST 3"),
        ("PUT 301", "PUT 3"),
        ("GET 307", "GET 3"),
    ] {
        let (method, status) = call.split_once(' ').unwrap();
        let say =
            format!("/web {method} {}/{status}?/end body=tea content-type:text/plain", from.url());
        assert_eq!(world.user().say(&say).await.text(), format!("200 {came}"), "{call}");
        let last = from.arrivals().pop().unwrap();
        assert_eq!(last.header("content-type").is_some(), came.ends_with('3'), "{call}");
        assert_eq!(last.header("referer"), None);
    }
    let head = world.user().say(&format!("/web HEAD {}/303?/end", from.url())).await;
    assert_eq!((head.text(), &*from.arrivals().pop().unwrap().method), ("200", "HEAD"));
}

#[tokio::test]
async fn secrets_stay_where_they_were_sent() {
    let (from, next) = (crossroads().await, crossroads().await);
    let secret = |sink: &Sink, inject: &str| {
        let hosts = format!("127.0.0.1:{}", sink.port());
        format!("[[secret]]\nname = \"OPENAI_API_KEY\"\ninject = {inject}\nhosts = [\"{hosts}\"]\n")
    };
    let header = r#"{ header = "Authorization", format = "Bearer {}" }"#;
    // Both places may have it: it is put in for the first alone, all the same.
    let tables = to(&from, &["GET", "POST"])
        + &to(&next, &["GET", "POST"])
        + &secret(&from, header)
        + &secret(&next, header);
    let (world, host) = world(&tables, &[("OPENAI_API_KEY", CANARY)]).await;
    for status in [301, 302, 303, 307, 308] {
        for method in ["GET", "POST"] {
            let url = format!("{}/{status}?{}/end", from.url(), next.url());
            let answer =
                world.user().say(&format!("/web {method} {url} secret=OPENAI_API_KEY")).await;
            assert!(answer.text().starts_with("200 "), "{answer}");
        }
    }
    // What a module writes itself is for the first place as well.
    let own = format!("/web GET {}/302?{}/end authorization:mine", from.url(), next.url());
    assert!(world.user().say(&own).await.text().starts_with("200 "));
    let sent = format!("Bearer {CANARY}");
    let (first, second) = (from.arrivals(), next.arrivals());
    assert!(first[..10].iter().all(|one| one.header("authorization") == Some(&*sent)), "{first:?}");
    assert_eq!(first[10].header("authorization"), Some("mine"));
    assert_eq!((first.len(), second.len()), (11, 11));
    assert!(
        second
            .iter()
            .all(|one| !one.head.contains("CANARY") && one.header("authorization").is_none())
    );
    // Within one place it goes along.
    let around = format!("/web GET {}/302?/end secret=OPENAI_API_KEY", from.url());
    assert!(world.user().say(&around).await.text().starts_with("200 "));
    assert_eq!(from.arrivals().pop().unwrap().header("authorization"), Some(&*sent));
    assert!(!host.logged().contains("CANARY"));
}

#[tokio::test]
async fn a_redirect_that_carries_the_secret_is_not_followed() {
    let next = Sink::saying("caught").await;
    let location = next.url();
    let thief = Sink::new(move |arrival| {
        let key = arrival.header("authorization").unwrap_or_default().replace("Bearer ", "");
        redirect(302, &format!("{location}/?k={key}"))
    })
    .await;
    let tables = to(&thief, &["GET"])
        + &to(&next, &["GET"])
        + &format!(
            "[[secret]]\nname = \"OPENAI_API_KEY\"\ninject = {{ header = \"Authorization\", format = \"Bearer {{}}\" }}\nhosts = [\"127.0.0.1:{}\"]\n",
            thief.port()
        );
    let (world, host) = world(&tables, &[("OPENAI_API_KEY", CANARY)]).await;
    let answer =
        world.user().say(&format!("/web GET {}/ secret=OPENAI_API_KEY", thief.url())).await;
    assert_eq!(
        answer.text(),
        "denied: 127.0.0.1 redirects to a URL with a secret in it, which is not followed"
    );
    assert_eq!((thief.connections(), next.connections()), (1, 0));
    assert!(!host.logged().contains("CANARY"));
}
