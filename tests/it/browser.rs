//! The chat page in a real browser.

use umbrasil_tests::{Browser, Host};

/// Newest message of the bot, as a node.
const LAST: &str = "[...document.querySelectorAll('[data-testid=message][data-from=bot]')].at(-1)";

/// The newest button with this label, as a node.
fn button(label: &str) -> String {
    let label = serde_json::Value::from(label);
    format!(
        "[...document.querySelectorAll('[data-testid=inline-button]')].findLast((node) => node.textContent === {label})"
    )
}

/// Waits until the newest message of the bot has this text in it.
async fn says(page: &mut Browser, text: &str) {
    let text = serde_json::Value::from(text);
    page.until(&format!(
        "Boolean({LAST}?.querySelector('[data-testid=message-text]')?.textContent.includes({text}))"
    ))
    .await;
}

/// Writes into the box as a person does, and sends with Enter.
async fn write(page: &mut Browser, text: &str) {
    page.click("document.querySelector('[data-testid=message-box]')").await;
    page.type_text(text).await;
    page.key("Enter", 13).await;
    page.until("document.querySelector('[data-testid=message-box]').value === ''").await;
}

async fn press(page: &mut Browser, label: &str) {
    page.click(&button(label)).await;
}

fn count(hook: &str) -> String {
    format!("document.querySelectorAll('[data-testid={hook}]').length")
}

/// A click on somebody in the list of people.
async fn become_a(page: &mut Browser, role: &str) {
    page.click(&format!("document.querySelector('[data-testid=user][data-role={role}]')")).await;
    page.until(&format!(
        "document.querySelector('[data-testid=user][data-role={role}]').getAttribute('aria-current') === 'true'"
    ))
    .await;
}

#[tokio::test]
async fn a_person_uses_the_page() {
    let folder = tempfile::Builder::new().prefix("umbrasil-page-").tempdir().unwrap();
    let place = folder.path().join("empty");
    std::fs::create_dir(&place).unwrap();
    let host = Host::alone(&place, &[("UMBRASIL_CHAT_PORT", "0"), ("PORT", "0")]);
    let url = host.page().await;
    let mut page = Browser::new().await;
    page.open(&url).await;
    page.until("document.querySelectorAll('[data-testid=user]').length === 3").await;
    page.screenshot("1-empty").await;

    // The menu, and an expense step by step.
    write(&mut page, "/start").await;
    says(&mut page, "I'm UmbraSIL").await;
    page.screenshot("2-start").await;
    press(&mut page, "💰 Finance").await;
    says(&mut page, "Balance: 0.00 EUR").await;
    assert_eq!(page.evaluate(&count("message")).await, 2, "the menu changed in place");
    press(&mut page, "Add Expense").await;
    says(&mut page, "How much did you spend?").await;
    write(&mut page, "12,50").await;
    says(&mut page, "What was it for?").await;
    page.screenshot("3-category").await;
    press(&mut page, "food").await;
    says(&mut page, "Type a note, or skip it.").await;
    press(&mut page, "Skip").await;
    says(&mut page, "Balance: -12.50 EUR").await;
    assert_eq!(page.evaluate(&count("message")).await, 4);
    page.until("!document.querySelector('[aria-busy=true]')").await;
    page.screenshot("4-expense").await;

    // A note with markup is text: no element, no dialog.
    write(&mut page, "/expense 1 food <img src=x onerror=alert(1)><b>bold</b>").await;
    says(&mut page, "📝 <img src=x onerror=alert(1)><b>bold</b>").await;
    let injected = "document.querySelectorAll('[data-testid=message-list] img, [data-testid=message-list] b').length";
    assert_eq!(page.evaluate(injected).await, 0);
    let commands = format!("{LAST}.querySelectorAll('[data-testid=message-text] button').length");
    assert_eq!(page.evaluate(&commands).await, 0, "a closing tag is no command");
    page.screenshot("5-markup").await;

    // A slash opens the list of commands, and choosing one sends it.
    page.click("document.querySelector('[data-testid=message-box]')").await;
    page.type_text("/bal").await;
    page.until("!document.querySelector('[data-testid=command-menu]').hidden").await;
    assert_eq!(page.evaluate(&count("command-option")).await, 1);
    page.screenshot("6-commands").await;
    page.click("document.querySelector('[data-testid=command-option]')").await;
    says(&mut page, "Expenses: 13.50 EUR").await;
    page.until("document.querySelector('[data-testid=command-menu]').hidden").await;

    // The stranger is told by the page, and never by the bot.
    assert_eq!(
        page.evaluate("document.querySelector('[data-testid=stranger-hint]').hidden").await,
        true
    );
    become_a(&mut page, "stranger").await;
    page.until("!document.querySelector('[data-testid=stranger-hint]').hidden").await;
    page.until("document.querySelectorAll('[data-testid=message]').length === 0").await;
    page.click("document.querySelector('[data-testid=start-button]')").await;
    page.until("document.querySelectorAll('[data-testid=message][data-from=user]').length === 1")
        .await;
    page.screenshot("7-stranger").await;
    // Another is answered after that; so the stranger would have been.
    become_a(&mut page, "user").await;
    write(&mut page, "/balance").await;
    says(&mut page, "Balance: 0.00 EUR").await;
    become_a(&mut page, "stranger").await;
    page.until("document.querySelectorAll('[data-testid=message]').length === 1").await;
    assert_eq!(
        page.evaluate("document.querySelectorAll('[data-testid=message][data-from=bot]').length")
            .await,
        0
    );

    // Back with the owner all is as it was, also after a reload.
    become_a(&mut page, "owner").await;
    says(&mut page, "Expenses: 13.50 EUR").await;
    page.click("document.querySelector('[data-testid=inspector-toggle]')").await;
    page.until(
        "document.querySelector('[data-testid=inspector]').textContent.includes('SendMessage')",
    )
    .await;
    page.screenshot("8-inspector").await;
    page.open(&format!("{}?again", url.trim_end_matches('/').to_owned() + "/")).await;
    says(&mut page, "Expenses: 13.50 EUR").await;

    clean(&page, &url);
}

/// The browser had nothing to complain of, nothing opened by itself, and nobody else was asked.
fn clean(page: &Browser, url: &str) {
    assert_eq!(page.events("Page.javascriptDialogOpening"), Vec::<serde_json::Value>::new());
    assert_eq!(page.events("Runtime.exceptionThrown"), Vec::<serde_json::Value>::new());
    let said = page.events("Runtime.consoleAPICalled");
    assert_eq!(said, Vec::<serde_json::Value>::new());
    let complaints = page.events("Log.entryAdded");
    assert_eq!(complaints, Vec::<serde_json::Value>::new());
    let asked = page.events("Network.requestWillBeSent");
    assert!(asked.len() > 10, "{} requests", asked.len());
    for request in asked {
        let target = request["params"]["request"]["url"].as_str().unwrap();
        let own = ["data:", "blob:"].iter().any(|scheme| target.starts_with(scheme));
        assert!(own || target.starts_with(url.trim_end_matches('/')), "asked {target}");
    }
}
