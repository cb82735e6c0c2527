//! A pledge that is changed to another reward or another country costs what sending that costs.

use uuid::Uuid;

use super::{parts, sent_reward, stored};
use crate::support::builders::TestCampaign;
use crate::support::people::{Answer, Person};
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn another_country_is_another_total() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, reward).await;
    let form = bea.get(&format!("/pledges/{pledge}/change")).await.text().await.expect("a page");
    assert!(form.contains(r#"value="30""#), "what was typed, without shipping: {form}");

    // Dearer since: where it goes already, what was agreed stays.
    sqlx::query("update reward_shipping set price = price + 10").execute(&app.db).await.expect("dearer");
    assert_eq!(change(&bea, pledge, 1, Some(reward), "32", "PT").await.status, 200);
    assert_eq!(stored(&app).await, parts("36.500", "4.500", Some("PT")));
    assert_eq!(campaign.totals().await, ("36.500".into(), 1));
    // The same once more is no change.
    assert_eq!(change(&bea, pledge, 2, Some(reward), "32", "PT").await.status, 200);
    assert_eq!(app.count("select count(*) from pledge_changes").await, 1);

    let refused = change(&bea, pledge, 2, Some(reward), "32", "JP").await;
    assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("country")), "{refused:?}");
    let nowhere = change(&bea, pledge, 2, Some(reward), "32", "").await;
    assert_eq!((nowhere.status, nowhere.body["field"].as_str()), (422, Some("country")), "{nowhere:?}");

    assert_eq!(change(&bea, pledge, 2, Some(reward), "32", "ES").await.status, 200);
    assert_eq!(stored(&app).await, parts("48.000", "16.000", Some("ES")));
    assert_eq!(campaign.totals().await, ("48.000".into(), 1));
    let letter = app.letter_about(pledge, "pledge_changed").await;
    assert!(letter.contains("Shipping: €16 of it, to Spain"), "{letter}");
    app.finish().await;
}

#[tokio::test]
async fn a_reward_that_is_not_sent_costs_no_shipping() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let here = campaign.reward("20.00", None).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, reward).await;
    assert_eq!(change(&bea, pledge, 1, Some(here), "30", "PT").await.status, 200);
    assert_eq!(stored(&app).await, parts("30.000", "0.000", None));
    assert_eq!(campaign.totals().await, ("30.000".into(), 1));
    // And back, at the price of now.
    assert_eq!(change(&bea, pledge, 2, Some(reward), "30", "PT").await.status, 200);
    assert_eq!(stored(&app).await, parts("34.500", "4.500", Some("PT")));
    app.finish().await;
}

#[tokio::test]
async fn who_chose_it_before_it_was_sent_owes_nothing_for_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, Some(reward), "30").await.text()).await;
    eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
    let pledge = bea.pledges(&app.db).await[0];
    campaign.sends(reward, &[("PT", "4.50")]).await;
    assert_eq!(change(&bea, pledge, 1, Some(reward), "31", "PT").await.status, 200);
    assert_eq!(stored(&app).await, parts("31.000", "0.000", None));
    app.finish().await;
}

/// More is held when the parcel goes farther.
#[tokio::test]
async fn a_hold_covers_the_shipping() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(chrono::TimeDelta::days(3)).build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, reward).await;
    let card_page = change(&bea, pledge, 1, Some(reward), "30", "ES").await;
    assert!(card_page.text().starts_with(&app.gateway.base), "{card_page:?}");
    sandbox_page::pay(card_page.text()).await;
    eventually("the new hold", async || stored(&app).await == parts("36.000", "6.000", Some("ES"))).await;
    app.settle().await;
    let held = app.gateway.of_pledge("payment_intent", pledge).await;
    let held: Vec<_> = held.iter().filter(|intent| intent["status"] == "requires_capture").collect();
    assert_eq!((held.len(), &held[0]["amount"]), (1, &serde_json::json!(3600)));
    app.finish().await;
}

/// A pledge of €30 whose reward goes to Portugal.
async fn pledged(app: &TestApp, bea: &Person, campaign: &TestCampaign, reward: Uuid) -> Uuid {
    sandbox_page::pay(bea.pledge_to(campaign, Some(reward), "30", "PT").await.text()).await;
    eventually("the pledge", async || bea.states(&app.db).await != ["pending"]).await;
    assert_eq!(stored(app).await, parts("34.500", "4.500", Some("PT")));
    bea.pledges(&app.db).await[0]
}

async fn change(
    bea: &Person,
    pledge: Uuid,
    version: i32,
    reward: Option<Uuid>,
    amount: &str,
    country: &str,
) -> Answer {
    let (pledge, version) = (pledge.to_string(), version.to_string());
    let reward = reward.map(|reward| reward.to_string()).unwrap_or_default();
    let form = [
        ("pledge", pledge.as_str()),
        ("version", version.as_str()),
        ("reward", reward.as_str()),
        ("amount", amount),
        ("country", country),
    ];
    bea.call("change_pledge", &form).await
}
