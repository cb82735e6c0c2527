//! To a backer, when their campaign is decided.

use chrono::NaiveDate;
use domain::{Collection, Money, PledgeId, Shipment};

use super::super::written::{BACKER, Written};
use super::{About, day, shipped};

/// The goal was met.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFunded<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
    /// Whether this pledge is collected already; otherwise the charge is about to be tried.
    pub charged: bool,
    pub pledged: Money,
    pub goal: Money,
    pub reward: Option<&'a str>,
    pub shipment: Option<Shipment>,
    pub delivery: Option<NaiveDate>,
}

impl CampaignFunded<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        let money = if self.charged {
            format!("Your card was charged {amount}.")
        } else {
            format!(
                "Your card is charged {amount} now. If your bank declines it we write to you, and your pledge waits for you."
            )
        };
        Written::new(format!("{title} is funded"), format!("{title} is funded."), BACKER)
            .says(format!("It raised {} of {}, with your help.", self.pledged, self.goal))
            .says(money)
            .facts([
                ("Pledge", Some(amount.to_string())),
                ("Reward", self.reward.map(str::to_owned)),
                ("Shipping", self.shipment.map(shipped)),
                ("Estimated delivery", self.delivery.map(day)),
            ])
            .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// The goal was missed, and nobody pays.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFailed<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    pub pledged: Money,
    pub goal: Money,
    /// How the money was secured until now.
    pub collection: Collection,
}

impl CampaignFailed<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        let secured = match self.collection {
            Collection::Hold => {
                "The hold on your card is released; your bank may take a few days to show it."
            }
            Collection::SaveCard | Collection::ChargeNow => {
                "Your card is no longer saved for this pledge. There is nothing for you to do."
            }
        };
        Written::new(
            format!("{title} did not reach its goal. You were not charged."),
            "You were not charged.",
            BACKER,
        )
        .says(format!(
            "{title} raised {} of {}, so it is not funded and nobody pays.",
            self.pledged, self.goal
        ))
        .says(secured)
        .facts([("Your pledge", Some(self.amount.to_string())), ("Charged", Some(nothing(self.amount)))])
        .link("See the campaign", self.campaign.path())
    }
}

/// The goal was met, and too little of it could be collected: who paid is paid back.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFellShort<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
    pub collected: Money,
    pub goal: Money,
}

impl CampaignFellShort<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, amount, collected, goal, .. } = self;
        Written::new(
            format!("{title} fell short of its goal. You get {amount} back."),
            format!("You get {amount} back."),
            BACKER,
        )
        .says(format!(
            "{title} met its goal of {goal} at the deadline, but so many cards failed that only {collected} could be \
             collected. It had promised to fail in that case, so nobody pays."
        ))
        .says("All of it is refunded to the card you paid with. Banks usually take five to ten days to show it.")
        .facts([("Charged", Some(amount.to_string())), ("Refund", Some(amount.to_string()))])
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// The campaign was ended by its creator or by the site, and the pledge had not been paid. Who had paid gets the letter
/// about their refund.
#[derive(Clone, Copy, Debug)]
pub struct CampaignCancelled<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
}

impl CampaignCancelled<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(format!("{title} was cancelled. You were not charged."), "You were not charged.", BACKER)
            .says(format!("{title} was cancelled and does not go on."))
            .says("Whatever was saved or held on your card for this pledge is released.")
            .facts([("Your pledge", Some(amount.to_string()))])
            .link("See the campaign", self.campaign.path())
    }
}

fn nothing(amount: Money) -> String {
    Money::zero(amount.currency()).to_string()
}
