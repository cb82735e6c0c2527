//! The money of a pledge that was made without an account.

use chrono::TimeDelta;
use serde_json::json;
use server::site::Workers;
use uuid::Uuid;

use crate::support::guests::pledge_state;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// The clock is moved in one step, and the test says when what follows happens.
async fn without_workers() -> TestApp {
    TestApp::start_with(Setup { workers: Workers::Off, ..Setup::default() }).await
}

async fn becomes(app: &TestApp, pledge: Uuid, state: &str) {
    eventually(state, async || {
        app.pump().await;
        pledge_state(&app.db, pledge).await == state
    })
    .await;
}

#[tokio::test]
async fn the_deadline_charges_the_guests_card_whoever_adopted_the_pledge() {
    let app = without_workers().await;
    let campaign = app.campaign().goal("25", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    // An account has a customer of its own at the gateway, with a card of its own.
    let own = app.campaign().build().await;
    let page = bea.pledge(&own, None, "10").await;
    sandbox_page::pay(page.text()).await;
    let alone = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let adopted = app.pledged_as_guest(&app.guest("bea@example.org"), &campaign).await;
    let link = app.guest_link(adopted, "pledge_confirmed").await;
    assert_eq!(bea.adopts(&link).await.status, 200);

    app.advance(TimeDelta::days(31)).await;
    for pledge in [alone, adopted] {
        becomes(&app, pledge, "captured").await;
        let payments = app.gateway.of_pledge("payment_intent", pledge).await;
        let (customer, card): (String, String) = sqlx::query_as(
            "select gateway_customer_id, payment_method_id from pledges join people on people.id = backer_id
             where pledges.id = $1",
        )
        .bind(pledge)
        .fetch_one(&app.db)
        .await
        .expect("a customer and a card");
        assert_eq!(payments.len(), 1);
        assert_eq!(
            (&payments[0]["customer"], &payments[0]["payment_method"]),
            (&json!(customer), &json!(card))
        );
    }
    assert!(bea.text(&format!("/pledges/{adopted}")).await.contains("Payment of €25"), "with its receipt");
    app.finish().await;
}

#[tokio::test]
async fn a_guest_fixes_a_payment_by_either_link_of_the_letter() {
    let app = without_workers().await;
    let campaign = app.campaign().goal("25", "EUR").build().await;
    let mut pledges = Vec::new();
    for email in ["one@example.org", "two@example.org"] {
        let page = app.guest(email).pledge_as_guest(&campaign, "25").await;
        sandbox_page::pay_with_3ds(page.text(), "complete").await;
        let pledge = campaign.latest(&app.db).await;
        becomes(&app, pledge, "committed").await;
        pledges.push(pledge);
    }
    app.advance(TimeDelta::days(31)).await;
    for pledge in &pledges {
        becomes(&app, *pledge, "needs_action").await;
    }
    let letter = app.letter_about(pledges[0], "payment_failed").await;
    assert!(
        letter.contains("/fix/") && letter.contains("/guest/") && !letter.contains("/pledges/"),
        "{letter}"
    );

    // The pledge's own page.
    let reader = app.guest("");
    reader.opens(&app.guest_link(pledges[0], "payment_failed").await).await;
    let (id, page) = (pledges[0].to_string(), reader.text(&format!("/pledges/{}", pledges[0])).await);
    assert!(page.contains("Fix the payment"), "{page}");
    assert_eq!(reader.status(&format!("/pledges/{id}/fix")).await, 200);
    let bank = reader.call("try_payment_again", &[("pledge", &id)]).await;
    sandbox_page::answer_bank(bank.text(), "complete").await;
    becomes(&app, pledges[0], "captured").await;
    assert_eq!(
        reader.get(&format!("/pledges/{id}/fixed")).await.headers()["location"],
        format!("/pledges/{id}")
    );

    // The link that works once.
    let letter = app.letter_about(pledges[1], "payment_failed").await;
    let once = letter.lines().find_map(|line| line.split_once("/fix/")).expect("a link").1.to_owned();
    let reader = app.guest("");
    assert_eq!(reader.press("open_fix_link", "/fix", "token", &once).await, "/fix");
    let bank = reader.press("try_linked_payment", "/fix", "x", "").await;
    sandbox_page::answer_bank(&bank, "complete").await;
    becomes(&app, pledges[1], "captured").await;
    assert_eq!(reader.status("/fix/back").await, 200);
    app.finish().await;
}

#[tokio::test]
async fn a_guest_who_has_paid_has_a_receipt_and_may_take_the_money_back() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    sqlx::query("update campaigns set refund_days = 14").execute(&app.db).await.expect("a policy");
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &campaign).await;
    app.settle().await;
    let at = format!("/pledges/{pledge}");
    assert!(gustav.text(&at).await.contains("Take it back…"));
    let receipts = gustav.text(&format!("{at}/receipt")).await;
    assert!(receipts.contains("Gustav Gast"));
    let file = format!("{at}/receipts/");
    let file = receipts.split('"').find(|value| value.starts_with(&file)).expect("a receipt as a file");
    assert_eq!(gustav.status(file).await, 200);
    assert_eq!(app.guest("eve@example.org").status(file).await, 303);
    let creators = marta.text(&format!("/campaigns/{}/pledges", campaign.slug)).await;
    assert!(creators.contains("Gustav Gast") && !creators.contains("gustav@"), "{creators}");

    let form = [("pledge", pledge.to_string()), ("refund", Uuid::now_v7().to_string())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(gustav.status(&format!("{at}/refund")).await, 200);
    assert_eq!(gustav.call("take_pledge_back", &form).await.status, 200);
    eventually("the refund", async || pledge_state(&app.db, pledge).await == "refunded").await;
    app.settle().await;
    assert!(app.letter_about(pledge, "refunded").await.contains("/guest/"));
    app.finish().await;
}
