//! A name or an amount that its backer hides is nowhere that anybody else can look: no page, no answer of the API, no
//! event of the stream, no letter to somebody else.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, pledge_form};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

const NAME: &str = "Quirina Vaszary";
/// An amount that is no sum, share or minimum of anything else here.
const AMOUNT: &str = "37.41";

#[tokio::test]
async fn a_hidden_name_leaks_nowhere() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).goal("50.00", "EUR").build().await;
    let quirina = app.person(NAME).await;
    // Also somebody to be seen beside her, so that an empty list proves nothing.
    let bea = app.person("Bea Tamm").await;
    pledge(&app, &bea, &campaign, "20.00", &[]).await;
    pledge(&app, &quirina, &campaign, AMOUNT, &[("name_hidden", "yes"), ("amount_hidden", "yes")]).await;

    let seen = all_that_others_see(&app, &campaign, &marta).await;
    assert!(seen.contains("Bea Tamm") && seen.contains("€20"), "those who show themselves are seen");
    assert!(seen.contains("Somebody, without a name"), "and that somebody is there");
    for secret in [NAME, "Quirina", "Vaszary", &quirina.email, &quirina.id.to_string(), AMOUNT] {
        assert!(!seen.contains(secret), "{secret} leaked in {}", around(&seen, secret));
    }
    assert!(!seen.contains(">QV<"), "her initials leaked");

    app.advance(TimeDelta::days(31)).await;
    eventually("the settlement", async || quirina.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    let seen = all_that_others_see(&app, &campaign, &marta).await;
    for secret in [NAME, "Quirina", &quirina.email, AMOUNT] {
        assert!(!seen.contains(secret), "{secret} leaked afterwards in {}", around(&seen, secret));
    }
    app.finish().await;
}

#[tokio::test]
async fn each_box_hides_its_own_and_only_its_own() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let (nameless, silent) = (app.person("Nameless Nilsen").await, app.person("Silent Sorg").await);
    pledge(&app, &nameless, &campaign, "31.00", &[("name_hidden", "yes")]).await;
    pledge(&app, &silent, &campaign, "32.00", &[("amount_hidden", "yes")]).await;
    let seen = page(&app, &format!("/campaigns/{}", campaign.slug)).await;
    assert!(!seen.contains("Nameless") && shows_amount(&seen, "€31"), "{seen}");
    assert!(seen.contains("Silent Sorg") && !shows_amount(&seen, "€32"), "{seen}");
    app.finish().await;
}

#[tokio::test]
async fn a_backer_changes_their_mind_about_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledge(&app, &bea, &campaign, "31.00", &[]).await.to_string();
    let public = format!("/campaigns/{}", campaign.slug);
    assert!(page(&app, &public).await.contains("Bea Tamm"));

    let own = format!("/pledges/{pledge}");
    let hidden =
        bea.post_form("set_pledge_privacy", &own, &[("pledge", &pledge), ("name_hidden", "yes")]).await;
    assert_eq!(hidden.status().as_u16(), 302);
    assert!(hidden.headers()["location"].to_str().expect("text").ends_with("?saved=yes"));
    let seen = page(&app, &public).await;
    assert!(!seen.contains("Bea Tamm") && shows_amount(&seen, "€31"), "{seen}");
    let mine = bea.get(&own).await.text().await.expect("a page");
    assert!(mine.contains(r#"name="name_hidden" value="yes" checked"#), "{mine}");

    // What is not ticked is shown again.
    bea.call("set_pledge_privacy", &[("pledge", &pledge), ("amount_hidden", "yes")]).await;
    let seen = page(&app, &public).await;
    assert!(seen.contains("Bea Tamm") && !shows_amount(&seen, "€31"), "{seen}");

    // Case 53
    let stranger = app.person("Zoe Else").await;
    let refused = stranger.call("set_pledge_privacy", &[("pledge", &pledge)]).await;
    let missing = stranger.call("set_pledge_privacy", &[("pledge", &Uuid::now_v7().to_string())]).await;
    assert_eq!((refused.status, &refused.body), (404, &missing.body), "missing and not yours are the same");
    assert!(!shows_amount(&page(&app, &public).await, "€31"), "nothing changed");
    app.finish().await;
}

// Back from the card page the same form is sent with a box ticked: it is the same pledge, and the box counts.
#[tokio::test]
async fn the_form_that_was_sent_last_decides() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let form = pledge_form(&campaign, None, "31.00", Uuid::now_v7());
    let first = bea.call("start_pledge", &form.fields()).await;
    let ticked = [&form.fields()[..], &[("name_hidden", "yes")]].concat();
    let second = bea.call("start_pledge", &ticked).await;
    assert_eq!(first.body, second.body, "one pledge, one card page");
    sandbox_page::pay(second.text()).await;
    eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
    assert!(!page(&app, &format!("/campaigns/{}", campaign.slug)).await.contains("Bea Tamm"));
    app.finish().await;
}

#[tokio::test]
async fn a_refused_form_keeps_its_ticks() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let at = format!("/campaigns/{}/pledge", campaign.slug);
    let form = pledge_form(&campaign, None, "no amount", Uuid::now_v7());
    let ticked = [&form.fields()[..], &[("name_hidden", "yes")]].concat();
    let refused = bea.post_form("start_pledge", &at, &ticked).await;
    let back = refused.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    let shown = bea.get(&back).await.text().await.expect("a page");
    assert!(shown.contains(r#"name="name_hidden" value="yes" checked"#), "{shown}");
    assert!(!shown.contains(r#"name="amount_hidden" value="yes" checked"#), "{shown}");
    app.finish().await;
}

async fn pledge(
    app: &TestApp,
    person: &Person,
    campaign: &TestCampaign,
    amount: &str,
    boxes: &[(&str, &str)],
) -> Uuid {
    let form = pledge_form(campaign, None, amount, Uuid::now_v7());
    let card_page = person.call("start_pledge", &[&form.fields()[..], boxes].concat()).await;
    sandbox_page::pay(card_page.text()).await;
    eventually("the pledge", async || person.states(&app.db).await == ["committed"]).await;
    person.pledges(&app.db).await[0]
}

/// In the list of backers. The bar tells of their sum, which is the amount of whoever is alone.
fn shows_amount(page: &str, amount: &str) -> bool {
    page.contains(&format!(r#"<span class="backer__amount">{amount}<"#))
}

async fn page(app: &TestApp, path: &str) -> String {
    let request = app.stranger().get(format!("{}{path}", app.base)).header("accept", "text/html");
    request.send().await.expect("an answer").text().await.expect("a page")
}

/// Pages as a stranger and as the creator, the stream, the API and every letter to the creator.
async fn all_that_others_see(app: &TestApp, campaign: &TestCampaign, creator: &Person) -> String {
    let mut seen = String::new();
    for path in ["", "/pledge", "/settlement", "/cancel"] {
        let path = format!("/campaigns/{}{path}", campaign.slug);
        seen += &page(app, &path).await;
        seen += &creator.get(&path).await.text().await.expect("a page");
    }
    seen += &page(app, "/").await;
    for function in ["campaign", "pledge_page", "settlement", "home"] {
        let form = [("slug", campaign.slug.as_str())];
        seen += &creator.call(function, &form[..usize::from(function != "home")]).await.body.to_string();
    }
    let stream = format!("{}/api/campaigns/{}/progress", app.base, campaign.id);
    let mut stream = app.stranger().get(stream).send().await.expect("a stream");
    seen += std::str::from_utf8(&stream.chunk().await.expect("bytes").expect("an event")).expect("text");
    let letters: Vec<String> =
        sqlx::query_scalar("select subject || body_text || body_html from mails where person_id = $1")
            .bind(creator.id)
            .fetch_all(&app.db)
            .await
            .expect("letters");
    assert!(!letters.is_empty(), "the creator was written to about a milestone");
    seen + &letters.concat()
}

fn around(text: &str, found: &str) -> String {
    let at = text.find(found).unwrap_or_default();
    text.chars().skip(text[..at].chars().count().saturating_sub(80)).take(200).collect()
}
