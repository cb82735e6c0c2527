//! The built site's files, read once and served from memory: several times faster than from the disk, and a file
//! that is compressed beside itself (`x.br`) is sent so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where cargo-leptos puts the style sheet.
pub const STYLE_SHEET: &str = "/pkg/groundswell.css";

/// Every file by its address.
#[derive(Clone)]
pub struct Assets {
    files: Arc<HashMap<String, Asset>>,
    /// While `cargo leptos watch` rebuilds them: read from the disk each time.
    fresh_from: Option<Arc<PathBuf>>,
}

#[derive(Clone)]
struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    kind: &'static str,
    etag: HeaderValue,
    caching: &'static str,
}

impl Assets {
    /// Reads everything below the site's root. A root that does not exist yet has no files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn load(site_root: &str) -> Result<Self> {
        let root = PathBuf::from(site_root);
        let mut files = HashMap::new();
        if root.is_dir() {
            collect(&root, &root, &mut files)?;
        }
        let watched = std::env::var_os("LEPTOS_WATCH").is_some();
        Ok(Self { files: Arc::new(files), fresh_from: watched.then(|| Arc::new(root)) })
    }

    fn find(&self, path: &str) -> Option<Asset> {
        match &self.fresh_from {
            None => self.files.get(path).cloned(),
            Some(root) => {
                let mut files = HashMap::new();
                collect(root, root, &mut files).ok()?;
                files.remove(path)
            }
        }
    }
}

/// Answers with a file if there is one at the address; everything else goes on to the pages.
pub async fn serve(State(assets): State<Assets>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match assets.find(request.uri().path()) {
        Some(asset) => asset.answer(&request),
        None => next.run(request).await,
    }
}

impl Asset {
    fn read(file: &Path, hashed: bool) -> Result<Self> {
        let brotli = std::fs::read(with_ending(file, "br")).ok().map(Bytes::from);
        let plain = Bytes::from(std::fs::read(file)?);
        let etag = HeaderValue::from_str(&format!("\"{}\"", backend::fingerprint(&plain)))?;
        let caching =
            if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=0, must-revalidate" };
        Ok(Self { plain, brotli, kind: kind(file), etag, caching })
    }

    fn answer(self, request: &Request) -> Response {
        let headers = request.headers();
        let common = [
            (header::ETAG, self.etag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static(self.caching)),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if headers.get(header::IF_NONE_MATCH) == Some(&self.etag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let takes_brotli = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(',').any(|coding| coding.trim().starts_with("br")));
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(self.kind))];
        match self.brotli.filter(|_| takes_brotli) {
            Some(brotli) => {
                let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
                (common, kind, coding, Body::from(brotli)).into_response()
            }
            None => (common, kind, Body::from(self.plain)).into_response(),
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut HashMap<String, Asset>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        if path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            continue;
        }
        let below = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let asset = Asset::read(&path, has_hashed_name(&below))?;
        files.insert(format!("/{below}"), asset);
    }
    Ok(())
}

/// cargo-leptos puts a hash into the names of what it builds: `pkg/groundswell.AbC123.wasm`.
fn has_hashed_name(below: &str) -> bool {
    below.starts_with("pkg/") && below.rsplit('/').next().is_some_and(|name| name.split('.').count() > 2)
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webp") => "image/webp",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
