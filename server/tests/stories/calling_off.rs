//! A campaign is called off: nobody is charged, whoever has paid is paid back, and the ledger says so.

use chrono::TimeDelta;
use futures::future::join;

use crate::support::builders::{TestCampaign, states};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

const WHY: &str = "The mill that wanted to weave with us has closed.";

async fn call_off(by: &Person, campaign: &TestCampaign) -> (u16, String) {
    let answer = by.call("cancel_campaign", &[("slug", &campaign.slug), ("reason", WHY)]).await;
    (answer.status, answer.message().to_owned())
}

async fn back(app: &TestApp, campaign: &TestCampaign, amount: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    eventually("the pledge", async || states(app, &backer).await != ["pending"]).await;
    backer
}

async fn letters(app: &TestApp, letter: &str) -> i64 {
    let written = sqlx::query_scalar("select count(*) from mails where letter = $1").bind(letter);
    written.fetch_one(&app.db).await.expect("a count")
}

async fn unwound(app: &TestApp) {
    let finished = "select count(*) from settlements where finished_at is not null";
    eventually("everything to be given back", async || app.count(finished).await == 1).await;
    app.settle().await;
}

#[tokio::test]
async fn cards_are_forgotten_and_holds_released() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).ends_in(TimeDelta::days(5)).build().await;
    let saved = back(&app, &campaign, "25").await;
    let leaving = app.person("Ole Lund").await;
    app.advance(TimeDelta::days(2)).await;
    let held = back(&app, &campaign, "45").await;
    let page = leaving.pledge(&campaign, None, "10").await;

    assert_eq!(call_off(&marta, &campaign).await, (200, String::new()));

    eventually("both", async || {
        states(&app, &saved).await == ["voided"] && states(&app, &held).await == ["voided"]
    })
    .await;
    // Somebody finishes at the card page after the end: their card is given back as well.
    sandbox_page::pay(page.text()).await;
    unwound(&app).await;
    assert_eq!(states(&app, &leaving).await, ["voided"]);
    assert!(app.gateway.all("payment_method").await.iter().all(|card| card["customer"].is_null()));
    let holds = app.gateway.all("payment_intent").await;
    assert!(holds.iter().all(|hold| hold["status"] == "canceled"), "{holds:?}");
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    let shown = saved.get(&format!("/campaigns/{}", campaign.slug)).await.text().await.expect("a page");
    assert!(shown.contains(WHY), "the reason is public");
    assert_eq!(letters(&app, "campaign_cancelled").await, 3, "whoever came too late is told too");
    assert_eq!(letters(&app, "campaign_cancelled_creator").await, 0, "who ended it knows");
    assert_eq!(leaving.pledge(&campaign, None, "10").await.status, 409);
    app.finish().await;
}

#[tokio::test]
async fn those_who_wait_for_something_hold_up_nobody_else() {
    let app = TestApp::start().await;
    let (marta, ole) = (app.person("Marta Rebelo").await, app.person("Ole Lund").await);
    // More of them than one look takes on, and called off before: a card page of each is still open.
    for _ in 0..60 {
        let waits = app.campaign().state("cancelled").build().await;
        sqlx::query(
            "with settlement as (
                 insert into settlements (campaign_id, began_at) values ($1, clock() - interval '1 day')
             ), pledge as (
                 insert into pledges (id, campaign_id, backer_id, form_key, collection, amount, currency, reserved_until)
                 values (gen_random_uuid(), $1, $2, gen_random_uuid(), 'save_card', 25, 'EUR', clock() + interval '1 day')
                 returning id
             )
             insert into pledge_history (pledge_id, to_state, event, source)
             select id, 'pending', 'pledge_started', 'backer' from pledge",
        )
        .bind(waits.id)
        .bind(ole.id)
        .execute(&app.db)
        .await
        .expect("one that waits");
    }
    let campaign = app.campaign().by(&marta).build().await;
    let bea = back(&app, &campaign, "25").await;
    assert_eq!(call_off(&marta, &campaign).await.0, 200);
    eventually("the card to be given back", async || states(&app, &bea).await == ["voided"]).await;
    app.finish().await;
}

#[tokio::test]
async fn payments_are_given_back_in_full_with_the_platforms_share() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    let backers = [back(&app, &campaign, "25.50").await, back(&app, &campaign, "10").await];
    let share = "select (sum(-amount) * 1000)::bigint from ledger_entries where account = 'platform_fees'";
    assert_eq!(app.count(share).await, 1780, "5 % of each, half to even: 1.28 (1.275) and 0.50");

    assert_eq!(call_off(&marta, &campaign).await.0, 200);
    unwound(&app).await;

    for backer in &backers {
        assert_eq!(states(&app, backer).await, ["refunded"]);
    }
    let refunds = app.gateway.all("refund").await;
    let amounts: Vec<i64> = refunds.iter().filter_map(|refund| refund["amount"].as_i64()).collect();
    assert_eq!(amounts.iter().sum::<i64>(), 3550);
    assert_eq!(amounts.len(), 2, "one each");
    let left = "select count(*) from (select account from ledger_entries
                where account not in ('gateway_balance', 'gateway_fees')
                group by account having sum(amount) <> 0) as left_over";
    assert_eq!(app.count(left).await, 0, "nothing is left in any account of theirs");
    let cost = "select (sum(amount) * 1000)::bigint from ledger_entries where account = 'gateway_fees'";
    assert_eq!(app.count(cost).await, 630 + 400, "what the gateway kept is the platform's cost");
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    assert_eq!(letters(&app, "refunded").await, 2);
    assert_eq!(letters(&app, "campaign_cancelled").await, 0, "one letter for each of them");
    let account = format!("/campaigns/{}/settlement", campaign.slug);
    let shown = marta.get(&format!("/campaigns/{}", campaign.slug)).await.text().await.expect("a page");
    assert!(shown.contains(&account), "the campaign leads to its account");
    let shown = marta.get(&account).await.text().await.expect("a page");
    assert!(shown.contains("Everybody who had paid is refunded in full."), "{shown}");
    for figure in ["€35.50", "Collected", "Refunded"] {
        assert!(shown.contains(figure), "{figure}: {shown}");
    }
    app.finish().await;
}

// Case 28
#[tokio::test]
async fn wholly_before_the_charges_or_not_at_all() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let marta = app.person("Marta Rebelo").await;
        let campaign = app.campaign().by(&marta).goal("25", "EUR").build().await;
        let bea = back(&app, &campaign, "25").await;
        let ((), (status, _)) = join(app.advance(TimeDelta::days(30)), call_off(&marta, &campaign)).await;
        let (state, pledge) = if status == 200 { ("cancelled", "voided") } else { ("funded", "captured") };
        eventually(state, async || {
            app.count(if status == 200 {
                "select count(*) from campaigns where state = 'cancelled'"
            } else {
                "select count(*) from campaigns where state = 'funded'"
            })
            .await
                == 1
        })
        .await;
        unwound(&app).await;
        assert_eq!(states(&app, &bea).await, [pledge], "{status}");
        app.finish().await;
    }
}

#[tokio::test]
async fn too_late_once_it_is_decided() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).goal("25", "EUR").build().await;
    let bea = back(&app, &campaign, "25").await;
    app.advance(TimeDelta::days(30)).await;
    eventually("the charge", async || states(&app, &bea).await == ["captured"]).await;
    let (status, why) = call_off(&marta, &campaign).await;
    assert_eq!(status, 409);
    assert_eq!(
        why,
        "This campaign is over, or its backers are being charged. It can no longer be cancelled."
    );
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn only_its_creator_or_an_administrator_and_never_without_a_reason() {
    let app = TestApp::start().await;
    let (marta, zoe, ada) =
        (app.person("Marta Rebelo").await, app.person("Zoe Else").await, app.person("Ada Min").await);
    sqlx::query("insert into person_roles (person_id, role) values ($1, 'admin')")
        .bind(ada.id)
        .execute(&app.db)
        .await
        .expect("a role");
    let campaign = app.campaign().by(&marta).build().await;
    assert_eq!(call_off(&zoe, &campaign).await.0, 404);
    let page = format!("/campaigns/{}/cancel", campaign.slug);
    assert_eq!(zoe.get(&page).await.status().as_u16(), 404);
    assert_eq!(marta.get(&page).await.status().as_u16(), 200);
    for reason in ["", "   ", &"long ".repeat(500)] {
        let refused = marta.call("cancel_campaign", &[("slug", &campaign.slug), ("reason", reason)]).await;
        assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("reason")), "{refused:?}");
    }
    assert_eq!(app.count("select count(*) from campaigns where state = 'live'").await, 1);
    assert_eq!(call_off(&ada, &campaign).await.0, 200);
    assert_eq!(call_off(&marta, &campaign).await.0, 409, "once");
    let actor: uuid::Uuid =
        sqlx::query_scalar("select actor_id from campaign_history where event = 'cancelled'")
            .fetch_one(&app.db)
            .await
            .expect("who did it");
    assert_eq!(actor, ada.id);
    unwound(&app).await;
    let told = "select count(*) from mails where letter = 'campaign_cancelled_creator' and body_text like '%' || $1 || '%'";
    let told: i64 = sqlx::query_scalar(told).bind(WHY).fetch_one(&app.db).await.expect("a count");
    assert_eq!(told, 1, "who had not ended it is told who did, and why");
    app.finish().await;
}
