//! A deadline with many pledges: how long collecting takes beside the time that the gateway's own limit makes it take,
//! with one call in a hundred going wrong, and whether anybody is charged twice.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use axum::http::{Request, header};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Client, Outgoing, get, with_body};
use crate::say;
use crate::stage::{CLIENTS, GATEWAY_KEY, Stage};
use crate::table::{Row, Table};

const FORM: &str = "application/x-www-form-urlencoded";
/// In a hundred calls that take money, one goes wrong: a third of them each way.
const PERCENT_EACH: f64 = 1.0 / 3.0;
/// What a charge takes at a real gateway, about. Milliseconds.
const ANSWER: u64 = 300;
const FAULTS: [&str; 3] = ["drop_response_after_commit", "rate_limit_429", "error_500_after_commit"];
const LOOK: Duration = Duration::from_millis(100);
/// However slow it is, the benchmark ends.
const TIMES_THE_IDEAL: u32 = 6;

pub async fn measure(stage: &mut Stage, table: &mut Table) -> Result<()> {
    for pace in [25, 100] {
        say(&format!("{} pledges charged at {pace} calls a second", stage.plan.settled));
        stage.restart_at(pace).await?;
        let took = settle(stage, pace).await?;
        let ideal = f64::from(u32::try_from(stage.plan.settled)?) / f64::from(pace);
        let ratio = took.as_secs_f64() / ideal;
        table.add(
            Row::new(format!("settling at {pace} charges a second"), format!("{:.1} s", took.as_secs_f64()))
                .beside(format!("the limit alone: {ideal:.1} s"))
                .ratio_of_at_most(ratio, 1.05),
        );
    }
    let twice = charged_twice(stage).await?;
    table.add(Row::new("pledges charged twice meanwhile", twice.to_string()).at_most(twice as f64, 0.0, ""));
    table.note(&format!(
        "Settling: {} pledges each time; a charge takes {ANSWER} ms; one call in a hundred loses its answer, is told to slow down or gets a 500 \
         after the deed.",
        stage.plan.settled,
    ));
    Ok(())
}

/// From the deadline to the last pledge that is paid.
async fn settle(stage: &Stage, pace: u32) -> Result<Duration> {
    let campaign = campaign(stage, &saved_cards(stage).await?).await?;
    arm(stage, u64::from(pace)).await?;
    sqlx::query("update campaigns set ends_at = clock() where id = $1")
        .bind(campaign)
        .execute(&stage.db)
        .await?;
    let began = Instant::now();
    let patience =
        Duration::from_secs(u64::try_from(stage.plan.settled)? / u64::from(pace) + 10) * TIMES_THE_IDEAL;
    let paid = "select count(*) from pledges where campaign_id = $1 and state = 'captured'";
    loop {
        let paid: i64 = sqlx::query_scalar(paid).bind(campaign).fetch_one(&stage.db).await?;
        if usize::try_from(paid)? == stage.plan.settled {
            break;
        }
        ensure!(began.elapsed() < patience, "only {paid} pledges were paid in {patience:?}");
        tokio::time::sleep(LOOK).await;
    }
    let took = began.elapsed();
    send(stage, Request::delete("/_sandbox/faults"), String::new()).await?;
    Ok(took)
}

/// A customer with a card, for each pledge.
async fn saved_cards(stage: &Stage) -> Result<Vec<(String, String)>> {
    let one = async |_| {
        let mut gateway = Client::connect(stage.sandbox.addr).await?;
        let customer = made(&mut gateway, "/v1/customers", String::new()).await?;
        let attach = "/v1/payment_methods/pm_card_visa/attach";
        let card = made(&mut gateway, attach, format!("customer={customer}")).await?;
        anyhow::Ok((customer, card))
    };
    stream::iter(0..stage.plan.settled).map(one).buffer_unordered(CLIENTS).try_collect().await
}

async fn made(gateway: &mut Client, path: &str, form: String) -> Result<String> {
    let answer = gateway.send(posted(Request::post(path), form)?).await?;
    let object: Value = serde_json::from_slice(answer.body())?;
    object["id"].as_str().map(ToOwned::to_owned).with_context(|| format!("{path}: {object}"))
}

fn posted(request: axum::http::request::Builder, form: String) -> Result<Outgoing> {
    let key = format!("Bearer {GATEWAY_KEY}");
    with_body(request.header(header::AUTHORIZATION, key).header(header::CONTENT_TYPE, FORM), form)
}

/// A campaign whose backers have all saved their cards.
async fn campaign(stage: &Stage, cards: &[(String, String)]) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let (customers, methods): (Vec<&str>, Vec<&str>) =
        cards.iter().map(|(customer, card)| (customer.as_str(), card.as_str())).unzip();
    sqlx::query(
        "with campaign as (
             insert into campaigns (id, creator_id, slug, title, category, model, state, goal, currency, starts_at, ends_at)
             select $1, creator_id, 'settled-' || $1, 'The Reading Boat', category, 'aon', 'live', 25, 'EUR',
                    clock() - interval '1 day', clock() + interval '1 day'
             from campaigns where id = $2
         ), person as (
             insert into people (id, email, display_name, gateway_customer_id)
             select gen_random_uuid(), lower(customer) || '@bench.example', 'A backer', customer
             from unnest($3::text[]) as new (customer)
             returning id, gateway_customer_id
         ), pledge as (
             insert into pledges (id, campaign_id, backer_id, form_key, state, collection, amount, currency,
                                  payment_method_id, confirmed_at)
             select gen_random_uuid(), $1, person.id, person.id, 'committed', 'save_card', 25, 'EUR', card, clock()
             from person join unnest($3::text[], $4::text[]) as new (customer, card) on customer = gateway_customer_id
             returning id
         ), stats as (
             insert into campaign_stats (campaign_id, pledged, backers)
             select $1, 25 * count(*), count(*) from pledge
         )
         insert into pledge_history (pledge_id, from_state, to_state, event, source)
         select id, null, 'pending', 'pledge_started', 'backer' from pledge
         union all select id, 'pending', 'committed', 'card_saved', 'gateway' from pledge",
    )
    .bind(id)
    .bind(stage.campaign.0)
    .bind(&customers)
    .bind(&methods)
    .execute(&stage.db)
    .await?;
    stage.analyze().await?;
    Ok(id)
}

async fn arm(stage: &Stage, seed: u64) -> Result<()> {
    let mut faults: Vec<Value> = FAULTS
        .iter()
        .zip(seed..)
        .map(|(mode, seed)| {
            let matching = json!({
                "method": "POST", "path_prefix": "/v1/payment_intents", "percent": PERCENT_EACH, "seed": seed,
            });
            json!({ "match": matching, "mode": mode })
        })
        .collect();
    // The first that strikes counts: all others take their time.
    let charges = json!({ "method": "POST", "path_prefix": "/v1/payment_intents" });
    faults.push(json!({ "match": charges, "mode": "stall", "ms": ANSWER }));
    let request = Request::post("/_sandbox/faults").header(header::CONTENT_TYPE, "application/json");
    send(stage, request, Value::from(faults).to_string()).await.map(drop)
}

async fn send(stage: &Stage, request: axum::http::request::Builder, body: String) -> Result<Bytes> {
    let answer = Client::connect(stage.sandbox.addr).await?.send(with_body(request, body)?).await?;
    ensure!(answer.status().is_success(), "the sandbox: {} {:?}", answer.status(), answer.body());
    Ok(answer.into_body())
}

/// Counted at the gateway, by the id of ours that each payment carries.
async fn charged_twice(stage: &Stage) -> Result<usize> {
    let answer =
        Client::connect(stage.sandbox.addr).await?.send(get("/_sandbox/objects", "identity")?).await?;
    let objects: Value = serde_json::from_slice(answer.body())?;
    let mut payments: HashMap<&str, usize> = HashMap::new();
    for intent in objects["payment_intent"].as_array().into_iter().flatten() {
        if let (Some("succeeded"), Some(pledge)) =
            (intent["status"].as_str(), intent["metadata"]["pledge_id"].as_str())
        {
            *payments.entry(pledge).or_default() += 1;
        }
    }
    ensure!(payments.len() >= stage.plan.settled, "the gateway knows of {} payments", payments.len());
    Ok(payments.values().filter(|count| **count > 1).count())
}
