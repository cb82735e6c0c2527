//! Leaves: they draw what they are given and fetch nothing.

pub mod avatar;
pub mod bar;
pub mod card;
pub mod field;
pub mod guest_fields;
pub mod icon;
pub mod layout;
pub mod notice;
pub mod pledge_state;
pub mod price;
pub mod privacy;
pub mod ship_to;
pub mod table;
pub mod time;
