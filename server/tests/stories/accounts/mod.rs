//! People, through the front door: how they register, log in and out, and what keeps others from doing it for them.

mod browser;
mod cross_site;
mod headers;
mod log_in;
mod registration;
mod sessions;
mod throttling;
