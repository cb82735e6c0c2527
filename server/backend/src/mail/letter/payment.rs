//! To a backer, when a payment needs them, is settled, or comes back.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Money, PledgeId};

use super::super::written::{BACKER, Written};
use super::{About, day, instant};
use crate::settlement::place_of_fix_link;

/// The card was declined at the deadline; there is time to fix it.
#[derive(Clone, Copy, Debug)]
pub struct PaymentFailed<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// A whole sentence in plain words (`payments::in_plain_words`).
    pub reason: &'a str,
    pub pledge: PledgeId,
    /// After it the pledge is dropped.
    pub until: DateTime<Utc>,
    /// Whether something was taken and is given back; otherwise nothing was taken.
    pub was_refunded: bool,
}

impl PaymentFailed<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        let charged = if self.was_refunded {
            "All of it is refunded to the card it was taken from."
        } else {
            "You were not charged."
        };
        Written::new(
            format!("Your payment of {amount} for {title} did not go through"),
            "Your payment did not go through.",
            BACKER,
        )
        .says(format!("{title} is funded, but your card could not be charged {amount}. {}", self.reason))
        .says(format!("{charged} Your pledge and its reward are kept for you until {}.", instant(self.until)))
        .link("Fix the payment", place_of_fix_link(self.pledge))
        .says("That link works once and needs no log-in. It can also be fixed on your pledge’s own page:")
        .link("Open your pledge", format!("/pledges/{}/fix", self.pledge))
    }
}

/// The same, said again.
#[derive(Clone, Copy, Debug)]
pub struct PaymentReminder<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    pub pledge: PledgeId,
    pub until: DateTime<Utc>,
    /// Which reminder this is, from 1, and how many there are.
    pub number: u32,
    pub of: u32,
}

impl PaymentReminder<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, amount, number, of, .. } = self;
        let until = instant(self.until);
        Written::new(
            format!("Reminder {number} of {of}: your payment of {amount} for {title} is open"),
            "Your payment is still open.",
            BACKER,
        )
        .says(format!(
            "{title} is funded, and your {amount} could not be charged so far. You were not charged."
        ))
        .says(format!("You have until {until}. After that your pledge ends, and its reward with it."))
        .says(format!("This is reminder {number} of {of}."))
        .link("Fix the payment", place_of_fix_link(self.pledge))
        .says("That link works once and needs no log-in. It can also be fixed on your pledge’s own page:")
        .link("Open your pledge", format!("/pledges/{}/fix", self.pledge))
    }
}

/// A payment that had failed has worked.
#[derive(Clone, Copy, Debug)]
pub struct PaymentFixed<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
}

impl PaymentFixed<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("Your payment of {amount} for {title} has worked"),
            "Your payment has worked.",
            BACKER,
        )
        .says(format!("Your card was charged {amount} for {title}. There is nothing more for you to do."))
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// The time to fix a payment ran out.
#[derive(Clone, Copy, Debug)]
pub struct PledgeDropped<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    pub reward: Option<&'a str>,
}

impl PledgeDropped<'_> {
    pub(super) fn write(&self) -> Written {
        let title = self.campaign.title;
        Written::new(
            format!("Your pledge to {title} has ended. You were not charged."),
            "Your pledge has ended. You were not charged.",
            BACKER,
        )
        .says(format!("The payment for {title} could not be made in time, and we do not try again."))
        .facts([
            ("Pledge", Some(self.amount.to_string())),
            ("Reward given up", self.reward.map(str::to_owned)),
        ])
        .link("See the campaign", self.campaign.path())
    }
}

/// The saved card will be out of date when the campaign ends.
#[derive(Clone, Copy, Debug)]
pub struct CardExpires<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// The card as its owner knows it: `Visa ending in 4242`.
    pub card: &'a str,
    /// The last day on which it works.
    pub expires_on: NaiveDate,
    pub ends_at: DateTime<Utc>,
    pub fix_path: &'a str,
}

impl CardExpires<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount, end) = (self.campaign.title, self.amount, instant(self.ends_at));
        Written::new(
            format!("Your card expires before {title} ends"),
            "Your card expires before the campaign ends.",
            BACKER,
        )
        .says(format!(
            "Your pledge of {amount} to {title} would be charged after {end}, if the goal is met. \
             The card you saved stops working before that. You were not charged."
        ))
        .facts([("Card", Some(self.card.to_owned())), ("Works until", Some(day(self.expires_on)))])
        .link("Use another card", self.fix_path)
    }
}

/// Money is on its way back.
#[derive(Clone, Copy, Debug)]
pub struct Refunded<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    /// What comes back, of what had been charged.
    pub amount: Money,
    pub charged: Money,
    /// As whoever made it said.
    pub reason: &'a str,
}

impl Refunded<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount, charged) = (self.campaign.title, self.amount, self.charged);
        let share = if amount == charged { "all of it" } else { "a part of it" };
        Written::new(format!("A refund of {amount} for {title}"), format!("You get {amount} back."), BACKER)
            .says(format!(
                "You had been charged {charged} for {title}, and {share} is refunded to the card you paid with. \
                 Banks usually take five to ten days to show it."
            ))
            .facts([
                ("Charged", Some(charged.to_string())),
                ("Refund", Some(amount.to_string())),
                ("Why", Some(self.reason.to_owned())),
            ])
            .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// A payment that arrived when the pledge was over.
#[derive(Clone, Copy, Debug)]
pub struct PaidTooLate<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
}

impl PaidTooLate<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("Your payment of {amount} for {title} came too late"),
            format!("You get {amount} back."),
            BACKER,
        )
        .says(format!(
            "Your card was charged {amount} for {title} when your pledge had already ended, so it does not count and \
             all of it is refunded. Banks usually take five to ten days to show it."
        ))
        .says("There is nothing for you to do.")
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}

/// The bank sent a refund back.
#[derive(Clone, Copy, Debug)]
pub struct RefundFailed<'a> {
    pub campaign: About<'a>,
    pub pledge: PledgeId,
    pub amount: Money,
}

impl RefundFailed<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("Your refund of {amount} for {title} did not arrive"),
            "Your bank sent the refund back.",
            BACKER,
        )
        .says(format!(
            "We refunded {amount} to the card you paid {title} with, and your bank did not take it: the card may have \
             been closed. You were not charged again, and the money is still yours to claim."
        ))
        .says("The campaign’s creator and our team know about it. Tell them how else you can be paid.")
        .link("See your pledge", format!("/pledges/{}", self.pledge))
    }
}
