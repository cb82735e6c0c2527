//! To a backer, about their own pledge while the campaign runs.

use chrono::{DateTime, Utc};
use domain::{Collection, Money, PledgeId, Shipment};

use super::super::written::{BACKER, Written};
use super::{About, instant, shipped};

/// The pledge stands.
#[derive(Clone, Copy, Debug)]
pub struct PledgeConfirmed<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
    pub reward: Option<&'a str>,
    pub shipment: Option<Shipment>,
    pub collection: Collection,
    pub ends_at: DateTime<Utc>,
    /// `None`: it can no longer be cancelled.
    pub cancel_until: Option<DateTime<Utc>>,
}

impl PledgeConfirmed<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, amount, .. } = self;
        Written::new(
            format!("Your pledge of {amount} to {title} is in"),
            format!("Thank you. Your pledge to {title} is in."),
            BACKER,
        )
        .says(self.about_the_money())
        .facts([
            ("Pledge", Some(amount.to_string())),
            ("Reward", self.reward.map(str::to_owned)),
            ("Shipping", self.shipment.map(shipped)),
            ("Campaign ends", Some(instant(self.ends_at))),
            ("Charged so far", Some(self.charged_so_far().to_string())),
        ])
        .says(self.about_cancelling())
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }

    fn about_the_money(&self) -> String {
        let (amount, end) = (self.amount, instant(self.ends_at));
        match self.collection {
            Collection::SaveCard => format!(
                "Your card is saved and has not been charged. It is charged {amount} after {end}, only if the goal is met."
            ),
            Collection::Hold => format!(
                "We hold {amount} on your card and have not charged it. It is charged after {end}, only if the goal \
                 is met; otherwise the hold is released."
            ),
            Collection::ChargeNow => format!(
                "Your card was charged {amount}. The creator keeps it even if the goal is not met by {end}."
            ),
        }
    }

    fn charged_so_far(&self) -> Money {
        match self.collection {
            Collection::SaveCard | Collection::Hold => Money::zero(self.amount.currency()),
            Collection::ChargeNow => self.amount,
        }
    }

    fn about_cancelling(&self) -> String {
        match (self.collection, self.cancel_until) {
            (Collection::ChargeNow, _) => {
                "A charged pledge cannot be cancelled. Refunds are up to the creator.".to_owned()
            }
            (_, Some(until)) => format!("You can cancel until {}.", instant(until)),
            (_, None) => "So close to the end it can no longer be cancelled.".to_owned(),
        }
    }
}

/// Its backer has changed the amount, the reward, or where it is held.
#[derive(Clone, Copy, Debug)]
pub struct PledgeChanged<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    /// Before, and from now on.
    pub from: Money,
    pub amount: Money,
    pub reward: Option<&'a str>,
    pub shipment: Option<Shipment>,
    pub collection: Collection,
    pub ends_at: DateTime<Utc>,
    pub cancel_until: DateTime<Utc>,
}

impl PledgeChanged<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, from, amount, .. } = self;
        let end = instant(self.ends_at);
        let money = match self.collection {
            Collection::SaveCard => {
                format!(
                    "You were not charged. Your card is charged {amount} after {end}, only if the goal is met."
                )
            }
            Collection::Hold | Collection::ChargeNow => format!(
                "You were not charged. Your card is charged {amount} after {end}, only if the goal is met; what is held \
                 on it beyond that is released."
            ),
        };
        Written::new(
            format!("Your pledge to {title} is now {amount}"),
            format!("Your pledge to {title} is changed."),
            BACKER,
        )
        .says(money)
        .facts([
            ("Pledge before", Some(from.to_string())),
            ("Pledge", Some(amount.to_string())),
            ("Reward", Some(self.reward.unwrap_or("None").to_owned())),
            ("Shipping", self.shipment.map(shipped)),
        ])
        .says(format!("You can change it again or cancel until {}.", instant(self.cancel_until)))
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// Its backer took it back before any charge.
#[derive(Clone, Copy, Debug)]
pub struct PledgeCancelled<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    pub reward: Option<&'a str>,
    /// How the money was secured until now.
    pub collection: Collection,
}

impl PledgeCancelled<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        let money = match self.collection {
            Collection::Hold => {
                "You were not charged. The hold on your card is released; your bank may take a few days to show it."
            }
            Collection::SaveCard | Collection::ChargeNow => {
                "You were not charged, and your card is no longer saved for this pledge."
            }
        };
        Written::new(
            format!("Your pledge to {title} is cancelled"),
            format!("Your pledge to {title} is cancelled."),
            BACKER,
        )
        .says(money)
        .facts([("Pledge", Some(self.amount.to_string())), ("Reward", self.reward.map(str::to_owned))])
        .says("Changed your mind again? While the campaign runs you can pledge anew.")
        .link("See the campaign", self.campaign.path())
    }
}

/// Who pledged without an account has asked for the letter with their link again.
#[derive(Clone, Copy, Debug)]
pub struct PledgeLink<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
    pub reward: Option<&'a str>,
}

impl PledgeLink<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        Written::new(
            format!("Your link to your pledge to {title}"),
            format!("Here is the link to your pledge to {title}."),
            BACKER,
        )
        .says("Somebody asked for it with this e-mail. If it was not you, you need not do anything: nobody but the reader of this letter has the link.")
        .facts([("Pledge", Some(self.amount.to_string())), ("Reward", self.reward.map(str::to_owned))])
        .says("Nothing was changed or charged by asking. Earlier links work on.")
        .link("Open your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// The total has passed the goal for the first time.
#[derive(Clone, Copy, Debug)]
pub struct GoalReached<'a> {
    pub campaign: About<'a>,
    pub pledged: Money,
    pub goal: Money,
    pub backers: i64,
    pub ends_at: DateTime<Utc>,
}

impl GoalReached<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        Written::new(format!("{title} has reached its goal"), "The goal is reached.", BACKER)
            .says(format!("{title} stands at {} of {}, with your help.", self.pledged, self.goal))
            .says("Your pledge stays as it is. Nothing more is charged for this.")
            .facts([
                ("Pledged", Some(self.pledged.to_string())),
                ("Backers", Some(self.backers.to_string())),
                ("Ends", Some(instant(self.ends_at))),
            ])
            .link("See the campaign", self.campaign.path())
    }
}

/// A stretch goal is reached.
#[derive(Clone, Copy, Debug)]
pub struct StretchGoalUnlocked<'a> {
    pub campaign: About<'a>,
    /// The total that it took.
    pub amount: Money,
    pub title: &'a str,
    pub description: &'a str,
}

impl StretchGoalUnlocked<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title: campaign, .. }, amount, title, description } = self;
        Written::new(format!("{campaign} has unlocked “{title}”"), "A stretch goal is unlocked.", BACKER)
            .says(format!("{campaign} has passed {amount}, and that unlocks “{title}”. {description}"))
            .says("Your pledge stays as it is. Nothing more is charged for this.")
            .link("See the campaign", self.campaign.path())
    }
}
