//! New terms of pledges, put in the old ones' place: in the batch's transaction, so that pledge, slots and total move
//! together (PRODUCT B11).

use domain::{ChangeId, EventRefusal, Money, PledgeEvent, PledgeId, PledgeState, RewardId, Step};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, GiveBack, HistoryLine, Waiting};
use super::row::Row;
use crate::{Error, Result, rows};

/// New terms that are not applied yet; a pledge has one set of them at most.
pub(super) struct OpenChange {
    pub id: ChangeId,
    /// For a new hold, which brings it.
    waits: bool,
    reward: Option<RewardId>,
    reward_is_limited: bool,
    claims_slot: bool,
    amount: Money,
}

/// A change that is over.
pub(super) struct EndedChange {
    pub id: ChangeId,
    pub pledge: PledgeId,
    pub made: bool,
    /// What was pledged before.
    pub from: Money,
    /// What is held from now on, if it is more than is pledged.
    held: Option<Money>,
}

/// Where a judgement leaves what follows from it.
pub(super) struct Judged<'a> {
    pub history: &'a mut Vec<HistoryLine>,
    pub give_back: &'a mut Vec<GiveBack>,
    pub changes: &'a mut Vec<EndedChange>,
    pub freed: &'a mut Vec<RewardId>,
}

/// Reads and holds the open changes of pledges that are held. A statement of its own: it must see what was committed
/// while those were waited for.
pub(super) async fn lock(db: &mut PgConnection, pledges: &mut [Row]) -> Result<()> {
    let ids: Vec<Uuid> = pledges.iter().map(|row| row.id.0).collect();
    let found = sqlx::query!(
        r#"select pledge_changes.id as "id: ChangeId", pledge_id as "pledge: PledgeId", state = 'waiting' as "waits!",
                  reward_id as "reward: RewardId", claims_slot, amount, pledge_changes.currency,
                  coalesce((select slots is not null from rewards where rewards.id = reward_id), false) as "limited!"
           from pledge_changes
           where pledge_id = any($1) and state in ('waiting', 'ready')
           order by pledge_id
           for update"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    for change in found {
        let Some(row) = pledges.iter_mut().find(|row| row.id == change.pledge) else { continue };
        row.change = Some(OpenChange {
            id: change.id,
            waits: change.waits,
            reward: change.reward,
            reward_is_limited: change.limited,
            claims_slot: change.claims_slot,
            amount: rows::money(change.amount, &change.currency)?,
        });
    }
    Ok(())
}

/// Judges an event that changes a pledge's terms.
pub(super) fn judge(row: &mut Row, waiting: &Waiting, judged: &mut Judged<'_>) -> &'static str {
    let evidence = &waiting.entry.evidence;
    let event = waiting.entry.event;
    let brings_hold = event == PledgeEvent::HoldReplaced;
    if brings_hold && evidence.intent_id == row.intent_id {
        // The same hold, told of again.
        return "no_op";
    }
    let Some(change) = row.change.take_if(|change| change.waits == brings_hold) else {
        // Applied before; or a hold for a change that is no more.
        return if brings_hold { give_hold_back(row, waiting, judged) } else { "no_op" };
    };
    if brings_hold && evidence.money() != Some(change.amount) {
        row.change = Some(change);
        if let Some(intent) = evidence.intent_id.clone() {
            judged.give_back.push(GiveBack::Mismatched { pledge: row.id, intent, told_by: waiting.id });
        }
        return "mismatch";
    }
    match row.state.next(event) {
        Ok(Step::To(to)) => {
            let (pledge, from) = (row.id, row.state);
            judged.history.push(HistoryLine { pledge, from, to, event, source: waiting.source.clone() });
            row.state = to;
            row.changed = true;
            if brings_hold {
                row.move_hold(waiting, judged);
            }
            row.adopt(&change, brings_hold, judged);
            "applied"
        }
        // The pledge is over, or beyond changing: the slot that was taken for this is free again.
        Ok(Step::Stay(_)) => {
            row.turn_down(&change, judged);
            "no_op"
        }
        Err(EventRefusal::LateMoney { .. }) => {
            row.turn_down(&change, judged);
            give_hold_back(row, waiting, judged)
        }
        Err(EventRefusal::Impossible { .. }) => {
            row.turn_down(&change, judged);
            "refused"
        }
    }
}

fn give_hold_back(row: &Row, waiting: &Waiting, judged: &mut Judged<'_>) -> &'static str {
    if let Some(intent) = waiting.entry.evidence.intent_id.clone() {
        judged.give_back.push(GiveBack::Hold { pledge: row.id, intent });
    }
    "late_money"
}

impl Row {
    /// The new hold stands: only now is the old one released.
    fn move_hold(&mut self, waiting: &Waiting, judged: &mut Judged<'_>) {
        let evidence = &waiting.entry.evidence;
        if let Some(intent) = self.intent_id.take() {
            judged.give_back.push(GiveBack::Hold { pledge: self.id, intent });
        }
        self.intent_id.clone_from(&evidence.intent_id);
        if evidence.payment_method_id.is_some() {
            self.payment_method_id.clone_from(&evidence.payment_method_id);
        }
    }

    fn adopt(&mut self, change: &OpenChange, held_anew: bool, judged: &mut Judged<'_>) {
        let from = self.amount;
        let held = self.held.unwrap_or(from);
        let is_held = self.state == PledgeState::Authorized && !held_anew && held != change.amount;
        self.held = is_held.then_some(held);
        if self.reward != change.reward {
            judged.freed.extend(self.reward.filter(|_| self.reward_is_limited));
            (self.reward, self.reward_is_limited) = (change.reward, change.reward_is_limited);
        }
        self.amount = change.amount;
        let (id, pledge, held) = (change.id, self.id, self.held);
        judged.changes.push(EndedChange { id, pledge, made: true, from, held });
    }

    fn turn_down(&self, change: &OpenChange, judged: &mut Judged<'_>) {
        judged.freed.extend(change.reward.filter(|_| change.claims_slot));
        let (id, pledge, from) = (change.id, self.id, self.amount);
        judged.changes.push(EndedChange { id, pledge, made: false, from, held: None });
    }
}

/// Writes the new terms of pledges, and what became of their changes.
pub(super) async fn write(db: &mut PgConnection, batch: &Batch) -> Result<()> {
    if batch.changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = batch.changes.iter().map(|change| change.id.0).collect();
    let made: Vec<bool> = batch.changes.iter().map(|change| change.made).collect();
    let held: Vec<Option<Decimal>> =
        batch.changes.iter().map(|change| change.held.map(Money::amount)).collect();
    let ended = sqlx::query!(
        "with ended as (
             update pledge_changes set state = case when made then 'applied' else 'refused' end, ended_at = clock()
             from unnest($1::uuid[], $2::bool[], $3::numeric[]) as new (id, made, held)
             where pledge_changes.id = new.id and state in ('waiting', 'ready')
             returning pledge_changes.*, new.made, new.held
         ), adopted as (
             update pledges
             set amount = ended.amount, reward_id = ended.reward_id, reward_title = ended.reward_title,
                 reward_minimum = ended.reward_minimum, ship_to = ended.ship_to,
                 shipping = ended.shipping, mandate = ended.mandate, held = ended.held,
                 version = pledges.version + 1
             from ended where pledges.id = ended.pledge_id and ended.made
         )
         select count(*) as \"count!\" from ended",
        &ids,
        &made,
        &held as &[Option<Decimal>],
    )
    .fetch_one(db)
    .await?;
    if usize::try_from(ended.count) == Ok(ids.len()) {
        Ok(())
    } else {
        Err(Error::broken("a change that was held and is not open"))
    }
}
