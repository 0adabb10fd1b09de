use super::*;

fn covers(scope: &str, call: &str) -> bool {
    let scope: Scope = scope.parse().unwrap_or_else(|error| panic!("{scope}: {error}"));
    let call: Call = call.parse().unwrap_or_else(|error| panic!("{call}: {error}"));
    scope.covers(&call)
}

#[test]
fn every_line_comes_back_as_it_was() {
    for line in [
        "http GET https://api.example.org/v1/*",
        "read http POST https://api.example.org/v1/chat",
        "http * http://127.0.0.1:5678/api/* request 2097152 response 8388608",
        "http GET http://n8n:5678/* at 172.18.0.5",
        "http GET https://*.example.org/",
        "http GET http://[::1]:8080/",
        "secret OPENAI_API_KEY as header Authorization \"Bearer {}\" to api.openai.com",
        "secret KEY as query key to 127.0.0.1:5678",
        "ssh web1: systemctl status {unit:unit-name}",
        "dangerous ssh *: systemctl restart {unit:unit-name}",
        "docker list *",
        "docker restart web-*",
        "docker logs label:umbrasil.manage=true",
        "system cpu",
        "logs host",
        "files",
        "ocr",
        "schedule check every 60s",
        "schedule digest cron \"0 9 * * 1\" Europe/Zurich missed once",
        "config DEFAULT_CURRENCY",
        "module finance balance",
        "module finance *",
        "storage 1000000 keys 268435456 bytes",
    ] {
        assert_eq!(line.parse::<Scope>().map(|scope| scope.to_string()), Ok(line.to_owned()));
    }
}

#[test]
fn what_is_no_permission_is_refused() {
    for line in [
        "",
        "http",
        "http GET",
        "http get https://example.org/",
        "http GET ftp://example.org/",
        "http GET https://user@example.org/",
        "http GET https://example.org/?q=1",
        "http GET https://*/",
        "http GET https://*.com/",
        "http GET https://a.*.org/",
        "http GET https://*.*.org/",
        "http GET https://*.127.0.0.1/",
        "http GET https://example.org/ at home",
        "http GET https://example.org:0/",
        "http GET https://example.org../",
        "secret X to example.org",
        "secret X as header A \"none\" to example.org",
        "secret X as header A \"Bearer {}\" to *.example.org",
        "secret X as header A \"Bearer {}\" to example.org/path",
        "ssh web1",
        "ssh web1:",
        "ssh web1: {program:word}",
        "ssh web1: cat {file:any}",
        "ssh web1: systemctl status *",
        "ssh web1: echo '$(id)'",
        "docker exec web",
        "docker restart ../volumes/prune?x=",
        "docker restart label:",
        "system passwords",
        "logs everything",
        "schedule x every 1s",
        "schedule x every 99999999999999999999s",
        "schedule x cron \"* * * * * *\"",
        "schedule x cron \"0 9 * * 1\" Mars/Olympus",
        "config ",
        "module finance",
        "permission *",
    ] {
        assert!(line.parse::<Scope>().is_err(), "{line}");
    }
}

#[test]
fn a_web_scope_covers_its_method_place_and_path_and_nothing_else() {
    let scope = "http GET https://api.example.org/v1/*";
    for (call, expected) in [
        ("http GET https://api.example.org/v1/latest?from=EUR", true),
        ("http GET https://API.example.org:443/v1/", true),
        ("http POST https://api.example.org/v1/latest", false),
        ("http GET http://api.example.org/v1/latest", false),
        ("http GET https://api.example.org:8443/v1/latest", false),
        ("http GET https://api.example.org/v2/latest", false),
        ("http GET https://api.example.org/v1/../v2/latest", false),
        ("http GET https://api.example.org/v1/%2e%2e/v2", false),
        ("http GET https://api.example.org/v1/..%2fv2", false),
        ("http GET https://api.example.org.evil.org/v1/x", false),
        ("http GET https://evil.org\\@api.example.org/v1/x", false),
        ("http GET https://xapi.example.org/v1/x", false),
    ] {
        assert_eq!(covers(scope, call), expected, "{call}");
    }
    assert!(covers("http GET https://*.example.org/", "http GET https://a.example.org/"));
    assert!(!covers("http GET https://*.example.org/", "http GET https://a.b.example.org/"));
    assert!(!covers("http GET https://*.example.org/", "http GET https://example.org/"));
    assert!(covers("http GET https://x.org./", "http GET https://X.org./#part"));
    assert!(covers("http GET https://x.org/a/*/c", "http GET https://x.org/a/b/c"));
    for (path, expected) in [
        ("a-b-c", true),
        ("a--c", true),
        ("a-b-c-c", true),
        ("a-bc", true),
        ("a-b/d-c", false),
        ("a-b-c/d", false),
        ("ab-c", true),
        ("abc", false),
        ("a-b-d", false),
    ] {
        let call = format!("http GET https://x.org/{path}");
        assert_eq!(covers("http GET https://x.org/a*-*c", &call), expected, "{path}");
    }
    assert!(covers("http GET https://x.org/a*b*", "http GET https://x.org/axb/c/d"));
    assert!(!covers("http GET https://x.org/a*b*", "http GET https://x.org/ax/b"));
    assert!(!covers("http GET https://x.org/v1/*", "http GET https://x.org/v1/..;/admin"));
    // A module writes both, so this must not take for ever.
    let stars = format!("http GET https://x.org/{}b", "*a".repeat(40));
    assert!(!covers(&stars, &format!("http GET https://x.org/{}", "a".repeat(8_000))));
    assert!(!covers("http GET https://x.org/a/*/c", "http GET https://x.org/a/b/b/c"));
}

#[test]
fn a_url_that_is_not_plain_is_no_call() {
    let long = format!("https://x.org/{}", "a".repeat(9_000));
    for url in [
        "https://user@x.org/",
        "https://user:pass@x.org/",
        "https://api.x.org@evil.org/",
        "https://x.org:0/",
        "https://x.org:99999/",
        "https://x.org../",
        "https://./",
        "file:///etc/passwd",
        "gopher://x.org/",
        "unix:/run/x.sock",
        "data:text/plain,x",
        "x.org/",
        "//x.org/",
        "",
        &long,
    ] {
        assert!(HttpCall::new("GET", url).is_err(), "{url}");
    }
    for (url, canonical) in [
        ("HTTPS://X.org.:443/a/../b#c", "https://x.org/b"),
        ("http:x.org", "http://x.org/"),
        ("https://evil.org\\@x.org/", "https://evil.org/@x.org/"),
        ("https://x.o\trg\n/", "https://x.org/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://127.1./", "http://127.0.0.1/"),
        ("http://①②⑦。0。0。1/", "http://127.0.0.1/"),
        ("https://x%2Eorg/", "https://x.org/"),
        ("https://ｘ.org/", "https://x.org/"),
        ("https://х.org/", "https://xn--u1a.org/"),
    ] {
        assert_eq!(HttpCall::new("GET", url).unwrap().url.as_str(), canonical, "{url}");
    }
}

#[test]
fn a_command_is_compared_word_by_word() {
    let scope = "ssh web1: systemctl status {unit:unit-name}";
    for (call, expected) in [
        ("ssh web1: systemctl status nginx.service", true),
        ("ssh web2: systemctl status nginx", false),
        ("ssh web1: systemctl restart nginx", false),
        ("ssh web1: systemctl status nginx --host=evil", false),
        ("ssh web1: systemctl status --host=evil", false),
        ("ssh web1: systemctl status 'nginx; touch /tmp/pwn'", false),
        ("ssh web1: systemctl status '$(id)'", false),
        ("ssh web1: systemctl status '`id`'", false),
        ("ssh web1: systemctl status 'nginx\nid'", false),
        ("ssh web1: systemctl status ''", false),
        ("ssh web1: systemctl status", false),
        ("ssh web1: /bin/../bin/systemctl status nginx", false),
        ("ssh web1: env systemctl status nginx", false),
    ] {
        assert_eq!(covers(scope, call), expected, "{call}");
    }
}

#[test]
fn containers_are_granted_by_name_pattern_or_label() {
    assert!(covers("docker restart web-*", "docker restart web-1"));
    assert!(!covers("docker restart web-*", "docker restart db"));
    assert!(!covers("docker restart web-*", "docker stop web-1"));
    assert!(
        !covers("docker logs label:a=b", "docker logs web"),
        "labels that nobody has looked up"
    );
    let labels = |value: &str| Some([("a".to_owned(), value.to_owned())].into());
    let call = |value| Call::Docker {
        verb: Verb::Logs,
        container: Some(Container { name: "web".to_owned(), labels: labels(value) }),
    };
    let scope: Scope = "docker logs label:a=b".parse().unwrap();
    assert!(scope.covers(&call("b")) && !scope.covers(&call("c")));
}

#[test]
fn one_permission_includes_a_narrower_one() {
    let includes = |own: &str, other: &str| {
        own.parse::<Scope>().unwrap().includes(&other.parse::<Scope>().unwrap())
    };
    assert!(includes("http * https://x.org/*", "http GET https://x.org/a/*"));
    assert!(includes("http GET https://x.org/*", "http GET https://x.org/a"));
    assert!(!includes("http GET https://x.org/a/*", "http GET https://x.org/*"));
    assert!(!includes("http GET https://x.org/", "http GET https://x.org/ at 10.0.0.1"));
    assert!(includes("ssh *: df -P", "ssh web1: df -P"));
    assert!(!includes("ssh web1: df -P", "ssh *: df -P"));
    assert!(includes("docker list *", "docker list web"));
    assert!(includes("module finance *", "module finance balance"));
    assert!(
        !includes("dangerous ssh *: reboot", "ssh *: reboot"),
        "it would lose its confirmation"
    );
}

#[test]
fn tables_expand_and_settings_fill_in() {
    let text = r#"
        [[http]]
        url = "{N8N_BASE_URL}/api/v1/*"
        methods = ["GET", "POST"]
        reason = "workflows"
        [[http]]
        url = "{NOT_SET}/x"
        [[secret]]
        name = "N8N_API_KEY"
        inject = { header = "X-N8N-API-KEY" }
        hosts = ["{N8N_BASE_URL}"]
        [[http]]
        url = "{SERVICES}"
        [system]
        read = ["cpu"]
        [logs]
        read = ["modules", "host"]
        [ocr]
    "#;
    table::tables! { struct Tables {} }
    let wants = toml::from_str::<Tables>(text).unwrap().wants();
    let setting = |name: &str| match name {
        "N8N_BASE_URL" => Some("http://127.0.0.1:5678/".to_owned()),
        "SERVICES" => Some("shop=https://x.org/health?key=1,db=tcp://10.0.0.5:5432".to_owned()),
        _ => None,
    };
    let lines: Vec<String> =
        wants.expand(&setting).unwrap().iter().map(|want| want.scope.to_string()).collect();
    assert_eq!(
        lines,
        [
            "http GET http://127.0.0.1:5678/api/v1/*",
            "http POST http://127.0.0.1:5678/api/v1/*",
            "http GET https://x.org/health",
            "http GET http://10.0.0.5:5432/",
            "secret N8N_API_KEY as header X-N8N-API-KEY \"{}\" to 127.0.0.1:5678",
            "system cpu",
            "logs modules",
            "logs host",
            "ocr",
        ]
    );
    let text = "[[http]]\nurl = \"{SERVICES}/health\"";
    let wants = toml::from_str::<Tables>(text).unwrap().wants();
    assert!(wants.expand(&setting).unwrap_err().0.contains("whole URLs"));
}
