//! Changing a pledge while its campaign runs (PRODUCT B11): the same rules as pledging, and what it takes of the card.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::pledge::{may_take, with_shipping};
use crate::{
    Campaign, Country, Money, Pledge, PledgeRefusal, PledgeState, Reward, RewardId, Shipment, smallest_pledge,
};

/// A pledge that is to be changed, as far as the rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: PledgeState,
    pub reward_id: Option<RewardId>,
    /// Shipping included.
    pub amount: Money,
    pub shipment: Option<Shipment>,
    /// What is held on the card; `None` when the card is merely saved.
    pub held: Option<Money>,
}

impl Standing {
    /// What the backer gives: all but the shipping.
    #[must_use]
    pub fn given(&self) -> Money {
        // It cannot fail: shipping is a part of the amount, in its currency.
        self.shipment.and_then(|shipment| self.amount.checked_sub(shipment.cost).ok()).unwrap_or(self.amount)
    }
}

/// A change that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub reward_id: Option<RewardId>,
    /// Shipping included.
    pub amount: Money,
    pub reward_minimum: Option<Money>,
    pub shipment: Option<Shipment>,
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
    /// carries the terms under which it was chosen. To what is `given`, shipping to the chosen country is added: to the
    /// country that it goes to already, as much as was agreed.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn change(
        standing: &Standing,
        campaign: &Campaign,
        reward: Option<&Reward>,
        given: Money,
        country: Option<Country>,
        now: DateTime<Utc>,
    ) -> Result<Change, PledgeRefusal> {
        Self::changeable(standing.state, campaign, now)?;
        if given.currency() != campaign.goal.currency() {
            return Err(PledgeRefusal::WrongCurrency { expected: campaign.goal.currency() });
        }
        let smallest = smallest_pledge(given.currency());
        if given.compare(smallest) == Ok(Ordering::Less) {
            return Err(PledgeRefusal::BelowMinimum { minimum: smallest });
        }
        let shipment = match reward {
            Some(reward) => {
                // The slot that one has is not sold out for oneself.
                let own = Some(reward.id) == standing.reward_id;
                may_take(campaign, reward, given, own)?;
                match standing.shipment {
                    // Nothing was to be sent when it was chosen.
                    None if own => None,
                    Some(agreed) if own && Some(agreed.to) == country => Some(agreed),
                    _ => reward.shipment(country)?,
                }
            }
            None => None,
        };
        let amount = with_shipping(given, shipment)?;
        let held = standing.held.and_then(|held| amount.compare(held).ok());
        Ok(Change {
            reward_id: reward.map(|reward| reward.id),
            amount,
            reward_minimum: reward.map(|reward| reward.minimum),
            shipment,
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
