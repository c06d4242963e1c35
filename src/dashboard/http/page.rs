//! The page: files that are part of the binary. Nothing is fetched from elsewhere.

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// What `make web` has built; nothing, if it was not called.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Files;

const WITHOUT: &str = "\
This binary was built without the page of the dashboard: web/dist was empty.
Build it with `make web`, which needs Node.js, and build the binary again.
The API answers: see /api/sessions/events and docs/dashboard-api.md.
";
/// A name with a hash in it never names anything else.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One of the page's places: the page finds out by itself which.
pub(super) async fn index() -> Response {
    match Files::get("index.html") {
        Some(file) => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], file.data)
                .into_response()
        }
        None => (StatusCode::NOT_FOUND, WITHOUT).into_response(),
    }
}

/// One of its files.
pub(super) async fn asset(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    match Files::get(path) {
        Some(file) => {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            ([(header::CONTENT_TYPE, kind.as_ref()), (header::CACHE_CONTROL, FOR_EVER)], file.data).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}
