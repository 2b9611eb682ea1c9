//! The web UI as it was built into this binary, and how a browser may treat it. Serves exact paths only:
//! nothing is looked up on disk.

use axum::{
    body::{Body, Bytes},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, header};

/// `(path, content)` of every file in `ui/dist`, sorted; empty when the UI was not built.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Linekeeper</title>\
    <p>This build has no web UI: run <code>make run</code>, or <code>npm ci &amp;&amp; npm run build</code> in \
    <code>ui/</code> and build Linekeeper again.</p></html>\n";

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the UI, or the page that says how to get one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asset {
    path: &'static str,
    content: &'static [u8],
}

/// The asset at exactly this path.
pub(super) fn find(path: &str) -> Option<Asset> {
    find_in(FILES, path)
}

fn find_in(files: &'static [(&'static str, &'static [u8])], path: &str) -> Option<Asset> {
    let wanted = if path == "/" { "/index.html" } else { path };
    match files.binary_search_by(|(path, _)| (*path).cmp(wanted)) {
        Ok(at) => Some(Asset { path: files[at].0, content: files[at].1 }),
        Err(_) if path == "/" => Some(Asset { path: "/index.html", content: NOT_BUILT.as_bytes() }),
        Err(_) => None,
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let mut response = Html(Body::from(Bytes::from_static(self.content))).into_response();
        // Vite puts a hash of the content into the names under /assets/.
        let cache = if self.path.starts_with("/assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(self.path)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &[(&str, &[u8])] =
        &[("/assets/index-B2c.js", b"1"), ("/favicon.svg", b"<svg/>"), ("/index.html", b"<html>")];

    fn header_of(asset: Asset, name: header::HeaderName) -> String {
        asset.into_response().headers()[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn files_are_found_by_their_exact_path() {
        assert_eq!(find_in(BUILT, "/").unwrap().content, b"<html>");
        assert_eq!(find_in(BUILT, "/favicon.svg").unwrap().content, b"<svg/>");
        for path in [
            "/assets",
            "/assets/",
            "/assets/../index.html",
            "//index.html",
            "index.html",
            "/INDEX.HTML",
            "/%69ndex.html",
            "",
        ] {
            assert!(find_in(BUILT, path).is_none(), "{path}");
        }
    }

    #[test]
    fn hashed_files_stay_cached_and_the_index_does_not() {
        let script = find_in(BUILT, "/assets/index-B2c.js").unwrap();
        assert!(header_of(script, header::CACHE_CONTROL).contains("immutable"));
        assert_eq!(header_of(script, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(header_of(find_in(BUILT, "/").unwrap(), header::CACHE_CONTROL), "no-cache");
    }

    #[test]
    fn without_a_built_ui_the_page_says_how_to_build_it() {
        let page = find_in(&[], "/").unwrap();
        assert!(std::str::from_utf8(page.content).unwrap().contains("npm run build"));
        assert_eq!(header_of(page, header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(find_in(&[], "/index.html").is_none());
    }

    #[test]
    fn the_embedded_table_is_sorted_for_the_search() {
        assert!(FILES.is_sorted_by_key(|(path, _)| *path));
    }
}
