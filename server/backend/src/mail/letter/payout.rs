//! To a creator, about what is paid to them.

use chrono::NaiveDate;
use domain::Money;

use super::super::written::{CREATOR, Written};
use super::{About, day};

/// Money left for the creator's bank.
#[derive(Clone, Copy, Debug)]
pub struct PayoutSent<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// When the bank should have it, if the gateway said.
    pub arrives_on: Option<NaiveDate>,
    /// The page that shows it, below the site's root.
    pub path: &'a str,
}

impl PayoutSent<'_> {
    pub(super) fn write(&self) -> Written {
        let (title, amount) = (self.campaign.title, self.amount);
        Written::new(
            format!("{amount} from {title} is on its way to your bank"),
            format!("{amount} is on its way to your bank."),
            CREATOR,
        )
        .says(format!("It is paid out from what {title} collected, less fees."))
        .facts([("Payout", Some(amount.to_string())), ("Expected at your bank", self.arrives_on.map(day))])
        .link("See the payout", self.path)
    }
}

/// The creator's bank sent a payout back.
#[derive(Clone, Copy, Debug)]
pub struct PayoutFailed<'a> {
    pub bank_last4: Option<&'a str>,
    /// The page where another bank account can be given, below the site's root.
    pub path: &'a str,
}

impl PayoutFailed<'_> {
    pub(super) fn write(&self) -> Written {
        let bank = match self.bank_last4 {
            Some(last4) => format!("your bank account ending in {last4}"),
            None => "your bank account".to_owned(),
        };
        Written::new("A payout did not reach your bank", "A payout did not reach your bank.", CREATOR)
            .says(format!(
                "The payment provider could not pay to {bank}. The money is safe in your account there, and nothing is \
                 lost."
            ))
            .says("Give it another bank account, and it pays again. Further payouts wait until then.")
            .link("See what is needed", self.path)
    }
}

/// A payout was asked for: its owner reads of it even when somebody else was logged in as them.
#[derive(Clone, Copy, Debug)]
pub struct PayoutAsked<'a> {
    pub amount: Money,
    /// So much that a second person looks at it first.
    pub waits: bool,
    /// The page that shows it, below the site's root.
    pub path: &'a str,
}

impl PayoutAsked<'_> {
    pub(super) fn write(&self) -> Written {
        let amount = self.amount;
        let next = if self.waits {
            "It is so much that an administrator looks at it before it leaves. Until then you can withdraw it."
        } else {
            "It leaves for your account at the payment provider now, and from there for your bank."
        };
        Written::new(
            format!("You asked for a payout of {amount}"),
            format!("You asked for a payout of {amount}."),
            CREATOR,
        )
        .says(next)
        .says(
            "It was not you? Then somebody else is logged in as you: end their session on the page of your sessions, and \
             look at your bank account at the payment provider.",
        )
        .link("See the payout", self.path)
    }
}

/// An administrator has decided about a large payout.
#[derive(Clone, Copy, Debug)]
pub struct PayoutDecided<'a> {
    pub campaign: About<'a>,
    pub amount: Money,
    /// `None`: it leaves. Otherwise why it does not.
    pub refused_because: Option<&'a str>,
    /// The page that shows it, below the site's root.
    pub path: &'a str,
}

impl PayoutDecided<'_> {
    pub(super) fn write(&self) -> Written {
        let Self { campaign: About { title, .. }, amount, .. } = self;
        let written = match self.refused_because {
            None => Written::new(
                format!("Your payout of {amount} from {title} is approved"),
                format!("Your payout of {amount} is approved."),
                CREATOR,
            )
            .says(format!("What {title} collected leaves for your account at the payment provider now.")),
            Some(why) => Written::new(
                format!("Your payout of {amount} from {title} was not approved"),
                format!("Your payout of {amount} was not approved."),
                CREATOR,
            )
            .says(format!(
                "Nothing has left, and the money stays safe with {title}. The administrator wrote:"
            ))
            .says(why),
        };
        written.link("See the payout", self.path)
    }
}
