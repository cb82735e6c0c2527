//! To a creator, about their campaign and its money.

use chrono::{DateTime, Utc};
use domain::{Milestone, Money};

use super::super::written::{CREATOR, Written};
use super::{About, instant};

/// A quarter, half, three quarters or all of the goal is pledged.
#[derive(Clone, Copy, Debug)]
pub struct MilestoneReached<'a> {
    pub campaign: About<'a>,
    pub milestone: Milestone,
    pub pledged: Money,
    pub goal: Money,
    pub backers: i64,
    pub ends_at: DateTime<Utc>,
}

impl MilestoneReached<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, percent) = (self.campaign.title, self.milestone.percent());
        let (subject, heading) = match self.milestone {
            Milestone::Goal => (format!("{title} has reached its goal"), "Your goal is reached.".to_owned()),
            Milestone::Quarter | Milestone::Half | Milestone::ThreeQuarters => (
                format!("{title} has reached {percent} % of its goal"),
                format!("{percent} % of your goal is pledged."),
            ),
        };
        Written::new(subject, heading, CREATOR)
            .says(format!("{title} stands at {} of {}.", self.pledged, self.goal))
            .facts([
                ("Pledged", Some(self.pledged.to_string())),
                ("Goal", Some(self.goal.to_string())),
                ("Backers", Some(self.backers.to_string())),
                ("Ends", Some(instant(self.ends_at))),
            ])
            .link("See your campaign", self.campaign.path())
    }
}

/// The deadline has passed and the goal was met.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFundedCreator<'a> {
    pub campaign: About<'a>,
    pub pledged: Money,
    pub goal: Money,
    pub backers: i64,
    /// Until when declined cards may still be fixed.
    pub retries_until: Option<DateTime<Utc>>,
}

impl CampaignFundedCreator<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        let collecting = match self.retries_until {
            Some(until) => format!(
                "The cards are charged now. Backers whose card is declined can fix it until {}, so what is \
                 collected may end up below what was pledged.",
                instant(until)
            ),
            None => "Everything that was pledged is collected.".to_owned(),
        };
        Written::new(format!("{title} is funded"), "Your campaign is funded.", CREATOR)
            .says(format!("{title} ended with {} of {} pledged.", self.pledged, self.goal))
            .says(collecting)
            .facts([
                ("Pledged", Some(self.pledged.to_string())),
                ("Goal", Some(self.goal.to_string())),
                ("Backers", Some(self.backers.to_string())),
            ])
            .link("See your campaign", self.campaign.path())
    }
}

/// The deadline has passed and the goal was missed.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFailedCreator<'a> {
    pub campaign: About<'a>,
    pub pledged: Money,
    pub goal: Money,
    pub backers: i64,
}

impl CampaignFailedCreator<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        Written::new(format!("{title} did not reach its goal"), "Your campaign is not funded.", CREATOR)
            .says(format!("{title} ended with {} of {} pledged.", self.pledged, self.goal))
            .says(
                "Nobody is charged: the saved cards are forgotten and the holds released, and your backers are told so. \
                 There is nothing for you to do.",
            )
            .facts([
                ("Pledged", Some(self.pledged.to_string())),
                ("Goal", Some(self.goal.to_string())),
                ("Backers", Some(self.backers.to_string())),
            ])
            .link("See your campaign", self.campaign.path())
    }
}

/// Staff ended the campaign.
#[derive(Clone, Copy, Debug)]
pub struct CampaignCancelledCreator<'a> {
    pub campaign: About<'a>,
    /// As whoever ended it told everybody.
    pub reason: &'a str,
    /// Whether backers had paid already: they are paid back.
    pub had_been_paid: bool,
}

impl CampaignCancelledCreator<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        let money = if self.had_been_paid {
            "Everybody who had paid is refunded in full, and your backers are told so."
        } else {
            "Nobody is charged: the saved cards are forgotten and the holds released, and your backers are told so."
        };
        Written::new(format!("{title} was cancelled"), "Your campaign was cancelled.", CREATOR)
            .says(format!("We have ended {title}, for this reason: {}", self.reason))
            .says(money)
            .says("If you think that this is a mistake, answer this letter.")
            .link("See your campaign", self.campaign.path())
    }
}

/// The goal was met, and too little of it could be collected.
#[derive(Clone, Copy, Debug)]
pub struct CampaignFellShortCreator<'a> {
    pub campaign: About<'a>,
    pub collected: Money,
    pub goal: Money,
}

impl CampaignFellShortCreator<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, collected, goal } = self;
        Written::new(format!("{title} fell short of its goal"), "Your campaign is not funded.", CREATOR)
            .says(format!(
                "The time to fix failed payments is over, and {collected} of the goal of {goal} could be collected."
            ))
            .says(
                "By the rule you chose before the launch the campaign fails below its goal. Everybody who paid is refunded \
                 in full, and told so. There is nothing for you to do.",
            )
            .facts([("Collected", Some(collected.to_string())), ("Goal", Some(goal.to_string()))])
            .link("See your campaign", self.campaign.path())
    }
}

/// A backer's bank takes a payment back unless the creator shows why not.
#[derive(Clone, Copy, Debug)]
pub struct DisputeOpened<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// The bank only asks, and has taken nothing yet.
    pub inquiry: bool,
    /// After it no evidence is taken.
    pub answer_until: DateTime<Utc>,
    /// The page for the evidence, below the site's root.
    pub path: &'a str,
}

impl DisputeOpened<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("A payment of {amount} for {title} is disputed"),
            "A payment is disputed.",
            CREATOR,
        )
        .says(if self.inquiry {
            format!(
                "The bank of a backer of {title} asks about a payment of {amount}. Nothing was taken back yet; a good \
                 answer may keep it so."
            )
        } else {
            format!(
                "A backer of {title} has asked their bank to take {amount} back. The amount is frozen until the bank decides."
            )
        })
        .says(format!(
            "You can answer with evidence until {}. Without an answer the bank decides for the backer.",
            instant(self.answer_until)
        ))
        .link("Answer the dispute", self.path)
    }
}

/// The bank has decided.
#[derive(Clone, Copy, Debug)]
pub struct DisputeClosed<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// Whether the payment stays the creator's.
    pub kept: bool,
    /// The dispute's page, below the site's root.
    pub path: &'a str,
}

impl DisputeClosed<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        let (heading, words) = if self.kept {
            (
                "The payment stays yours.",
                format!("The bank decided for {title}: {amount} counts as collected again."),
            )
        } else {
            (
                "The bank took the payment back.",
                format!("The bank decided for the backer: {amount} left what {title} collected."),
            )
        };
        Written::new(format!("The dispute about {amount} for {title} is closed"), heading, CREATOR)
            .says(words)
            .link("See the dispute", self.path)
    }
}

/// A refund did not reach its backer.
#[derive(Clone, Copy, Debug)]
pub struct RefundFailedCreator<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// The list with the pledge in it, below the site's root.
    pub path: &'a str,
}

impl RefundFailedCreator<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("A refund of {amount} for {title} failed"),
            "A refund did not reach its backer.",
            CREATOR,
        )
        .says(format!(
            "The backer’s bank did not take {amount} for {title}. The money is held for your campaign again; try once \
             more, or ask the backer how else they can be paid."
        ))
        .link("See the pledge", self.path)
    }
}
