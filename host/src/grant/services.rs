//! `SERVICES`: what the owner wants to know to be up, as `NAME=URL,NAME=URL`.
//!
//! It is a setting, and at the same time what `url = "{SERVICES}"` in a manifest stands for: so the one file
//! knows both what is written, and which permissions it makes.

use url::Url;

use super::{HttpCall, Malformed};

/// The setting's name.
pub(crate) const SETTING: &str = "SERVICES";
/// The most that can be listed.
const MOST: usize = 30;
const NAME: usize = 32;
/// Bytes of one URL.
const URL_BYTES: usize = 1 << 10;

/// Checks a list, and writes it in its one form. An error names an entry by its number and never by its URL,
/// which may hold a token.
pub(crate) fn normalised(list: &str) -> Result<String, Malformed> {
    let mut names = Vec::new();
    let mut entries = Vec::new();
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    for (part, number) in parts.zip(1..) {
        let wrong = |text: &str| Malformed(format!("entry {number} {text}"));
        let (name, url) = part
            .split_once('=')
            .ok_or_else(|| wrong("must be NAME=URL, as in shop=https://shop.example.org/health"))?;
        let (name, url) = (name.trim(), url.trim());
        if !is_name(name) {
            return Err(wrong("must begin with a name of 1 to 32 small letters, digits and -"));
        }
        let wrong = |text: &str| Malformed(format!("entry {number} (`{name}`) {text}"));
        if names.contains(&name) {
            return Err(wrong("has a name that an earlier one has"));
        }
        if number > MOST {
            return Err(Malformed(format!("holds more than {MOST} entries")));
        }
        names.push(name);
        entries.push(format!("{name}={}", place(url).map_err(|error| wrong(&error.0))?));
    }
    Ok(entries.join(","))
}

/// The URLs of a normalised list, as permissions have them: without a query, and `tcp` as what is dialled.
pub(crate) fn places(list: &str) -> Vec<String> {
    let place = |entry: &str| {
        let url = entry.split_once('=')?.1;
        let mut url = Url::parse(&dialled(url)).ok()?;
        url.set_query(None);
        Some(url.to_string())
    };
    list.split(',').filter_map(place).collect()
}

fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `tcp://HOST:PORT` as the request that shows whether somebody listens there.
fn dialled(url: &str) -> String {
    url.strip_prefix("tcp://").map_or_else(|| url.to_owned(), |place| format!("http://{place}/"))
}

/// A URL in its one form.
fn place(url: &str) -> Result<String, Malformed> {
    const FORMS: &str =
        "must have a URL such as https://shop.example.org/health or tcp://10.0.0.5:5432";
    if url.len() > URL_BYTES {
        return Err(Malformed(format!("must have a URL of at most {URL_BYTES} bytes")));
    }
    let tcp = url.strip_prefix("tcp://");
    if tcp.is_some_and(|place| place.contains(['/', '?', '#', '@', '\\'])) {
        return Err(Malformed::new("must have nothing behind tcp://HOST:PORT"));
    }
    if tcp.is_some_and(|place| !has_port(place)) {
        return Err(Malformed::new("must name a port, as in tcp://10.0.0.5:5432"));
    }
    // The rules of what may be asked for hold here as well: a scheme, a host, no user.
    let dialled = Url::parse(&dialled(url)).map_err(|_| Malformed::new(FORMS))?;
    if !matches!(dialled.scheme(), "http" | "https") {
        return Err(Malformed::new(FORMS));
    }
    let call = HttpCall::of_url("GET", dialled)
        .map_err(|_| Malformed::new("must have a URL without a user, and no port 0"))?;
    let shown = call.url.to_string();
    if call.url.path().contains('*') || call.url.host_str().is_some_and(|host| host.contains('*')) {
        return Err(Malformed::new("must have no * in its URL"));
    }
    if shown.contains(',') {
        return Err(Malformed::new("must have a URL without a comma; write %2C"));
    }
    let place = call.url.host_str().zip(call.url.port_or_known_default());
    Ok(match (tcp, place) {
        (Some(_), Some((host, port))) => format!("tcp://{host}:{port}"),
        _ => shown,
    })
}

fn has_port(place: &str) -> bool {
    let port = place.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_form_and_makes_permissions_of_its_places() {
        let list = normalised(
            " shop = https://Shop.example.org:443/health?token=a=b#top , db=tcp://10.0.0.5:5432,, v6=tcp://[::1]:80,nas=http://nas.lan,",
        )
        .unwrap();
        assert_eq!(
            list,
            "shop=https://shop.example.org/health?token=a=b,db=tcp://10.0.0.5:5432,v6=tcp://[::1]:80,nas=http://nas.lan/"
        );
        assert_eq!(normalised(&list).unwrap(), list);
        let places = places(&list);
        assert_eq!(
            places,
            [
                "https://shop.example.org/health",
                "http://10.0.0.5:5432/",
                "http://[::1]/",
                "http://nas.lan/"
            ]
        );
        for place in places {
            let line = format!("http GET {place}");
            assert_eq!(line.parse::<super::super::Scope>().unwrap().to_string(), line);
        }
        assert!(normalised(" , ").unwrap().is_empty() && super::places("").is_empty());
    }

    #[test]
    fn a_wrong_entry_is_named_and_its_url_is_not_shown() {
        let many: Vec<String> = (0..31).map(|number| format!("s{number}=http://x/")).collect();
        let many = many.join(",");
        let long = format!("a=http://x/{}", "y".repeat(1 << 10));
        for (list, text) in [
            ("shop", "entry 1 must be NAME=URL"),
            ("https://x.org/?CANARY=1", "entry 1 must begin with a name"),
            ("a=http://x/,Shop=http://x/CANARY", "entry 2 must begin with a name"),
            ("a_b=http://x/", "entry 1 must begin with a name"),
            ("=http://x/", "entry 1 must begin with a name"),
            ("abcdefghijklmnopqrstuvwxyz1234567=http://x/", "entry 1 must begin with a name"),
            ("a=http://x/,a=http://y/CANARY", "entry 2 (`a`) has a name"),
            ("a=ftp://CANARY/", "entry 1 (`a`) must have a URL such as"),
            ("a=CANARY", "entry 1 (`a`) must have a URL such as"),
            ("a=", "entry 1 (`a`) must have a URL such as"),
            ("a=http://", "entry 1 (`a`) must have a URL such as"),
            ("a=http://u:CANARY@x/", "entry 1 (`a`) must have a URL without a user"),
            ("a=http://x:0/", "entry 1 (`a`) must have a URL without a user"),
            ("a=http://x/*", "entry 1 (`a`) must have no *"),
            ("a=tcp://x", "entry 1 (`a`) must name a port"),
            ("a=tcp://x:", "entry 1 (`a`) must name a port"),
            ("a=tcp://[::1]", "entry 1 (`a`) must name a port"),
            ("a=tcp://x:99999", "entry 1 (`a`) must have a URL such as"),
            ("a=tcp://x:5432/CANARY", "entry 1 (`a`) must have nothing behind"),
            (&long, "entry 1 (`a`) must have a URL of at most 1024 bytes"),
            (&many, "holds more than 30 entries"),
        ] {
            let error = normalised(list).unwrap_err().to_string();
            assert!(error.starts_with(text), "{list}: {error}");
            assert!(!error.contains("CANARY"), "{error}");
        }
    }
}
