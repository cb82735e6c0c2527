//! Shipping: what is added to a pledge for sending its reward, from the form to the receipt, and where it is not sent.

mod changing;
mod form;

use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, states};
use crate::support::sandbox_page::GOOD;
use crate::support::{TestApp, eventually, pdf, sandbox_page, text_of};

/// A reward of €25 that costs €4.50 to send to Portugal and €6 to Spain.
async fn sent_reward(campaign: &TestCampaign) -> Uuid {
    let reward = campaign.reward("25.00", None).await;
    campaign.sends(reward, &[("PT", "4.50"), ("ES", "6")]).await;
    reward
}

/// Amount, shipping and country of the only pledge.
async fn stored(app: &TestApp) -> (String, String, Option<String>) {
    sqlx::query_as("select amount::text, shipping::text, ship_to from pledges")
        .fetch_one(&app.db)
        .await
        .expect("one pledge")
}

fn parts(amount: &str, shipping: &str, country: Option<&str>) -> (String, String, Option<String>) {
    (amount.to_owned(), shipping.to_owned(), country.map(str::to_owned))
}

// PRODUCT B1, B2
#[tokio::test]
async fn it_is_added_to_what_is_typed_and_counts_like_the_rest() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("30.00", "EUR").build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge_to(&campaign, Some(reward), "27,50", "PT").await;
    assert_eq!(page.status, 200, "{page:?}");
    sandbox_page::pay(page.text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;
    assert_eq!(stored(&app).await, parts("32.000", "4.500", Some("PT")));
    assert_eq!(campaign.totals().await, ("32.000".into(), 1));

    let pledge = bea.pledges(&app.db).await[0];
    let shown = text_of(&bea.get(&format!("/pledges/{pledge}")).await.text().await.expect("a page"));
    for line in [
        "A name on the bow €25",
        "Bonus, on top of it €2.50",
        "Shipping to Portugal €4.50",
        "Your pledge €32",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(shown.contains("Your card is saved now and charged €32 after"), "{shown}");
    assert!(
        app.letter_about(pledge, "pledge_confirmed").await.contains("Shipping: €4.50 of it, to Portugal")
    );

    // The goal is met with it, and all of it is charged.
    app.advance(chrono::TimeDelta::days(31)).await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    app.settle().await;
    let payments = app.gateway.all("payment_intent").await;
    assert_eq!((payments.len(), &payments[0]["amount_received"]), (1, &json!(3200)));
    let letter = app.letter_about(pledge, "campaign_funded").await;
    assert!(letter.contains("Shipping: €4.50 of it, to Portugal"), "{letter}");
    app.finish().await;
}

#[tokio::test]
async fn a_receipt_has_its_lines_and_a_refund_brings_it_back() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge_to(&campaign, Some(reward), "30", "ES").await;
    sandbox_page::enter(page.text(), GOOD).await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    app.settle().await;
    let charges = app.gateway.all("charge").await;
    assert_eq!((charges.len(), &charges[0]["amount"]), (1, &json!(3600)));

    let pledge = bea.pledges(&app.db).await[0];
    let receipts = format!("/pledges/{pledge}/receipt");
    let shown = text_of(&bea.get(&receipts).await.text().await.expect("a page"));
    let lines = "For the reward €25 Bonus €5 Shipping to Spain €6 Paid €36";
    assert!(shown.contains(lines), "{shown}");
    let number: String =
        sqlx::query_scalar("select number from receipts").fetch_one(&app.db).await.expect("a receipt");
    let paper = pdf::text(bea.get(&format!("/pledges/{pledge}/receipts/{number}.pdf")).await).await;
    for line in ["For the reward", "€25", "Bonus", "€5", "Shipping to Spain", "€6", "Paid €36"] {
        assert!(paper.contains(line), "{line}: {paper}");
    }
    let list =
        marta.get(&format!("/campaigns/{}/pledges", campaign.slug)).await.text().await.expect("a page");
    assert!(list.contains("To Spain, €6 for shipping"), "{list}");
    let year = &number[..4];
    let statement = marta.get(&format!("/studio/payouts/statement.csv?year={year}")).await;
    let statement = statement.text().await.expect("a table");
    assert!(statement.contains("Amount,Of it shipping,Currency"), "{statement}");
    assert!(statement.contains("Paid by a backer,36.00,6.00,EUR"), "{statement}");
    assert!(statement.contains("The platform's share,-1.80,,EUR"), "the share is of all of it: {statement}");

    assert_eq!(marta.refund(pledge, "36", "36.00").await.status, 200);
    eventually("the refund", async || states(&app, &bea).await == ["refunded"]).await;
    app.settle().await;
    assert_eq!(app.balance("held_for_campaign").await, 0);
    let shown = text_of(&bea.get(&receipts).await.text().await.expect("a page"));
    assert!(shown.contains("Reward A name on the bow Given back €36"), "no lines of a refund: {shown}");
    app.finish().await;
}

#[tokio::test]
async fn without_decimals_and_with_three() {
    for (goal, currency, minimum, price, typed, total) in [
        ("900000", "JPY", "5800", "600", "6000", "6600.000"),
        ("2400", "KWD", "12.750", "1.250", "12.75", "14.000"),
    ] {
        let app = TestApp::start_quiet().await;
        let campaign = app.campaign().goal(goal, currency).build().await;
        let reward = campaign.reward(minimum, None).await;
        campaign.sends(reward, &[("", price)]).await;
        let bea = app.person("Bea Tamm").await;
        let page = bea.pledge_to(&campaign, Some(reward), typed, "JP").await;
        assert_eq!(page.status, 200, "{page:?}");
        let (amount, _, country) = stored(&app).await;
        assert_eq!((amount.as_str(), country.as_deref()), (total, Some("JP")));
        app.finish().await;
    }
}

#[tokio::test]
async fn the_database_refuses_what_no_form_sends() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    assert_eq!(bea.pledge_to(&campaign, Some(reward), "25", "PT").await.status, 200);
    for (statement, constraint) in [
        ("update pledges set amount = 29.49", "pledges_amount_covers_reward"),
        ("update pledges set ship_to = null", "pledges_shipping_goes_somewhere"),
        ("update pledges set ship_to = 'Portugal'", "pledges_ship_to_code"),
        ("update pledges set shipping = -1", "pledges_shipping_not_negative"),
        ("update pledges set shipping = 4.495", "pledges_shipping_fits_currency"),
        ("update reward_shipping set price = -1", "reward_shipping_price_not_negative"),
        ("update reward_shipping set price = 4.505", "reward_shipping_price_fits_currency"),
        ("update reward_shipping set country = 'PT'", "reward_shipping_one_price_a_country"),
        ("update reward_shipping set country = null", "reward_shipping_one_price_a_country"),
        ("update reward_shipping set country = 'pt'", "reward_shipping_country_code"),
        ("update reward_shipping set kind = 'digital'", "reward_shipping_kind_is_physical"),
        ("update rewards set kind = 'digital'", "reward_shipping_reward_id_currency_kind_fkey"),
    ] {
        let refused = sqlx::query(statement).execute(&app.db).await.expect_err(statement);
        assert_eq!(backend::error::constraint(&refused), Some(constraint), "{statement}");
    }
    app.finish().await;
}
