//! What is not set up, not granted, away, or not n8n.

use serde_json::json;
use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::Container;

use super::{BASE, LIST, bare, host, shown, status};

const UNSET: &str = "🏭 n8n\n\n⚠️ n8n is not set up. Set N8N_BASE_URL and N8N_API_KEY, then restart the bot.\n[Workflows] [Back]";

#[test]
fn nothing_is_set_up() {
    let mut host = bare();
    for command in ["/n8n", "/workflows x", "/n8n run x", "/n8n errors", "/n8n_errors x"] {
        assert_eq!(shown(&mut host, command), UNSET, "{command}");
    }
    assert_eq!(
        host.action("home", &[]).unwrap().to_string(),
        "⚙️ Business\n\n🏭 n8n: not set up\n🐳 Containers: ⚠️ Not permitted: grant `docker list *`\n\
         🖥 Servers: none set up\n[🏭 n8n] [🐳 Containers]\n[🖥 Servers] [Refresh]"
    );
    host.press("🏭 n8n").unwrap();
    host.press("Back").unwrap();
    assert!(
        host.press("🐳 Containers")
            .unwrap()
            .text()
            .contains("Not permitted: grant `docker list *`.")
    );
    host.press("Back").unwrap();
    assert!(host.press("🖥 Servers").unwrap().text().contains("[ssh.NAME]"));
    host.press("Back").unwrap();
    host.press("Refresh").unwrap();
}

#[test]
fn whatever_answers_is_told_apart() {
    let json = "application/json; charset=utf-8";
    for (code, kind, body, reason) in [
        (
            401,
            json,
            r#"{"message":"unauthorized"}"#,
            "n8n does not accept the key. Make a new one in n8n under Settings › n8n API",
        ),
        (403, json, r#"{"message":"Forbidden"}"#, "The key may not do this. Give it the scopes"),
        (404, "text/html", "<!DOCTYPE html>", "There is no n8n API at N8N_BASE_URL."),
        (404, json, r#"{"message":"not found"}"#, "There is no n8n API at N8N_BASE_URL."),
        (429, json, "{}", "n8n has had too many requests."),
        (
            502,
            "text/html",
            "<html>Bad gateway</html>",
            "n8n failed (HTTP 502). Try again later; its log says more.\n[",
        ),
        (
            500,
            json,
            r#"{"message":"SQLITE_FULL: <disk> & so on"}"#,
            "n8n failed (HTTP 500). Try again later; its log says more. n8n says: SQLITE_FULL: <disk> & so on",
        ),
        (
            200,
            "text/html; charset=utf-8",
            "\n<!DOCTYPE html><title>Sign in</title>",
            "N8N_BASE_URL answers with a web page instead of n8n's API.",
        ),
        (
            200,
            "text/plain",
            "  <html>",
            "N8N_BASE_URL answers with a web page instead of n8n's API.",
        ),
        (200, json, "{\"data\": 7", "What answers at N8N_BASE_URL does not speak n8n's API."),
        (200, json, "[1, 2]", "What answers at N8N_BASE_URL does not speak n8n's API."),
        (200, json, "", "What answers at N8N_BASE_URL does not speak n8n's API."),
        (200, json, "\u{fffd}\u{0}", "What answers at N8N_BASE_URL does not speak n8n's API."),
        (
            400,
            json,
            r#"{"message":"Unknown query parameter 'x'"}"#,
            "n8n refused this (HTTP 400). n8n says: Unknown query parameter 'x'",
        ),
    ] {
        let mut host = host();
        let response = Response::new(code, body).with_header("Content-Type", kind);
        host.web(&format!("GET {BASE}/api/v1/{LIST}"), Ok(response));
        let said = shown(&mut host, "/n8n");
        assert!(said.starts_with(&format!("🏭 n8n\n\n⚠️ {reason}")), "{code}: {said}");
        let home = host.action("home", &[]).unwrap();
        assert!(home.text().contains("🏭 n8n: ⚠️ "), "{home}");
    }
}

#[test]
fn no_answer_at_all() {
    for (error, reason) in [
        (HostError::Timeout, "n8n did not answer in time. Try again in a moment."),
        (
            HostError::TooLarge(1),
            "n8n's answer is larger than the bot takes. Look at it in n8n itself.",
        ),
        (
            HostError::Unavailable("n8n.test has no address".into()),
            "n8n cannot be reached: n8n.test has no address.",
        ),
        (
            HostError::Unavailable("n8n.test does not take connections".into()),
            "n8n cannot be reached: n8n.test does not take connections. Does it run, and is N8N_BASE_URL right?",
        ),
        (
            HostError::Unavailable(
                "Set N8N_API_KEY with `umbrasil secret set N8N_API_KEY`.".into(),
            ),
            "Set N8N_API_KEY with `umbrasil secret set N8N_API_KEY`.",
        ),
        (HostError::Denied("grant `http GET …`".into()), "Not permitted: grant `http GET …`."),
    ] {
        let mut host = host();
        host.web(&format!("GET {BASE}/api/v1/{LIST}"), Err(error));
        assert_eq!(shown(&mut host, "/n8n"), format!("🏭 n8n\n\n⚠️ {reason}\n[Workflows] [Back]"));
        host.press("Workflows").unwrap();
    }
}

#[test]
fn what_is_gone_is_told() {
    let mut host = host();
    for path in ["workflows/a1?excludePinnedData=true", "executions?workflowId=a1&limit=1"] {
        status(&mut host, "GET", path, 404, &json!({"message": "Not Found"}));
    }
    status(&mut host, "POST", "workflows/a1/activate", 404, &json!({"message": "Not Found"}));
    for action in ["flow", "run", "on"] {
        let said = host.action(action, &["a1"]).unwrap();
        assert!(said.text().ends_with("n8n has no such workflow (any more)."), "{said}");
    }
}

#[test]
fn docker_is_away() {
    let mut host = host().container(Container::new("web"));
    let text = "there is no Docker here: its socket is missing; install it, or set DOCKER_HOST";
    host.docker_fails(HostError::Unavailable(text.into()));
    let said = "🐳 Containers\n\n⚠️ There is no Docker here: its socket is missing; install it, or set DOCKER_HOST.\n[Containers] [Back]";
    for command in [
        "/docker",
        "/containers web",
        "/docker stop web",
        "/container_logs web",
        "/docker start web",
    ] {
        assert_eq!(shown(&mut host, command), said, "{command}");
    }
    assert!(host.action("container", &["web"]).unwrap().text().contains("There is no Docker here"));
    assert!(
        host.action("container", &["#0123456789ab"])
            .unwrap()
            .text()
            .contains("There is no Docker here")
    );
    host.docker_fails(HostError::Timeout);
    assert!(shown(&mut host, "/docker").contains("There was no answer in time."));
    host.docker_fails(HostError::Pending("docker stop web".into()));
    for action in ["stop", "restart", "start", "container", "logs"] {
        let error = umbrasil_sdk::testing::error(host.action(action, &["web"]));
        assert_eq!(error.text(), "The owner has to confirm: docker stop web");
    }
}
