//! Executions, and why they failed.

use serde_json::{Value, json};
use umbrasil_sdk::HostError;

use super::{BASE, answer, execution, fits, flow, shown, status, with_flows};

/// The data of a failed execution, as n8n unpacks it.
fn detailed(id: u32, message: &str) -> Value {
    let mut execution = execution(id, "a1", "error");
    execution["data"] = json!({
        "startData": {},
        "resultData": {
            "runData": {"Webhook": [{"startTime": 1}]},
            "error": {"message": message, "name": "NodeApiError", "node": {"name": "HTTP <Request>", "type": "x"}},
            "lastNodeExecuted": "HTTP <Request>",
        },
        "executionData": {"contextData": {}},
    });
    execution["workflowData"] = json!({"id": "a1", "name": "Daily & <report>", "nodes": []});
    execution
}

#[test]
fn executions_are_listed() {
    let mut host = with_flows(&[flow("a1", "Daily report", true)]);
    let mut running = execution(5, "a1", "running");
    running["stoppedAt"] = Value::Null;
    let mut old = execution(4, "a1", "");
    old.as_object_mut().unwrap().remove("status");
    old["stoppedAt"] = json!("2026-11-22T11:45:00.000Z");
    let all = json!({"data": [running, execution(3, "a1", "success"), execution(2, "a1", "waiting"), execution(1, "a1", "canceled"), old], "nextCursor": null});
    answer(&mut host, "GET", "executions?limit=100&workflowId=a1", &all);
    shown(&mut host, "/n8n daily");
    let list = host.press("Executions").unwrap();
    assert_eq!(
        list.to_string(),
        "(edited) 🕓 Daily report\nExecutions\n\n▶️ running 30 min ago · webhook\n✅ succeeded 30 min ago · 1.2 s · webhook\n\
         ⏸ waiting 30 min ago · webhook\n⚪ canceled 30 min ago · 1.2 s · webhook\n🔴 failed 30 min ago · 15 min · webhook\n\
         [Errors] [Refresh] [Back]"
    );
    host.press("Refresh").unwrap();
    assert!(host.press("Back").unwrap().text().starts_with("🟢 Daily report"));
}

#[test]
fn many_executions_are_paged() {
    let mut host = with_flows(&[flow("a1", "Daily report", true)]);
    let all: Vec<Value> = (0..100).map(|id| execution(id, "a1", "success")).collect();
    answer(
        &mut host,
        "GET",
        "executions?limit=100&workflowId=a1",
        &json!({"data": all, "nextCursor": "more"}),
    );
    host.action("runs", &["a1"]).unwrap();
    for page in 2..=10 {
        let shown = host.press("▶").unwrap();
        fits(&shown);
        assert!(
            shown.text().starts_with(&format!("🕓 Daily report\nExecutions · page {page} of 10\n")),
            "{shown}"
        );
    }
    answer(
        &mut host,
        "GET",
        "executions?limit=100&workflowId=a1",
        &json!({"data": [], "nextCursor": null}),
    );
    host.press("Refresh").unwrap();
    assert!(
        host.press("Refresh").unwrap().text().ends_with("None yet, or n8n does not keep them.")
    );
}

#[test]
fn errors_are_told_with_their_texts() {
    let mut host = with_flows(&[flow("a1", "Daily report", true)]);
    let all: Vec<Value> = (1..=7).rev().map(|id| execution(id, "a1", "error")).collect();
    let list = json!({"data": all, "nextCursor": null});
    answer(&mut host, "GET", "executions?limit=100&status=error", &list);
    answer(&mut host, "GET", "executions?limit=100&workflowId=a1&status=error", &list);
    answer(
        &mut host,
        "GET",
        "executions/7?includeData=true",
        &detailed(7, "404 - <Not found> & gone\nsecond line"),
    );
    // Data may be huge, gone, withheld, or of a shape that nobody knows.
    host.web(
        &format!("GET {BASE}/api/v1/executions/6?includeData=true"),
        Err(HostError::TooLarge(4 << 20)),
    );
    status(
        &mut host,
        "GET",
        "executions/5?includeData=true",
        404,
        &json!({"message": "Not Found"}),
    );
    answer(
        &mut host,
        "GET",
        "executions/4?includeData=true",
        &json!({"id": 4, "data": "[redacted]"}),
    );
    answer(
        &mut host,
        "GET",
        "executions/3?includeData=true",
        &json!({"data": {"resultData": {"lastNodeExecuted": "Code"}}}),
    );
    let first = host.command("/n8n errors").unwrap();
    fits(&first);
    let at = "2026-11-22 11:30 (30 min ago)";
    assert_eq!(
        first.to_string(),
        format!(
            "🔴 Failed executions · page 1 of 2\n\n\
             Daily & <report>\n{at}\nat HTTP <Request>\n404 - <Not found> & gone second line\n\n\
             Workflow a1\n{at}\n⚠️ n8n's answer is larger than the bot takes. Look at it in n8n itself.\n\n\
             Workflow a1\n{at}\n⚠️ n8n does not keep this execution (any more).\n\n\
             Workflow a1\n{at}\nn8n does not say why.\n\n\
             Workflow a1\n{at}\nat Code\nn8n does not say why.\n[▶]\n[Refresh] [Back]"
        )
    );
    for id in [2, 1] {
        answer(
            &mut host,
            "GET",
            &format!("executions/{id}?includeData=true"),
            &detailed(id, &"x".repeat(5_000)),
        );
    }
    let second = host.press("▶").unwrap();
    fits(&second);
    assert!(second.text().contains(&format!("{}…", "x".repeat(299))), "{second}");
    assert_eq!(second.replies[0].buttons, [vec!["◀"], vec!["Refresh", "Back"]]);
    host.press("Refresh").unwrap();
    assert!(host.press("◀").unwrap().text().contains("page 1 of 2"));
    assert!(host.press("Back").unwrap().text().starts_with("🏭 n8n"));
    for command in ["/n8n_errors", "/n8n errors daily", "/n8n_errors Daily report"] {
        assert!(
            shown(&mut host, command).starts_with("🔴 Failed executions · page 1 of 2"),
            "{command}"
        );
    }
    // Of the one workflow, the way back leads to it.
    assert!(host.press("Back").unwrap().text().starts_with("🟢 Daily report"));
    assert!(shown(&mut host, "/n8n_errors nobody").starts_with("🏭 No workflow has “nobody”"));
}

#[test]
fn no_error_is_good_news() {
    let mut host = with_flows(&[]);
    answer(
        &mut host,
        "GET",
        "executions?limit=100&status=error",
        &json!({"data": [], "nextCursor": null}),
    );
    shown(&mut host, "/n8n");
    host.action("flows", &[]).unwrap();
    assert_eq!(
        shown(&mut host, "/n8n_errors"),
        "✅ Nothing has failed lately, as far as n8n keeps it.\n[Refresh] [Back]"
    );
}
