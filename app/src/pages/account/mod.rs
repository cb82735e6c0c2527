//! Where people register, log in and see where they are logged in. Plain forms: script would add nothing here.

mod cards;
pub mod form;
mod log_in;
mod menu;
mod register;
mod sessions;
mod strangers_only;

pub use cards::CardsPage;
pub use form::{ErrorSummary, TextField, form_error};
pub use log_in::LogInPage;
pub use menu::AccountMenu;
pub use register::RegisterPage;
pub use sessions::SessionsPage;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// One value of the page's address; empty when it has none.
pub fn query(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}
