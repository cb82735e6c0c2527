//! For staff. To everybody else there is nothing here.

mod operations;
mod reports;
mod waiting;

use leptos::prelude::*;
use leptos_meta::Title;

pub use operations::OperationsPage;
pub use reports::ReportsPage;

use crate::api::operations::admin;
use crate::pages::status::Problem;

/// What there is: address, name, what it is for.
const PAGES: [(&str, &str, &str); 4] = [
    (
        "/admin/operations",
        "Operations",
        "Whether the payment provider answers, what waits, what was put aside, and what is wrong.",
    ),
    ("/admin/payouts", "Payouts to approve", "Large sums that leave for creators. For administrators."),
    ("/disputes", "Disputes", "Payments that a backer’s bank asks about. For administrators."),
    ("/admin/reports", "Financial reports", "Any past day, account by account, from the ledger."),
];

#[component]
pub fn AdminPage() -> impl IntoView {
    let allowed = Resource::new_blocking(|| (), |()| admin());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match allowed.await {
                    Ok(()) => view! { <Index/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Index() -> impl IntoView {
    view! {
        <Title text="Running the site"/>
        <div class="wrap wrap--narrow">
            <header class="page-head">
                <h1>"Running the site"</h1>
            </header>
            <ul class="stack">
                {PAGES.into_iter().map(|(href, name, meaning)| view! {
                    <li>
                        <h2><a href=href>{name}</a></h2>
                        <p class="muted">{meaning}</p>
                    </li>
                }).collect_view()}
            </ul>
        </div>
    }
}
