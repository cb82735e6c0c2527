//! Another card for a pledge whose card is saved.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::{history, pledged};
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn another_card_takes_the_place_of_the_saved_one_which_is_forgotten() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("20.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    let old = card_of(&app, pledge).await;

    let page = bea.call("change_card", &[("pledge", &pledge.to_string())]).await;
    let finished = sandbox_page::pay(page.text()).await;
    let to = finished.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    assert_eq!(to, format!("/pledges/{pledge}/card-changed"));
    assert_eq!(bea.get(&to).await.headers()["location"], format!("/pledges/{pledge}?card=changed"));
    eventually("the other card", async || card_of(&app, pledge).await != old).await;
    app.settle().await;
    assert!(app.gateway.object(&old).await["customer"].is_null(), "the old card is forgotten");
    let new = card_of(&app, pledge).await;
    assert!(!app.gateway.object(&new).await["customer"].is_null());
    assert_eq!(history(&app, pledge).await, ["pledge_started", "card_saved", "card_replaced"]);
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));

    app.advance(TimeDelta::days(31)).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await[0]["payment_method"], json!(new));
    app.finish().await;
}

#[tokio::test]
async fn whoever_leaves_the_page_keeps_the_card() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    let old = card_of(&app, pledge).await;
    let page = bea.call("change_card", &[("pledge", &pledge.to_string())]).await;
    sandbox_page::enter(page.text(), sandbox_page::DECLINED).await;
    let on = bea.get(&format!("/pledges/{pledge}/card-changed")).await;
    assert_eq!(on.headers()["location"], format!("/pledges/{pledge}/change?left=yes"));
    app.settle().await;
    assert_eq!((card_of(&app, pledge).await, bea.states(&app.db).await), (old, vec!["committed".to_owned()]));
    app.finish().await;
}

// After the cutoff the pledge is binding, and its card may still have to be another one.
#[tokio::test]
async fn a_saved_card_can_be_replaced_until_the_deadline() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    app.advance(TimeDelta::days(29)).await;
    assert_eq!(bea.call("change_card", &[("pledge", &pledge.to_string())]).await.status, 200);
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(bea.call("change_card", &[("pledge", &pledge.to_string())]).await.status, 409);
    app.finish().await;
}

async fn card_of(app: &TestApp, pledge: Uuid) -> String {
    sqlx::query_scalar("select payment_method_id from pledges where id = $1")
        .bind(pledge)
        .fetch_one(&app.db)
        .await
        .expect("a card")
}
