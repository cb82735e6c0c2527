//! Ids and secrets in Stripe's shapes.

use rand::Rng;
use rand::distr::Alphanumeric;

/// `pi_3Nx…`: the prefix and 24 letters and digits.
pub(crate) fn new(prefix: &str) -> String {
    format!("{prefix}_{}", random(24))
}

/// `pi_x_secret_y`, what a browser may hold.
pub(crate) fn client_secret(id: &str) -> String {
    format!("{id}_secret_{}", random(25))
}

pub(crate) fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
