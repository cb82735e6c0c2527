//! Case 51, for money: another site cannot make a visitor pledge or cancel. That every server function is guarded
//! is in the accounts' tests.

use reqwest::RequestBuilder;
use serde_json::json;
use server::security::WEBHOOK_PATH;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, pledge_form, states};
use crate::support::deliveries::{now, signature};
use crate::support::people::Person;
use crate::support::{TestApp, WEBHOOK_SECRET, sandbox_page};

/// A complete form, as the victim's browser would send it with their cookie.
fn pledge_request(victim: &Person, campaign: &TestCampaign) -> RequestBuilder {
    let form = pledge_form(campaign, None, "25", Uuid::now_v7());
    victim.browser.post(format!("{}/api/start_pledge", victim.base)).form(&form.fields())
}

#[tokio::test]
async fn another_site_cannot_make_anybody_pledge() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let foreign = [
        pledge_request(&bea, &campaign).header("origin", "https://evil.example"),
        pledge_request(&bea, &campaign).header("origin", "null"),
        pledge_request(&bea, &campaign).header("sec-fetch-site", "cross-site"),
        pledge_request(&bea, &campaign).header("sec-fetch-site", "same-site"),
        // A cookie, and no word of where it comes from.
        pledge_request(&bea, &campaign),
        pledge_request(&bea, &campaign).header("content-type", "text/plain"),
    ];
    for request in foreign {
        let shown = format!("{request:?}");
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 403, "{shown}");
    }
    assert_eq!(states(&app, &bea).await, Vec::<String>::new());
    assert_eq!(app.gateway.all("checkout.session").await.len(), 0);

    let ours = pledge_request(&bea, &campaign).header("sec-fetch-site", "same-origin");
    assert_eq!(ours.send().await.expect("an answer").status().as_u16(), 200, "only the origin was wrong");
    app.finish().await;
}

#[tokio::test]
async fn another_site_cannot_make_anybody_cancel() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    bea.pledge(&campaign, None, "25").await;
    let pledge = bea.pledges(&app.db).await[0].to_string();
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let request = bea.browser.post(format!("{}/api/cancel_pledge", app.base)).header(name, value);
        let answer = request.form(&[("pledge", &pledge)]).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 403, "{name}");
    }
    assert_eq!(states(&app, &bea).await, ["pending"]);
    app.finish().await;
}

#[tokio::test]
async fn a_link_does_nothing() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    bea.pledge(&campaign, None, "25").await;
    let cancel = format!("/api/cancel_pledge?pledge={}", bea.pledges(&app.db).await[0]);
    let pledge = format!("/api/start_pledge?campaign={}&amount=25&form_key={}", campaign.id, Uuid::now_v7());
    for (person, link) in [(&bea, cancel), (&tom, pledge)] {
        let status = person.get(&link).await.status();
        assert!(status.is_client_error(), "{link}: {status}");
    }
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(states(&app, &tom).await, Vec::<String>::new());
    app.finish().await;
}

// The gateway has no page of ours, and its signature says more than any header.
#[tokio::test]
async fn webhooks_may_come_from_anywhere() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    let events = app.gateway.events().await;
    let body = events
        .iter()
        .find(|event| event["type"] == json!("setup_intent.succeeded"))
        .expect("one")
        .to_string();
    let request = app.stranger().post(format!("{}{WEBHOOK_PATH}", app.base));
    let request = request.header("origin", "https://stripe.example").header("sec-fetch-site", "cross-site");
    let signature = signature(WEBHOOK_SECRET, now(), &body);
    let answer = request.header("stripe-signature", signature).body(body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["committed"]);
    app.finish().await;
}
