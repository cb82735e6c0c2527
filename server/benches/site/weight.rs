//! What a browser downloads for its first campaign page, as the site sends it.

use anyhow::{Result, ensure};
use axum::http::header;

use crate::http::{Client, get};
use crate::stage::Stage;
use crate::table::{Row, Table};

pub async fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let mut client = Client::connect(stage.addr).await?;
    let path = format!("/campaigns/{}", stage.slug);
    let page = download(&mut client, &path, "br").await?;
    let html = String::from_utf8(download(&mut client, &path, "identity").await?.body)?;
    let mut sent = Sent { html: page.body.len(), ..Sent::default() };
    for address in addresses(&html) {
        let file = download(&mut client, &address, "br").await?;
        let size = file.body.len();
        match address.rsplit('.').next() {
            Some("wasm") => sent.wasm += size,
            Some("js") => sent.js += size,
            Some("css") => {
                sent.css += size;
                sent.fonts += fonts(&mut client, &address).await?;
            }
            // Pictures.
            _ => continue,
        }
        if !file.compressed {
            sent.plain.push(address);
        }
    }
    ensure!(
        sent.wasm > 0 && sent.js > 0 && sent.css > 0,
        "the page names no wasm, script or style: {sent:?}"
    );
    let code = kilobytes(sent.wasm + sent.js);
    let all = kilobytes(sent.html + sent.wasm + sent.js + sent.css + sent.fonts);
    table.add(
        Row::new("first campaign page, wasm + JS", format!("{code:.1} kB"))
            .beside(format!("wasm {:.1} + JS {:.1}", kilobytes(sent.wasm), kilobytes(sent.js)))
            .at_most(code, 90.0, "kB"),
    );
    table.add(
        Row::new("first campaign page, all but pictures", format!("{all:.1} kB"))
            .beside(format!(
                "HTML {:.1} + CSS {:.1} + fonts {:.1} + the above",
                kilobytes(sent.html),
                kilobytes(sent.css),
                kilobytes(sent.fonts)
            ))
            .at_most(all, 180.0, "kB"),
    );
    if !sent.plain.is_empty() {
        table.note(&format!("Sent without compression: {}.", sent.plain.join(", ")));
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Sent {
    html: usize,
    wasm: usize,
    js: usize,
    css: usize,
    fonts: usize,
    /// What could have been compressed and was not.
    plain: Vec<String>,
}

struct File {
    body: Vec<u8>,
    compressed: bool,
}

async fn download(client: &mut Client, address: &str, coding: &str) -> Result<File> {
    let answer = client.send(get(address, coding)?).await?;
    ensure!(answer.status().is_success(), "{address}: {}", answer.status());
    let compressed = answer.headers().contains_key(header::CONTENT_ENCODING);
    Ok(File { body: answer.into_body().into(), compressed })
}

/// What the page has its browser fetch from `/pkg/`, each once.
fn addresses(html: &str) -> Vec<String> {
    let mut found: Vec<String> = html
        .split(['"', '\''])
        .filter(|text| text.starts_with("/pkg/") && text.contains('.'))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The files for Latin text, italics included: the most this page can need. Those for other letters are fetched only
/// where such letters are.
async fn fonts(client: &mut Client, style: &str) -> Result<usize> {
    let css = String::from_utf8(download(client, style, "identity").await?.body)?;
    let mut bytes = 0;
    for text in css.split(['"', '\'', '(', ')']) {
        if text.ends_with(".woff2") && !text.contains("-ext") {
            bytes += download(client, text, "identity").await?.body.len();
        }
    }
    Ok(bytes)
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}
