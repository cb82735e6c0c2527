//! What one batch will change, worked out in memory before anything is written: every event goes through the
//! domain's state machine, one after the other, and the sum of the outcomes is written at once.

use std::collections::HashMap;

use domain::{CampaignId, EventRefusal, FeeRule, Money, PledgeEvent, PledgeId, PledgeState, RewardId, Step};
use uuid::Uuid;

use super::changes::{self, EndedChange, Judged};
use super::money_back;
use super::row::{Row, Spare, agrees};
use super::{Entry, Evidence};

/// An inbox row.
pub(super) struct Waiting {
    pub id: Uuid,
    pub pledge: PledgeId,
    pub entry: Entry,
    pub source: String,
}

pub(super) struct HistoryLine {
    pub pledge: PledgeId,
    pub from: PledgeState,
    pub to: PledgeState,
    pub event: PledgeEvent,
    pub source: String,
}

/// Money that moved at the gateway, for the ledger.
pub(super) enum Posting {
    /// Collected for a pledge.
    Captured { pledge: PledgeId, amount: Money, intent: String },
    /// Collected for a pledge that was already over: owed back.
    CapturedTooLate { pledge: PledgeId, amount: Money, intent: String },
}

/// What must be given back at the gateway after the commit.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum GiveBack {
    Card {
        pledge: PledgeId,
        payment_method: String,
    },
    Hold {
        pledge: PledgeId,
        intent: String,
    },
    Payment {
        pledge: PledgeId,
        intent: String,
    },
    /// A hold or payment that is not the pledge's, by amount, currency or intent: unless the event was wrong.
    Mismatched {
        pledge: PledgeId,
        intent: String,
        /// The inbox row that spoke of it: each of them is looked into.
        told_by: Uuid,
    },
}

#[derive(Default)]
pub(super) struct Batch {
    pub rows: HashMap<PledgeId, Row>,
    pub outcomes: Vec<(Uuid, &'static str)>,
    pub history: Vec<HistoryLine>,
    pub postings: Vec<Posting>,
    pub give_back: Vec<GiveBack>,
    /// Pledges for which a card was declined before they stood, each as often as that was.
    pub declined: Vec<Uuid>,
    /// Changes that are over, and whether they were made.
    pub changes: Vec<EndedChange>,
    /// Slots of limited rewards that changes have given up, theirs or their predecessors'.
    pub freed: Vec<RewardId>,
}

impl Batch {
    pub(super) fn of(rows: Vec<Row>) -> Self {
        Self { rows: rows.into_iter().map(|row| (row.id, row)).collect(), ..Self::default() }
    }

    /// Judges one event. A repeated or late one changes nothing and is marked so.
    pub(super) fn take(&mut self, waiting: Waiting) {
        let outcome = match self.rows.get_mut(&waiting.pledge) {
            Some(row) => {
                if row.is_declined_at_the_pledge(&waiting.entry) {
                    self.declined.push(row.id.0);
                }
                let outcome = match waiting.entry.event {
                    PledgeEvent::TermsChanged | PledgeEvent::HoldReplaced => changes::judge(
                        row,
                        &waiting,
                        &mut Judged {
                            history: &mut self.history,
                            give_back: &mut self.give_back,
                            changes: &mut self.changes,
                            freed: &mut self.freed,
                        },
                    ),
                    _ => judge(row, &waiting, &mut self.history, &mut self.postings, &mut self.give_back),
                };
                if row.state != PledgeState::Charging {
                    turn_to_spare(row, &waiting.source, &mut self.history, &mut self.give_back);
                }
                if outcome == "mismatch" {
                    tracing::error!(pledge = %row.id, event = ?waiting.entry.event, "gateway amount differs from the pledge");
                }
                outcome
            }
            None => "refused",
        };
        self.outcomes.push((waiting.id, outcome));
    }

    /// By how much the campaign's total and its count of backers change.
    pub(super) fn change_of_total(&self) -> (rust_decimal::Decimal, i64) {
        let mut pledged = rust_decimal::Decimal::ZERO;
        let mut backers = 0;
        for row in self.rows.values() {
            pledged += standing(row.state, row.amount, row.refunded);
            pledged -= standing(row.before, row.terms_before.amount, row.refunded_before);
            backers += i64::from(row.state.counts()) - i64::from(row.before.counts());
        }
        (pledged, backers)
    }

    /// Whether a pledge came nearer to being paid after the deadline.
    pub(super) fn collects(&self) -> bool {
        use PledgeState::{Charging, Errored, NeedsAction};
        let collecting = |state| matches!(state, Charging | Errored | NeedsAction);
        self.changed_rows()
            .any(|row| row.before != row.state && (collecting(row.before) || collecting(row.state)))
    }

    /// Pledges that this batch moved to one of these states, even if a later event of it moved them on.
    pub(super) fn arrived_in(&self, states: &[PledgeState]) -> Vec<PledgeId> {
        let arrived = self.history.iter().filter(|line| states.contains(&line.to));
        let mut arrived: Vec<PledgeId> = arrived.map(|line| line.pledge).collect();
        arrived.sort_unstable();
        arrived.dedup();
        arrived
    }

    /// Payments that were taken, of which the gateway keeps a part.
    pub(super) fn payments(&self) -> Vec<String> {
        let taken = self.postings.iter().map(|posting| match posting {
            Posting::Captured { intent, .. } | Posting::CapturedTooLate { intent, .. } => intent.clone(),
        });
        taken.collect()
    }

    /// Pledges for which no card is wanted any more: paid, or over.
    pub(super) fn ended(&self) -> Vec<PledgeId> {
        let wants_none = |state: PledgeState| state == PledgeState::Captured || state.is_over();
        let ended = self.changed_rows().filter(|row| wants_none(row.state) && !wants_none(row.before));
        ended.map(|row| row.id).collect()
    }

    /// Per reward: how many limited slots come free, and by how much its count of backers changes.
    pub(super) fn change_of_rewards(&self) -> HashMap<RewardId, (i32, i64)> {
        let mut changes: HashMap<RewardId, (i32, i64)> = HashMap::new();
        for row in self.rows.values() {
            let (had, has) = (!row.gave_up_reward_before, !row.gave_up_reward);
            if let Some(reward) = row.reward {
                let change = changes.entry(reward).or_default();
                if row.reward_is_limited
                    && (had && row.before.holds_slot())
                    && !(has && row.state.holds_slot())
                {
                    change.0 += 1;
                }
                change.1 += i64::from(has && row.state.counts());
            }
            if let Some(before) = row.terms_before.reward {
                changes.entry(before).or_default().1 -= i64::from(had && row.before.counts());
            }
        }
        for reward in &self.freed {
            changes.entry(*reward).or_default().0 += 1;
        }
        changes.retain(|_, change| *change != (0, 0));
        changes
    }

    pub(super) fn changed_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().filter(|row| row.changed)
    }
}

/// What a pledge adds to its campaign's total: nothing where it does not count, else what is not back with its backer.
fn standing(state: PledgeState, amount: Money, refunded: Money) -> rust_decimal::Decimal {
    if state.counts() { amount.amount() - refunded.amount() } else { rust_decimal::Decimal::ZERO }
}

fn judge(
    row: &mut Row,
    waiting: &Waiting,
    history: &mut Vec<HistoryLine>,
    postings: &mut Vec<Posting>,
    give_back: &mut Vec<GiveBack>,
) -> &'static str {
    let Entry { event, evidence } = &waiting.entry;
    if money_back::is_about(*event) {
        return row.follow(&waiting.source, history);
    }
    if moves_money(event) && !agrees(row.state, row.payment(), row.expected(*event), evidence) {
        if let Some(intent) = &evidence.intent_id {
            let told_by = waiting.id;
            give_back.push(GiveBack::Mismatched { pledge: row.id, intent: intent.clone(), told_by });
        }
        return "mismatch";
    }
    if *event == PledgeEvent::CardReplaced && row.knows_replacement(evidence) {
        // The same replacement, said again or later than its successor: its card was tried already.
        return "no_op";
    }
    if row.speaks_of_another_hold(*event, evidence) {
        return "no_op";
    }
    if row.state != PledgeState::Pending && speaks_of_saving(*event, evidence) {
        // How saving a card went says nothing about the payment that is due now.
        return "no_op";
    }
    match row.state.next(*event) {
        Ok(Step::To(to)) => {
            history.push(HistoryLine {
                pledge: row.id,
                from: row.state,
                to,
                event: *event,
                source: waiting.source.clone(),
            });
            row.release_on(*event, to, give_back);
            row.remember(*event, evidence);
            row.state = to;
            row.changed = true;
            if let (PledgeEvent::PaymentCaptured, Some(intent)) = (event, &evidence.intent_id) {
                postings.push(Posting::Captured {
                    pledge: row.id,
                    amount: row.amount,
                    intent: intent.clone(),
                });
            }
            "applied"
        }
        Ok(Step::Stay(_)) => {
            if let (PledgeEvent::CardReplaced, Some(payment_method)) = (event, &evidence.payment_method_id)
                && row.payment_method_id.as_ref() != Some(payment_method)
            {
                if row.state == PledgeState::Charging {
                    row.keep_spare(payment_method, evidence, give_back);
                    return "applied";
                }
                // It came after another was charged: not needed, so not kept.
                give_back.push(GiveBack::Card { pledge: row.id, payment_method: payment_method.clone() });
            }
            // Only a decline replaces a decline: "the bank asks" may be older news that arrives later.
            if matches!(row.state, PledgeState::Pending | PledgeState::Errored | PledgeState::NeedsAction)
                && evidence.decline_code.is_some()
                && evidence.decline_code != row.decline_code
            {
                row.decline_code.clone_from(&evidence.decline_code);
                row.changed = true;
            }
            "no_op"
        }
        Err(EventRefusal::LateMoney { .. }) => {
            return_late_money(row, event, evidence, postings, give_back);
            "late_money"
        }
        Err(EventRefusal::Impossible { .. }) => "refused",
    }
}

/// The present card has its answer: the one that came meanwhile is charged after a decline, and forgotten otherwise.
fn turn_to_spare(row: &mut Row, source: &str, history: &mut Vec<HistoryLine>, give_back: &mut Vec<GiveBack>) {
    let Some(Spare { payment_method_id, intent_id }) = row.spare.take() else { return };
    let (from, event) = (row.state, PledgeEvent::CardReplaced);
    row.changed = true;
    match from.next(event) {
        Ok(Step::To(to)) => {
            history.push(HistoryLine { pledge: row.id, from, to, event, source: source.to_owned() });
            row.release_on(event, to, give_back);
            let payment_method_id = Some(payment_method_id);
            row.remember(event, &Evidence { intent_id, payment_method_id, ..Evidence::default() });
            row.state = to;
        }
        Ok(Step::Stay(_)) | Err(_) => {
            give_back.push(GiveBack::Card { pledge: row.id, payment_method: payment_method_id });
        }
    }
}

/// Whether the event is about saving a card: it carries no amount.
fn speaks_of_saving(event: PledgeEvent, evidence: &Evidence) -> bool {
    matches!(event, PledgeEvent::PaymentFailed | PledgeEvent::ActionRequired)
        && evidence.intent_id.is_some()
        && evidence.minor_units.is_none()
}

fn moves_money(event: &PledgeEvent) -> bool {
    matches!(event, PledgeEvent::HoldPlaced | PledgeEvent::PaymentCaptured)
}

/// A card, hold or payment for a pledge that is over goes back to the backer.
fn return_late_money(
    row: &Row,
    event: &PledgeEvent,
    evidence: &Evidence,
    postings: &mut Vec<Posting>,
    give_back: &mut Vec<GiveBack>,
) {
    let (pledge, intent) = (row.id, evidence.intent_id.clone());
    match (event, intent, evidence.payment_method_id.clone()) {
        (PledgeEvent::HoldPlaced, Some(intent), _) => give_back.push(GiveBack::Hold { pledge, intent }),
        (PledgeEvent::PaymentCaptured, Some(intent), _) => {
            postings.push(Posting::CapturedTooLate { pledge, amount: row.amount, intent: intent.clone() });
            give_back.push(GiveBack::Payment { pledge, intent });
        }
        (_, _, Some(payment_method)) => give_back.push(GiveBack::Card { pledge, payment_method }),
        _ => {}
    }
}

/// The campaign a batch is for, as far as milestones and the live bar need it.
pub(super) struct Totals {
    pub campaign: CampaignId,
    pub goal: Money,
    pub pledged: Money,
    pub fee: FeeRule,
    /// Whether a stretch goal is still to be unlocked.
    pub has_locked_stretch_goals: bool,
}
