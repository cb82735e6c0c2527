//! Changing a pledge while its campaign runs (PRODUCT B11): the same rules as pledging, and what it takes of the card.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::pledge::may_take;
use crate::{Campaign, Money, Pledge, PledgeRefusal, PledgeState, Reward, RewardId, smallest_pledge};

/// A pledge that is to be changed, as far as the rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: PledgeState,
    pub reward_id: Option<RewardId>,
    pub amount: Money,
    /// What is held on the card; `None` when the card is merely saved.
    pub held: Option<Money>,
}

/// A change that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub reward_id: Option<RewardId>,
    pub amount: Money,
    pub reward_minimum: Option<Money>,
    pub card: CardWork,
}

/// What a change takes at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardWork {
    /// Nothing: the card is charged the new amount when it is charged, or less is captured than is held.
    None,
    /// More than is held: a new hold is needed, and the old one is released once that stands.
    NewHold,
}

impl Pledge {
    /// Whether a pledge may become this. `reward` is the wanted one; of the reward that the pledge has already it
    /// carries the terms under which it was chosen.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn change(
        standing: &Standing,
        campaign: &Campaign,
        reward: Option<&Reward>,
        amount: Money,
        now: DateTime<Utc>,
    ) -> Result<Change, PledgeRefusal> {
        Self::changeable(standing.state, campaign, now)?;
        if amount.currency() != campaign.goal.currency() {
            return Err(PledgeRefusal::WrongCurrency { expected: campaign.goal.currency() });
        }
        let smallest = smallest_pledge(amount.currency());
        if amount.compare(smallest) == Ok(Ordering::Less) {
            return Err(PledgeRefusal::BelowMinimum { minimum: smallest });
        }
        if let Some(reward) = reward {
            // The slot that one has is not sold out for oneself.
            let own = Some(reward.id) == standing.reward_id;
            may_take(campaign, reward, amount, own)?;
        }
        let held = standing.held.and_then(|held| amount.compare(held).ok());
        Ok(Change {
            reward_id: reward.map(|reward| reward.id),
            amount,
            reward_minimum: reward.map(|reward| reward.minimum),
            card: if held == Some(Ordering::Greater) { CardWork::NewHold } else { CardWork::None },
        })
    }

    /// Whether the backer may change anything about a pledge at this instant: as long as it could be cancelled too.
    ///
    /// # Errors
    /// Why not.
    pub fn changeable(
        state: PledgeState,
        campaign: &Campaign,
        now: DateTime<Utc>,
    ) -> Result<(), PledgeRefusal> {
        match state {
            PledgeState::Pending => Err(PledgeRefusal::NotFinished),
            PledgeState::Captured | PledgeState::PartiallyRefunded | PledgeState::Disputed => {
                Err(PledgeRefusal::RaiseByAnother)
            }
            PledgeState::Dropped
            | PledgeState::Cancelled
            | PledgeState::Expired
            | PledgeState::Voided
            | PledgeState::Refunded => Err(PledgeRefusal::AlreadyOver),
            PledgeState::Charging | PledgeState::Errored | PledgeState::NeedsAction => {
                Err(PledgeRefusal::ChangesOver { cutoff: campaign.cancel_cutoff() })
            }
            PledgeState::Committed | PledgeState::Authorized => {
                campaign.accepts_pledges(now)?;
                if now >= campaign.cancel_cutoff() {
                    return Err(PledgeRefusal::ChangesOver { cutoff: campaign.cancel_cutoff() });
                }
                Ok(())
            }
        }
    }
}
