use super::*;

fn redactor(secrets: &[&str]) -> Redactor {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
    Redactor::new(&secrets)
}

/// Awkward on purpose: every encoding changes it.
const CANARY: &str = "c4n/a+ry \"7&9\" <ü>~\\x?=";

#[test]
fn a_secret_is_masked_in_every_form() {
    let redactor = redactor(&[CANARY]);
    let bytes = CANARY.as_bytes();
    let mut query = url::Url::parse("https://example.org/").unwrap();
    query.query_pairs_mut().append_pair("key", CANARY);
    let mut path = url::Url::parse("https://example.org/").unwrap();
    path.path_segments_mut().unwrap().push(CANARY);
    let shown = [
        CANARY.to_owned(),
        STANDARD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        STANDARD.encode(format!("Bearer {CANARY}!")),
        STANDARD.encode(format!("user:{CANARY}")),
        URL_SAFE_NO_PAD.encode(format!("u:{CANARY}...")),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        query.to_string(),
        path.to_string(),
        serde_json::json!({ "key": CANARY }).to_string(),
        serde_json::json!({ "key": CANARY }).to_string().replace('/', "\\/"),
        format!("{:?}", Some(CANARY)),
        crate::telemetry::logging::escaped(CANARY),
        CANARY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
    ];
    for text in shown {
        let masked = redactor.redact(&text);
        assert!(masked.contains(MASK), "{text}");
        assert!(!masked.contains("ry"), "{text} became {masked}");
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    let redactor = redactor(&["123:abcdefghijklmnopqrst", "sk-prefix", "sk-prefix-longer"]);
    let masked =
        redactor.redact("POST /bot123:abcdefghijklmnopqrst/getMe sk-prefix-longer. sk-prefix!");
    assert_eq!(masked, "POST /bot[redacted]/getMe [redacted]. [redacted]!");
    assert_eq!(redactor.redact("the abcdefghijklmnopqrst alone"), "the [redacted] alone");
    assert!(matches!(redactor.redact("nothing here"), Cow::Borrowed("nothing here")));
}

#[test]
fn short_values_are_left_alone() {
    let redactor = redactor(&["", "a", "1234", "bot", "default"]);
    assert_eq!(redactor.redact("a bot by default: 1234"), "a bot by default: 1234");
}

#[test]
fn a_private_key_is_masked_line_by_line() {
    let line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
    let pem = format!(
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{line}\nshort\n-----END OPENSSH PRIVATE KEY-----\n"
    );
    for secret in [pem.clone(), STANDARD.encode(&pem)] {
        let redactor = redactor(&[&secret]);
        assert_eq!(redactor.redact(&format!("read {line}")), "read [redacted]");
        assert_eq!(
            redactor.redact("-----BEGIN OPENSSH PRIVATE KEY-----"),
            "-----BEGIN OPENSSH PRIVATE KEY-----"
        );
    }
}

/// Near-misses cost no more than other text: what is looked at grows with the text alone.
#[test]
fn near_misses_take_linear_time() {
    let secrets = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaac"];
    let redactor = redactor(&secrets);
    let time = |megabytes: usize| {
        let text = "a".repeat(megabytes << 20);
        (0..3)
            .map(|_| {
                let began = std::time::Instant::now();
                assert!(matches!(redactor.redact(&text), Cow::Borrowed(_)));
                began.elapsed()
            })
            .min()
            .unwrap()
    };
    let (small, large) = (time(1), time(10));
    // Ten times the text; quadratic time would be a hundred times as much.
    assert!(large < small * 40, "{small:?} for 1 MB, {large:?} for 10 MB");
}
