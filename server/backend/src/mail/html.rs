//! A letter as HTML, in the site's look. Mail programs drop style sheets, so every style is inline, and tables are
//! the one layout that all of them draw.

use super::written::{Part, Written, address, one_line};

// The light tokens of style/tokens.css: mail programs know neither variables nor oklch().
const PAPER: &str = "#fbfaf5";
const SURFACE: &str = "#fffffe";
const INK: &str = "#122428";
const INK_MUTED: &str = "#495a5e";
const LINE: &str = "#dfdcd4";
const TIDE: &str = "#025d60";
const TEXT_FACE: &str = "Figtree,system-ui,-apple-system,'Segoe UI',sans-serif";
const DISPLAY_FACE: &str = "Besley,Rockwell,Georgia,serif";

pub(super) fn page(letter: &Written, site: &str) -> String {
    let (subject, heading, because) =
        (escape(&letter.subject()), escape(&one_line(&letter.heading)), escape(letter.because));
    let parts: String = letter.parts.iter().map(|part| draw(part, site)).collect();
    let home = escape(site);
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{subject}</title>
</head>
<body style="margin:0;background:{PAPER};color:{INK};font-family:{TEXT_FACE};font-size:16px;line-height:1.55">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;text-align:left">
<tr><td style="padding:0 4px 16px"><a href="{home}/" style="color:{TIDE};font-family:{DISPLAY_FACE};font-size:20px;font-weight:bold;text-decoration:none">Groundswell</a></td></tr>
<tr><td style="padding:28px 24px;background:{SURFACE};border:1px solid {LINE};border-radius:16px">
<h1 style="margin:0 0 16px;font-family:{DISPLAY_FACE};font-size:26px;line-height:1.2;font-weight:bold;overflow-wrap:anywhere">{heading}</h1>
{parts}</td></tr>
<tr><td style="padding:16px 4px;color:{INK_MUTED};font-size:14px">{because}</td></tr>
</table>
</td></tr></table>
</body>
</html>
"#
    )
}

fn draw(part: &Part, site: &str) -> String {
    match part {
        Part::Paragraph(words) => {
            format!("<p style=\"margin:0 0 16px;overflow-wrap:anywhere\">{}</p>\n", escape(&one_line(words)))
        }
        Part::Facts(facts) => {
            let rows: String = facts.iter().map(|(name, value)| row(name, value)).collect();
            format!(
                "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 16px\">\n{rows}</table>\n"
            )
        }
        Part::Link { words, path } => format!(
            "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;padding:11px 20px;background:{TIDE};color:{SURFACE};border-radius:10px;font-weight:bold;text-decoration:none\">{}</a></p>\n",
            escape(&address(site, path)),
            escape(words)
        ),
    }
}

fn row(name: &str, value: &str) -> String {
    format!(
        "<tr><th scope=\"row\" style=\"padding:6px 12px 6px 0;border-bottom:1px solid {LINE};color:{INK_MUTED};font-weight:normal;text-align:left;vertical-align:top\">{}</th>\
         <td style=\"padding:6px 0;border-bottom:1px solid {LINE};text-align:right;overflow-wrap:anywhere\">{}</td></tr>\n",
        escape(name),
        escape(&one_line(value))
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::written::BACKER;
    use super::*;

    #[test]
    fn nothing_typed_becomes_markup() {
        let evil = "\"><script>alert('1')</script>&amp;";
        let letter = Written::new(evil, evil, BACKER)
            .says(evil)
            .facts([("Reward", Some(evil.to_owned()))])
            .link("See it", format!("/campaigns/{evil}"));
        let html = page(&letter, "https://site.example");
        assert!(!html.contains("<script") && !html.contains("&amp;&amp;"), "{html}");
        assert_eq!(
            html.matches("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;").count(),
            5
        );
    }
}
