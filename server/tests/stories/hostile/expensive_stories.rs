//! Case 59: stories that are written to keep the server busy.

use std::thread;
use std::time::{Duration, Instant};

use backend::campaigns::render_story;
use domain::Story;

/// In an unoptimised build, on a busy machine. What is being kept out took minutes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An eighth of what a request's thread has.
const SMALL_STACK: usize = 256 * 1024;

#[test]
fn no_story_is_expensive() {
    for (name, bomb) in bombs() {
        let story: String = bomb.chars().take(Story::MOST).collect();
        let began = Instant::now();
        let rendering = thread::Builder::new().stack_size(SMALL_STACK).spawn(move || render_story(&story));
        rendering.expect("a thread").join().expect("it is rendered");
        assert!(began.elapsed() < PATIENCE, "{name} took {:?}", began.elapsed());
    }
}

#[test]
fn longer_than_a_story_is_refused() {
    for bomb in
        [">".repeat(100_000), "[".repeat(100_000), "*a".repeat(50_000), "It is a boat. ".repeat(75_000)]
    {
        assert!(Story::parse(&bomb).is_err());
    }
}

/// Each as long as a story may be, and then some.
fn bombs() -> Vec<(&'static str, String)> {
    let most = Story::MOST;
    let again = |text: &str| text.repeat(most / text.len() + 1);
    let around = |before: &str, after: &str| {
        let times = most / (before.len() + after.len());
        format!("{}x{}", before.repeat(times), after.repeat(times))
    };
    let numbers = |line: fn(usize) -> String| (0..most / 8).map(line).collect::<String>();
    vec![
        ("quotes", again(">")),
        ("spaced quotes", again("> ")),
        ("lists", again("- ")),
        ("numbered lists", again("1. ")),
        ("quotes and lists", again("> - ")),
        ("emphasis", around("*", "*")),
        ("emphasis that never ends", again("*a ")),
        ("emphasis of two kinds", again("*a_ ")),
        ("struck out", again("~~a ")),
        ("links that never end", again("[")),
        ("links in links", around("[", "](y)")),
        ("images in images", around("![", "](y)")),
        ("half links", again("[a](")),
        ("half addresses", again("[a](<")),
        ("references", numbers(|number| format!("[{number}]: x\n"))),
        ("code that never ends", (1..400).map(|length| "`".repeat(length) + " ").collect()),
        ("a wide table", format!("{}\n{}\n", "|a".repeat(most / 4), "|-".repeat(most / 4))),
        (
            "a table with missing cells",
            format!("{}\n{}\n{}", "|a".repeat(900), "|-".repeat(900), again("|\n")),
        ),
        ("boxes", again("<div>")),
        ("bold that never ends", again("<b>")),
        ("tables in tables", again("<table><tr><td>")),
        ("paragraphs in open tags", again("<p><font size=1><b>")),
        ("every paragraph in open tags", format!("{}\n\n{}", "<b><i><u>".repeat(500), again("a\n\n"))),
        ("attributes", format!("<b {}>", numbers(|number| format!("a{number}=1 ")))),
        ("comments", again("<!--")),
        ("entities", again("&#0;&amp;")),
        ("line breaks", again("a\\\n")),
    ]
}
