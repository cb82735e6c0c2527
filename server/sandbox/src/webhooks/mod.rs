//! Events on their way to the endpoints.

pub(crate) mod deliver;
pub(crate) mod plan;
pub(crate) mod signature;
