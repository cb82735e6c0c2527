//! Everything that must hold is asked of the database, and each question finds what it is for.

use backend::checks;
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions, PgPool};

use crate::support::people::Person;
use crate::support::{TestApp, sandbox_page};

/// A paid pledge, and one with a reward whose card is saved.
async fn scene() -> (TestApp, Person) {
    let app = TestApp::start_quiet().await;
    let (kept, all) = (app.campaign().model("kia").build().await, app.campaign().build().await);
    let reward = all.reward("10", Some(5)).await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&kept, None, "25").await.text()).await;
    sandbox_page::pay(bea.pledge(&all, Some(reward), "10").await.text()).await;
    for event in app.gateway.events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.pump().await;
    (app, bea)
}

async fn violated(db: &PgPool) -> Vec<&'static str> {
    let answers = checks::ask(db).await.expect("answers");
    answers.iter().filter(|answer| !answer.holds()).map(|answer| answer.check.name).collect()
}

/// What to do to the scene, behind the back of every trigger, and which question finds it.
const VIOLATIONS: [(&str, &str); 28] = [
    ("ledger_balances", "update ledger_entries set amount = amount + 1 where account = 'platform_fees'"),
    ("ledger_has_entries", "insert into ledger_transactions (id, kind, reference) values (gen_random_uuid(), 'x', 'y')"),
    ("totals_are_sums", "update campaign_stats set pledged = pledged + 1"),
    ("totals_are_sums", "update campaign_stats set backers = backers + 1"),
    ("slots_are_counted", "update rewards set claimed = claimed + 1"),
    ("nobody_got_back_more_than_they_paid",
     "with t as (insert into ledger_transactions (id, kind, reference, pledge_id)
                 select gen_random_uuid(), 'refunded', 'x', id from pledges where state = 'captured' returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('gateway_balance', -26), ('disputed', 26)) as e (a, m)"),
    ("nothing_held_is_negative",
     "with t as (insert into ledger_transactions (id, kind, reference, campaign_id)
                 select gen_random_uuid(), 'paid_out', 'x', campaign_id from pledges where state = 'captured' returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('gateway_balance', -26), ('held_for_campaign', 26)) as e (a, m)"),
    ("nothing_owed_is_negative",
     "with t as (insert into ledger_transactions (id, kind, reference, pledge_id)
                 select gen_random_uuid(), 'returned', 'x', id from pledges where state = 'captured' returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('gateway_balance', -1), ('owed_to_backers', 1)) as e (a, m)"),
    ("failed_campaigns_charge_nobody",
     "with failed as (update campaigns set model = 'aon' from pledges
                      where campaign_id = campaigns.id and pledges.state = 'captured' returning campaigns.id)
      insert into campaign_results (campaign_id, outcome, pledged, backers, decided_at)
      select id, 'failed', 25, 1, clock() - interval '1 day' from failed"),
    ("failed_campaigns_hold_nothing",
     "with failed as (update campaigns set state = 'cancelled' from pledges
                      where campaign_id = campaigns.id and pledges.state = 'captured' returning campaigns.id)
      insert into settlements (campaign_id, finished_at) select id, clock() - interval '2 hours' from failed"),
    ("what_is_paid_is_in_the_ledger",
     "update ledger_transactions set kind = 'x' where kind = 'captured'"),
    ("payments_have_their_history", "update pledge_history set to_state = 'authorized' where to_state = 'captured'"),
    ("pledges_walk_allowed_edges", "update pledge_history set from_state = 'dropped' where to_state = 'committed'"),
    ("pledges_walk_allowed_edges", "delete from pledge_history where to_state = 'pending'"),
    ("campaigns_walk_allowed_edges",
     "insert into campaign_history (campaign_id, from_state, to_state, event)
      select id, 'failed', 'funded', 'funded' from campaigns limit 1"),
    ("deadlines_are_kept", "update campaigns set ends_at = clock() - interval '11 minutes'"),
    ("settlements_end",
     "insert into settlements (campaign_id, began_at, retry_until)
      select id, clock() - interval '9 days', clock() - interval '25 hours' from campaigns limit 1"),
    ("the_inbox_moves",
     "update pledge_inbox set applied_at = null, outcome = null, received_at = clock() - interval '11 minutes'"),
    ("no_event_is_set_aside", "update pledge_inbox set outcome = 'set_aside'"),
    ("every_event_is_placed", "update gateway_events set outcome = 'quarantined'"),
    ("every_event_is_understood", "update gateway_events set outcome = 'unparsable'"),
    ("no_job_is_parked", "update staged_jobs set done_at = null, parked_at = clock()"),
    ("jobs_are_done", "update staged_jobs set done_at = null, run_at = clock() - interval '2 hours'"),
    ("no_mail_is_parked", "update mails set parked_at = clock(), sent_at = null"),
    ("mails_are_sent", "update mails set sent_at = null, due_at = clock() - interval '2 hours'"),
    ("creators_are_paid_in_time",
     "with funded as (update campaigns set state = 'funded' returning id)
      insert into settlements (campaign_id, finished_at) select id, clock() - interval '61 days' from funded"),
    ("campaigns_are_decided",
     "with over as (update campaigns set state = 'settling', ends_at = clock() - interval '1 day' returning id)
      insert into settlements (campaign_id, began_at) select id, clock() - interval '1 day' from over"),
    ("calls_are_resolved",
     "update gateway_attempts set state = 'unknown', sent_at = clock() - interval '2 days'"),
];

/// More of them, whose row has to be made a little differently.
const OTHERS: [(&str, &str); 19] = [
    (
        "payments_have_their_line",
        "update ledger_transactions set posted_at = posted_at - interval '2 days', reference = 'pi_nowhere'
      where kind = 'captured'",
    ),
    (
        "charges_end",
        "update pledges set state = 'charging', updated_at = clock() - interval '2 days' where state = 'committed'",
    ),
    (
        "reservations_lapse",
        "update pledges set state = 'pending', reserved_until = clock() - interval '2 hours' where state = 'committed'",
    ),
    ("charges_keep_being_tried", "update staged_jobs set kind = 'collect', done_at = null, attempts = 9"),
    (
        "every_day_is_reconciled",
        "insert into reconciliations (id, day, began_at)
      values (gen_random_uuid(), '2027-03-03', clock() - interval '2 days')",
    ),
    (
        "no_reserve_is_negative",
        "with t as (insert into ledger_transactions (id, kind, reference, campaign_id, pledge_id)
                    select gen_random_uuid(), 'reserve_used', 'x', campaign_id, id from pledges where state = 'captured'
                    returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('reserved_for_creators', 1), ('held_for_campaign', -1)) as e (a, m)",
    ),
    (
        "no_debt_is_negative",
        "with t as (insert into ledger_transactions (id, kind, reference, campaign_id)
                    select gen_random_uuid(), 'debt_settled', 'x', id from campaigns limit 1 returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('set_off', 1), ('owed_by_creators', -1)) as e (a, m)",
    ),
    (
        "what_is_set_off_is_settled",
        "with t as (insert into ledger_transactions (id, kind, reference, campaign_id)
                    select gen_random_uuid(), 'debt_set_off', 'x', campaign_id from pledges where state = 'captured'
                    returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('held_for_campaign', 1), ('set_off', -1)) as e (a, m)",
    ),
    (
        "reserves_leave_in_time",
        "with old as (update campaigns set starts_at = clock() - interval '99 days',
                                           ends_at = clock() - interval '63 days'),
           t as (insert into ledger_transactions (id, kind, reference, campaign_id, pledge_id)
                 select gen_random_uuid(), 'reserved', 'x', campaign_id, id from pledges where state = 'captured'
                 returning id)
      insert into ledger_entries (transaction_id, account, amount, currency)
      select id, a, m, 'EUR' from t, (values ('held_for_campaign', 1), ('reserved_for_creators', -1)) as e (a, m)",
    ),
    (
        "payouts_are_their_parts",
        "with payout as (insert into payouts (id, campaign_id, creator_id, state, amount, currency)
                         select gen_random_uuid(), id, creator_id, 'approved', 5, currency from campaigns limit 1
                         returning id)
      insert into payout_parts (payout_id, pledge_id, amount, currency)
      select payout.id, pledges.id, 4, 'EUR' from payout, pledges where state = 'captured'",
    ),
    (
        "only_what_is_funded_is_paid_out",
        "with payout as (insert into payouts (id, campaign_id, creator_id, state, amount, currency)
                         select gen_random_uuid(), campaigns.id, creator_id, 'approved', 5, campaigns.currency
                         from campaigns join pledges on campaign_id = campaigns.id and pledges.state = 'captured'
                         returning id)
      insert into payout_parts (payout_id, pledge_id, amount, currency, transfer_id, sent_at)
      select payout.id, pledges.id, 5, 'EUR', 'tr_x', clock() from payout, pledges where state = 'captured'",
    ),
    (
        "changes_end",
        "insert into pledge_changes (id, pledge_id, campaign_id, version, from_amount, amount, currency, mandate,
                                     claims_slot, state, reserved_until)
      select gen_random_uuid(), id, campaign_id, 1, amount, amount, currency, 'x', false, 'waiting',
             clock() - interval '2 hours' from pledges where state = 'committed'",
    ),
    ("refunds_end", "insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, requested_at)
      select gen_random_uuid(), id, 1, currency, 'requested', 'campaign', '', true, clock() - interval '2 days'
      from pledges where state = 'captured'"),
    ("refunds_end", "insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, requested_at)
      select gen_random_uuid(), id, 1, currency, 'pending', 'campaign', '', true, clock() - interval '31 days'
      from pledges where state = 'captured'"),
    ("refunds_arrive", "insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, failed_at)
      select gen_random_uuid(), id, 1, currency, 'failed', 'campaign', '', true, clock()
      from pledges where state = 'captured'"),
    ("disputes_are_answered", "insert into disputes (id, gateway_dispute_id, pledge_id, amount, currency, reason, state,
                                                     evidence_due_at, opened_at)
      select gen_random_uuid(), 'dp_x', id, amount, currency, 'fraudulent', 'needs_response',
             clock() + interval '1 day', clock() from pledges where state = 'captured'"),
    ("creators_can_be_paid", "insert into payout_accounts (person_id, country, closed_at)
      select creator_id, 'PT', clock() from campaigns join pledges on campaign_id = campaigns.id
      where pledges.state = 'captured'"),
    ("payouts_arrive", "insert into payout_accounts (person_id, country, payout_failed_at)
      select creator_id, 'PT', clock() from campaigns limit 1"),
    (
        "payouts_walk_allowed_edges",
        "with payout as (insert into payouts (id, campaign_id, creator_id, state, amount, currency)
                         select gen_random_uuid(), id, creator_id, 'withdrawn', 5, currency from campaigns limit 1
                         returning id)
      insert into payout_history (payout_id, from_state, to_state, event)
      select id, null, 'approved', 'due' from payout union all select id, 'approved', 'withdrawn', 'withdrawn' from payout",
    ),
];

// I1 to I3, I5 to I7, I9, I10
#[tokio::test]
async fn nothing_is_violated_and_every_question_finds_what_it_is_for() {
    let (app, _) = scene().await;
    // One connection: what is done on it within a transaction is seen by the questions, and undone.
    let options = (*app.db.connect_options()).clone();
    let db = PgPoolOptions::new().max_connections(1).connect_with(options).await.expect("a connection");
    assert_eq!(violated(&db).await, Vec::<&str>::new());
    for (name, statement) in VIOLATIONS.into_iter().chain(OTHERS) {
        let seed =
            async |sql: &'static str| sqlx::raw_sql(sql).execute(&db).await.expect(sql).rows_affected();
        seed("begin; set local session_replication_role = replica").await;
        assert!(seed(statement).await > 0, "{statement}");
        let found = violated(&db).await;
        seed("rollback").await;
        assert!(found.contains(&name), "{name} does not find: {statement}\nfound: {found:?}");
    }
    let asked = checks::ask(&db).await.expect("answers").len();
    let mut tried: Vec<&str> = VIOLATIONS.iter().chain(&OTHERS).map(|(name, _)| *name).collect();
    tried.sort_unstable();
    tried.dedup();
    assert_eq!(asked, tried.len(), "every question is tried");
    db.close().await;
    app.finish().await;
}

/// The command line, over this database.
async fn command(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let url = app.db.connect_options().to_url_lossy().to_string();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"))
        .args(arguments)
        .env("DATABASE_URL", url)
        .env("STRIPE_SECRET_KEY", "sk_test_sandbox")
        .env("STRIPE_API_BASE", format!("{}/", app.gateway.base))
        .output()
        .await
        .expect("it runs");
    (output.status.success(), String::from_utf8(output.stdout).expect("text"))
}

#[tokio::test]
async fn the_command_line_says_the_same_and_fails_when_something_is_wrong() {
    let (app, _) = scene().await;
    let day = chrono::Utc::now().date_naive().to_string();
    let (good, said) = command(&app, &["check"]).await;
    let asked = checks::ask(&app.db).await.expect("answers").len();
    assert!(good && said.ends_with(&format!("{asked} of {asked} hold.\n")), "{said}");
    let (good, said) = command(&app, &["reconcile", "--day", &day]).await;
    assert!(good && said.contains("1 lines at the gateway") && said.contains("0 differences"), "{said}");
    let (good, said) = command(&app, &["report", &day]).await;
    assert!(good && said.contains("gateway_balance EUR") && said.contains("24.370"), "{said}");

    sqlx::query("update campaign_stats set pledged = pledged + 1").execute(&app.db).await.expect("drift");
    let by_hand = [
        ("amount", "900"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa"),
        ("return_url", "https://example.org/"),
    ];
    app.gateway.post("/v1/payment_intents", &by_hand).await;
    let (good, said) = command(&app, &["check"]).await;
    assert!(!good && said.contains("VIOLATED  totals_are_sums"), "{said}");
    let (good, said) = command(&app, &["reconcile", "--day", &day]).await;
    assert!(!good && said.contains("not_in_ledger") && said.contains("8.61 EUR"), "{said}");
    sqlx::query("update campaign_stats set pledged = pledged - 1").execute(&app.db).await.expect("mended");
    app.finish().await;
}

#[tokio::test]
async fn everything_holds_for_the_demo_too() {
    let app = TestApp::start_quiet().await;
    backend::demo::seed(&app.ctx).await.expect("the demo");
    assert_eq!(violated(&app.db).await, Vec::<&str>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_violation_is_an_alarm_until_it_is_gone() {
    let (app, _) = scene().await;
    checks::watch(&app.ctx).await.expect("a self-check");
    assert_eq!(app.count("select count(*) from alarms").await, 0);
    sqlx::query("update campaign_stats set pledged = pledged + 1").execute(&app.db).await.expect("drift");
    for _ in 0..2 {
        checks::watch(&app.ctx).await.expect("a self-check");
    }
    let open = "select count(*) from alarms where kind = 'totals_are_sums' and cleared_at is null";
    assert_eq!(app.count(open).await, 2, "one for each campaign, once");
    let run = "select count(*) from self_checks where violated = array['totals_are_sums']";
    assert_eq!(app.count(run).await, 2);

    sqlx::query("update campaign_stats set pledged = pledged - 1").execute(&app.db).await.expect("mended");
    checks::watch(&app.ctx).await.expect("a self-check");
    assert_eq!(app.count(open).await, 0);
    assert_eq!(app.count("select count(*) from alarms where cleared_at is not null").await, 2);
    // Wrong again is another alarm.
    sqlx::query("update campaign_stats set pledged = pledged + 1").execute(&app.db).await.expect("drift");
    checks::watch(&app.ctx).await.expect("a self-check");
    assert_eq!(app.count("select count(*) from alarms").await, 4);
    sqlx::query("update campaign_stats set pledged = pledged - 1").execute(&app.db).await.expect("mended");
    app.finish().await;
}
