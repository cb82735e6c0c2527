//! One batch, one transaction: pledges, history, ledger, slots, the campaign's total, milestones and what must be
//! given back, all or nothing; then one notification for every open page.

use domain::{CampaignId, PledgeId, PledgeState, RewardId};
use sqlx::{PgConnection, PgPool, PgTransaction};
use uuid::Uuid;

use super::Entry;
use super::batch::{Batch, Totals, Waiting};
use super::row::{Row, Spare, Terms};
use super::{changes, letters, money_back, receipts, write};
use crate::{Ctx, Result, books, pledges, rows, settlement};

/// The most one transaction takes on.
const LARGEST_BATCH: i64 = 500;

/// Applies what waits for one campaign and says how many events that were. When another process is at it already,
/// there is nothing to do here: 0. A row that cannot be applied does not hold up the others: it is set aside.
pub async fn apply_waiting(ctx: &Ctx, campaign: CampaignId) -> Result<usize> {
    let ids = waiting_ids(&ctx.db, campaign).await?;
    match apply(ctx, campaign, &ids).await {
        Err(error) if error.is_of_the_data() => {
            tracing::error!(%campaign, %error, "a batch of the inbox; its rows are tried one by one");
            apply_one_by_one(ctx, campaign, &ids).await
        }
        applied => applied,
    }
}

/// In their order. What is set aside counts as done.
async fn apply_one_by_one(ctx: &Ctx, campaign: CampaignId, ids: &[Uuid]) -> Result<usize> {
    let mut done = 0;
    for id in ids {
        done += match apply(ctx, campaign, std::slice::from_ref(id)).await {
            Err(error) if error.is_of_the_data() => {
                tracing::error!(%campaign, inbox = %id, %error, "an event was set aside: it cannot be applied");
                set_aside(&ctx.db, *id).await?
            }
            applied => applied?,
        };
    }
    Ok(done)
}

async fn set_aside(db: &PgPool, id: Uuid) -> Result<usize> {
    let aside = sqlx::query!(
        "update pledge_inbox set applied_at = clock(), outcome = 'set_aside' where id = $1 and applied_at is null",
        id,
    )
    .execute(db)
    .await?;
    Ok(usize::try_from(aside.rows_affected()).unwrap_or_default())
}

/// In one transaction, those of the rows that still wait.
async fn apply(ctx: &Ctx, campaign: CampaignId, ids: &[Uuid]) -> Result<usize> {
    let mut tx = ctx.db.begin().await?;
    match apply_in(ctx, &mut tx, campaign, ids).await {
        Ok(taken) => {
            ctx.faults.step("inbox.before_commit");
            tx.commit().await?;
            ctx.faults.step("inbox.committed");
            Ok(taken)
        }
        Err(error) => {
            // Waited for: until then the campaign is held, and whoever tries its rows again finds it so.
            if let Err(lost) = tx.rollback().await {
                tracing::info!(%campaign, error = %lost, "a batch could not be rolled back; its connection is gone");
            }
            Err(error)
        }
    }
}

async fn apply_in(
    ctx: &Ctx,
    tx: &mut PgTransaction<'_>,
    campaign: CampaignId,
    ids: &[Uuid],
) -> Result<usize> {
    let Some(before) = lock_totals(tx, campaign).await? else { return Ok(0) };
    let waiting = waiting(&mut *tx, ids).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let taken = waiting.len();
    let cause = waiting[0].id;
    let mut rows = lock_pledges(&mut *tx, &waiting).await?;
    money_back::load(&mut *tx, &waiting, &mut rows).await?;
    changes::lock(&mut *tx, &mut rows).await?;
    let mut batch = Batch::of(rows);
    for event in waiting {
        batch.take(event);
    }
    write::pledges(&mut *tx, &batch).await?;
    changes::write(&mut *tx, &batch).await?;
    pledges::count_declines(&mut *tx, &batch.declined).await?;
    pledges::end_trying(&mut *tx, &batch.declined).await?;
    write::history(&mut *tx, &batch).await?;
    let goes_back = write::ledger(&mut *tx, &before, &batch).await?;
    receipts::issue(&mut *tx, &ctx.config, &batch).await?;
    books::bear_fees_of_refunded(&mut *tx, &batch.arrived_in(&[PledgeState::Refunded])).await?;
    books::stage_fees(&mut *tx, &batch.payments()).await?;
    if goes_back {
        // When all of it is in the ledger: only then does it show whether the campaign can bear it.
        money_back::cover(&mut *tx, campaign, before.goal.currency(), cause).await?;
    }
    write::rewards(&mut *tx, &batch).await?;
    let reached = write::totals(&mut *tx, before, &batch).await?;
    settlement::stage_collecting(&mut *tx, campaign, &batch.arrived_in(&[PledgeState::Charging])).await?;
    settlement::note_failures(&mut *tx, &batch.arrived_in(&[PledgeState::Errored, PledgeState::NeedsAction]))
        .await?;
    settlement::stage_closing_card_pages(&mut *tx, &batch.ended()).await?;
    write::give_back(&mut *tx, &batch).await?;
    letters::stage(ctx, &mut *tx, campaign, &batch, reached).await?;
    write::outcomes(&mut *tx, &batch).await?;
    Ok(taken)
}

/// The campaign's total is the lock: who holds it drains the campaign.
async fn lock_totals(tx: &mut PgTransaction<'_>, campaign: CampaignId) -> Result<Option<Totals>> {
    let row = sqlx::query!(
        r#"select stats.pledged, campaigns.goal, campaigns.currency, fee_bps,
                  exists (select from stretch_goals where campaign_id = $1 and unlocked_at is null) as "locked!"
           from campaign_stats stats join campaigns on campaigns.id = stats.campaign_id
           where stats.campaign_id = $1
           for update of stats skip locked"#,
        campaign as CampaignId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Totals {
            campaign,
            goal: rows::money(row.goal, &row.currency)?,
            pledged: rows::money(row.pledged, &row.currency)?,
            fee: rows::fee(row.fee_bps)?,
            has_locked_stretch_goals: row.locked,
        })
    })
    .transpose()
}

async fn waiting_ids(db: &PgPool, campaign: CampaignId) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "select id from pledge_inbox where campaign_id = $1 and applied_at is null
         order by received_at, id limit $2",
        campaign as CampaignId,
        LARGEST_BATCH,
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Under the lock: who held it before may have applied some of them.
async fn waiting(db: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        r#"select id, pledge_id as "pledge: PledgeId", entry as "entry: sqlx::types::Json<Entry>", source
           from pledge_inbox where id = any($1) and applied_at is null
           order by received_at, id"#,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting { id: row.id, pledge: row.pledge, entry: row.entry.0, source: row.source })
        .collect())
}

async fn lock_pledges(db: &mut PgConnection, waiting: &[Waiting]) -> Result<Vec<Row>> {
    let ids: Vec<Uuid> = waiting.iter().map(|waiting| waiting.pledge.0).collect();
    let rows = sqlx::query!(
        r#"select pledges.id as "id: PledgeId", reward_id as "reward: RewardId", refunded, reward_given_up, held,
                  coalesce(rewards.slots is not null, false) as "limited!", state, amount, pledges.currency,
                  collection, gateway_intent_id, charge_intent_id, payment_method_id, decline_code,
                  spare_payment_method_id, spare_intent_id,
                  array(select entry -> 'evidence' ->> 'intent_id' from pledge_inbox
                        where pledge_id = pledges.id and outcome = 'applied' and entry ->> 'event' = 'card_replaced')
                      as "replacements!: Vec<Option<String>>"
           from pledges left join rewards on rewards.id = reward_id
           where pledges.id = any($1)
           -- always in the same order: two who lock the same pledges must not wait for each other
           order by pledges.id
           for update of pledges"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = rows::named("pledges.state", &row.state)?;
            let amount = rows::money(row.amount, &row.currency)?;
            Ok(Row {
                id: row.id,
                reward: row.reward,
                reward_is_limited: row.limited,
                before: state,
                state,
                amount,
                terms_before: Terms { reward: row.reward, amount },
                held: row.held.map(|held| rows::money(held, &row.currency)).transpose()?,
                change: None,
                collection: rows::named("pledges.collection", &row.collection)?,
                replacements: row.replacements.into_iter().flatten().collect(),
                intent_id: row.gateway_intent_id,
                charge_intent_id: row.charge_intent_id,
                payment_method_id: row.payment_method_id,
                decline_code: row.decline_code,
                spare: row
                    .spare_payment_method_id
                    .map(|payment_method_id| Spare { payment_method_id, intent_id: row.spare_intent_id }),
                refunded_before: rows::money(row.refunded, &row.currency)?,
                refunded: rows::money(row.refunded, &row.currency)?,
                gave_up_reward_before: row.reward_given_up,
                gave_up_reward: row.reward_given_up,
                refunds: Vec::new(),
                disputes: Vec::new(),
                changed: false,
            })
        })
        .collect()
}
