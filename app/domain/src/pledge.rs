//! Whether a pledge may be made or cancelled, and why not.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::campaign::instant;
use crate::{
    Campaign, CampaignId, Collection, Country, Currency, Money, MoneyError, PersonId, PledgeState, Reward,
    RewardId, Shipment,
};

/// The rules of pledging. There is nothing to hold: a pledge's data are rows, its life is [`PledgeState`].
pub struct Pledge;

/// A pledge that may be made: what will be stored and asked of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub campaign_id: CampaignId,
    pub backer_id: PersonId,
    pub reward_id: Option<RewardId>,
    /// All that is charged, shipping included.
    pub amount: Money,
    /// What the reward cost when it was chosen.
    pub reward_minimum: Option<Money>,
    pub shipment: Option<Shipment>,
    pub collection: Collection,
}

/// Why a pledge cannot be made, changed or cancelled. Every message is fit to stand beside its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PledgeRefusal {
    #[error("This campaign opens on {}. Nothing was charged.", instant(*.starts_at))]
    NotBegun { starts_at: DateTime<Utc> },
    #[error("This campaign ended on {}. Nothing was charged.", instant(*.ended_at))]
    Over { ended_at: DateTime<Utc> },
    #[error("This campaign was cancelled. Nothing was charged.")]
    CampaignCancelled,
    #[error("This campaign is paused while our team looks into it. Nothing was charged.")]
    CampaignSuspended,
    #[error("This campaign is not open for pledges. Nothing was charged.")]
    NotOpen,
    #[error("You cannot back your own campaign. Nothing was charged.")]
    OwnCampaign,
    #[error("This reward needs at least {minimum}.")]
    BelowReward { minimum: Money },
    #[error("The smallest pledge is {minimum}.")]
    BelowMinimum { minimum: Money },
    #[error(
        "“{title}” has just sold out. Choose another reward, or pledge without one. Nothing was charged."
    )]
    SoldOut { title: String },
    #[error("This reward is sent to you. Choose the country it goes to.")]
    NoCountry,
    #[error("“{title}” is not sent to {to}. It is sent to {places}.")]
    NotShipped { title: String, to: Country, places: String },
    /// With its shipping it is more than there can be.
    #[error("{0}")]
    TooLarge(MoneyError),
    #[error("This campaign takes pledges in {expected}.")]
    WrongCurrency { expected: Currency },
    #[error("This reward belongs to another campaign. Nothing was charged.")]
    RewardOfAnotherCampaign,
    #[error(
        "You already back this campaign. Nothing more was charged. You can see, change or cancel your pledge under “My pledges”."
    )]
    AlreadyPledged,
    #[error("Pledges could be cancelled until {}. The creator is counting on yours now.", instant(*.cutoff))]
    CutoffPassed { cutoff: DateTime<Utc> },
    #[error("Pledges could be changed until {}. The creator is counting on yours now.", instant(*.cutoff))]
    ChangesOver { cutoff: DateTime<Utc> },
    #[error("This pledge waits for your card. Finish it, or send the form again with other choices.")]
    NotFinished,
    #[error(
        "You have already been charged for this pledge, so it stays as it is. To give more, pledge once more."
    )]
    RaiseByAnother,
    #[error("You have already been charged for this pledge. Ask the creator for a refund.")]
    AlreadyCharged,
    #[error("This pledge is already over.")]
    AlreadyOver,
}

impl PledgeRefusal {
    /// The form field it belongs beside; `None` for the form as a whole.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::BelowReward { .. }
            | Self::BelowMinimum { .. }
            | Self::TooLarge(_)
            | Self::WrongCurrency { .. } => Some("amount"),
            Self::NoCountry | Self::NotShipped { .. } => Some("country"),
            Self::SoldOut { .. } | Self::RewardOfAnotherCampaign => Some("reward"),
            Self::NotBegun { .. }
            | Self::Over { .. }
            | Self::CampaignCancelled
            | Self::CampaignSuspended
            | Self::NotOpen
            | Self::OwnCampaign
            | Self::AlreadyPledged
            | Self::CutoffPassed { .. }
            | Self::ChangesOver { .. }
            | Self::NotFinished
            | Self::RaiseByAnother
            | Self::AlreadyCharged
            | Self::AlreadyOver => None,
        }
    }
}

impl Pledge {
    /// Whether this person may pledge this much for this reward at this instant. To what is `given`, shipping to the chosen
    /// country is added.
    ///
    /// The reward's stock is checked as it was read; that the last slot is sold once is the database's guard.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn offer(
        campaign: &Campaign,
        backer: PersonId,
        reward: Option<&Reward>,
        given: Money,
        country: Option<Country>,
        now: DateTime<Utc>,
    ) -> Result<Offer, PledgeRefusal> {
        campaign.accepts_pledges(now)?;
        if backer == campaign.creator_id {
            return Err(PledgeRefusal::OwnCampaign);
        }
        if given.currency() != campaign.goal.currency() {
            return Err(PledgeRefusal::WrongCurrency { expected: campaign.goal.currency() });
        }
        let smallest = smallest_pledge(given.currency());
        if !covers(given, smallest) {
            return Err(PledgeRefusal::BelowMinimum { minimum: smallest });
        }
        let shipment = match reward {
            Some(reward) => {
                may_take(campaign, reward, given, false)?;
                reward.shipment(country)?
            }
            None => None,
        };
        Ok(Offer {
            campaign_id: campaign.id,
            backer_id: backer,
            reward_id: reward.map(|reward| reward.id),
            amount: with_shipping(given, shipment)?,
            reward_minimum: reward.map(|reward| reward.minimum),
            shipment,
            collection: campaign.collection(now),
        })
    }

    /// Whether the backer may cancel at this instant (PRODUCT B12).
    ///
    /// # Errors
    /// Why not.
    pub fn cancellable(
        state: PledgeState,
        campaign: &Campaign,
        now: DateTime<Utc>,
    ) -> Result<(), PledgeRefusal> {
        match state {
            // Nothing is committed yet: leaving the gateway's page must always be possible.
            PledgeState::Pending => Ok(()),
            PledgeState::Committed | PledgeState::Authorized if now < campaign.cancel_cutoff() => Ok(()),
            PledgeState::Committed | PledgeState::Authorized => {
                Err(PledgeRefusal::CutoffPassed { cutoff: campaign.cancel_cutoff() })
            }
            PledgeState::Charging | PledgeState::Errored | PledgeState::NeedsAction => {
                Err(PledgeRefusal::CutoffPassed { cutoff: campaign.cancel_cutoff() })
            }
            PledgeState::Captured | PledgeState::PartiallyRefunded | PledgeState::Disputed => {
                Err(PledgeRefusal::AlreadyCharged)
            }
            PledgeState::Dropped
            | PledgeState::Cancelled
            | PledgeState::Expired
            | PledgeState::Voided
            | PledgeState::Refunded => Err(PledgeRefusal::AlreadyOver),
        }
    }
}

/// `own`: the backer has a slot of it already.
pub(crate) fn may_take(
    campaign: &Campaign,
    reward: &Reward,
    given: Money,
    own: bool,
) -> Result<(), PledgeRefusal> {
    if reward.campaign_id != campaign.id {
        return Err(PledgeRefusal::RewardOfAnotherCampaign);
    }
    if reward.sold_out() && !own {
        return Err(PledgeRefusal::SoldOut { title: reward.title.clone() });
    }
    if covers(given, reward.minimum) {
        Ok(())
    } else {
        Err(PledgeRefusal::BelowReward { minimum: reward.minimum })
    }
}

/// All that is charged.
pub(crate) fn with_shipping(given: Money, shipment: Option<Shipment>) -> Result<Money, PledgeRefusal> {
    shipment.map_or(Ok(given), |shipment| given.checked_add(shipment.cost)).map_err(PledgeRefusal::TooLarge)
}

fn covers(amount: Money, minimum: Money) -> bool {
    matches!(amount.compare(minimum), Ok(Ordering::Greater | Ordering::Equal))
}

/// The smallest amount a card can be charged, about half a US dollar: Stripe's list of minimum charges, rounded up
/// to a sum people would type. One unit where the list says nothing.
#[must_use]
pub fn smallest_pledge(currency: Currency) -> Money {
    let (mantissa, scale) = match currency.code() {
        "JPY" => (50, 0),
        "KRW" => (1000, 0),
        "HUF" => (175, 0),
        "CZK" => (15, 0),
        "MXN" | "THB" => (10, 0),
        "HKD" => (4, 0),
        "NOK" | "SEK" => (3, 0),
        "DKK" => (250, 2),
        "AED" | "MYR" | "PLN" | "RON" => (2, 0),
        _ => (1, 0),
    };
    Money::new(Decimal::new(mantissa, scale), currency).unwrap_or(Money::zero(currency))
}
