//! People and how they prove who they are: registration, log-in, sessions.
//!
//! Two things hold throughout. Nobody learns here whether an e-mail has an account: known and unknown get the same
//! answer for the same work. And nothing stored lets anyone in: passwords are argon2id, session tokens SHA-256.

pub mod cookie;
pub mod device;
mod login;
mod passwords;
mod profile;
mod registration;
mod roles;
pub mod sessions;

pub use login::{Credentials, LoginRefusal, log_in};
pub use passwords::Passwords;
pub use profile::{Profile, profile};
pub use registration::{Registration, RegistrationRefusal, register};
pub use roles::{Role, Roles};
pub use sessions::{ListedSession, NewSession, SessionToken, Viewer};

use crate::throttle::ClientAddress;

/// The browser on the other end, as far as it says.
#[derive(Clone, Debug)]
pub struct Client {
    pub address: ClientAddress,
    pub user_agent: String,
}
