//! Pledges a second: from the form to the gateway's page, from the webhook to the campaign's total, and the worker
//! alone. Each beside the same number of clients who only insert a row.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use axum::http::{Request, header};
use domain::CampaignId;
use serde_json::Value;
use uuid::Uuid;

use crate::http::{self, Client, Done, Outgoing, with_body};
use crate::stage::{CLIENTS, GATEWAY_KEY, Stage};
use crate::table::{Row, Table};
use crate::webhooks::Template;
use crate::{pgbench, say};

const FORM: &str = "application/x-www-form-urlencoded";
/// By how much pgbench's two figures may differ before the reader is warned.
const STEADY: f64 = 1.5;

pub async fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    say("pledges, and bare inserts before and after them");
    let before = pgbench::inserts_per_second(stage).await?;
    let sandbox = gateway_alone(stage).await?;
    let started = started(stage).await?;
    let confirmed = confirmed(stage).await?;
    let applied = applied(stage).await?;
    let after = pgbench::inserts_per_second(stage).await?;
    // Disks change their speed within minutes.
    let bare = f64::midpoint(before, after);
    let beside = || format!("insert-only pgbench: {bare:.0} /s");
    table.add(
        Row::new("pledges started, gateway calls included", format!("{:.0} /s", started.per_second()))
            .beside(beside())
            .ratio_of_at_least(started.per_second() / bare, 0.5),
    );
    // Both share the same cores, so times add up.
    let own = 1.0 / (started.seconds_each() - sandbox).max(f64::MIN_POSITIVE);
    table.add(
        Row::new("the same without the sandbox's own time", format!("{own:.0} /s"))
            .beside(format!("the sandbox alone: {:.0} /s", 1.0 / sandbox))
            .ratio_of_at_least(own / bare, 0.5),
    );
    table.add(
        Row::new("pledges confirmed, webhook to total", format!("{:.0} /s", confirmed.per_second()))
            .beside(beside())
            .ratio_of_at_least(confirmed.per_second() / bare, 0.5),
    );
    table.add(
        Row::new("pledges applied by the worker, in batches", format!("{:.0} /s", applied.per_second()))
            .beside(beside())
            .ratio_of_at_least(applied.per_second() / bare, 1.0),
    );
    table.note(&format!(
        "Pledges: {CLIENTS} clients, every person pledges for the first time (two gateway calls). \
         pgbench said {before:.0} /s before and {after:.0} /s after."
    ));
    if before.max(after) > STEADY * before.min(after) {
        table.note(
            "The database's own speed changed much meanwhile: take the ratios of pledges for rough ones.",
        );
    }
    Ok(())
}

/// The form as script sends it. A person's session token is their id.
pub fn start_pledge(
    site: SocketAddr,
    campaign: CampaignId,
    reward: Option<Uuid>,
    person: Uuid,
) -> Result<Outgoing> {
    let reward = reward.map(|reward| reward.to_string()).unwrap_or_default();
    let request = Request::post("/api/start_pledge")
        .header(header::CONTENT_TYPE, FORM)
        .header(header::ACCEPT, "application/json")
        .header(header::ORIGIN, format!("http://{site}"))
        .header(header::COOKIE, format!("session={person}"));
    with_body(request, format!("campaign={campaign}&reward={reward}&amount=25&form_key={}", Uuid::now_v7()))
}

/// From the sent form to the address of the gateway's page.
async fn started(stage: &Stage) -> Result<Done> {
    let (addr, campaign) = (stage.addr, stage.campaign);
    let people = stage.people(stage.plan.pledges).await?;
    let request =
        move |at: usize| people.get(at).map(|person| start_pledge(addr, campaign, None, *person)).transpose();
    http::crowd(addr, CLIENTS, stage.plan.each, request).await
}

/// From the delivered webhooks to a total that counts all of them.
async fn confirmed(stage: &Stage) -> Result<Done> {
    let template = Template::catch(stage).await?;
    let pledges = stage.pending_pledges(stage.plan.pledges).await?;
    let before = stage.backers().await?;
    let began = Instant::now();
    let request = move |at: usize| pledges.get(at).map(|pledge| template.delivery(*pledge)).transpose();
    let delivered = http::crowd(stage.addr, CLIENTS, stage.plan.each, request).await?;
    stage.all_applied().await?;
    let took = began.elapsed();
    counted(stage, before, delivered.count).await?;
    Ok(Done { count: delivered.count, took })
}

/// The worker alone: everything waits already when its bell rings.
async fn applied(stage: &Stage) -> Result<Done> {
    let count = stage.plan.pledges / 2;
    let pledges = stage.pending_pledges(count).await?;
    let ids: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    let before = stage.backers().await?;
    sqlx::query(
        r#"insert into pledge_inbox (id, campaign_id, pledge_id, entry, source)
           select gen_random_uuid(), $2, id,
                  jsonb_build_object('event', 'card_saved', 'evidence',
                                     jsonb_build_object('intent_id', 'seti_' || id, 'payment_method_id', 'pm_' || id)),
                  'gateway'
           from unnest($1::uuid[]) as pledge (id)"#,
    )
    .bind(&ids)
    .bind(stage.campaign.0)
    .execute(&stage.db)
    .await?;
    let began = Instant::now();
    stage.ctx.inbox.ring();
    stage.all_applied().await?;
    let took = began.elapsed();
    counted(stage, before, count).await?;
    Ok(Done { count, took })
}

async fn counted(stage: &Stage, before: i64, expected: usize) -> Result<()> {
    let counted = stage.backers().await? - before;
    ensure!(usize::try_from(counted) == Ok(expected), "{counted} of {expected} pledges count");
    Ok(())
}

/// Seconds of the sandbox for one pledge: a customer, then a session.
async fn gateway_alone(stage: &Stage) -> Result<f64> {
    let time = stage.plan.each / 2;
    let customers = http::crowd(stage.sandbox.addr, CLIENTS, time, |_| create_customer().map(Some)).await?;
    let customer: Value = serde_json::from_slice(
        Client::connect(stage.sandbox.addr).await?.send(create_customer()?).await?.body(),
    )?;
    let customer = customer["id"].as_str().context("a customer's id")?.to_owned();
    let (site, campaign) = (stage.addr, stage.campaign);
    let session = move |_| create_session(site, campaign, &customer).map(Some);
    let sessions = http::crowd(stage.sandbox.addr, CLIENTS, time, session).await?;
    Ok(customers.seconds_each() + sessions.seconds_each())
}

fn create_customer() -> Result<Outgoing> {
    let person = Uuid::new_v4();
    ask_gateway(
        "/v1/customers",
        format!("email={person}@bench.example&name=A+backer&metadata[person_id]={person}"),
    )
}

/// What the site asks for (`backend::payments::hosted_page`).
fn create_session(site: SocketAddr, campaign: CampaignId, customer: &str) -> Result<Outgoing> {
    let pledge = Uuid::now_v7();
    let form = [
        ("customer", customer.to_owned()),
        ("mode", "setup".into()),
        ("currency", "eur".into()),
        ("client_reference_id", pledge.to_string()),
        ("metadata[pledge_id]", pledge.to_string()),
        ("metadata[campaign_id]", campaign.to_string()),
        ("setup_intent_data[metadata][pledge_id]", pledge.to_string()),
        ("setup_intent_data[metadata][campaign_id]", campaign.to_string()),
        ("allowed_payment_method_types[0]", "card".into()),
        ("success_url", format!("http://{site}/pledges/{pledge}/return")),
        ("cancel_url", format!("http://{site}/campaigns/a-campaign/pledge?left={pledge}")),
    ];
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
    ask_gateway("/v1/checkout/sessions", pairs.join("&"))
}

fn ask_gateway(path: &str, form: String) -> Result<Outgoing> {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {GATEWAY_KEY}"))
        .header(header::CONTENT_TYPE, FORM)
        .header("idempotency-key", Uuid::new_v4().to_string());
    with_body(request, form)
}
