//! Case 58: markup in every text that people write. It is shown as it was written and becomes nothing else.

use backend::campaigns::render_story;

use super::skeleton::Skeleton;
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

/// Two hundred and fifty ways to be run, one a line.
pub const MARKUP: &str = include_str!("markup.txt");

#[tokio::test]
async fn what_people_write_stays_text_on_every_page() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(5)).await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, Some(reward), "25").await.text()).await;
    eventually("the pledge to count", async || campaign.totals().await.1 == 1).await;
    let pledge = bea.pledges(&app.db).await[0];
    let pages = [
        ("/".to_owned(), "title"),
        (format!("/campaigns/{}", campaign.slug), "all"),
        (format!("/campaigns/{}/pledge?reward={reward}", campaign.slug), "all"),
        ("/account/pledges".to_owned(), "title"),
        (format!("/pledges/{pledge}"), "title"),
    ];
    write(&app, "words").await;
    let mut expected = Vec::new();
    for (page, _) in &pages {
        expected.push(read(&bea, page).await.tags);
    }
    for markup in MARKUP.lines() {
        write(&app, markup).await;
        for ((page, shown), expected) in pages.iter().zip(&expected) {
            let seen = read(&bea, page).await;
            assert_eq!(&seen.tags, expected, "{page} with {markup}");
            let times = seen.text.matches(markup).count();
            assert!(times >= if *shown == "all" { 4 } else { 1 }, "{page} lost {markup}: {times} of it left");
        }
    }
    app.finish().await;
}

#[test]
fn nothing_in_a_story_runs() {
    let together = MARKUP.lines().collect::<Vec<_>>().join("\n\n");
    for story in MARKUP.lines().chain([together.as_str(), &MARKUP.replace('\n', " "), MARKUP]) {
        let html = render_story(story);
        for tag in Skeleton::of(&html).tags {
            let mut parts = tag.split(' ');
            let name = parts.next().unwrap_or_default();
            assert!(ALLOWED.contains(&name), "{story} became {html}");
            for attribute in parts {
                let harmless = match attribute.split_once('=') {
                    Some(("href" | "src", to)) => {
                        !to.contains(':') || to.starts_with("https://") || to.starts_with("mailto:")
                    }
                    Some(_) => false,
                    None => ["rel", "title", "alt", "start", "align"].contains(&attribute),
                };
                assert!(harmless, "{story} became {html}");
            }
        }
    }
}

/// What Markdown can say.
const ALLOWED: [&str; 23] = [
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "em",
    "strong",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "img",
    "br",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
];

/// Everybody and everything is called so.
async fn write(app: &TestApp, markup: &str) {
    let short: String = markup.chars().take(60).collect();
    for (statement, text) in [
        ("update people set display_name = $1", &short),
        (
            "update campaigns set title = $1, pitch = $1, location = $1, cover_alt = $1, cover = '/demo/moss-atlas.svg'",
            &markup.to_owned(),
        ),
        ("update rewards set title = $1, description = $1", &markup.to_owned()),
        ("update pledges set reward_title = $1", &markup.to_owned()),
    ] {
        sqlx::query(statement).bind(text).execute(&app.db).await.expect("written");
    }
}

async fn read(person: &Person, page: &str) -> Skeleton {
    let answer = person.get(page).await;
    assert_eq!(answer.status().as_u16(), 200, "{page}");
    Skeleton::of(&answer.text().await.expect("a page"))
}
