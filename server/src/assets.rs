//! The built site's files, read once and served from memory: several times faster than from the disk, and a file
//! that is compressed beside itself (`x.br`) is sent so.
//!
//! What is built lies in a folder that is named by what is in it, so browsers keep it until the next build. The name is
//! made here and not by the build: a test and a release are served alike.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The style sheet for pages that are drawn without leptos: asked for again each time.
pub const STYLE_SHEET: &str = "/pkg/groundswell.css";

/// Where cargo-leptos puts what it builds.
const BUILT: &str = "/pkg/";

/// Of a [`backend::fingerprint`].
const LENGTH_OF_VERSION: usize = 24;

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Every file by its address.
#[derive(Clone)]
pub struct Assets {
    files: Arc<HashMap<String, Asset>>,
    /// Another one with every build.
    version: Arc<str>,
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
        is_whole(&files)?;
        let watched = std::env::var_os("LEPTOS_WATCH").is_some();
        Ok(Self {
            version: version(&files),
            files: Arc::new(files),
            fresh_from: watched.then(|| Arc::new(root)),
        })
    }

    /// Where pages find what is built, as leptos wants it: without slashes around it.
    #[must_use]
    pub fn folder(&self) -> String {
        if self.fresh_from.is_some() { "pkg".to_owned() } else { format!("pkg/{}", self.version) }
    }

    fn find(&self, path: &str) -> Option<Asset> {
        let Some((version, file)) = versioned(path) else { return self.file(path) };
        let asset = self.file(&format!("{BUILT}{file}"))?;
        // A page from before an update gets what there is now, and does not keep it.
        let caching = if *version == *self.version { FOR_EVER } else { "no-store" };
        Some(Asset { caching, ..asset })
    }

    fn file(&self, path: &str) -> Option<Asset> {
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
    fn read(file: &Path) -> Result<Self> {
        let brotli = std::fs::read(with_ending(file, "br")).ok().map(Bytes::from);
        let plain = Bytes::from(std::fs::read(file)?);
        let etag = HeaderValue::from_str(&format!("\"{}\"", backend::fingerprint(&plain)))?;
        let caching = "public, max-age=0, must-revalidate";
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
        files.insert(format!("/{below}"), Asset::read(&path)?);
    }
    Ok(())
}

/// What cargo-leptos calls the script that loads the code of some islands when they are there.
const LOADS_THE_REST: &str = "__wasm_split.______________________.js";

/// Built without `--split`, the browser's script names a file that nobody wrote, and no island would wake on any page.
fn is_whole(files: &HashMap<String, Asset>) -> Result<()> {
    let built = files.iter().filter(|(path, _)| path.starts_with(BUILT) && path.ends_with(".js"));
    let wanted = built
        .map(|(_, asset)| &asset.plain)
        .any(|script| script.windows(LOADS_THE_REST.len()).any(|window| window == LOADS_THE_REST.as_bytes()));
    if wanted && !files.contains_key(&format!("{BUILT}{LOADS_THE_REST}")) {
        bail!("the site was built without --split: build it with `cargo leptos build --split`");
    }
    Ok(())
}

/// Of all that is built together, since its parts only fit each other.
fn version(files: &HashMap<String, Asset>) -> Arc<str> {
    let mut built: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(BUILT)).collect();
    built.sort_by_key(|(path, _)| *path);
    let told = built.iter().flat_map(|(path, asset)| [path.as_bytes(), asset.etag.as_bytes()]);
    backend::fingerprint(&told.collect::<Vec<_>>().concat()).into()
}

/// `/pkg/{version}/{file}`.
fn versioned(path: &str) -> Option<(&str, &str)> {
    let (version, file) = path.strip_prefix(BUILT)?.split_once('/')?;
    let is_one = version.len() == LENGTH_OF_VERSION && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then_some((version, file))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn built(script: &str) -> Assets {
        let root = std::env::temp_dir().join(format!("groundswell-assets-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(root.join("pkg")).expect("a folder");
        std::fs::write(root.join("pkg/site.js"), script).expect("a file");
        std::fs::write(root.join("robots.txt"), "User-agent: *").expect("a file");
        let assets = Assets::load(&root.to_string_lossy()).expect("assets");
        std::fs::remove_dir_all(root).expect("removed");
        assets
    }

    #[test]
    fn a_site_that_was_built_without_its_rest_is_refused() {
        let root = std::env::temp_dir().join(format!("groundswell-assets-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(root.join("pkg")).expect("a folder");
        let script = format!("import * as rest from './{LOADS_THE_REST}';");
        std::fs::write(root.join("pkg/site.js"), script).expect("a file");
        let load = || Assets::load(&root.to_string_lossy()).map(drop).map_err(|error| error.to_string());
        assert!(load().expect_err("half a site").contains("--split"));
        std::fs::write(root.join("pkg").join(LOADS_THE_REST), "").expect("a file");
        assert_eq!(load(), Ok(()));
        std::fs::remove_dir_all(root).expect("removed");
    }

    fn caching(assets: &Assets, path: &str) -> Option<&'static str> {
        assets.find(path).map(|asset| asset.caching)
    }

    #[test]
    fn what_is_built_is_kept_until_the_next_build() {
        let (old, new) = (built("1"), built("2"));
        assert_ne!(old.folder(), new.folder());
        assert_eq!(old.folder(), built("1").folder());
        let address = format!("/{}/site.js", old.folder());
        assert_eq!(caching(&old, &address), Some(FOR_EVER));
        assert_eq!(caching(&new, &address), Some("no-store"), "a page from before the update");
        assert_eq!(new.find(&address).expect("a file").plain, "2");
    }

    #[test]
    fn what_has_no_version_is_asked_for_again() {
        let assets = built("1");
        for path in ["/robots.txt", "/pkg/site.js"] {
            assert_eq!(caching(&assets, path), Some("public, max-age=0, must-revalidate"), "{path}");
        }
        for path in ["/pkg/snippets/site.js", "/pkg/", "/pkg//site.js"] {
            assert_eq!(caching(&assets, path), None, "{path}");
        }
        assert_eq!(caching(&assets, &format!("/{}/nothing.js", assets.folder())), None);
    }
}
