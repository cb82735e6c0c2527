//! Pledging: starting one, finding it again when the backer comes back from the gateway, cancelling it.

mod cancel;
mod checkout;
mod lapse;
mod privacy;
mod start;
mod views;

pub use cancel::{CancelRefusal, cancel};
pub use checkout::{look_again, resume};
pub use lapse::{Ended, lapse};
pub use privacy::{Privacy, set_privacy};
pub use start::{StartPledge, StartRefusal, Started, start};
pub use views::{MyPledge, RecentBacker, WaitingPledge, by_id, mine, recent_backers, waiting};
