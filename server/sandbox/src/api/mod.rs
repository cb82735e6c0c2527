//! The operations, one file for each noun of the API.

pub(crate) mod accounts;
pub(crate) mod application_fees;
pub(crate) mod balance;
pub(crate) mod balance_transactions;
pub(crate) mod cards;
pub(crate) mod charges;
pub(crate) mod customers;
pub(crate) mod declines;
pub(crate) mod disputes;
pub(crate) mod events;
pub(crate) mod expand;
pub(crate) mod fields;
pub(crate) mod list;
pub(crate) mod method_types;
pub(crate) mod payment_intents;
pub(crate) mod payment_methods;
pub(crate) mod payouts;
pub(crate) mod refunds;
pub(crate) mod sessions;
pub(crate) mod setup_intents;
pub(crate) mod transfers;
pub(crate) mod webhook_endpoints;

use crate::error::Outcome;
use crate::params::Params;
use crate::tx::Tx;

/// One call: the ids in its path, if any, and its parameters.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The API version it asked for.
    pub(crate) version: String,
    pub(crate) id: String,
    /// The second id, of what belongs to the first: `/v1/transfers/{id}/reversals/{child}`.
    pub(crate) child: String,
    pub(crate) params: Params,
}

/// Everything the API can do has this shape; the answer is the object to show.
pub(crate) type Operation = fn(&mut Tx, &Call) -> Outcome;
