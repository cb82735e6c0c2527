//! A folder for each area of the site. Pages own the data; what they draw with is in `components` and `islands`.

pub mod account;
pub mod campaign;
pub mod home;
pub mod how_it_works;
pub mod me;
pub mod pledge;
pub mod status;
