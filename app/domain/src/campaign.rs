//! A campaign, as far as its rules go. What it looks like is the pages' business.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignState, Model, Money, PersonId, PledgeRefusal, names};

/// How close to the deadline a pledge may be held on the card rather than saved for later.
///
/// A card-not-present hold that the customer started lives 7 days with the large card networks, and settling needs
/// some of them: charges are paced, and a retry window of a day or two must fit. 4 days leaves room for both, and
/// is inside the shortest window any of them grants (4 days 18 hours).
pub const HOLD_WINDOW: TimeDelta = TimeDelta::days(4);

/// How long before the deadline a backer may last cancel (PRODUCT B12).
pub const CANCEL_CUTOFF: TimeDelta = TimeDelta::hours(48);

/// A campaign that has dates, with the facts its rules need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    pub creator_id: PersonId,
    pub model: Model,
    pub state: CampaignState,
    pub suspended: bool,
    pub goal: Money,
    pub starts_at: DateTime<Utc>,
    /// The first instant that is too late.
    pub ends_at: DateTime<Utc>,
}

/// How a pledge's money is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    /// The card is saved and charged after the deadline.
    SaveCard,
    /// The amount is held on the card now and captured after the deadline.
    Hold,
    /// The card is charged now.
    ChargeNow,
}

names!(Collection { SaveCard = "save_card", Hold = "hold", ChargeNow = "charge_now" });

impl Campaign {
    /// Whether somebody may pledge at this instant.
    ///
    /// # Errors
    /// Why not.
    pub fn accepts_pledges(&self, now: DateTime<Utc>) -> Result<(), PledgeRefusal> {
        if self.suspended {
            return Err(PledgeRefusal::CampaignSuspended);
        }
        match self.state {
            CampaignState::Live if now < self.starts_at => {
                Err(PledgeRefusal::NotBegun { starts_at: self.starts_at })
            }
            CampaignState::Live if now >= self.ends_at => Err(PledgeRefusal::Over { ended_at: self.ends_at }),
            CampaignState::Live => Ok(()),
            CampaignState::Scheduled => Err(PledgeRefusal::NotBegun { starts_at: self.starts_at }),
            CampaignState::Draft | CampaignState::InReview => Err(PledgeRefusal::NotOpen),
            CampaignState::Cancelled => Err(PledgeRefusal::CampaignCancelled),
            CampaignState::Settling
            | CampaignState::Funded
            | CampaignState::PartiallyFunded
            | CampaignState::Failed => Err(PledgeRefusal::Over { ended_at: self.ends_at }),
        }
    }

    /// How a pledge made now would be secured.
    #[must_use]
    pub fn collection(&self, now: DateTime<Utc>) -> Collection {
        match self.model {
            Model::KeepItAll => Collection::ChargeNow,
            Model::AllOrNothing | Model::Hybrid if self.ends_at - now <= HOLD_WINDOW => Collection::Hold,
            Model::AllOrNothing | Model::Hybrid => Collection::SaveCard,
        }
    }

    /// The first instant at which a backer can no longer cancel.
    #[must_use]
    pub fn cancel_cutoff(&self) -> DateTime<Utc> {
        self.ends_at - CANCEL_CUTOFF
    }
}

/// What a backer agrees to by pledging: what is charged, when, and how to stop it. Shown beside the button and
/// stored with the pledge, word for word (the card networks ask for both).
#[must_use]
pub fn mandate(campaign: &Campaign, amount: Money, collection: Collection, now: DateTime<Utc>) -> String {
    let end = instant(campaign.ends_at);
    let cutoff = campaign.cancel_cutoff();
    let cancelling = if now < cutoff {
        format!("You can cancel until {}.", instant(cutoff))
    } else {
        "So close to the end it can no longer be cancelled.".to_owned()
    };
    match collection {
        Collection::SaveCard => {
            format!(
                "Your card is saved now and charged {amount} after {end}, only if the goal is met. {cancelling}"
            )
        }
        Collection::Hold => format!(
            "On your card, {amount} is held now and charged after {end}, only if the goal is met; \
             otherwise the hold is released. {cancelling}"
        ),
        Collection::ChargeNow => format!(
            "Your card is charged {amount} now. The creator keeps it even if the goal is not met by {end}. \
             Refunds are up to the creator."
        ),
    }
}

/// How sentences name an instant. Pages show the viewer's own zone beside it.
pub(crate) fn instant(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%-d %B %Y at %H:%M UTC")
}
