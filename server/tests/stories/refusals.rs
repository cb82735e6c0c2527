//! Every refusal, with its status, its words and its place in the form. None of them leaves a trace, here or at the
//! gateway.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::builders::{TestCampaign, pledge_form, states};
use crate::support::people::{Answer, Person};

/// No pledge, and nothing that the gateway was asked for.
async fn without_a_trace(app: &TestApp, person: &Person) {
    assert_eq!(states(app, person).await, Vec::<String>::new());
    for kind in ["customer", "checkout.session", "setup_intent", "payment_intent"] {
        assert_eq!(app.gateway.all(kind).await.len(), 0, "{kind}");
    }
    assert_eq!(app.count("select count(*) from gateway_attempts").await, 0);
}

fn says(answer: &Answer, status: u16, field: Option<&str>, words: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.body["field"], json!(field), "{answer:?}");
    assert!(answer.message().contains(words), "{answer:?}");
    // What is wrong with an amount stands beside it; everything else could leave a doubt.
    if field != Some("amount") || status == 409 {
        assert!(answer.message().contains("was charged"), "{answer:?}");
    }
}

// Case 10
#[tokio::test]
async fn what_is_no_amount_to_pay() {
    let app = TestApp::start_quiet().await;
    let euros = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    for (typed, words) in [
        ("", "Type an amount, like 25."),
        ("0", "Type an amount above zero."),
        ("-1", "without a minus sign"),
        ("1.005", "Too many decimals: EUR has at most 2."),
        ("1e9", "Type the amount in digits"),
        ("NaN", "Type the amount in digits"),
        ("100000000", "The largest amount is €999,999.99."),
        ("１００", "plain digits 0 to 9"),
        ("25 USD", "Type the amount in EUR"),
        ("$25", "Type the amount in EUR"),
        ("0.50", "The smallest pledge is €1."),
    ] {
        let refused = bea.pledge(&euros, None, typed).await;
        says(&refused, 422, Some("amount"), words);
        assert_eq!(refused.body["kept"], json!([["amount", typed], ["reward", ""]]), "nothing typed is lost");
    }
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn what_a_currency_cannot_be_charged_in() {
    let app = TestApp::start_quiet().await;
    let bea = app.person("Bea Tamm").await;
    for (currency, typed, words) in [
        ("JPY", "500.5", "Too many decimals: JPY has none."),
        ("JPY", "49", "The smallest pledge is ¥50."),
        ("KWD", "5.120", "Did you mean KWD 5.120 or KWD 5,120?"),
        ("KWD", "05.124", "steps of 0.010 only"),
        ("MGA", "7.50", "whole units only"),
    ] {
        let campaign = app.campaign().goal("100000", currency).build().await;
        says(&bea.pledge(&campaign, None, typed).await, 422, Some("amount"), words);
    }
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn what_a_reward_does_not_allow() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let sold_out = campaign.reward("25.00", Some(1)).await;
    let of_another = app.campaign().build().await.reward("25.00", None).await;
    sqlx::query("update rewards set claimed = 1 where id = $1")
        .bind(sold_out)
        .execute(&app.db)
        .await
        .expect("sold");
    let bea = app.person("Bea Tamm").await;

    let below = bea.pledge(&campaign, Some(reward), "24.99").await;
    says(&below, 422, Some("amount"), "This reward needs at least €25.");
    let gone = bea.pledge(&campaign, Some(sold_out), "25").await;
    says(&gone, 409, Some("reward"), "“A name on the bow” has just sold out.");
    assert_eq!(gone.body["kept"], json!([["amount", "25"], ["reward", sold_out.to_string()]]));
    let foreign = bea.pledge(&campaign, Some(of_another), "25").await;
    says(&foreign, 409, Some("reward"), "This reward belongs to another campaign.");
    let unknown = bea.pledge(&campaign, Some(Uuid::now_v7()), "25").await;
    says(&unknown, 409, Some("reward"), "This reward does not exist any more.");
    without_a_trace(&app, &bea).await;

    // The slot that was taken above belongs to nobody; give it back before the books are checked.
    sqlx::query("update rewards set claimed = 0 where id = $1")
        .bind(sold_out)
        .execute(&app.db)
        .await
        .expect("free");
    app.finish().await;
}

#[tokio::test]
async fn when_a_campaign_takes_no_pledges() {
    let app = TestApp::start_quiet().await;
    let bea = app.person("Bea Tamm").await;
    let (past, future) = (TimeDelta::hours(-1), TimeDelta::hours(1));
    let live = || app.campaign();
    let refused: [(TestCampaign, &str); 8] = [
        (live().ends_in(past).starts_in(past * 2).build().await, "This campaign ended on"),
        (live().state("settling").build().await, "This campaign ended on"),
        (live().state("failed").build().await, "This campaign ended on"),
        (live().state("scheduled").starts_in(future).build().await, "This campaign opens on"),
        (live().starts_in(future).build().await, "This campaign opens on"),
        (live().state("cancelled").build().await, "This campaign was cancelled. Nothing was charged."),
        (live().suspended().build().await, "This campaign is paused"),
        (live().state("draft").build().await, "This campaign is not open for pledges."),
    ];
    for (campaign, words) in refused {
        says(&bea.pledge(&campaign, None, "25").await, 409, None, words);
    }
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn the_deadline_passes_while_the_form_is_open() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().ends_in(TimeDelta::minutes(10)).build().await;
    let bea = app.person("Bea Tamm").await;
    app.advance(TimeDelta::minutes(10)).await;
    let refused = bea.pledge(&campaign, None, "25").await;
    says(&refused, 409, None, "This campaign ended on");
    assert!(refused.message().ends_with("Nothing was charged."));
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn who_may_not_pledge() {
    let app = TestApp::start_quiet().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).build().await;
    says(&marta.pledge(&campaign, None, "25").await, 409, None, "You cannot back your own campaign.");
    without_a_trace(&app, &marta).await;

    let form = pledge_form(&campaign, None, "25", Uuid::now_v7());
    let request = app.stranger().post(format!("{}/api/start_pledge", app.base)).header("origin", &app.base);
    let answer = request.form(&form.fields()).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 401);
    without_a_trace(&app, &marta).await;
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_not_ours() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let (id, key) = (campaign.id.to_string(), Uuid::now_v7().to_string());
    for (campaign, reward, key, status) in [
        ("no-id", "", key.as_str(), 404),
        (&Uuid::now_v7().to_string(), "", &key, 404),
        (&id, "no-id", &key, 422),
        (&id, "", "no-key", 422),
    ] {
        let form = [("campaign", campaign), ("reward", reward), ("amount", "25"), ("form_key", key)];
        let refused = bea.call("start_pledge", &form).await;
        assert_eq!(refused.status, status, "{form:?}");
        assert!(status == 404 || refused.message().contains("Nothing was charged."), "{refused:?}");
    }
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

// Case 60
#[tokio::test]
async fn no_text_breaks_anything() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let (id, key, long) = (campaign.id.to_string(), Uuid::now_v7().to_string(), "9".repeat(100_000));
    for naughty in
        ["\0", "%00", "'; drop table pledges; --", "%", "\u{202e}25", "💶", "\u{feff}", "25\r\nX: y", &long]
    {
        for field in ["campaign", "reward", "amount", "form_key"] {
            let mut form = [("campaign", id.as_str()), ("reward", ""), ("amount", "25"), ("form_key", &key)];
            form.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, value)| *value = naughty);
            let status = bea.call("start_pledge", &form).await.status;
            assert!([404, 422].contains(&status), "{field} {naughty:.20}: {status}");
        }
    }
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn a_field_that_is_missing_or_came_twice_is_named() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let whole = pledge_form(&campaign, None, "25", Uuid::now_v7());
    for field in ["campaign", "form_key"] {
        let mut form = whole.fields().to_vec();
        form.retain(|(name, _)| *name != field);
        let refused = bea.call("start_pledge", &form).await;
        says(
            &refused,
            422,
            Some(field),
            &format!("The form came without “{field}”. Nothing was charged or changed."),
        );
    }
    for field in ["campaign", "reward", "amount", "form_key"] {
        let twice = [&whole.fields()[..], &[(field, "50")]].concat();
        let refused = bea.call("start_pledge", &twice).await;
        says(&refused, 422, Some(field), &format!("more than one “{field}”"));
    }
    says(&bea.call("cancel_pledge", &[]).await, 422, Some("pledge"), "came without “pledge”");
    says(&bea.call("log_in", &[("email", "bea@example.org")]).await, 422, Some("password"), "came without");
    without_a_trace(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn a_plain_form_that_is_not_whole_comes_back_too() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let page = format!("/campaigns/{}/pledge", campaign.slug);
    let form = pledge_form(&campaign, None, "25", Uuid::now_v7());
    let refused = bea.post_form("start_pledge", &page, &form.fields()[..3]).await;
    assert_eq!(refused.status().as_u16(), 302);
    let back = refused.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    let shown = bea.get(&back).await.text().await.expect("a page");
    assert!(shown.contains("The form came without “form_key”."), "{shown}");
    app.finish().await;
}

#[tokio::test]
async fn who_starts_too_many_pledges_is_told_when_to_come_back() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    for _ in 0..30 {
        assert_eq!(bea.pledge(&campaign, None, "no amount").await.status, 422);
    }
    let fields = pledge_form(&campaign, None, "25", Uuid::now_v7());
    let post = || bea.browser.post(format!("{}/api/start_pledge", app.base)).header("origin", &app.base);
    let refused = post().form(&fields.fields()).send().await.expect("an answer");
    assert_eq!(refused.status().as_u16(), 429);
    let wait: i64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=600).contains(&wait), "{wait}");
    let body: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!(body["kept"], json!([["amount", "25"], ["reward", ""]]));
    assert!(body["message"].as_str().is_some_and(|said| said.contains("Nothing was charged.")), "{body}");
    without_a_trace(&app, &bea).await;

    app.advance(TimeDelta::seconds(wait)).await;
    assert_eq!(bea.pledge(&campaign, None, "25").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn without_script_the_form_comes_back_with_everything_typed() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let bea = app.person("Bea Tamm").await;
    let page = format!("/campaigns/{}/pledge", campaign.slug);
    let form = pledge_form(&campaign, Some(reward), "24.99", Uuid::now_v7());

    let refused = bea.post_form("start_pledge", &page, &form.fields()).await;
    assert_eq!(refused.status().as_u16(), 302);
    let back = refused.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    assert!(back.starts_with(&page) && back.contains("__err="), "{back}");
    let shown = bea.get(&back).await.text().await.expect("a page");
    assert!(shown.contains("This reward needs at least €25."), "{shown}");
    assert!(shown.contains(r#"value="24.99""#), "{shown}");
    without_a_trace(&app, &bea).await;

    let form = pledge_form(&campaign, Some(reward), "25", Uuid::now_v7());
    let taken = bea.post_form("start_pledge", &page, &form.fields()).await;
    assert_eq!(taken.status().as_u16(), 302);
    let to = taken.headers()["location"].to_str().expect("an address");
    assert!(to.starts_with(&format!("{}/c/pay/", app.gateway.base)), "{to}");
    app.finish().await;
}
