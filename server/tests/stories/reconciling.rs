//! A day's ledger against the gateway's own account: what agrees, what is adopted, and what becomes an alarm.

use backend::books::{self, Reconciled};
use chrono::{NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, states};
use crate::support::people::Person;
use crate::support::{TestApp, sandbox_page};

/// The gateway's day: its clock was not moved.
fn today() -> NaiveDate {
    Utc::now().date_naive()
}

async fn reconcile(app: &TestApp) -> Reconciled {
    books::reconcile(&app.ctx, today()).await.expect("the books are compared")
}

async fn pay(app: &TestApp, campaign: &TestCampaign, amount: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    backer
}

async fn hear_everything(app: &TestApp) {
    for event in app.gateway.events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.pump().await;
}

/// The open alarms as kind and subject.
async fn alarms(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query_as("select kind, subject from alarms where cleared_at is null order by kind, subject")
        .fetch_all(&app.db)
        .await
        .expect("alarms")
}

/// Moves money in the ledger as nothing of ours would.
async fn post(app: &TestApp, reference: &str, amount: i32) {
    let posted = sqlx::query(
        "with posted as (
             insert into ledger_transactions (id, kind, reference) values ($1, 'correction', $2) returning id
         )
         insert into ledger_entries (transaction_id, account, amount, currency)
         select id, account, amount, 'EUR'
         from posted, (values ('gateway_balance', $3), ('gateway_fees', -$3)) as entry (account, amount)",
    )
    .bind(Uuid::now_v7())
    .bind(reference)
    .bind(amount);
    posted.execute(&app.db).await.expect("posted");
}

/// A payment made by hand, in the gateway's dashboard.
async fn paid_by_hand(app: &TestApp, metadata: &[(&str, &str)]) -> String {
    let mut form = vec![("amount", "900"), ("currency", "eur"), ("confirm", "true")];
    form.extend([("payment_method", "pm_card_visa"), ("return_url", "https://example.org/")]);
    form.extend(metadata);
    app.gateway.post("/v1/payment_intents", &form).await;
    let newest = app.gateway.all("payment_intent").await;
    let newest = newest.iter().find(|intent| intent["amount"] == 900).expect("the payment");
    newest["id"].as_str().expect("an id").to_owned()
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

// I8
#[tokio::test]
async fn a_day_that_agrees_agrees_line_by_line_however_often_it_is_compared() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    for amount in ["25.50", "10"] {
        pay(&app, &campaign, amount).await;
    }
    hear_everything(&app).await;
    let before = app.count("select count(*) from ledger_transactions").await;
    for _ in 0..2 {
        let outcome = reconcile(&app).await;
        assert_eq!((outcome.lines, outcome.adopted), (2, 0));
        assert_eq!(outcome.differences, []);
    }
    assert_eq!(app.count("select count(*) from ledger_transactions").await, before);
    assert_eq!(app.count("select count(*) from gateway_lines").await, 2);
    let runs = "select count(*) from reconciliations where finished_at is not null and lines = 2 and differences = 0";
    assert_eq!(app.count(runs).await, 2);
    app.finish().await;
}

// Case 42
#[tokio::test]
async fn webhooks_lost_for_days_are_made_good_by_reading() {
    let app = TestApp::start_quiet().await;
    let (kept, all) = (app.campaign().model("kia").build().await, app.campaign().build().await);
    let mut backers = Vec::new();
    for _ in 0..3 {
        backers.push((pay(&app, &kept, "25.50").await, "captured"));
        backers.push((pay(&app, &all, "10").await, "committed"));
    }
    for (backer, _) in &backers {
        assert_eq!(states(&app, backer).await, ["pending"], "nobody told us");
    }

    let outcome = reconcile(&app).await;
    assert_eq!(outcome.adopted, 6);
    assert!(outcome.reads <= 4, "a list each of lines, payments, cards and disputes: {}", outcome.reads);
    assert_eq!(outcome.differences, []);
    for (backer, state) in &backers {
        assert_eq!(states(&app, backer).await, [*state]);
    }
    assert_eq!(app.count("select count(*) from ledger_transactions where kind = 'gateway_fee'").await, 3);

    // The events come after all, and another comparison: nothing is new.
    hear_everything(&app).await;
    assert_eq!(reconcile(&app).await.adopted, 0);
    assert_eq!(app.count("select count(*) from ledger_transactions where kind = 'captured'").await, 3);
    app.finish().await;
}

// Case 40
#[tokio::test]
async fn a_payment_that_names_a_pledge_we_do_not_have_is_an_alarm() {
    let app = TestApp::start_quiet().await;
    let (pledge, campaign) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let ids = [("metadata[pledge_id]", pledge.as_str()), ("metadata[campaign_id]", campaign.as_str())];
    let payment = paid_by_hand(&app, &ids).await;
    hear_everything(&app).await;
    assert_eq!(app.count("select count(*) from gateway_events where outcome = 'quarantined'").await, 1);
    reconcile(&app).await;
    let expected = [("not_in_ledger", &payment), ("payment_of_no_pledge", &payment)];
    assert_eq!(alarms(&app).await, expected.map(|(kind, id)| (kind.to_owned(), id.clone())));

    // It goes back, as whoever looks into it decides: then both are over.
    app.gateway.post("/v1/refunds", &[("payment_intent", &payment)]).await;
    let still: Vec<String> =
        reconcile(&app).await.differences.iter().map(|one| one.kind.to_owned()).collect();
    assert_eq!(still, ["not_in_ledger"], "what the gateway kept of it is in no book of ours");
    app.finish().await;
}

// Case 40: the event came before its pledge could be found; then it can.
#[tokio::test]
async fn an_event_that_could_not_be_placed_is_adopted_once_it_can() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = pay(&app, &campaign, "25").await;
    let mut event = app.gateway.events().await;
    event.retain(|event| event["type"] == "payment_intent.succeeded");
    let mut event = event.pop().expect("the gateway's word");
    event["data"]["object"]["metadata"]["campaign_id"] = Uuid::now_v7().to_string().into();
    assert_eq!(app.deliver(&event).await, 200);
    assert_eq!(app.count("select count(*) from gateway_events where outcome = 'quarantined'").await, 1);
    assert!(reconcile(&app).await.adopted >= 1);
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(app.count("select count(*) from gateway_events where outcome = 'adopted'").await, 1);
    app.pump().await;
    app.finish().await;
}

#[tokio::test]
async fn whatever_differs_is_an_alarm_raised_once() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    pay(&app, &campaign, "25").await;
    hear_everything(&app).await;
    let paid = id(&app.gateway.all("payment_intent").await[0]);
    let stranger = paid_by_hand(&app, &[]).await;
    post(&app, &paid, 3).await;
    post(&app, "pi_nowhere", 7).await;

    for _ in 0..2 {
        assert_eq!(reconcile(&app).await.differences.len(), 3);
        let mut expected = [
            ("books_differ".to_owned(), paid.clone()),
            ("not_at_gateway".to_owned(), "pi_nowhere".to_owned()),
            ("not_in_ledger".to_owned(), stranger.clone()),
        ];
        expected.sort();
        assert_eq!(alarms(&app).await, expected);
    }
    assert_eq!(app.count("select count(*) from alarms").await, 3, "each is raised once");
    let detail: String = sqlx::query_scalar("select detail from alarms where kind = 'not_in_ledger'")
        .fetch_one(&app.db)
        .await
        .expect("a detail");
    assert_eq!(detail, "The gateway moved 8.61 EUR; the ledger has nothing.");
    app.finish().await;
}

#[tokio::test]
async fn a_difference_that_was_corrected_clears_at_the_next_self_check() {
    let app = TestApp::start_quiet().await;
    post(&app, "pi_nowhere", 7).await;
    assert_eq!(reconcile(&app).await.differences.len(), 1);
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    assert_eq!(alarms(&app).await, [("not_at_gateway".to_owned(), "pi_nowhere".to_owned())]);

    // By a new entry, as every correction.
    sqlx::query(
        "with posted as (
             insert into ledger_transactions (id, kind, reference) values (gen_random_uuid(), 'reversal', 'pi_nowhere')
             returning id
         )
         insert into ledger_entries (transaction_id, account, amount, currency)
         select id, account, amount, 'EUR'
         from posted, (values ('gateway_balance', -7), ('gateway_fees', 7)) as entry (account, amount)",
    )
    .execute(&app.db)
    .await
    .expect("corrected");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    assert_eq!(alarms(&app).await, []);
    app.finish().await;
}

// A refund made in the gateway's dashboard, of which no event came.
#[tokio::test]
async fn a_refund_made_by_hand_is_looked_at() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    pay(&app, &campaign, "25").await;
    hear_everything(&app).await;
    assert_eq!(reconcile(&app).await.adopted, 0);
    let payment = id(&app.gateway.all("payment_intent").await[0]);
    app.gateway.post("/v1/refunds", &[("payment_intent", &payment), ("amount", "1000")]).await;
    assert_eq!(reconcile(&app).await.adopted, 1);
    app.pump().await;
    app.finish().await;
}

// A posting that names a row of ours and a pledge is about the pledge's payment.
#[tokio::test]
async fn a_posting_by_a_row_of_ours_is_held_against_its_pledges_payment() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = pay(&app, &campaign, "25").await;
    hear_everything(&app).await;
    let payment = id(&app.gateway.all("payment_intent").await[0]);
    for (amount, differences) in [(3, 1), (-3, 0)] {
        sqlx::query(
            "with posted as (
                 insert into ledger_transactions (id, kind, reference, pledge_id)
                 values ($1, 'correction', $1::text, $2) returning id
             )
             insert into ledger_entries (transaction_id, account, amount, currency)
             select id, account, amount, 'EUR'
             from posted, (values ('gateway_balance', $3), ('platform_fees', -$3)) as entry (account, amount)",
        )
        .bind(Uuid::now_v7())
        .bind(bea.pledges(&app.db).await[0])
        .bind(amount)
        .execute(&app.db)
        .await
        .expect("posted");
        let found = reconcile(&app).await.differences;
        assert_eq!(found.len(), differences, "{found:?}");
        assert!(found.iter().all(|alarm| (alarm.kind, &alarm.subject) == ("books_differ", &payment)));
    }
    app.finish().await;
}

// I4, counted at the gateway
#[tokio::test]
async fn two_payments_of_one_pledge_are_an_alarm() {
    let app = TestApp::start_quiet().await;
    let pledge = Uuid::now_v7();
    for (line, payment) in [("txn_1", "pi_1"), ("txn_2", "pi_2")] {
        sqlx::query(
            "insert into gateway_lines (id, type, source_id, payment_id, pledge_id, amount, fee, currency, created_at)
             values ($1, 'charge', 'ch_' || $1, $2, $3, 25, 0.63, 'EUR', $4)",
        )
        .bind(line)
        .bind(payment)
        .bind(pledge)
        .bind(Utc::now())
        .execute(&app.db)
        .await
        .expect("a line");
    }
    reconcile(&app).await;
    assert!(alarms(&app).await.contains(&("paid_twice".to_owned(), pledge.to_string())));
    app.finish().await;
}

#[tokio::test]
async fn what_moves_between_the_gateway_and_the_platform_is_booked() {
    let app = TestApp::start_quiet().await;
    sqlx::query(
        "insert into gateway_lines (id, type, source_id, amount, fee, currency, created_at)
         values ('txn_1', 'payout', 'po_1', -120, 0, 'EUR', now()), ('txn_2', 'stripe_fee', null, -2, 0, 'EUR', now())",
    )
    .execute(&app.db)
    .await
    .expect("lines");
    for _ in 0..2 {
        assert_eq!(reconcile(&app).await.differences, []);
    }
    let booked: Vec<(String, String)> = sqlx::query_as(
        "select account, sum(amount)::text from ledger_entries group by account order by account",
    )
    .fetch_all(&app.db)
    .await
    .expect("entries");
    let expected = [("gateway_balance", "-122.000"), ("gateway_fees", "2.000"), ("platform_bank", "120.000")];
    assert_eq!(booked, expected.map(|(account, amount)| (account.to_owned(), amount.to_owned())));
    app.finish().await;
}

#[tokio::test]
async fn an_interrupted_comparison_goes_on_where_it_stopped() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    for amount in ["25.50", "10"] {
        pay(&app, &campaign, amount).await;
    }
    // Newest first: the run that died had read the second payment's line, and kept it.
    let lines = app.gateway.all("balance_transaction").await;
    let newest = lines.iter().find(|line| line["amount"] == 1000).expect("a line");
    let payments = app.gateway.all("payment_intent").await;
    let payment = payments.iter().find(|payment| payment["amount"] == 1000).expect("a payment");
    sqlx::query(
        "insert into gateway_lines (id, type, source_id, payment_id, amount, fee, currency, created_at)
         values ($1, 'charge', $2, $3, 10, 0.40, 'EUR', now())",
    )
    .bind(id(newest))
    .bind(newest["source"].as_str())
    .bind(id(payment))
    .execute(&app.db)
    .await
    .expect("a line");
    sqlx::query("insert into reconciliations (id, day, read_to) values (gen_random_uuid(), $1, $2)")
        .bind(today())
        .bind(id(newest))
        .execute(&app.db)
        .await
        .expect("a run");
    let outcome = reconcile(&app).await;
    assert_eq!(outcome.lines, 2);
    assert_eq!(outcome.differences, []);
    assert_eq!(app.count("select count(*) from reconciliations where finished_at is not null").await, 1);
    assert_eq!(app.count("select count(*) from reconciliations").await, 1, "the same run");
    app.finish().await;
}

#[tokio::test]
async fn yesterday_is_staged_once_and_days_that_were_missed_with_it() {
    let app = TestApp::start_quiet().await;
    app.advance(chrono::TimeDelta::days(10)).await;
    let staged = "select count(*) from staged_jobs where kind = 'reconcile'";
    for _ in 0..2 {
        books::stage_reconciling(&app.ctx).await.expect("staged");
    }
    assert_eq!(app.count(staged).await, 1);
    sqlx::query(
        "insert into reconciliations (id, day, finished_at)
         values (gen_random_uuid(), (clock() at time zone 'utc' - interval '2 hours')::date - 5, clock())",
    )
    .execute(&app.db)
    .await
    .expect("an old one");
    books::stage_reconciling(&app.ctx).await.expect("staged");
    assert_eq!(app.count(staged).await, 4);
    app.pump().await;
    assert_eq!(app.count("select count(*) from reconciliations where finished_at is not null").await, 5);
    app.finish().await;
}
