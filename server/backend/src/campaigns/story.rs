//! From a creator's Markdown to HTML that is safe to show: rendered and sanitised once, when it is saved.

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// Deeper than anybody reads. The sanitiser's work grows with the square of it: 50,000 quotes within each other, one
/// story long, kept it busy for minutes.
const DEEPEST: usize = 50;

/// Renders a story. HTML in the source is shown as it was typed: nobody needs it, and tags that are left open
/// multiply with every paragraph after them. A story nested deeper than [`DEEPEST`] is shown as plain text. Links are
/// marked as written by a user.
#[must_use]
pub fn render(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let events: Vec<Event<'_>> = parser.map(as_typed).collect();
    let events = if depth(&events) > DEEPEST { plain(markdown) } else { events };
    let mut rendered = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut rendered, events.into_iter());
    Builder::default()
        // The page has one level-1 heading, its title.
        .rm_tags(["h1"])
        .link_rel(Some("nofollow ugc noopener"))
        .url_schemes(["http", "https", "mailto"].into())
        .clean(&rendered)
        .to_string()
}

fn as_typed(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        event => event,
    }
}

fn depth(events: &[Event<'_>]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for event in events {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn plain(text: &str) -> Vec<Event<'_>> {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs
        .flat_map(|paragraph| {
            [Event::Start(Tag::Paragraph), Event::Text(paragraph.into()), Event::End(TagEnd::Paragraph)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        assert_eq!(render("## Why\n\nBecause *sea*."), "<h2>Why</h2>\n<p>Because <em>sea</em>.</p>\n");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(
            render("We <3 *boats*, <b>all</b>.\n\n<div>\nof them\n</div>\n"),
            "<p>We &lt;3 <em>boats</em>, &lt;b&gt;all&lt;/b&gt;.</p>\n\
             <p>&lt;div&gt;\nof them\n&lt;/div&gt;\n</p>\n"
        );
    }

    #[test]
    fn no_link_leads_into_a_script() {
        for source in [
            "[x](javascript:alert(1))",
            "![x](data:text/html,x)",
            "<javascript:alert(1)>",
            "[x]( vbscript:x)",
        ] {
            let html = render(source);
            assert!(!html.contains("href=") && !html.contains("src="), "{source} became {html}");
        }
    }

    #[test]
    fn a_story_nested_too_deeply_is_plain_text() {
        let quotes = |depth: usize| format!("Once.\n\n{}*upon*", ">".repeat(depth));
        assert_eq!(render(&quotes(48)).matches("<blockquote>").count(), 48);
        assert_eq!(render(&quotes(49)), format!("<p>Once.</p>\n<p>{}*upon*</p>\n", "&gt;".repeat(49)));
    }

    #[test]
    fn links_are_marked() {
        let html = render("[site](https://example.org)");
        assert!(html.contains(r#"rel="nofollow ugc noopener""#), "{html}");
    }
}
