//! The three ways in which a pledge secures its money, and what a card can say to it.

use chrono::TimeDelta;
use serde_json::Value;

use crate::support::builders::{TestCampaign, states};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn far_from_the_end_the_card_is_saved_and_nothing_charged() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;

    let page = bea.pledge(&campaign, None, "25").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0), "nothing counts before the gateway says so");

    sandbox_page::pay(page.text()).await;
    eventually("the pledge to be committed", async || states(&app, &bea).await == ["committed"]).await;
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    assert_eq!(app.gateway.all("payment_intent").await, Vec::<Value>::new());
    assert_eq!(ledger(&app).await, []);
    let mandate: String =
        sqlx::query_scalar("select mandate from pledges").fetch_one(&app.db).await.expect("one");
    assert!(mandate.starts_with("Your card is saved now and charged €25 after"), "{mandate}");
    app.finish().await;
}

#[tokio::test]
async fn near_the_end_the_amount_is_held() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let bea = app.person("Bea Tamm").await;
    pledge_and_pay(&bea, &campaign, "25.50").await;

    eventually("the hold", async || states(&app, &bea).await == ["authorized"]).await;
    assert_eq!(campaign.totals().await, ("25.500".into(), 1));
    let intent = app.gateway.all("payment_intent").await.remove(0);
    assert_eq!(
        (&intent["status"], &intent["amount_capturable"], &intent["amount_received"]),
        (&"requires_capture".into(), &2550.into(), &0.into())
    );
    assert_eq!(ledger(&app).await, [], "nothing was taken");
    app.finish().await;
}

#[tokio::test]
async fn keep_it_all_charges_at_once_and_books_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    pledge_and_pay(&bea, &campaign, "25.50").await;

    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    assert_eq!(campaign.totals().await, ("25.500".into(), 1));
    let intent = app.gateway.all("payment_intent").await.remove(0);
    assert_eq!((&intent["status"], &intent["amount_received"]), (&"succeeded".into(), &2550.into()));
    app.settle().await;
    let booked = [
        // what the gateway kept: 1.5 % and 25 cents, which the campaign bears
        ("gateway_balance", "-0.630", "EUR"),
        ("gateway_balance", "25.500", "EUR"),
        ("gateway_fees", "-0.630", "EUR"),
        ("gateway_fees", "0.630", "EUR"),
        ("held_for_campaign", "-25.500", "EUR"),
        ("held_for_campaign", "0.630", "EUR"),
        // 5 % of it, half a cent to the even side
        ("held_for_campaign", "1.280", "EUR"),
        ("platform_fees", "-1.280", "EUR"),
    ];
    assert_eq!(ledger(&app).await, booked.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    app.finish().await;
}

// Case 10: what the gateway is asked for, exactly.
#[tokio::test]
async fn every_currency_is_sent_in_the_gateways_own_units() {
    let app = TestApp::start_quiet().await;
    let bea = app.person("Bea Tamm").await;
    for (currency, typed, minor) in [
        ("JPY", "500", 500),
        ("USD", "5.00", 500),
        ("KWD", "5.12", 5120),
        ("KWD", "KWD 12.5", 12500),
        ("ISK", "500", 50000),
        ("EUR", "€1,000.50", 100_050),
    ] {
        let campaign = app.campaign().model("kia").goal("100000", currency).build().await;
        let page = bea.pledge(&campaign, None, typed).await;
        assert_eq!(page.status, 200, "{currency} {typed}: {page:?}");
        let pledge = bea.pledges(&app.db).await.pop().expect("a pledge");
        let session = app.gateway.of_pledge("checkout.session", pledge).await.remove(0);
        assert_eq!(
            (&session["amount_total"], &session["currency"]),
            (&minor.into(), &currency.to_lowercase().into()),
            "{currency} {typed}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn after_a_declined_card_another_one_works() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;

    assert_eq!(sandbox_page::enter(page.text(), sandbox_page::DECLINED).await.status().as_u16(), 422);
    let pledge = bea.pledges(&app.db).await[0];
    eventually("the decline to be told", async || declined(&bea, &pledge.to_string()).await.is_some()).await;
    let told = declined(&bea, &pledge.to_string()).await;
    assert_eq!(told.as_deref(), Some("The bank declined the card. Try another card, or ask your bank why."));

    sandbox_page::pay(page.text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;
    assert_eq!(declined(&bea, &pledge.to_string()).await, None);
    app.finish().await;
}

#[tokio::test]
async fn a_bank_that_asks_back_can_be_answered_or_left() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;

    sandbox_page::pay_with_3ds(page.text(), "fail").await;
    let pledge = bea.pledges(&app.db).await[0];
    eventually("the failure to be told", async || declined(&bea, &pledge.to_string()).await.is_some()).await;
    let told = declined(&bea, &pledge.to_string()).await.unwrap_or_default();
    assert!(told.starts_with("Your bank could not confirm that it was you."), "{told}");
    assert_eq!(states(&app, &bea).await, ["pending"]);

    sandbox_page::pay_with_3ds(page.text(), "complete").await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

async fn pledge_and_pay(person: &Person, campaign: &TestCampaign, amount: &str) {
    let page = person.pledge(campaign, None, amount).await;
    assert_eq!(page.status, 200, "{page:?}");
    sandbox_page::pay(page.text()).await;
}

async fn declined(person: &Person, pledge: &str) -> Option<String> {
    person.call("my_pledge", &[("id", pledge)]).await.body["declined"].as_str().map(str::to_owned)
}

async fn ledger(app: &TestApp) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "select account, amount::text, currency from ledger_entries order by account, ledger_entries.amount",
    )
    .fetch_all(&app.db)
    .await
    .expect("entries")
}
