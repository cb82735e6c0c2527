//! A pledge made with a card that is saved already: one intent of its own, the bank's question answered, and nothing left
//! behind by a card that is declined.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, claimed, pledge_form};
use crate::support::people::{Answer, Person};
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn a_saved_card_pledges_without_being_typed_again() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().goal("20.00", "EUR").build().await);
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    let form = bea.get(&format!("/campaigns/{}/pledge", second.slug)).await.text().await.expect("a page");
    assert!(form.contains("Visa ending in 4242") && form.contains("Another card"), "{form}");

    let answer = pledge_with_card(&bea, &second, None, &card, Uuid::now_v7()).await;
    let pledge = bea.pledges(&app.db).await[1];
    assert_eq!((answer.status, answer.text()), (200, format!("/pledges/{pledge}/return").as_str()));
    assert_eq!(bea.states(&app.db).await, ["committed", "committed"]);
    assert_eq!(app.gateway.of_pledge("setup_intent", pledge).await.len(), 1);
    assert_eq!(app.gateway.of_pledge("checkout.session", pledge).await.len(), 0, "no page");
    assert_eq!(second.totals().await, ("25.000".into(), 1));

    // Two pledges rest on it: the end of one leaves it to the other.
    assert_eq!(bea.cancel(bea.pledges(&app.db).await[0]).await.status, 200);
    app.settle().await;
    assert!(!app.gateway.object(&card).await["customer"].is_null());
    app.advance(TimeDelta::days(31)).await;
    eventually("the payment", async || bea.states(&app.db).await[1] == "captured").await;
    app.settle().await;
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await[0]["payment_method"], json!(card));
    app.finish().await;
}

#[tokio::test]
async fn near_the_end_it_holds_and_in_keep_it_all_it_pays() {
    let app = TestApp::start().await;
    let first = app.campaign().build().await;
    let near = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let keeps = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    assert_eq!(pledge_with_card(&bea, &near, None, &card, Uuid::now_v7()).await.status, 200);
    assert_eq!(pledge_with_card(&bea, &keeps, None, &card, Uuid::now_v7()).await.status, 200);
    assert_eq!(bea.states(&app.db).await, ["committed", "authorized", "captured"]);
    app.settle().await;
    app.finish().await;
}

// Case 1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_form_twenty_times_is_one_intent() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    let key = Uuid::now_v7();
    let answers = join_all((0..20).map(|_| pledge_with_card(&bea, &second, None, &card, key))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["committed", "captured"]);
    let pledge = bea.pledges(&app.db).await[1];
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await.len(), 1);
    app.finish().await;
}

// Case 3
#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    let lost = json!({ "method": "POST", "path_prefix": "/v1/payment_intents", "nth": 1 });
    app.gateway.fault(lost, "drop_response_after_commit").await;
    assert_eq!(pledge_with_card(&bea, &second, None, &card, Uuid::now_v7()).await.status, 200);
    assert_eq!(app.gateway.struck().await, 1);
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["committed", "captured"]);
    app.finish().await;
}

#[tokio::test]
async fn the_bank_is_answered_on_its_own_page() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::NEEDS_3DS).await;
    let key = Uuid::now_v7();
    let asked = pledge_with_card(&bea, &second, None, &card, key).await;
    assert!(asked.text().contains("/3ds/"), "{asked:?}");
    assert_eq!(
        pledge_with_card(&bea, &second, None, &card, key).await,
        asked,
        "the same form, the same page"
    );
    let back = sandbox_page::answer_bank(asked.text(), "complete").await;
    let back = back.headers()["location"].to_str().expect("an address").to_owned();
    let pledge = bea.pledges(&app.db).await[1];
    assert!(back.starts_with(&format!("{}/pledges/{pledge}/return", app.base)), "{back}");
    eventually("the payment", async || bea.states(&app.db).await[1] == "captured").await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_bank_that_is_not_answered_leaves_the_slot_after_a_while() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let reward = second.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::NEEDS_3DS).await;
    pledge_with_card(&bea, &second, Some(reward), &card, Uuid::now_v7()).await;
    assert_eq!(claimed(&app.db, reward).await, 1);
    app.advance(TimeDelta::minutes(16)).await;
    eventually("the end", async || bea.states(&app.db).await[1] == "expired").await;
    assert_eq!(claimed(&app.db, reward).await, 0);
    let pledge = bea.pledges(&app.db).await[1];
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await[0]["status"], "canceled");
    app.finish().await;
}

#[tokio::test]
async fn a_card_that_is_declined_is_said_beside_it_and_another_one_goes_on() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let reward = second.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, "4000000000000341").await;
    let key = Uuid::now_v7();
    let refused = pledge_with_card(&bea, &second, Some(reward), &card, key).await;
    assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("card")), "{refused:?}");
    assert!(refused.message().contains("You were not charged"), "{refused:?}");
    assert_eq!(
        refused.body["kept"],
        json!([["amount", "25"], ["reward", reward.to_string()], ["card", card]])
    );
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["committed", "expired"]);
    assert_eq!(claimed(&app.db, reward).await, 0);

    let page = pledge_with_card(&bea, &second, Some(reward), "", key).await;
    sandbox_page::pay(page.text()).await;
    eventually("the payment", async || bea.states(&app.db).await == ["committed", "expired", "captured"])
        .await;
    app.settle().await;
    app.finish().await;
}

// The gateway never heard of it: the card is not charged once its owner has left.
#[tokio::test]
async fn nobody_is_charged_after_they_have_left() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let reward = second.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    app.gateway.fault(json!({ "method": "POST", "path_prefix": "/v1/payment_intents" }), "drop_before").await;
    let lost = pledge_with_card(&bea, &second, Some(reward), &card, Uuid::now_v7()).await;
    assert_eq!(lost.status, 409, "{lost:?}");
    app.gateway.no_faults().await;
    app.advance(TimeDelta::minutes(16)).await;
    eventually("the end", async || bea.states(&app.db).await == ["committed", "expired"]).await;
    assert_eq!(claimed(&app.db, reward).await, 0);
    assert_eq!(app.gateway.all("payment_intent").await.len(), 0, "nothing is asked for anew");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn another_persons_card_pays_nothing() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let (bea, zoe) = (app.person("Bea Tamm").await, app.person("Zoe Else").await);
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    for card in [card.as_str(), "pm_nobodys", "../../v1/customers"] {
        let refused = pledge_with_card(&zoe, &second, None, card, Uuid::now_v7()).await;
        assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("card")), "{refused:?}");
        assert!(refused.message().starts_with("This card is not saved any more."), "{refused:?}");
    }
    assert_eq!(zoe.states(&app.db).await, Vec::<String>::new());
    assert_eq!(app.gateway.all("payment_intent").await.len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn who_changes_their_mind_about_the_card_closes_what_was_begun() {
    let app = TestApp::start().await;
    let (first, second) = (app.campaign().build().await, app.campaign().model("kia").build().await);
    let bea = app.person("Bea Tamm").await;
    let card = with_card(&app, &bea, &first, sandbox_page::GOOD).await;
    let key = Uuid::now_v7();
    let page = pledge_with_card(&bea, &second, None, "", key).await;
    assert_eq!(pledge_with_card(&bea, &second, None, &card, key).await.status, 200);
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["committed", "expired", "captured"]);
    sandbox_page::enter(page.text(), sandbox_page::GOOD).await;
    app.settle().await;
    let paid = app.gateway.all("payment_intent").await;
    assert_eq!(paid.iter().filter(|payment| payment["status"] == "succeeded").count(), 1, "{paid:?}");
    app.finish().await;
}

async fn pledge_with_card(
    person: &Person,
    campaign: &TestCampaign,
    reward: Option<Uuid>,
    card: &str,
    form_key: Uuid,
) -> Answer {
    let form = pledge_form(campaign, reward, "25", form_key);
    let form = [&form.fields()[..], &[("card", card)]].concat();
    person.call("start_pledge", &form).await
}

/// Saves a card with a pledge to this campaign, and answers with its name at the gateway.
async fn with_card(app: &TestApp, person: &Person, campaign: &TestCampaign, number: &str) -> String {
    let page = person.pledge(campaign, None, "25").await;
    if number == sandbox_page::NEEDS_3DS {
        sandbox_page::pay_with_3ds(page.text(), "complete").await;
    } else {
        sandbox_page::enter(page.text(), number).await;
    }
    eventually("the card", async || person.states(&app.db).await == ["committed"]).await;
    sqlx::query_scalar("select payment_method_id from pledges where backer_id = $1")
        .bind(person.id)
        .fetch_one(&app.db)
        .await
        .expect("a card")
}
