//! What settling must not leave behind: a campaign that nobody can decide, money of another amount, a second card, an
//! open card page, a payment that came when all was over.

use chrono::TimeDelta;
use serde_json::json;
use server::site::Workers;
use uuid::Uuid;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

const FAILS_WHEN_CHARGED: &str = "4000000000000341";

/// A site whose workers the test pumps, with the gateway's events delivered.
async fn by_hand() -> TestApp {
    TestApp::start_with(Setup { workers: Workers::Off, ..Setup::default() }).await
}

/// Somebody backs a campaign of 25 with a card, and pumps until the pledge counts.
async fn back(app: &TestApp, campaign: &TestCampaign, card: &str) -> (Person, Uuid) {
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(campaign, None, "25").await;
    if card == sandbox_page::NEEDS_3DS {
        sandbox_page::pay_with_3ds(page.text(), "complete").await;
    } else {
        assert_eq!(sandbox_page::enter(page.text(), card).await.status().as_u16(), 303);
    }
    becomes(app, &bea, "committed").await;
    let pledge = bea.pledges(&app.db).await[0];
    (bea, pledge)
}

async fn becomes(app: &TestApp, bea: &Person, state: &str) {
    eventually(state, async || {
        app.pump().await;
        bea.states(&app.db).await == [state]
    })
    .await;
}

async fn opens_card_page(bea: &Person, pledge: Uuid) -> String {
    let page = bea.call("use_another_card", &[("pledge", &pledge.to_string())]).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.text().to_owned()
}

/// How the gateway's pages for another card stand, oldest first.
async fn card_pages(app: &TestApp) -> Vec<String> {
    let mut pages = app.gateway.all("checkout.session").await;
    pages.retain(|page| page["metadata"]["purpose"] == "replace_card");
    pages.sort_by_key(|page| page["created"].as_i64());
    pages.iter().map(|page| page["status"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Cards that are saved for somebody.
async fn saved_cards(app: &TestApp) -> usize {
    let cards = app.gateway.all("payment_method").await;
    cards.iter().filter(|card| card["customer"].is_string()).count()
}

#[tokio::test]
async fn a_campaign_that_cannot_be_decided_is_told_of_every_hour() {
    let app = by_hand().await;
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::minutes(5)).build().await;
    let bea = app.person("Bea Tamm").await;
    assert_eq!(bea.pledge(&campaign, None, "25").await.status, 200);
    let closing = json!({ "method": "POST", "path_prefix": "/v1/checkout/sessions/" });
    app.gateway.fault(closing, "rate_limit_429").await;
    let told =
        "select extract(epoch from stuck_told_at)::bigint from settlements where stuck_told_at is not null
                union all select 0 limit 1";

    app.advance(TimeDelta::minutes(70)).await;
    backend::jobs::tick(&app.ctx).await.expect("lapses are tried");
    app.pump().await;
    assert_eq!(backend::settlement::stuck(&app.db).await.expect("a list"), [], "an hour after the grace");
    assert_eq!(app.count(told).await, 0);

    app.advance(TimeDelta::minutes(6)).await;
    app.pump().await;
    let stuck = backend::settlement::stuck(&app.db).await.expect("a list");
    assert_eq!(stuck.len(), 1);
    assert_eq!(stuck[0].campaign.0, campaign.id);
    assert_eq!(stuck[0].why, backend::settlement::WhyStuck::OpenPages(1));
    let first = app.count(told).await;
    assert_ne!(first, 0);
    app.advance(TimeDelta::minutes(59)).await;
    app.pump().await;
    assert_eq!(app.count(told).await, first, "not twice within the hour");
    app.advance(TimeDelta::minutes(2)).await;
    app.pump().await;
    assert_ne!(app.count(told).await, first);

    app.gateway.no_faults().await;
    backend::jobs::tick(&app.ctx).await.expect("the page is closed");
    app.pump().await;
    assert_eq!(backend::settlement::stuck(&app.db).await.expect("a list"), []);
    assert_eq!(app.count("select count(*) from campaigns where state = 'failed'").await, 1);
    app.finish().await;
}

/// Staff capture a part of a hold in the gateway's dashboard: before the deadline, or while it is being captured.
#[tokio::test]
async fn a_payment_of_another_amount_is_given_back_and_paid_anew() {
    for before_the_deadline in [true, false] {
        let app = by_hand().await;
        let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::days(3)).build().await;
        let bea = app.person("Bea Tamm").await;
        sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
        becomes(&app, &bea, "authorized").await;
        let pledge = bea.pledges(&app.db).await[0];
        let held = app.gateway.of_pledge("payment_intent", pledge).await.remove(0);
        let capture = format!("/v1/payment_intents/{}/capture", held["id"].as_str().expect("an id"));
        if before_the_deadline {
            app.gateway.post(&capture, &[("amount_to_capture", "1000")]).await;
            eventually("the refund", async || {
                app.pump().await;
                app.gateway.all("refund").await.len() == 1
            })
            .await;
            app.advance(TimeDelta::days(3)).await;
        } else {
            app.advance(TimeDelta::days(3)).await;
            backend::settlement::tick(&app.ctx).await.expect("closed");
            backend::settlement::tick(&app.ctx).await.expect("decided");
            backend::inbox::drain(&app.ctx).await.expect("charging");
            assert_eq!(bea.states(&app.db).await, ["charging"]);
            app.gateway.post(&capture, &[("amount_to_capture", "1000")]).await;
        }
        becomes(&app, &bea, "errored").await;
        let refunds = app.gateway.all("refund").await;
        assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &1000.into()));
        let shown = bea.get(&format!("/pledges/{pledge}/fix")).await.text().await.expect("a page");
        assert!(shown.contains("Another amount than you pledged was taken."), "{shown}");
        assert!(!shown.contains("Nothing was taken"), "{shown}");

        sandbox_page::pay(&opens_card_page(&bea, pledge).await).await;
        becomes(&app, &bea, "captured").await;
        let captured =
            "select (sum(-amount) * 100)::bigint from ledger_entries where account = 'held_for_campaign'";
        app.settle().await;
        assert_eq!(
            app.count(captured).await,
            2375 - 63,
            "25.00, less the platform's share and the gateway's"
        );
        let owed =
            "select (coalesce(sum(amount), 0))::bigint from ledger_entries where account = 'owed_to_backers'";
        assert_eq!(app.count(owed).await, 0);
        app.finish().await;
    }
}

/// Two card pages, two cards: the second arrives while the first is being charged.
#[tokio::test]
async fn a_card_that_came_meanwhile_is_charged_if_the_present_one_fails() {
    for (first, charged_by) in [(FAILS_WHEN_CHARGED, "the second"), (sandbox_page::GOOD, "the first")] {
        let app = by_hand().await;
        let campaign = app.campaign().goal("25", "EUR").build().await;
        let (bea, pledge) = back(&app, &campaign, FAILS_WHEN_CHARGED).await;
        app.advance(TimeDelta::days(30)).await;
        becomes(&app, &bea, "errored").await;
        let pages = [opens_card_page(&bea, pledge).await, opens_card_page(&bea, pledge).await];
        for (page, card) in pages.iter().zip([first, sandbox_page::GOOD]) {
            assert_eq!(sandbox_page::enter(page, card).await.status().as_u16(), 303);
        }
        let replaced = "select count(*) from pledge_inbox where entry ->> 'event' = 'card_replaced'";
        eventually("word of both", async || app.count(replaced).await == 2).await;
        backend::inbox::drain(&app.ctx).await.expect("applied");
        assert_eq!(bea.states(&app.db).await, ["charging"]);
        let spare = "select count(*) from pledges where spare_payment_method_id is not null";
        assert_eq!(app.count(spare).await, 1);

        becomes(&app, &bea, "captured").await;
        app.pump().await;
        assert_eq!(
            app.gateway.of_pledge("payment_intent", pledge).await.len(),
            1,
            "{charged_by}: one payment"
        );
        assert_eq!(saved_cards(&app).await, 1, "{charged_by}: the others are forgotten");
        let letters = bea.letters(&app.db).await;
        assert_eq!(
            letters,
            ["pledge_confirmed", "goal_reached", "payment_failed", "payment_fixed"],
            "{charged_by}"
        );
        app.finish().await;
    }
}

#[tokio::test]
async fn card_pages_are_closed_once_nobody_needs_them() {
    for paid in [true, false] {
        let app = by_hand().await;
        let campaign = app.campaign().goal("25", "EUR").build().await;
        let (bea, pledge) = back(&app, &campaign, sandbox_page::NEEDS_3DS).await;
        app.advance(TimeDelta::days(30)).await;
        becomes(&app, &bea, "needs_action").await;
        opens_card_page(&bea, pledge).await;
        opens_card_page(&bea, pledge).await;
        assert_eq!(card_pages(&app).await, ["open", "open"]);
        if paid {
            let bank = bea.call("try_payment_again", &[("pledge", &pledge.to_string())]).await;
            sandbox_page::answer_bank(bank.text(), "complete").await;
            becomes(&app, &bea, "captured").await;
        } else {
            app.advance(TimeDelta::days(8)).await;
            becomes(&app, &bea, "dropped").await;
        }
        app.pump().await;
        assert_eq!(card_pages(&app).await, ["expired", "expired"], "paid: {paid}");
        app.finish().await;
    }
}

/// The bank's page was left open, and its question is answered when the week is over.
#[tokio::test]
async fn a_payment_after_the_end_is_refunded_and_its_backer_is_told() {
    let app = by_hand().await;
    let campaign = app.campaign().goal("25", "EUR").build().await;
    let (bea, pledge) = back(&app, &campaign, sandbox_page::NEEDS_3DS).await;
    app.advance(TimeDelta::days(30)).await;
    becomes(&app, &bea, "needs_action").await;
    let bank = bea.call("try_payment_again", &[("pledge", &pledge.to_string())]).await;
    app.advance(TimeDelta::days(8)).await;
    becomes(&app, &bea, "dropped").await;
    sandbox_page::answer_bank(bank.text(), "complete").await;
    eventually("the refund", async || {
        app.pump().await;
        app.gateway.all("refund").await.len() == 1
    })
    .await;
    assert_eq!(bea.states(&app.db).await, ["dropped"]);
    assert_eq!(bea.letters(&app.db).await.last().map(String::as_str), Some("paid_too_late"));
    let told = "select count(*) from mails where letter = 'paid_too_late' and body_text like '%€25%'";
    assert_eq!(app.count(told).await, 1);
    app.finish().await;
}
