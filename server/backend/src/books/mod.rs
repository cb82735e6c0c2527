//! The books: what the gateway kept of each payment, whether its account with us and our ledger say the same, and what a
//! day's movements were.

mod adopt;
mod compare;
mod daily;
mod events;
mod fees;
mod overlooked;
mod own;
mod reconcile;
mod report;

pub use compare::compare_again;
pub use daily::stage_reconciling;
pub use events::reread;
pub use fees::{bear_fees_of_refunded, book_fees, stage_fees};
pub use reconcile::{Reconciled, reconcile};
pub use report::{AccountDay, JournalLine, Movement, Report, journal, report};
