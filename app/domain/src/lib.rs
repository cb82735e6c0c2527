//! The rules of Groundswell. Everything here is pure: no I/O, no clock, no randomness. What time it is and which
//! id is next are arguments. It compiles for the server and for the browser.

mod campaign;
mod campaign_state;
mod change;
mod country;
mod currency;
mod decline;
mod fee;
mod ids;
mod money;
mod payout;
mod pledge;
mod pledge_state;
mod price;
mod progress;
mod refund;
mod reserve;
mod result_policy;
mod reward;
mod settlement;
mod shipping;
mod step;
mod stretch;
mod text;
mod typed_amount;

pub use campaign::{CANCEL_CUTOFF, Campaign, Collection, HOLD_WINDOW, mandate};
pub use campaign_state::{CampaignEvent, CampaignRefusal, CampaignState, Model};
pub use change::{CardWork, Change, Standing};
pub use country::{Country, UnknownCountry};
pub use currency::{Currency, UnknownCurrency};
pub use decline::{OTHER_AMOUNT, in_plain_words};
pub use fee::{FeeRule, FeeTooHigh, Parts};
pub use ids::{
    AttemptId, CampaignId, ChangeId, DisputeId, PayoutId, PersonId, PledgeId, RefundId, RewardId, SessionId,
    WithdrawalId,
};
pub use money::{Money, MoneyError};
pub use payout::{
    ASKED_WITHIN, BANK_COOLING, Hold, PayoutEvent, PayoutRefusal, PayoutSchedule, PayoutStanding,
    PayoutState, cools_until,
};
pub use pledge::{Offer, Pledge, PledgeRefusal, smallest_pledge};
pub use pledge_state::{EventRefusal, PledgeEvent, PledgeState};
pub use price::Price;
pub use progress::{Mark, Milestone, Progress, Snapshot};
pub use refund::{DisputeState, RefundState, SelfRefundRefusal, self_refund_until};
pub use reserve::{ReserveRule, ReserveTooLarge};
pub use result_policy::{ResultPolicy, Verdict};
pub use reward::Reward;
pub use settlement::{
    Act, Outcome, Plan, PlannedPledge, REMINDER_EVERY, RETRY_WINDOW, next_reminder, reminders_left,
    worth_a_last_try,
};
pub use shipping::{Shipment, ShippingRates, ShippingRatesError};
pub use step::{NoOp, Step};
pub use stretch::StretchGoal;
pub use text::{DisplayName, Email, Password, Pitch, Slug, Story, TextError, Title};
pub use typed_amount::TypedAmountError;

/// A stored or typed name that none of ours is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a known name")]
pub struct UnknownName(pub String);

/// Gives an enum of names its text form, the way back, and the list of all of them.
macro_rules! names {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the database and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(crate::UnknownName(text.to_owned())),
                }
            }
        }
    };
}
pub(crate) use names;
