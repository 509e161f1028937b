//! What pages are drawn with, from the binary. The path of each has a hash of it, so that browsers keep it
//! for as long as it is the same.
//!
//! Must never hold anything that depends on who asks.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/times.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// The paths of all assets.
pub struct AssetPaths {
    /// The stylesheet.
    pub style: String,
    /// Writes times in the reader's zone; without it they are told in UTC.
    pub script: String,
    /// The icon.
    pub icon: String,
}

/// Where they are.
pub static PATHS: LazyLock<AssetPaths> = LazyLock::new(|| AssetPaths {
    style: path("style", "css", STYLE),
    script: path("times", "js", SCRIPT),
    icon: path("icon", "svg", ICON),
});

fn path(name: &str, ending: &str, content: &str) -> String {
    let hash = hex::encode(&Sha256::digest(content)[..8]);
    format!("/assets/{name}-{hash}.{ending}")
}

/// An asset by its name.
pub async fn asset(Path(name): Path<String>) -> Response {
    let path = format!("/assets/{name}");
    let known = [
        (&PATHS.style, "text/css; charset=utf-8", STYLE),
        (&PATHS.script, "text/javascript; charset=utf-8", SCRIPT),
        (&PATHS.icon, "image/svg+xml", ICON),
    ];
    let Some((_, media_type, content)) = known.into_iter().find(|(known, ..)| **known == path)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, content).into_response()
}
