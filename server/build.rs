//! Joins the style sheet's parts into one file, in the layers that `style/main.css` gives them. Browsers know
//! nesting and layers by themselves; what is saved is a request for every part.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let style = Path::new("../style");
    println!("cargo::rerun-if-changed={}", style.display());
    let joined: Vec<String> = fs::read_to_string(style.join("main.css"))?
        .lines()
        .map(|line| expand(style, line))
        .collect::<io::Result<_>>()?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("groundswell.css"), joined.join("\n"))
}

/// `@import url("./bar.css") layer(components);` becomes the file's content within its layer.
fn expand(style: &Path, line: &str) -> io::Result<String> {
    let import = line.strip_prefix("@import url(\"./").and_then(|rest| rest.split_once("\")"));
    let Some((file, rest)) = import else { return Ok(line.to_owned()) };
    let layer = rest.trim().strip_prefix("layer(").and_then(|rest| rest.strip_suffix(");"));
    let layer = layer.ok_or_else(|| io::Error::other(format!("style/main.css: no layer in {line:?}")))?;
    Ok(format!("@layer {layer} {{\n{}}}", fs::read_to_string(style.join(file))?))
}
