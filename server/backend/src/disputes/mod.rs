//! Payments that a backer's bank questions. The gateway's dispute is followed in a row of ours; what it means for the
//! pledge, the totals and the ledger is the inbox's work, after the row. Creators answer with evidence: a draft that is
//! kept, and sent once.

mod evidence;
mod follow;
mod views;

pub(crate) use evidence::send_evidence;
pub use evidence::{EvidenceRefusal, save, submit};
pub(crate) use follow::look;
pub use views::{DisputeLine, DisputePage, list, of_pledge, page};
