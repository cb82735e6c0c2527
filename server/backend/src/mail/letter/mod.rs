//! Every letter the site writes: what it must be told, and its words. One file per family.
//! Money and time are exact in each of them, and each says whether a card was charged.

mod creator;
mod outcome;
mod payment;
mod payout;
mod pledge;
mod staff;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use domain::Shipment;

pub use creator::{
    CampaignCancelledCreator, CampaignFailedCreator, CampaignFellShortCreator, CampaignFundedCreator,
    DisputeClosed, DisputeOpened, MilestoneReached, RefundFailedCreator,
};
pub use outcome::{CampaignCancelled, CampaignFailed, CampaignFellShort, CampaignFunded};
pub use payment::{
    CardExpires, PaidTooLate, PaymentFailed, PaymentFixed, PaymentReminder, PledgeDropped, RefundFailed,
    Refunded,
};
pub use payout::{PayoutAsked, PayoutDecided, PayoutFailed, PayoutSent};
pub use pledge::{
    GoalReached, PledgeCancelled, PledgeChanged, PledgeConfirmed, PledgeLink, StretchGoalUnlocked,
};
pub use staff::AlarmsRaised;

use super::written::Written;

/// The campaign a letter is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub title: &'a str,
    pub slug: &'a str,
}

#[derive(Clone, Copy, Debug)]
pub enum Letter<'a> {
    PledgeConfirmed(PledgeConfirmed<'a>),
    PledgeChanged(PledgeChanged<'a>),
    PledgeCancelled(PledgeCancelled<'a>),
    PledgeLink(PledgeLink<'a>),
    GoalReached(GoalReached<'a>),
    StretchGoalUnlocked(StretchGoalUnlocked<'a>),
    CampaignFunded(CampaignFunded<'a>),
    CampaignFailed(CampaignFailed<'a>),
    CampaignFellShort(CampaignFellShort<'a>),
    CampaignCancelled(CampaignCancelled<'a>),
    PaymentFailed(PaymentFailed<'a>),
    PaymentReminder(PaymentReminder<'a>),
    PaymentFixed(PaymentFixed<'a>),
    PledgeDropped(PledgeDropped<'a>),
    CardExpires(CardExpires<'a>),
    PaidTooLate(PaidTooLate<'a>),
    Refunded(Refunded<'a>),
    RefundFailed(RefundFailed<'a>),
    RefundFailedCreator(RefundFailedCreator<'a>),
    MilestoneReached(MilestoneReached<'a>),
    CampaignFundedCreator(CampaignFundedCreator<'a>),
    CampaignFailedCreator(CampaignFailedCreator<'a>),
    CampaignFellShortCreator(CampaignFellShortCreator<'a>),
    CampaignCancelledCreator(CampaignCancelledCreator<'a>),
    PayoutAsked(PayoutAsked<'a>),
    PayoutDecided(PayoutDecided<'a>),
    PayoutSent(PayoutSent<'a>),
    PayoutFailed(PayoutFailed<'a>),
    DisputeOpened(DisputeOpened<'a>),
    DisputeClosed(DisputeClosed<'a>),
    AlarmsRaised(AlarmsRaised<'a>),
}

impl Letter<'_> {
    /// Its name in the database.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::PledgeConfirmed(_) => "pledge_confirmed",
            Self::PledgeChanged(_) => "pledge_changed",
            Self::PledgeCancelled(_) => "pledge_cancelled",
            Self::PledgeLink(_) => "pledge_link",
            Self::GoalReached(_) => "goal_reached",
            Self::StretchGoalUnlocked(_) => "stretch_goal_unlocked",
            Self::CampaignFunded(_) => "campaign_funded",
            Self::CampaignFailed(_) => "campaign_failed",
            Self::CampaignFellShort(_) => "campaign_fell_short",
            Self::CampaignCancelled(_) => "campaign_cancelled",
            Self::PaymentFailed(_) => "payment_failed",
            Self::PaymentReminder(_) => "payment_reminder",
            Self::PaymentFixed(_) => "payment_fixed",
            Self::PledgeDropped(_) => "pledge_dropped",
            Self::CardExpires(_) => "card_expires",
            Self::PaidTooLate(_) => "paid_too_late",
            Self::Refunded(_) => "refunded",
            Self::MilestoneReached(_) => "milestone_reached",
            Self::CampaignFundedCreator(_) => "campaign_funded_creator",
            Self::CampaignFellShortCreator(_) => "campaign_fell_short_creator",
            Self::CampaignFailedCreator(_) => "campaign_failed_creator",
            Self::CampaignCancelledCreator(_) => "campaign_cancelled_creator",
            Self::PayoutAsked(_) => "payout_asked",
            Self::PayoutDecided(_) => "payout_decided",
            Self::PayoutSent(_) => "payout_sent",
            Self::PayoutFailed(_) => "payout_failed",
            Self::DisputeOpened(_) => "dispute_opened",
            Self::DisputeClosed(_) => "dispute_closed",
            Self::RefundFailed(_) => "refund_failed",
            Self::RefundFailedCreator(_) => "refund_failed_creator",
            Self::AlarmsRaised(_) => "alarms_raised",
        }
    }

    pub(super) fn write(&self) -> Written {
        match self {
            Self::PledgeConfirmed(letter) => letter.write(),
            Self::PledgeChanged(letter) => letter.write(),
            Self::PledgeCancelled(letter) => letter.write(),
            Self::PledgeLink(letter) => letter.write(),
            Self::GoalReached(letter) => letter.write(),
            Self::StretchGoalUnlocked(letter) => letter.write(),
            Self::CampaignFunded(letter) => letter.write(),
            Self::CampaignFailed(letter) => letter.write(),
            Self::CampaignFellShort(letter) => letter.write(),
            Self::CampaignCancelled(letter) => letter.write(),
            Self::PaymentFailed(letter) => letter.write(),
            Self::PaymentReminder(letter) => letter.write(),
            Self::PaymentFixed(letter) => letter.write(),
            Self::PledgeDropped(letter) => letter.write(),
            Self::CardExpires(letter) => letter.write(),
            Self::PaidTooLate(letter) => letter.write(),
            Self::Refunded(letter) => letter.write(),
            Self::MilestoneReached(letter) => letter.write(),
            Self::CampaignFundedCreator(letter) => letter.write(),
            Self::CampaignFellShortCreator(letter) => letter.write(),
            Self::CampaignFailedCreator(letter) => letter.write(),
            Self::CampaignCancelledCreator(letter) => letter.write(),
            Self::PayoutAsked(letter) => letter.write(),
            Self::PayoutDecided(letter) => letter.write(),
            Self::PayoutSent(letter) => letter.write(),
            Self::PayoutFailed(letter) => letter.write(),
            Self::DisputeOpened(letter) => letter.write(),
            Self::DisputeClosed(letter) => letter.write(),
            Self::RefundFailed(letter) => letter.write(),
            Self::RefundFailedCreator(letter) => letter.write(),
            Self::AlarmsRaised(letter) => letter.write(),
        }
    }
}

impl About<'_> {
    fn path(&self) -> String {
        format!("/campaigns/{}", self.slug)
    }
}

/// `3 March 2027 at 18:00 UTC`: a letter does not know its reader's zone.
fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y at %H:%M UTC").to_string()
}

/// What of a pledge is for sending its reward.
fn shipped(shipment: Shipment) -> String {
    format!("{} of it, to {}", shipment.cost, shipment.to)
}

fn day(on: NaiveDate) -> String {
    on.format("%-d %B %Y").to_string()
}
