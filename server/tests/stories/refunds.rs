//! Money goes back: in parts and whole, by the creator, by staff, by the backer, by the gateway's dashboard; and what
//! comes back from the bank.

use chrono::TimeDelta;
use futures::future::join;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{claimed, states};
use crate::support::sandbox_page::GOOD;
use crate::support::{TestApp, eventually, sandbox_page};

const FAILS_LATER: &str = "4000000000005126";
const PENDING: &str = "4000000000007726";

// Case 12
#[tokio::test]
async fn three_parts_up_to_the_whole_and_not_a_cent_more() {
    let app = TestApp::start().await;
    let paid = app.backed("25.50", GOOD).await;
    assert_eq!(app.balance("platform_fees").await, -1280, "5 %, half to even");

    for (amount, left, state, total) in
        [("10", "25.50", "partially_refunded", "15.500"), ("10.25", "15.50", "partially_refunded", "5.250")]
    {
        assert_eq!(paid.marta.refund(paid.pledge, amount, left).await.status, 200);
        app.settle().await;
        assert_eq!(states(&app, &paid.bea).await, [state]);
        assert_eq!(paid.campaign.totals().await, (total.into(), 1), "what stands is what counts");
    }
    let more = paid.marta.refund(paid.pledge, "5.26", "5.25").await;
    assert_eq!((more.status, more.body["field"].as_str()), (422, Some("amount")), "{more:?}");
    assert_eq!(more.message(), "At most €5.25 can be given back.");
    assert_eq!(paid.marta.refund(paid.pledge, "5.25", "5.25").await.status, 200);
    app.settle().await;

    assert_eq!(states(&app, &paid.bea).await, ["refunded"]);
    assert_eq!(paid.campaign.totals().await, ("0.000".into(), 0));
    for account in ["held_for_campaign", "platform_fees", "owed_by_creators"] {
        assert_eq!(app.balance(account).await, 0, "{account}: nothing is left of it");
    }
    assert_eq!(app.balance("gateway_balance").await, -630, "what the gateway kept it keeps");
    let refunds = app.gateway.of_pledge("refund", paid.pledge).await;
    let amounts: i64 = refunds.iter().filter_map(|refund| refund["amount"].as_i64()).sum();
    assert_eq!((refunds.len(), amounts), (3, 2550));
    let again = paid.marta.refund(paid.pledge, "1", "0.00").await;
    assert_eq!(again.status, 409, "{again:?}");
    app.finish().await;
}

// Case 12
#[tokio::test]
async fn of_two_who_refund_at_once_one_is_told() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let paid = app.backed("25", GOOD).await;
        let (ada, ben) = (app.admin("Ada Min").await, app.admin("Ben Min").await);
        let (one, two) =
            join(ada.refund(paid.pledge, "20", "25.00"), ben.refund(paid.pledge, "20", "25.00")).await;
        let (lost, statuses) = if one.status == 200 { (two, 1) } else { (one, 2) };
        assert_eq!(lost.status, 409, "{statuses} {lost:?}");
        assert_eq!(
            lost.message(),
            "Somebody else has just given money back for this pledge. €5 is left. Nothing was refunded by you."
        );
        app.settle().await;
        assert_eq!(app.count("select count(*) from refunds").await, 1);
        assert_eq!(app.gateway.all("refund").await.len(), 1);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_form_sent_many_times_is_one_refund() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    let form = Uuid::now_v7();
    let sent = (0..10).map(|_| paid.marta.refund_with(paid.pledge, form, "5", "25.00", "yes"));
    for answer in futures::future::join_all(sent).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    app.settle().await;
    assert_eq!(app.gateway.all("refund").await.len(), 1);
    app.finish().await;
}

// The database itself refuses more than was paid, whatever code writes it.
#[tokio::test]
async fn the_database_holds_the_sum() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    let insert = "insert into refunds (id, pledge_id, amount, currency, source, reason, keeps_reward)
                  values (gen_random_uuid(), $1, 13, 'EUR', 'campaign', 'x', false)";
    sqlx::query(insert).bind(paid.pledge).execute(&app.db).await.expect("the first half");
    let refused =
        sqlx::query(insert).bind(paid.pledge).execute(&app.db).await.expect_err("more than was paid");
    assert_eq!(backend::error::constraint(&refused), Some("refunds_within_payment"));
    sqlx::query("delete from refunds").execute(&app.db).await.expect("not sent by any job");
    app.finish().await;
}

// Case 12
#[tokio::test]
async fn a_refund_that_the_bank_sends_back_is_undone_and_told() {
    let app = TestApp::start().await;
    let paid = app.backed("25", FAILS_LATER).await;
    assert_eq!(paid.marta.refund(paid.pledge, "25", "25.00").await.status, 200);
    eventually("the refund", async || states(&app, &paid.bea).await == ["refunded"]).await;
    assert_eq!(app.balance("held_for_campaign").await, 0);

    app.gateway.advance(TimeDelta::minutes(2)).await;
    eventually("its failure", async || states(&app, &paid.bea).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(app.balance("held_for_campaign").await, -23_750);
    assert_eq!(app.balance("platform_fees").await, -1_250);
    assert_eq!(paid.campaign.totals().await, ("25.000".into(), 1));
    for letter in ["refunded", "refund_failed", "refund_failed_creator"] {
        let told: i64 = sqlx::query_scalar("select count(*) from mails where letter = $1")
            .bind(letter)
            .fetch_one(&app.db)
            .await
            .expect("a count");
        assert_eq!(told, 1, "{letter}");
    }
    let page = paid.bea.get(&format!("/pledges/{}", paid.pledge)).await.text().await.expect("a page");
    assert!(page.contains("your bank sent it back"), "{page}");
    // What is here again can be given back again.
    assert_eq!(paid.marta.refund(paid.pledge, "5", "25.00").await.status, 200);
    eventually("another", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_refund_under_way_is_shown_and_moves_nothing_yet() {
    let app = TestApp::start().await;
    let paid = app.backed("25", PENDING).await;
    assert_eq!(paid.marta.refund(paid.pledge, "10", "25.00").await.status, 200);
    app.settle().await;
    assert_eq!(states(&app, &paid.bea).await, ["captured"]);
    assert_eq!(app.balance("gateway_balance").await, 25_000 - 630);
    let page = paid.bea.get(&format!("/pledges/{}", paid.pledge)).await.text().await.expect("a page");
    assert!(page.contains("under way to your card"), "{page}");
    // It is spoken for: the rest can be refunded, and not more.
    assert_eq!(paid.marta.refund(paid.pledge, "15.01", "15.00").await.status, 422);

    app.gateway.advance(TimeDelta::minutes(2)).await;
    eventually("the refund", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    app.settle().await;
    assert_eq!(app.balance("gateway_balance").await, 15_000 - 630);
    app.finish().await;
}

#[tokio::test]
async fn a_refund_made_in_the_dashboard_is_adopted_once() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    let payment = app.gateway.of_pledge("payment_intent", paid.pledge).await[0]["id"].clone();
    let payment = payment.as_str().expect("an id");
    app.gateway.post("/v1/refunds", &[("payment_intent", payment), ("amount", "700")]).await;
    eventually("the refund", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    assert_eq!(app.count("select count(*) from refunds where source = 'gateway'").await, 1);
    assert_eq!(paid.campaign.totals().await, ("18.000".into(), 1));
    // Every event of it again, backwards.
    let mut events = app.gateway.events().await;
    events.reverse();
    for (number, mut event) in events.into_iter().enumerate() {
        // Case 38: the same object under another event's id.
        event["id"] = json!(format!("evt_twin_{number}"));
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.settle().await;
    assert_eq!(app.count("select count(*) from refunds").await, 1);
    assert_eq!(app.balance("gateway_balance").await, 18_000 - 630);
    app.finish().await;
}

// PRODUCT B20
#[tokio::test]
async fn a_backer_takes_it_back_within_the_window() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    sqlx::query("update campaigns set refund_days = 14").execute(&app.db).await.expect("a policy");
    let reward = campaign.reward("20", Some(2)).await;
    let (bea, ole) = (app.person("Bea Tamm").await, app.person("Ole Lund").await);
    for backer in [&bea, &ole] {
        sandbox_page::pay(backer.pledge(&campaign, Some(reward), "25").await.text()).await;
        eventually("the payment", async || states(&app, backer).await == ["captured"]).await;
    }
    assert_eq!(claimed(&app.db, reward).await, 2);
    let campaign_page = bea.get(&format!("/campaigns/{}", campaign.slug)).await.text().await.expect("a page");
    assert!(campaign_page.contains("for 14 days after you pay"));

    let pledge = bea.pledges(&app.db).await[0].to_string();
    let form = [("pledge", pledge.as_str()), ("refund", "0193b3a0-0000-7000-8000-000000000001")];
    assert_eq!(ole.call("take_pledge_back", &form).await.status, 404, "not his");
    app.advance(TimeDelta::days(13)).await;
    assert_eq!(bea.call("take_pledge_back", &form).await.status, 200);
    eventually("her money", async || states(&app, &bea).await == ["refunded"]).await;
    assert_eq!(claimed(&app.db, reward).await, 1, "her place is free");

    app.advance(TimeDelta::days(2)).await;
    let pledge = ole.pledges(&app.db).await[0].to_string();
    let form = [("pledge", pledge.as_str()), ("refund", "0193b3a0-0000-7000-8000-000000000002")];
    let late = ole.call("take_pledge_back", &form).await;
    assert_eq!(late.status, 409);
    assert!(late.message().starts_with("You could take your money back until "), "{late:?}");
    let page = ole.get(&format!("/pledges/{pledge}")).await.text().await.expect("a page");
    assert!(page.contains("You could take your money back until "), "the page says why not");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_part_keeps_the_reward_or_frees_its_place() {
    for (keeps, places) in [("yes", 1), ("", 0)] {
        let app = TestApp::start().await;
        let marta = app.person("Marta Rebelo").await;
        let campaign = app.campaign().model("kia").by(&marta).build().await;
        let reward = campaign.reward("20", Some(1)).await;
        let bea = app.person("Bea Tamm").await;
        sandbox_page::pay(bea.pledge(&campaign, Some(reward), "25").await.text()).await;
        eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
        let pledge = bea.pledges(&app.db).await[0];
        assert_eq!(marta.refund_with(pledge, Uuid::now_v7(), "5", "25.00", keeps).await.status, 200);
        eventually("the refund", async || states(&app, &bea).await == ["partially_refunded"]).await;
        assert_eq!(claimed(&app.db, reward).await, places);
        app.settle().await;
        app.finish().await;
    }
}

#[tokio::test]
async fn only_the_creator_and_administrators_and_never_without_a_reason() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    let (zoe, mod_) = (app.person("Zoe Else").await, app.person("Mo Derator").await);
    sqlx::query("insert into person_roles (person_id, role) values ($1, 'moderator')")
        .bind(mod_.id)
        .execute(&app.db)
        .await
        .expect("a role");
    for stranger in [&zoe, &mod_, &paid.bea] {
        assert_eq!(stranger.refund(paid.pledge, "5", "25.00").await.status, 404);
        let list = format!("/campaigns/{}/pledges", paid.campaign.slug);
        assert_eq!(stranger.get(&list).await.status().as_u16(), 404);
    }
    assert_eq!(zoe.get(&format!("/pledges/{}/refund", paid.pledge)).await.status().as_u16(), 404);
    let (pledge, refund) = (paid.pledge.to_string(), Uuid::now_v7().to_string());
    let form = |reason| {
        [
            ("pledge", pledge.as_str()),
            ("refund", refund.as_str()),
            ("left", "25.00"),
            ("amount", "5"),
            ("reason", reason),
        ]
    };
    let long = "long ".repeat(101);
    for reason in ["", "  ", long.as_str()] {
        let refused = paid.marta.call("refund_pledge", &form(reason)).await;
        assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("reason")));
    }
    for (amount, said) in [("0", 422), ("-1", 422), ("1.005", 422), ("NaN", 422), ("1e9", 422)] {
        assert_eq!(paid.marta.refund(paid.pledge, amount, "25.00").await.status, said, "{amount}");
    }
    assert_eq!(app.gateway.all("refund").await.len(), 0);
    app.settle().await;
    app.finish().await;
}

// Case 13, the part before transfers: more goes back than is still held, and the difference is a debt of the creator.
#[tokio::test]
async fn what_was_paid_out_already_is_owed_by_the_creator() {
    let app = TestApp::start().await;
    let paid = app.backed("25", FAILS_LATER).await;
    // As a transfer to the creator books it.
    sqlx::query(
        "with posted as (
             insert into ledger_transactions (id, kind, campaign_id, reference)
             values (gen_random_uuid(), 'transferred', $1, 'tr_1') returning id
         )
         insert into ledger_entries (transaction_id, account, amount, currency)
         select id, account, amount, 'EUR' from posted,
                (values ('held_for_campaign', 23.12), ('gateway_balance', -23.12)) as entry (account, amount)",
    )
    .bind(paid.campaign.id)
    .execute(&app.db)
    .await
    .expect("a transfer");
    assert_eq!(paid.marta.refund(paid.pledge, "25", "25.00").await.status, 200);
    eventually("the refund", async || states(&app, &paid.bea).await == ["refunded"]).await;
    assert_eq!(app.balance("held_for_campaign").await, 0, "never below nothing");
    assert_eq!(app.balance("owed_by_creators").await, 23_120);
    app.gateway.advance(TimeDelta::minutes(2)).await;
    eventually("its failure", async || states(&app, &paid.bea).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(app.balance("owed_by_creators").await, 0, "and covered again");
    app.finish().await;
}

// Cases 3 to 5, for a refund: whatever becomes of the answer, the money goes back once.
#[tokio::test]
async fn an_answer_that_is_lost_refunds_once() {
    for mode in [
        "drop_before",
        "drop_response_after_commit",
        "error_500_after_commit",
        "truncated_json_200",
        "html_502",
    ] {
        let app = TestApp::start().await;
        let paid = app.backed("25", GOOD).await;
        app.gateway.fault(json!({ "method": "POST", "path_prefix": "/v1/refunds", "nth": 1 }), mode).await;
        assert_eq!(paid.marta.refund(paid.pledge, "10", "25.00").await.status, 200, "{mode}");
        eventually(mode, async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
        app.settle().await;
        assert_eq!(app.gateway.struck().await, 1, "{mode}");
        assert_eq!(app.gateway.all("refund").await.len(), 1, "{mode}");
        assert_eq!(app.balance("gateway_balance").await, 15_000 - 630, "{mode}");
        app.finish().await;
    }
}

#[tokio::test]
async fn the_public_account_says_what_the_ledger_says() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    app.advance(TimeDelta::days(31)).await;
    let finished = "select count(*) from settlements where finished_at is not null";
    eventually("the end", async || app.count(finished).await == 1).await;
    assert_eq!(paid.marta.refund(paid.pledge, "10", "25.00").await.status, 200);
    eventually("the refund", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    app.settle().await;
    let answer = paid.bea.call("settlement", &[("slug", &paid.campaign.slug)]).await;
    let lines = answer.body["lines"].as_array().expect("lines");
    let line = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name).expect(name);
        line["plain"].as_str().expect("a number").to_owned()
    };
    assert_eq!(line("Pledged at the deadline"), "25.00", "the result never changes");
    assert_eq!(line("Collected"), "25.00");
    assert_eq!(line("Refunded"), "10.00");
    assert_eq!(line("The platform's share"), "0.75");
    app.finish().await;
}
