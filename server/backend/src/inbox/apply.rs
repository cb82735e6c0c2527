//! One batch, one transaction: pledges, history, ledger, slots, the campaign's total, milestones and what must be
//! given back, all or nothing; then one notification for every open page.

use domain::{CampaignId, Milestone, PledgeId, PledgeState, RewardId};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool, PgTransaction};
use uuid::Uuid;

use super::Entry;
use super::batch::{Batch, GiveBack, Posting, Row, Spare, Terms, Totals, Waiting};
use super::{changes, letters, money_back, receipts};
use crate::ledger::{self, Account, Line};
use crate::{Ctx, Error, Result, books, jobs, live, pledges, rows, settlement, stretch_goals};

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
    write_pledges(&mut *tx, &batch).await?;
    changes::write(&mut *tx, &batch).await?;
    pledges::count_declines(&mut *tx, &batch.declined).await?;
    write_history(&mut *tx, &batch).await?;
    let goes_back = write_ledger(&mut *tx, &before, &batch).await?;
    receipts::issue(&mut *tx, &ctx.config, &batch).await?;
    books::bear_fees_of_refunded(&mut *tx, &batch.arrived_in(&[PledgeState::Refunded])).await?;
    books::stage_fees(&mut *tx, &batch.payments()).await?;
    if goes_back {
        // When all of it is in the ledger: only then does it show whether the campaign can bear it.
        money_back::cover(&mut *tx, campaign, before.goal.currency(), cause).await?;
    }
    write_rewards(&mut *tx, &batch).await?;
    let reached = write_totals(&mut *tx, before, &batch).await?;
    settlement::stage_collecting(&mut *tx, campaign, &batch.arrived_in(&[PledgeState::Charging])).await?;
    settlement::note_failures(&mut *tx, &batch.arrived_in(&[PledgeState::Errored, PledgeState::NeedsAction]))
        .await?;
    settlement::stage_closing_card_pages(&mut *tx, &batch.ended()).await?;
    stage_give_back(&mut *tx, &batch).await?;
    letters::stage(ctx, &mut *tx, campaign, &batch, reached).await?;
    mark_applied(&mut *tx, &batch).await?;
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

async fn write_pledges(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    let changed: Vec<&Row> = batch.changed_rows().collect();
    let ids: Vec<Uuid> = changed.iter().map(|row| row.id.0).collect();
    let states: Vec<&str> = changed.iter().map(|row| row.state.as_str()).collect();
    let intents: Vec<Option<&str>> = changed.iter().map(|row| row.intent_id.as_deref()).collect();
    let charges: Vec<Option<&str>> = changed.iter().map(|row| row.charge_intent_id.as_deref()).collect();
    let methods: Vec<Option<&str>> = changed.iter().map(|row| row.payment_method_id.as_deref()).collect();
    let collections: Vec<&str> = changed.iter().map(|row| row.collection.as_str()).collect();
    let declines: Vec<Option<&str>> = changed.iter().map(|row| row.decline_code.as_deref()).collect();
    let spares = changed.iter().map(|row| row.spare.as_ref());
    let (spare_cards, spare_intents): (Vec<Option<&str>>, Vec<Option<&str>>) = spares
        .map(|spare| {
            let card = spare.map(|spare| spare.payment_method_id.as_str());
            (card, spare.and_then(|spare| spare.intent_id.as_deref()))
        })
        .unzip();
    let refunded: Vec<Decimal> = changed.iter().map(|row| row.refunded.amount()).collect();
    let gave_up: Vec<bool> = changed.iter().map(|row| row.gave_up_reward).collect();
    let confirmed: Vec<bool> = changed.iter().map(|row| !row.before.counts() && row.state.counts()).collect();
    sqlx::query!(
        "update pledges set state = new.state, gateway_intent_id = new.intent, charge_intent_id = new.charge,
                            payment_method_id = new.method, collection = new.collection,
                            decline_code = new.decline, spare_payment_method_id = new.spare_card,
                            spare_intent_id = new.spare_intent, refunded = new.refunded,
                            reward_given_up = new.gave_up, updated_at = clock(),
                            confirmed_at = case when new.confirmed then coalesce(confirmed_at, clock())
                                                else confirmed_at end
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::bool[], $9::text[], $10::text[], $11::numeric[], $12::bool[])
              as new (id, state, intent, charge, method, collection, decline, confirmed, spare_card, spare_intent,
                      refunded, gave_up)
         where pledges.id = new.id",
        &ids,
        &states as &[&str],
        &intents as &[Option<&str>],
        &charges as &[Option<&str>],
        &methods as &[Option<&str>],
        &collections as &[&str],
        &declines as &[Option<&str>],
        &confirmed,
        &spare_cards as &[Option<&str>],
        &spare_intents as &[Option<&str>],
        &refunded,
        &gave_up,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn write_history(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    let pledges: Vec<Uuid> = batch.history.iter().map(|line| line.pledge.0).collect();
    let from: Vec<&str> = batch.history.iter().map(|line| line.from.as_str()).collect();
    let to: Vec<&str> = batch.history.iter().map(|line| line.to.as_str()).collect();
    let events: Vec<String> = batch.history.iter().map(|line| line.event.as_str().to_owned()).collect();
    let sources: Vec<&str> = batch.history.iter().map(|line| line.source.as_str()).collect();
    sqlx::query!(
        "insert into pledge_history (pledge_id, from_state, to_state, event, source)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])",
        &pledges,
        &from as &[&str],
        &to as &[&str],
        &events,
        &sources as &[&str],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether money goes back to backers by it.
async fn write_ledger(db: &mut PgConnection, totals: &Totals, batch: &Batch) -> Result<bool> {
    let mut lines: Vec<Line> = batch.postings.iter().flat_map(|posting| lines_of(posting, totals)).collect();
    let back: Vec<Line> = batch.rows.values().flat_map(|row| row.lines_back(totals)).collect();
    let goes_back = !back.is_empty();
    lines.extend(back);
    ledger::post(db, &lines).await?;
    Ok(goes_back)
}

/// The entries of one movement. The platform's share is posted beside the payment, and goes back with it.
fn lines_of(posting: &Posting, totals: &Totals) -> Vec<Line> {
    use Account::{GatewayBalance, HeldForCampaign, OwedToBackers, PlatformFees};
    let line = |kind, pledge, intent: &String, debit, credit, amount| Line {
        kind,
        campaign: Some(totals.campaign),
        pledge: Some(pledge),
        reference: intent.clone(),
        debit,
        credit,
        amount,
    };
    let mut lines = match posting {
        Posting::Captured { pledge, amount, intent } => {
            let fee = totals.fee.divide(*amount).fee;
            vec![
                line("captured", *pledge, intent, GatewayBalance, HeldForCampaign, *amount),
                line("platform_fee", *pledge, intent, HeldForCampaign, PlatformFees, fee),
            ]
        }
        Posting::CapturedTooLate { pledge, amount, intent } => {
            vec![line("captured_too_late", *pledge, intent, GatewayBalance, OwedToBackers, *amount)]
        }
    };
    // The share of a few cents may round to nothing.
    lines.retain(|line| !line.amount.is_zero());
    lines
}

async fn write_rewards(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    let changes = batch.change_of_rewards();
    if changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = changes.keys().map(|reward| reward.0).collect();
    let freed: Vec<i32> = changes.values().map(|change| change.0).collect();
    let backers: Vec<i64> = changes.values().map(|change| change.1).collect();
    sqlx::query!(
        "with freed as (
             update rewards set claimed = claimed - new.freed
             from unnest($1::uuid[], $2::int[]) as new (id, freed)
             where rewards.id = new.id and new.freed > 0
         )
         insert into reward_stats (reward_id, backers)
         select id, 0 from unnest($1::uuid[]) as known (id)
         on conflict do nothing",
        &ids,
        &freed,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update reward_stats set backers = reward_stats.backers + new.backers
         from unnest($1::uuid[], $2::bigint[]) as new (id, backers)
         where reward_id = new.id",
        &ids,
        &backers,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Answers with the highest milestone that is reached for the first time.
async fn write_totals(db: &mut PgConnection, before: Totals, batch: &Batch) -> Result<Option<Milestone>> {
    let (pledged, backers) = batch.change_of_total();
    if pledged == Decimal::ZERO && backers == 0 {
        // Collecting moves nothing in the totals, and people watch it.
        if batch.collects() {
            live::announce_state(db, before.campaign).await?;
        }
        return Ok(None);
    }
    let after = sqlx::query_scalar!(
        "update campaign_stats
         set pledged = pledged + $2, backers = backers + $3, version = version + 1, updated_at = clock()
         where campaign_id = $1
         returning pledged",
        before.campaign as CampaignId,
        pledged,
        backers,
    )
    .fetch_one(&mut *db)
    .await?;
    let after = domain::Money::new(after, before.goal.currency())
        .map_err(|_| Error::broken("campaign_stats.pledged finer than its currency"))?;
    let reached = reach_milestones(db, &before, after).await?;
    if before.has_locked_stretch_goals {
        stretch_goals::unlock(db, before.campaign, after).await?;
    }
    live::announce(db, before.campaign).await?;
    Ok(reached)
}

/// Each milestone once per campaign, ever: a second arrival finds the row and stays silent.
async fn reach_milestones(
    db: &mut PgConnection,
    before: &Totals,
    after: domain::Money,
) -> Result<Option<Milestone>> {
    let mut reached = None;
    let already = Milestone::passed(before.pledged, before.goal);
    for milestone in Milestone::passed(after, before.goal) {
        if already.contains(&milestone) {
            continue;
        }
        let inserted = sqlx::query!(
            "insert into milestones_reached (campaign_id, percent, pledged) values ($1, $2, $3)
             on conflict do nothing",
            before.campaign as CampaignId,
            milestone.percent(),
            after.amount(),
        )
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() == 1 {
            reached = Some(milestone);
        }
    }
    Ok(reached)
}

async fn stage_give_back(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    let key = |what: &GiveBack| match what {
        // A card may be several pledges': the last of them gives it back.
        GiveBack::Card { pledge, payment_method } => format!("give_back_{payment_method}_{pledge}"),
        GiveBack::Hold { intent, .. } | GiveBack::Payment { intent, .. } => format!("give_back_{intent}"),
        // Another key: if the event was wrong, the same intent may have to be given back one day.
        GiveBack::Mismatched { told_by, .. } => format!("look_into_{told_by}"),
    };
    let staged: Vec<_> = batch.give_back.iter().map(|what| (jobs::Job::GiveBack(what), key(what))).collect();
    jobs::stage(db, &staged).await
}

async fn mark_applied(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    let ids: Vec<Uuid> = batch.outcomes.iter().map(|(id, _)| *id).collect();
    let outcomes: Vec<&str> = batch.outcomes.iter().map(|(_, outcome)| *outcome).collect();
    sqlx::query!(
        "update pledge_inbox set applied_at = clock(), outcome = new.outcome
         from unnest($1::uuid[], $2::text[]) as new (id, outcome)
         where pledge_inbox.id = new.id",
        &ids,
        &outcomes as &[&str],
    )
    .execute(db)
    .await?;
    Ok(())
}
