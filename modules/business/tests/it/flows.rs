//! Workflows: the list, one of them, the switch, and running one.

use serde_json::{Value, json};
use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;

use super::{BASE, LIST, acts, answer, fits, flow, host, refused, shown, status, with_flows};

fn three() -> Vec<Value> {
    vec![
        flow("c3", "Weekly <backup> & more", false),
        flow("a1", "Daily report", true),
        flow("b2", "Daily digest", true),
    ]
}

#[test]
fn the_list_begins_with_what_is_on() {
    let mut host = with_flows(&three());
    assert_eq!(
        shown(&mut host, "/n8n"),
        "🏭 n8n\n3 workflows, 2 on\n\n🟢 Daily digest\n🟢 Daily report\n⚪ Weekly <backup> & more\n\
         [🟢 Daily digest]\n[🟢 Daily report]\n[⚪ Weekly <backup> & more]\n[Errors] [Refresh] [Back]"
    );
    assert_eq!(shown(&mut host, "/workflows"), shown(&mut host, "/n8n"));
    let request = &host.requests()[0];
    assert_eq!(request.secrets, ["N8N_API_KEY"], "the host puts the key in");
    assert!(host.press("Refresh").unwrap().replies[0].replaced);
    assert!(host.press("Back").unwrap().text().contains("n8n: 2 of 3 on"));
}

#[test]
fn one_has_a_page() {
    let mut host = with_flows(&three());
    shown(&mut host, "/n8n");
    let page = host.press("🟢 Daily report").unwrap();
    fits(&page);
    assert_eq!(
        page.to_string(),
        "(edited) 🟢 Daily report\n🏷 prod, daily\nState    on\nLast run succeeded 30 min ago\n\
         Changed  2026-11-20 09:30\nNodes    2\nWebhook  POST /hook-a1\n[Deactivate] [Run]\n\
         [Executions] [Refresh]\n[Back]"
    );
    assert_eq!(host.press("Refresh").unwrap().to_string(), page.to_string());
    assert!(host.press("Back").unwrap().text().starts_with("🏭 n8n"));
}

#[test]
fn it_is_switched_on_and_off() {
    let mut host = with_flows(&three());
    answer(&mut host, "POST", "workflows/c3/activate", &flow("c3", "Weekly", true));
    answer(&mut host, "POST", "workflows/a1/deactivate", &flow("a1", "Daily report", false));
    let done = host.command("/n8n on weekly").unwrap();
    assert!(done.text().starts_with("✅ Switched on.\n\n⚪ Weekly <backup>"), "{done}");
    assert_eq!(acts(&host), ["POST /api/v1/workflows/c3/activate"]);
    assert_eq!(
        host.requests().iter().find(|one| one.line.contains("/activate")).unwrap().body,
        b"{}"
    );
    host.command("/n8n Daily report").unwrap();
    let done = host.press("Deactivate").unwrap();
    assert!(done.text().starts_with("✅ Switched off.\n\n"), "{done}");
    assert_eq!(acts(&host).len(), 2);
    // Said by n8n itself.
    let reason = json!({"message": "Workflow \"Weekly\" has no <node> to start"});
    status(&mut host, "POST", "workflows/b2/deactivate", 400, &reason);
    assert_eq!(
        shown(&mut host, "/n8n off digest"),
        "🏭 n8n\n\n⚠️ n8n refused this (HTTP 400). n8n says: Workflow \"Weekly\" has no <node> to start\n\
         [Workflows] [Back]"
    );
}

#[test]
fn it_is_run_by_its_webhook() {
    let mut host = with_flows(&three());
    let url = format!("POST {BASE}/webhook/hook-a1");
    host.web(&url, Ok(Response::new(200, r#"{"message":"Workflow was started"}"#)));
    let done = host.command("/n8n run daily rep").unwrap().to_string();
    assert!(
        done.starts_with(
            "▶️ Started: Daily report\nIt answered: Workflow was started\n\n🟢 Daily report\n"
        ),
        "{done}"
    );
    let call = host.requests().last().unwrap();
    assert_eq!(
        (call.line.as_str(), call.secrets.len()),
        (url.as_str(), 0),
        "the key is not for webhooks"
    );
    host.web(&url, Ok(Response::new(200, "<b>12</b> orders\n& more")));
    host.web(&url, Ok(Response::new(200, "")));
    host.press("Run").unwrap();
    let said = host.press("Run").unwrap();
    assert!(said.text().contains("It answered: <b>12</b> orders & more\n\n"), "{said}");
    let said = host.press("Run").unwrap();
    assert!(said.text().starts_with("▶️ Started: Daily report\n\n🟢"), "{said}");
}

#[test]
fn what_cannot_be_run_says_why() {
    let mut without = flow("x1", "No hook", true);
    without["nodes"] = json!([]);
    let mut guarded = flow("x2", "Guarded", true);
    guarded["nodes"][0]["parameters"]["authentication"] = json!("basicAuth");
    let mut host =
        with_flows(&[without, guarded, flow("x3", "Sleeping", false), flow("x4", "Broken", true)]);
    for (name, reason) in [
        (
            "No hook",
            "⚠️ It has no Webhook node, and n8n runs workflows from outside only by one. Add a",
        ),
        ("Guarded", "⚠️ Its Webhook node asks for authentication"),
        ("Sleeping", "⚠️ It is off, so nothing listens to its webhook. Activate it, then run it."),
    ] {
        let said = shown(&mut host, &format!("/n8n run {name}"));
        assert!(said.starts_with(reason) && said.contains("[Run]"), "{said}");
    }
    assert!(acts(&host).is_empty());
    assert!(shown(&mut host, "/n8n No hook").contains("Webhook  none"));
    assert!(shown(&mut host, "/n8n Guarded").contains("Webhook  cannot be called"));

    let url = format!("POST {BASE}/webhook/hook-x4");
    let gone = r#"{"code":404,"message":"The requested webhook \"POST hook-x4\" is not registered.","hint":"…"}"#;
    host.web(&url, Ok(Response::new(404, gone)));
    host.web(&url, Ok(Response::new(403, "Authorization data is wrong!")));
    host.web(&url, Ok(Response::new(500, r#"{"message":"Error in workflow"}"#)));
    host.web(&url, Err(HostError::Unknown("no answer".into())));
    host.web(&url, Err(HostError::Timeout));
    host.web(&url, Err(HostError::Unavailable("n8n.test does not take connections".into())));
    for reason in [
        "⚠️ n8n does not listen to this webhook. Switch the workflow off and on again; then it is registered. \
         n8n says: The requested webhook \"POST hook-x4\" is not registered.",
        "⚠️ Its webhook refused the call (HTTP 403).",
        "⚠️ Its webhook answered with an error (HTTP 500): see Executions. n8n says: Error in workflow",
        "⏳ Called, but its webhook did not answer in time. It may be running: see Executions.",
        "⏳ Called, but its webhook did not answer in time. It may be running: see Executions.",
        "🏭 n8n\n\n⚠️ n8n cannot be reached: n8n.test does not take connections. Does it run",
    ] {
        let said = shown(&mut host, "/n8n run Broken");
        assert!(said.starts_with(reason), "{said}");
    }
}

#[test]
fn what_the_owner_has_to_confirm_reaches_the_host() {
    let mut host = with_flows(&three());
    host.web(
        &format!("POST {BASE}/webhook/hook-a1"),
        Err(HostError::Pending("http POST …".into())),
    );
    assert_eq!(refused(&mut host, "/n8n run a1"), "The owner has to confirm: http POST …");
    let line = format!("POST {BASE}/api/v1/workflows/c3/activate");
    host.web(&line, Err(HostError::Pending("http POST …".into())));
    assert_eq!(refused(&mut host, "/n8n on c3"), "The owner has to confirm: http POST …");
}

#[test]
fn a_part_of_a_name_is_enough_if_it_is_the_only_one() {
    let mut host = with_flows(&three());
    assert_eq!(
        shown(&mut host, "/n8n off daily"),
        "🏭 Which workflow do you mean?\n[🟢 Daily digest]\n[🟢 Daily report]"
    );
    answer(&mut host, "POST", "workflows/b2/deactivate", &json!({}));
    assert!(host.press("🟢 Daily digest").unwrap().text().starts_with("✅ Switched off."));
    assert_eq!(acts(&host), ["POST /api/v1/workflows/b2/deactivate"]);
    assert_eq!(
        shown(&mut host, "/n8n run <nothing> & so on"),
        "🏭 No workflow has “<nothing> & so on” in its name.\n[Workflows] [Back]"
    );
    assert!(shown(&mut host, "/workflows BACKUP").starts_with("⚪ Weekly <backup> & more"));
    let usage = "Which workflow?\nUsage: /n8n [VERB] [NAME]\nExample: /n8n run Daily report";
    for command in ["/n8n run", "/n8n on ", "/n8n OFF"] {
        assert_eq!(refused(&mut host, command), usage);
    }
}

#[test]
fn two_hundred_are_put_together_and_paged() {
    let name = |index: usize| format!("{} {index:03}", "Ärger 🦀 <b>&".repeat(9));
    let all: Vec<Value> = (0..200)
        .map(|index| flow(&format!("id{index:014}"), &name(index), index % 2 == 0))
        .collect();
    let mut host = host();
    // n8n's cursors are base64, which has characters that mean something else in a query.
    let parts = [
        (LIST.to_owned(), &all[..100], json!("eyJ+/w==")),
        (format!("{LIST}&cursor=eyJ%2B%2Fw%3D%3D"), &all[100..], json!(null)),
    ];
    for (path, part, next) in parts {
        answer(&mut host, "GET", &path, &json!({"data": part, "nextCursor": next}));
    }
    let first = host.command("/n8n").unwrap();
    assert!(
        first.text().starts_with("🏭 n8n\n200 workflows, 100 on · page 1 of 25\n\n🟢 Ärger"),
        "{first}"
    );
    assert_eq!(first.replies[0].buttons[8], ["▶"]);
    let mut seen = first.replies[0].buttons[..8].to_vec();
    for number in 2..=25 {
        let page = host.press("▶").unwrap();
        fits(&page);
        assert!(page.text().contains(&format!("page {number} of 25")), "{page}");
        seen.extend(page.replies[0].buttons[..8].to_vec());
    }
    assert_eq!(seen.len(), 200);
    assert!(host.press("◀").unwrap().text().contains("page 24 of 25"));
    assert!(host.press("Refresh").unwrap().text().contains("page 24 of 25"));
    let offered = shown(&mut host, "/n8n run ärger");
    assert!(
        offered.starts_with("🏭 Which workflow do you mean? 200 fit; these are the first.\n["),
        "{offered}"
    );
}

#[test]
fn odd_workflows_spoil_no_list() {
    let mut archived = flow("z1", "Old", false);
    archived["isArchived"] = json!(true);
    let hostile = flow("../../credentials", "Hostile", true);
    let numbered = json!({"id": 42, "name": "Numbered\n<i>", "active": true});
    let mut host = host();
    let list = json!({"data": [archived, hostile, numbered], "nextCursor": ""});
    answer(&mut host, "GET", LIST, &list);
    assert_eq!(
        shown(&mut host, "/n8n"),
        "🏭 n8n\n1 workflow, 1 on\n\n🟢 Numbered <i>\n[🟢 Numbered <i>]\n[Errors] [Refresh] [Back]"
    );
    answer(&mut host, "GET", LIST, &json!({"data": []}));
    shown(&mut host, "/n8n");
    assert_eq!(
        shown(&mut host, "/n8n"),
        "🏭 n8n\n\nThere are no workflows yet, or none that the key may see.\n[Refresh] [Back]"
    );
    // A button that somebody made up.
    for action in ["flow", "on", "off", "run", "runs"] {
        let before = host.requests().len();
        let said = host.action(action, &["../credentials?x="]).unwrap();
        assert!(said.text().ends_with("⚠️ There is no such workflow."), "{said}");
        assert_eq!(host.requests().len(), before, "nothing was sent");
    }
}

#[test]
fn a_switch_is_told_also_when_nobody_can_look() {
    for (verb, path, done) in
        [("off", "deactivate", "✅ Switched off."), ("on", "activate", "✅ Switched on.")]
    {
        let mut host = with_flows(&[flow("a1", "Sync", verb == "off")]);
        answer(&mut host, "POST", &format!("workflows/a1/{path}"), &json!({}));
        status(&mut host, "GET", "workflows/a1?excludePinnedData=true", 500, &json!({}));
        assert!(shown(&mut host, "/n8n Sync").contains("State"), "the last time that it works");
        let text = shown(&mut host, &format!("/n8n {verb} Sync"));
        assert!(
            text.starts_with(&format!("{done}\n\nWorkflow\n\n⚠️ n8n failed (HTTP 500).")),
            "{text}"
        );
        assert!(text.ends_with("[Refresh] [Back]"), "{text}");
    }
}

#[test]
fn what_was_started_is_told_whatever_it_answers() {
    let host = || with_flows(&[flow("a1", "Sync", true)]);
    let large = "▶️ Started: Sync\nIts answer is too large to show.";
    let redirect = "▶️ Started: Sync\nIt answered with a redirect, which the bot does not follow.";
    let elsewhere = "the answer is a redirect: grant `http GET https://x.test/` to business";
    for (error, told) in [
        (HostError::TooLarge(4 << 20), large),
        (HostError::Denied(elsewhere.to_owned()), redirect),
        (HostError::Unavailable("n8n.test redirects to what is no URL".to_owned()), redirect),
    ] {
        let mut host = host();
        host.web(&format!("POST {BASE}/webhook/hook-a1"), Err(error));
        let text = shown(&mut host, "/n8n run Sync");
        assert!(text.starts_with(told), "{text}");
    }
    let mut host = host();
    let denied =
        HostError::Denied("grant `http POST http://n8n.test:5678/` to business".to_owned());
    host.web(&format!("POST {BASE}/webhook/hook-a1"), Err(denied));
    assert!(!shown(&mut host, "/n8n run Sync").contains("Started"), "it never left");
}
