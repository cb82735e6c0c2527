//! From a creator's Markdown to HTML that is safe to show: rendered and sanitised once, when it is saved.

use ammonia::Builder;
use pulldown_cmark::{Options, Parser, html};

/// Renders a story. Raw HTML in the source is parsed like any other and what is not on the list is dropped; links
/// are marked as written by a user.
#[must_use]
pub fn render(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, parser);
    Builder::default()
        // The page has one level-1 heading, its title.
        .rm_tags(["h1"])
        .link_rel(Some("nofollow ugc noopener"))
        .url_schemes(["http", "https", "mailto"].into())
        .clean(&rendered)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn markdown_becomes_html() {
        assert_eq!(render("## Why\n\nBecause *sea*."), "<h2>Why</h2>\n<p>Because <em>sea</em>.</p>\n");
    }

    #[test]
    fn nothing_that_runs_survives() {
        for source in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "<svg onload=alert(1)>",
            "<iframe src=https://example.org></iframe>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<p style='position:fixed'>x</p>",
        ] {
            let html = render(source);
            for evil in ["<script", "onerror", "onload", "javascript:", "data:", "<iframe", "<svg", "style="]
            {
                assert!(!html.contains(evil), "{source} became {html}");
            }
        }
    }

    #[test]
    fn links_are_marked() {
        let html = render("[site](https://example.org)");
        assert!(html.contains(r#"rel="nofollow ugc noopener""#), "{html}");
    }
}
