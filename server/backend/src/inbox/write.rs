//! What a batch came to, written in its transaction: each kind of row in one statement, however many pledges there are.

use domain::{CampaignId, Milestone};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, GiveBack, Posting, Totals};
use super::row::Row;
use crate::ledger::{self, Account, Line};
use crate::{Error, Result, jobs, live, milestones, stretch_goals};

pub(super) async fn pledges(db: &mut PgConnection, batch: &Batch) -> Result<()> {
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

pub(super) async fn history(db: &mut PgConnection, batch: &Batch) -> Result<()> {
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
pub(super) async fn ledger(db: &mut PgConnection, totals: &Totals, batch: &Batch) -> Result<bool> {
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

pub(super) async fn rewards(db: &mut PgConnection, batch: &Batch) -> Result<()> {
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
pub(super) async fn totals(
    db: &mut PgConnection,
    before: Totals,
    batch: &Batch,
) -> Result<Option<Milestone>> {
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
    let reached = milestones::reach(db, before.campaign, before.pledged, after, before.goal).await?;
    if before.has_locked_stretch_goals {
        stretch_goals::unlock(db, before.campaign, after).await?;
    }
    live::announce(db, before.campaign).await?;
    Ok(reached)
}

pub(super) async fn give_back(db: &mut PgConnection, batch: &Batch) -> Result<()> {
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

pub(super) async fn outcomes(db: &mut PgConnection, batch: &Batch) -> Result<()> {
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
