//! Pledging: starting one, finding it again when the backer comes back from the gateway, changing and cancelling it.

mod cancel;
mod change;
mod checkout;
mod guard;
mod lapse;
mod privacy;
mod start;
mod views;

pub use cancel::{CancelRefusal, cancel};
pub use change::{
    ChangePledge, ChangeRefusal, Changeable, Changed, OpenTerms, Outcome, came_back, card_came_back, change,
    changeable, lapse as lapse_change, last_change, replace_card,
};
pub use checkout::{CardStep, look_again, resume};
pub use guard::{AddressLimits, Paused, Trier, Why, may_try};
pub(crate) use guard::{count_declines, end_trying, forget_origins};
pub use lapse::{Ended, lapse};
pub use privacy::{Privacy, set_privacy};
pub use start::{StartPledge, StartRefusal, Started, start};
pub use views::{MyPledge, RecentBacker, WaitingPledge, by_id, last_country, mine, recent_backers, waiting};
