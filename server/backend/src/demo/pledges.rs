//! The demo's pledges as rows: with history, slots, totals and ledger, so that every invariant holds for them too.

use domain::{CampaignId, PledgeId, PledgeState};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::content::Campaign;
use super::crowd::DemoPledge;
use crate::ledger::{self, Account, Line};
use crate::{Error, Result};

/// The sandbox knows this card by name and charges it without complaint.
const CARD: &str = "pm_card_visa";

pub async fn insert(
    db: &mut PgConnection,
    campaign_id: CampaignId,
    campaign: &Campaign,
    pledges: Vec<DemoPledge>,
) -> Result<()> {
    let state = state(campaign)?;
    let ids: Vec<PledgeId> = pledges.iter().map(|_| PledgeId(Uuid::now_v7())).collect();
    insert_rows(db, campaign_id, campaign, &ids, &pledges, state).await?;
    insert_history(db, &ids, &pledges, campaign, state).await?;
    insert_refunds(db, campaign_id).await?;
    count(db, campaign_id, campaign, &pledges, state).await?;
    let mut lines: Vec<Line> = Vec::new();
    for (id, pledge) in ids.iter().zip(&pledges) {
        match state {
            PledgeState::Captured => lines.push(captured(campaign_id, *id, pledge)),
            PledgeState::Refunded => {
                lines.extend([captured(campaign_id, *id, pledge), refunded(campaign_id, *id, pledge)]);
            }
            _ => {}
        }
    }
    ledger::post(db, &lines).await
}

/// What became of the pledges of a campaign in this state.
fn state(campaign: &Campaign) -> Result<PledgeState> {
    match (campaign.state.as_str(), campaign.model.as_str()) {
        ("live" | "funded", "kia") | ("funded", _) => Ok(PledgeState::Captured),
        ("live", _) => Ok(PledgeState::Committed),
        ("cancelled", "kia") => Ok(PledgeState::Refunded),
        ("failed" | "cancelled", _) => Ok(PledgeState::Voided),
        (state, _) => Err(Error::broken(format!("demo campaign {state} with pledges"))),
    }
}

fn first_state(campaign: &Campaign) -> (PledgeState, &'static str) {
    match campaign.model.as_str() {
        "kia" => (PledgeState::Captured, "payment_captured"),
        _ => (PledgeState::Committed, "card_saved"),
    }
}

fn collection(campaign: &Campaign) -> &'static str {
    if campaign.model == "kia" { "charge_now" } else { "save_card" }
}

async fn insert_rows(
    db: &mut PgConnection,
    campaign_id: CampaignId,
    campaign: &Campaign,
    ids: &[PledgeId],
    pledges: &[DemoPledge],
    state: PledgeState,
) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let backers: Vec<Uuid> = pledges.iter().map(|pledge| pledge.backer.0).collect();
    let rewards: Vec<Option<Uuid>> =
        pledges.iter().map(|pledge| pledge.reward.as_ref().map(|r| r.id.0)).collect();
    let titles: Vec<Option<&str>> =
        pledges.iter().map(|pledge| pledge.reward.as_ref().map(|reward| reward.title.as_str())).collect();
    let minimums: Vec<Option<Decimal>> =
        pledges.iter().map(|pledge| pledge.reward.as_ref().map(|reward| reward.minimum.amount())).collect();
    let countries: Vec<Option<&str>> =
        pledges.iter().map(|pledge| pledge.shipment.map(|shipment| shipment.to.code())).collect();
    let costs: Vec<Option<Decimal>> =
        pledges.iter().map(|pledge| pledge.shipment.map(|shipment| shipment.cost.amount())).collect();
    let amounts: Vec<Decimal> = pledges.iter().map(|pledge| pledge.amount.amount()).collect();
    let moments: Vec<_> = pledges.iter().map(|pledge| pledge.at).collect();
    sqlx::query!(
        "insert into pledges (id, campaign_id, backer_id, reward_id, form_key, state, collection, amount, currency,
                              reward_title, reward_minimum, ship_to, shipping, payment_method_id, confirmed_at, created_at,
                              updated_at)
         select id, $2, backer, reward, id, $9, $10, amount, $11, title, minimum, country, coalesce(cost, 0), $12, at, at,
                at
         from unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::numeric[], $8::timestamptz[],
                     $13::text[], $14::numeric[])
              as pledge (id, backer, reward, title, minimum, amount, at, country, cost)",
        &ids,
        campaign_id as CampaignId,
        &backers,
        &rewards as &[Option<Uuid>],
        &titles as &[Option<&str>],
        &minimums as &[Option<Decimal>],
        &amounts,
        &moments,
        state.as_str(),
        collection(campaign),
        campaign.currency,
        CARD,
        &countries as &[Option<&str>],
        &costs as &[Option<Decimal>],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The edges a real pledge would have taken.
async fn insert_history(
    db: &mut PgConnection,
    ids: &[PledgeId],
    pledges: &[DemoPledge],
    campaign: &Campaign,
    state: PledgeState,
) -> Result<()> {
    let (first, event) = first_state(campaign);
    let mut edges =
        vec![(None, PledgeState::Pending, "pledge_started"), (Some(PledgeState::Pending), first, event)];
    if state == PledgeState::Voided {
        edges.push((Some(first), state, "campaign_failed"));
    } else if state == PledgeState::Refunded {
        edges.push((Some(first), state, "refunded"));
    } else if state != first {
        edges.push((Some(first), PledgeState::Charging, "charge_started"));
        edges.push((Some(PledgeState::Charging), state, "payment_captured"));
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let moments: Vec<_> = pledges.iter().map(|pledge| pledge.at).collect();
    for (from, to, event) in edges {
        sqlx::query!(
            "insert into pledge_history (pledge_id, from_state, to_state, event, source, at)
             select id, $3, $4, $5, 'gateway', at from unnest($1::uuid[], $2::timestamptz[]) as pledge (id, at)",
            &ids,
            &moments,
            from.map(PledgeState::as_str),
            to.as_str(),
            event,
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Who was paid back has a refund that says so.
async fn insert_refunds(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!(
        "with given_back as (
             update pledges set refunded = amount, reward_given_up = reward_id is not null
             where campaign_id = $1 and state = 'refunded'
             returning id, amount, currency
         )
         insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, fee, succeeded_at)
         select gen_random_uuid(), id, amount, currency, 'succeeded', 'campaign', 'The campaign was cancelled.', false, 0,
                clock()
         from given_back",
        campaign as CampaignId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Totals, slots, milestones and stretch goals, counted from the rows by the same rules as the recount.
async fn count(
    db: &mut PgConnection,
    campaign_id: CampaignId,
    campaign: &Campaign,
    pledges: &[DemoPledge],
    state: PledgeState,
) -> Result<()> {
    let pledged: Decimal = pledges.iter().map(|pledge| pledge.amount.amount()).sum();
    let backers = i64::try_from(pledges.len()).map_err(|_| Error::broken("demo backers"))?;
    let counted = if state.counts() { (pledged, backers) } else { (Decimal::ZERO, 0) };
    sqlx::query!(
        "update campaign_stats set pledged = $2, backers = $3, version = version + 1 where campaign_id = $1",
        campaign_id as CampaignId,
        counted.0,
        counted.1,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with taken as (
             select reward_id as id, count(*) as backers from pledges
             where campaign_id = $1 and reward_id is not null group by reward_id
         ), stats as (
             insert into reward_stats (reward_id, backers) select id, backers from taken where $2
         )
         update rewards set claimed = taken.backers from taken
         where rewards.id = taken.id and slots is not null and $2",
        campaign_id as CampaignId,
        state.counts(),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into milestones_reached (campaign_id, percent, pledged)
         select $1, percent, $2::numeric from campaigns, unnest(array[25, 50, 75, 100]) as percent
         where campaigns.id = $1 and $2::numeric * 100 >= goal * percent",
        campaign_id as CampaignId,
        pledged,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update stretch_goals set unlocked_at = clock() where campaign_id = $1 and amount <= $2",
        campaign_id as CampaignId,
        pledged,
    )
    .execute(&mut *db)
    .await?;
    if matches!(campaign.state.as_str(), "funded" | "failed" | "cancelled") {
        sqlx::query!(
            "insert into campaign_results (campaign_id, outcome, pledged, backers, decided_at)
             select id, state, $2, $3, ends_at from campaigns where id = $1",
            campaign_id as CampaignId,
            pledged,
            backers,
        )
        .execute(db)
        .await?;
    }
    Ok(())
}

fn captured(campaign: CampaignId, pledge: PledgeId, row: &DemoPledge) -> Line {
    Line {
        kind: "captured",
        campaign: Some(campaign),
        pledge: Some(pledge),
        reference: format!("demo_{pledge}"),
        debit: Account::GatewayBalance,
        credit: Account::HeldForCampaign,
        amount: row.amount,
    }
}

/// The campaign was called off, and everybody has their money back.
fn refunded(campaign: CampaignId, pledge: PledgeId, row: &DemoPledge) -> Line {
    Line {
        kind: "refunded",
        debit: Account::HeldForCampaign,
        credit: Account::GatewayBalance,
        ..captured(campaign, pledge, row)
    }
}
