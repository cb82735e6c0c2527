//! What must hold after every test (CASES I1 to I7, as far as the product goes by now).

use std::collections::HashMap;

use domain::{PledgeEvent, PledgeState, Step};
use serde_json::Value;
use sqlx::PgPool;

use super::gateway::Gateway;

pub async fn check(db: &PgPool, gateway: &Gateway) {
    ledger_balances(db).await;
    totals_are_sums(db).await;
    slots_are_counted(db).await;
    at_most_one_payment_a_pledge(gateway).await;
    at_most_one_page_a_pledge(gateway).await;
    histories_are_walks(db).await;
    collected_is_in_the_ledger(db).await;
    refunds_are_within_what_was_paid(db).await;
    creators_money_is_whole(db).await;
    no_job_was_put_aside(db).await;
}

async fn ledger_balances(db: &PgPool) {
    none(db, "an unbalanced ledger transaction",
        "select transaction_id::text from ledger_entries group by transaction_id, currency having sum(amount) <> 0").await;
}

async fn totals_are_sums(db: &PgPool) {
    none(
        db,
        "a campaign whose total is not the sum of its pledges",
        "select stats.campaign_id::text
         from campaign_stats stats
         cross join lateral (
             select coalesce(sum(amount - refunded), 0) as pledged, count(*) as backers from pledges
             where pledges.campaign_id = stats.campaign_id
                   and state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                                 'partially_refunded', 'disputed')
         ) recount
         where (stats.pledged, stats.backers) <> (recount.pledged, recount.backers)",
    )
    .await;
}

async fn slots_are_counted(db: &PgPool) {
    none(
        db,
        "a limited reward whose slots are miscounted",
        "select id::text from rewards where slots is not null and claimed <> (
             select count(*) from pledges where reward_id = rewards.id
             and not reward_given_up and state not in ('cancelled', 'expired', 'voided', 'refunded'))
             -- taken for a change that is under way
             + (select count(*) from pledge_changes
                where reward_id = rewards.id and claims_slot and state in ('waiting', 'ready'))",
    )
    .await;
}

/// Counted at the gateway, by the id we sent with each payment.
async fn at_most_one_payment_a_pledge(gateway: &Gateway) {
    let mut intents = gateway.all("payment_intent").await;
    let charges = gateway.all("charge").await;
    let was_returned = |intent: &Value| {
        let mut charges = charges.iter().filter(|charge| charge["payment_intent"] == intent["id"]);
        charges.any(|charge| charge["refunded"] == true)
    };
    // One that was given back whole may be followed by another.
    intents.retain(|intent| intent["status"] == "succeeded" && !was_returned(intent));
    at_most_one("succeeded payment", &intents);
}

/// However often it was asked for.
async fn at_most_one_page_a_pledge(gateway: &Gateway) {
    let mut pages = gateway.all("checkout.session").await;
    // A page for another card, after the first was declined, is asked for by its backer each time.
    pages.retain(|page| page["metadata"]["purpose"].is_null());
    at_most_one("page", &pages);
}

fn at_most_one(what: &str, objects: &[Value]) {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for pledge in objects.iter().filter_map(|object| object["metadata"]["pledge_id"].as_str()) {
        *counts.entry(pledge).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == 1), "more than one {what} for a pledge: {counts:?}");
}

/// Every line of every history is an edge of the state machine, and the last one is where the pledge is.
async fn histories_are_walks(db: &PgPool) {
    let lines: Vec<(String, Option<String>, String, String, String)> = sqlx::query_as(
        "select pledge_id::text, from_state, to_state, event, state
         from pledge_history join pledges on pledges.id = pledge_id order by pledge_id, pledge_history.id",
    )
    .fetch_all(db)
    .await
    .expect("histories");
    let mut at: HashMap<String, (String, String)> = HashMap::new();
    for (pledge, from, to, event, state) in lines {
        let before = at.get(&pledge).map(|(last, _)| last.clone());
        assert_eq!(from, before, "a gap in the history of {pledge}");
        if let Some(from) = from {
            let from: PledgeState = from.parse().expect("a state");
            let event: PledgeEvent = event.parse().expect("an event");
            let step = from.next(event).expect("an allowed event");
            assert_eq!(step, Step::To(to.parse().expect("a state")), "{pledge} took a forbidden edge");
        }
        at.insert(pledge, (to, state));
    }
    for (pledge, (last, state)) in at {
        assert_eq!(last, state, "{pledge} is not where its history ends");
    }
}

async fn collected_is_in_the_ledger(db: &PgPool) {
    none(
        db,
        "a captured pledge without its ledger transaction",
        "select id::text from pledges where state = 'captured'
         and not exists (select from ledger_transactions where pledge_id = pledges.id and kind = 'captured')",
    )
    .await;
}

/// I5: the rows, the pledge's own sum and the ledger say the same of what went back, and never more than was paid.
async fn refunds_are_within_what_was_paid(db: &PgPool) {
    none(
        db,
        "a pledge whose refunds do not add up",
        "select pledges.id::text from pledges
         cross join lateral (
             select coalesce(sum(amount) filter (where state = 'succeeded'), 0) as back,
                    coalesce(sum(amount) filter (where state <> 'failed'), 0) as standing
             from refunds where pledge_id = pledges.id
         ) refunds
         cross join lateral (
             select coalesce(sum(entries.amount), 0) as back
             from ledger_transactions posted join ledger_entries entries on entries.transaction_id = posted.id
             where posted.pledge_id = pledges.id and account = 'held_for_campaign'
                   and kind in ('refunded', 'refund_failed')
         ) booked
         where standing > amount or refunds.back <> refunded or booked.back <> refunded",
    )
    .await;
    none(
        db,
        "a campaign that holds less than nothing",
        "select campaign_id::text from ledger_transactions posted
         join ledger_entries entries on entries.transaction_id = posted.id
         where account = 'held_for_campaign' group by campaign_id, currency having sum(amount) > 0",
    )
    .await;
}

/// C13: nothing is taken of a reserve or settled of a debt that was not there, and what is set off is settled.
async fn creators_money_is_whole(db: &PgPool) {
    none(
        db,
        "a reserve or a debt below zero",
        "select account || ' of ' || campaign_id from creator_lines
         where account in ('reserved_for_creators', 'owed_by_creators')
         group by account, campaign_id, case when account = 'reserved_for_creators' then pledge_id end
         having case account when 'owed_by_creators' then -sum(amount) else sum(amount) end < 0",
    )
    .await;
    none(
        db,
        "a debt that was set off and not settled",
        "select currency from ledger_entries where account = 'set_off' group by currency having sum(amount) <> 0",
    )
    .await;
    none(
        db,
        "a payout that is not its parts",
        "select payouts.id::text from payouts join payout_parts parts on payout_id = payouts.id
         where payouts.state in ('approved', 'sent') group by payouts.id having sum(parts.amount) <> payouts.amount",
    )
    .await;
}

async fn no_job_was_put_aside(db: &PgPool) {
    none(
        db,
        "a job that kept failing",
        "select kind || ': ' || last_error from staged_jobs where parked_at is not null",
    )
    .await;
}

async fn none(db: &PgPool, what: &str, query: &'static str) {
    let found: Vec<String> = sqlx::query_scalar(query).fetch_all(db).await.expect("an answer");
    assert!(found.is_empty(), "{what}: {found:?}");
}
