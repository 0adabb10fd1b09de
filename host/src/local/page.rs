//! The chat page's own files, part of the binary: the page works offline and loads nothing from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

use super::state::Shared;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const FILES: [(&str, &str, &str); 12] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page/base.css", CSS, include_str!("page/base.css")),
    ("/page/chat.css", CSS, include_str!("page/chat.css")),
    ("/page/main.js", JS, include_str!("page/main.js")),
    ("/page/server.js", JS, include_str!("page/server.js")),
    ("/page/messages.js", JS, include_str!("page/messages.js")),
    ("/page/keyboard.js", JS, include_str!("page/keyboard.js")),
    ("/page/entities.js", JS, include_str!("page/entities.js")),
    ("/page/composer.js", JS, include_str!("page/composer.js")),
    ("/page/overlays.js", JS, include_str!("page/overlays.js")),
    ("/page/inspector.js", JS, include_str!("page/inspector.js")),
    ("/page/icon.svg", SVG, include_str!("page/icon.svg")),
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], content) }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.into_iter().filter(|(_, kind, _)| *kind == JS).map(|(path, _, script)| (path, script))
    }

    #[test]
    fn all_that_the_page_asks_for_is_served() {
        let mut asked = 0;
        for (path, _, content) in FILES {
            let scripts = content
                .split("from \"./")
                .skip(1)
                .map(|rest| format!("/page/{}", rest.split('"').next().unwrap()));
            let links = content
                .split("=\"/page/")
                .skip(1)
                .map(|rest| format!("/page/{}", rest.split('"').next().unwrap()));
            for wanted in scripts.chain(links) {
                asked += 1;
                assert!(
                    FILES.iter().any(|(served, ..)| *served == wanted),
                    "{path} asks for {wanted}"
                );
            }
        }
        assert!(asked > 10);
    }

    #[test]
    fn every_element_that_a_script_looks_up_exists() {
        let (_, _, html) = FILES[0];
        for (path, script) in scripts() {
            for id in script.split("$(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(html.contains(&format!("id=\"{id}\"")), "{path} looks for {id}");
            }
        }
    }

    #[test]
    fn data_never_becomes_markup() {
        for (path, script) in scripts() {
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!script.contains(way), "{path} uses {way}");
            }
        }
    }
}
