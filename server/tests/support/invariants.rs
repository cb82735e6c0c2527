//! What must hold after every test (CASES I1 to I7, as far as the product goes by now).

use std::collections::HashMap;

use domain::{PledgeEvent, PledgeState, Step};
use serde_json::Value;

use super::TestApp;

pub async fn check(app: &TestApp) {
    ledger_balances(app).await;
    totals_are_sums(app).await;
    slots_are_counted(app).await;
    at_most_one_payment_a_pledge(app).await;
    histories_are_walks(app).await;
    collected_is_in_the_ledger(app).await;
}

async fn ledger_balances(app: &TestApp) {
    none(app, "an unbalanced ledger transaction",
        "select transaction_id::text from ledger_entries group by transaction_id, currency having sum(amount) <> 0").await;
}

async fn totals_are_sums(app: &TestApp) {
    none(
        app,
        "a campaign whose total is not the sum of its pledges",
        "select campaign_id::text from campaign_stats stats
         where (pledged, backers) is distinct from (
             select coalesce(sum(amount), 0), count(*) from pledges
             where pledges.campaign_id = stats.campaign_id
                   and state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                                 'partially_refunded', 'disputed'))",
    )
    .await;
}

async fn slots_are_counted(app: &TestApp) {
    none(
        app,
        "a limited reward whose slots are miscounted",
        "select id::text from rewards where slots is not null and claimed <> (
             select count(*) from pledges where reward_id = rewards.id
             and state not in ('cancelled', 'expired', 'voided', 'refunded'))",
    )
    .await;
}

/// Counted at the gateway, by the id we sent with each payment.
async fn at_most_one_payment_a_pledge(app: &TestApp) {
    let mut succeeded: HashMap<String, u32> = HashMap::new();
    for object in gateway_objects(app).await {
        let pledge = object["metadata"]["pledge_id"].as_str();
        if let (Some("payment_intent"), Some("succeeded"), Some(pledge)) =
            (object["object"].as_str(), object["status"].as_str(), pledge)
        {
            *succeeded.entry(pledge.to_owned()).or_default() += 1;
        }
    }
    assert!(succeeded.values().all(|count| *count == 1), "a pledge was paid twice: {succeeded:?}");
}

/// Every line of every history is an edge of the state machine, and the last one is where the pledge is.
async fn histories_are_walks(app: &TestApp) {
    let lines: Vec<(String, Option<String>, String, String, String)> = sqlx::query_as(
        "select pledge_id::text, from_state, to_state, event, state
         from pledge_history join pledges on pledges.id = pledge_id order by pledge_id, pledge_history.id",
    )
    .fetch_all(&app.db)
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

async fn collected_is_in_the_ledger(app: &TestApp) {
    none(
        app,
        "a captured pledge without its ledger transaction",
        "select id::text from pledges where state = 'captured'
         and not exists (select from ledger_transactions where pledge_id = pledges.id and kind = 'captured')",
    )
    .await;
}

/// Everything the gateway holds.
pub async fn gateway_objects(app: &TestApp) -> Vec<Value> {
    let url = format!("{}/_sandbox/objects", app.sandbox.base_url());
    let found: Value = reqwest::get(url).await.expect("an answer").json().await.expect("objects");
    match found {
        Value::Array(objects) => objects,
        Value::Object(kinds) => kinds
            .into_iter()
            .flat_map(|(_, all)| match all {
                Value::Array(objects) => objects,
                Value::Object(objects) => objects.into_iter().map(|(_, object)| object).collect(),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

async fn none(app: &TestApp, what: &str, query: &'static str) {
    let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&app.db).await.expect("an answer");
    assert!(found.is_empty(), "{what}: {found:?}");
}
