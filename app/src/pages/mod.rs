//! A folder for each area of the site. Pages own the data; what they draw with is in `components` and `islands`.

pub mod account;
pub mod admin;
pub mod admin_payouts;
pub mod call_off;
pub mod campaign;
pub mod change;
pub mod demo_mailbox;
pub mod disputes;
pub mod fix;
pub mod guest;
pub mod home;
pub mod how_it_works;
pub mod me;
pub mod pledge;
pub mod receipts;
pub mod refunds;
pub mod settlement;
pub mod status;
pub mod studio;

use leptos::prelude::GetUntracked;
use leptos_router::hooks::use_location;

/// This page's address, to come back to after log-in. From the log-in pages themselves one goes home.
fn here() -> String {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    match (path.as_str(), query.as_str()) {
        ("/login" | "/register", _) => "/".to_owned(),
        (_, "") => path,
        _ => format!("{path}?{}", query.trim_start_matches('?')),
    }
}
