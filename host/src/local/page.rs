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
