//! A pledge in a batch: what it remembers of an event, and what an event says of it.

use domain::{Collection, Money, PledgeEvent, PledgeId, PledgeState, RewardId};

use super::batch::GiveBack;
use super::changes::OpenChange;
use super::money_back::{PaidBack, Questioned};
use super::{Entry, Evidence};

/// A pledge as the batch found it, and as it will leave it.
pub(super) struct Row {
    pub id: PledgeId,
    pub reward: Option<RewardId>,
    pub reward_is_limited: bool,
    pub before: PledgeState,
    pub state: PledgeState,
    pub amount: Money,
    /// Before the batch.
    pub terms_before: Terms,
    /// What is held on the card, when the pledge was lowered since.
    pub held: Option<Money>,
    /// New terms that wait to be put in the old ones' place.
    pub change: Option<OpenChange>,
    pub collection: Collection,
    /// Intents that saved cards which took another's place, the present one among them.
    pub replacements: Vec<String>,
    /// What the backer finished at the gateway's page.
    pub intent_id: Option<String>,
    /// The payment that charges a saved card after the deadline.
    pub charge_intent_id: Option<String>,
    pub payment_method_id: Option<String>,
    pub decline_code: Option<String>,
    /// A card that came while the present one was being charged.
    pub spare: Option<Spare>,
    /// What of the amount is back with its backer.
    pub refunded_before: Money,
    pub refunded: Money,
    /// The reward was given up with a refund.
    pub gave_up_reward_before: bool,
    pub gave_up_reward: bool,
    /// Read only where an event is about them.
    pub refunds: Vec<PaidBack>,
    pub disputes: Vec<Questioned>,
    pub changed: bool,
}

/// A card that is charged if the present one is declined.
#[derive(Clone)]
pub(super) struct Spare {
    pub payment_method_id: String,
    /// The intent that saved it.
    pub intent_id: Option<String>,
}

/// What a pledge is for, as far as sums and slots go.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub reward: Option<RewardId>,
    pub amount: Money,
}

impl Row {
    /// The payment that takes this pledge's money, once there is one.
    pub(super) fn payment(&self) -> Option<&str> {
        match self.collection {
            Collection::SaveCard => self.charge_intent_id.as_deref(),
            Collection::Hold | Collection::ChargeNow => self.intent_id.as_deref(),
        }
    }

    /// Keeps a card that came while another is charged. It takes the place of one that came before it.
    pub(super) fn keep_spare(
        &mut self,
        payment_method: &str,
        evidence: &Evidence,
        give_back: &mut Vec<GiveBack>,
    ) {
        let spare =
            Spare { payment_method_id: payment_method.to_owned(), intent_id: evidence.intent_id.clone() };
        if let Some(before) = self.spare.replace(spare) {
            give_back.push(GiveBack::Card { pledge: self.id, payment_method: before.payment_method_id });
        }
        self.replacements.extend(evidence.intent_id.clone());
        self.changed = true;
    }

    /// Whether a card was tried for it and declined, rather than failing to be charged after the deadline.
    pub(super) fn is_declined_at_the_pledge(&self, entry: &Entry) -> bool {
        let before_the_deadline = matches!(
            self.state,
            PledgeState::Pending
                | PledgeState::Committed
                | PledgeState::Authorized
                | PledgeState::Cancelled
                | PledgeState::Expired
        );
        // A hold that was released says that it failed, too.
        let declined = entry.evidence.decline_code.as_deref().is_some_and(|code| code != "hold_expired");
        entry.event == PledgeEvent::PaymentFailed && declined && before_the_deadline
    }

    /// What a movement must be of: a hold may be for more than is pledged by now.
    pub(super) fn expected(&self, event: PledgeEvent) -> Money {
        match event {
            PledgeEvent::HoldPlaced => self.held.unwrap_or(self.amount),
            _ => self.amount,
        }
    }

    /// Whether it tells of a hold that was released for another, or of a new one that did not come: neither is where this
    /// pledge's money is.
    pub(super) fn speaks_of_another_hold(&self, event: PledgeEvent, evidence: &Evidence) -> bool {
        self.collection == Collection::Hold
            && matches!(event, PledgeEvent::PaymentFailed | PledgeEvent::ActionRequired)
            && self.intent_id.is_some()
            && evidence.intent_id.is_some()
            && evidence.intent_id != self.intent_id
    }

    pub(super) fn knows_replacement(&self, evidence: &Evidence) -> bool {
        evidence.intent_id.is_none()
            || evidence.intent_id == self.intent_id
            || evidence.intent_id.as_ref().is_some_and(|intent| self.replacements.contains(intent))
    }

    pub(super) fn remember(&mut self, event: PledgeEvent, evidence: &Evidence) {
        if event == PledgeEvent::CardReplaced {
            // However it was to be collected: now there is a card to charge.
            self.collection = Collection::SaveCard;
            self.replacements.extend(evidence.intent_id.clone());
        }
        let speaks_of_payment = !matches!(event, PledgeEvent::CardSaved | PledgeEvent::CardReplaced);
        let intent = match self.collection {
            Collection::SaveCard if speaks_of_payment => &mut self.charge_intent_id,
            Collection::SaveCard | Collection::Hold | Collection::ChargeNow => &mut self.intent_id,
        };
        if evidence.intent_id.is_some() {
            intent.clone_from(&evidence.intent_id);
        }
        // A card that is declined stays the pledge's card until another takes its place.
        let brings_a_card = matches!(
            event,
            PledgeEvent::CardSaved
                | PledgeEvent::CardReplaced
                | PledgeEvent::HoldPlaced
                | PledgeEvent::PaymentCaptured
        );
        if brings_a_card && evidence.payment_method_id.is_some() {
            self.payment_method_id.clone_from(&evidence.payment_method_id);
        }
        self.decline_code.clone_from(&evidence.decline_code);
    }

    /// A commitment that ends without a charge gives back what it held, and a card that is replaced is forgotten.
    pub(super) fn release_on(&self, event: PledgeEvent, to: PledgeState, give_back: &mut Vec<GiveBack>) {
        let needs_no_card = event == PledgeEvent::CardReplaced || to == PledgeState::Dropped;
        if let (true, Collection::SaveCard, Some(payment_method)) =
            (needs_no_card, self.collection, &self.payment_method_id)
        {
            give_back.push(GiveBack::Card { pledge: self.id, payment_method: payment_method.clone() });
        }
        if !matches!(to, PledgeState::Cancelled | PledgeState::Voided) {
            return;
        }
        match (self.state, &self.intent_id, &self.payment_method_id) {
            (PledgeState::Authorized, Some(intent), _) => {
                give_back.push(GiveBack::Hold { pledge: self.id, intent: intent.clone() });
            }
            (PledgeState::Committed, _, Some(payment_method)) => {
                give_back.push(GiveBack::Card { pledge: self.id, payment_method: payment_method.clone() });
            }
            _ => {}
        }
    }
}

/// Whether the gateway's object speaks of exactly this pledge's money.
pub(crate) fn agrees(state: PledgeState, ours: Option<&str>, amount: Money, evidence: &Evidence) -> bool {
    let same_intent = !state.has_money()
        || match (ours, evidence.intent_id.as_deref()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
    same_intent && evidence.money() == Some(amount)
}
