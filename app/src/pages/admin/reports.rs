//! `/admin/reports`: a past day of the ledger, and the way to all of its entries.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::operations::{AccountView, MovementView, ReportView, report};
use crate::components::field::FieldError;
use crate::components::layout::Breadcrumbs;
use crate::components::table::Column::{Number, Text};
use crate::components::table::Table;
use crate::pages::status::Problem;

#[component]
pub fn ReportsPage() -> impl IntoView {
    let typed = use_query_map().read_untracked().get("day").unwrap_or_default();
    let found = Resource::new_blocking(
        {
            let typed = typed.clone();
            move || typed.clone()
        },
        report,
    );
    view! {
        <Suspense>
            {move || {
                let typed = typed.clone();
                Suspend::new(async move {
                    match found.await {
                        Ok(report) => view! { <Report report typed/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Report(report: ReportView, typed: String) -> impl IntoView {
    let day = report.day.to_string();
    let refused = report.refused.clone();
    let csv = format!("/admin/reports.csv?day={day}");
    let shown = if refused.is_some() { typed } else { day.clone() };
    view! {
        <Title text=format!("The ledger on {day}")/>
        <div class="wrap stack stack--loose">
            <Breadcrumbs trail=vec![("/admin".into(), "Running the site".into())] here="Financial reports".into()/>
            <header class="page-head">
                <h1>"Financial reports"</h1>
                <p class="page-head__lead">
                    "A day from midnight to midnight in UTC, from the ledger. Debits are positive, credits negative; a past day never changes."
                </p>
            </header>
            <form class="stack measure" method="get" action="/admin/reports">
                <div class="field">
                    <label class="field__label" for="day">"Day"</label>
                    <input
                        class="input"
                        id="day"
                        name="day"
                        type="date"
                        required
                        value=shown
                        aria-invalid=refused.is_some().then_some("true")
                        aria-describedby=refused.is_some().then_some("day-error")
                    />
                    <FieldError field="day" message=refused.clone()/>
                </div>
                <div class="cluster">
                    <button class="button button--primary" type="submit">"Show the day"</button>
                    {refused.is_none().then(|| view! { <a class="button" href=csv>"Every entry as CSV"</a> })}
                </div>
            </form>
            {refused.is_none().then(|| view! { <Accounts accounts=report.accounts/> })}
        </div>
    }
}

#[component]
fn Accounts(accounts: Vec<AccountView>) -> impl IntoView {
    if accounts.is_empty() {
        return view! { <p class="muted">"Nothing had moved by the end of that day."</p> }.into_any();
    }
    accounts.into_iter().map(|account| view! { <Account account/> }).collect_view().into_any()
}

#[component]
fn Account(account: AccountView) -> impl IntoView {
    let id = format!("{}-{}", account.account, account.currency);
    let heading = id.clone();
    let name = format!("{} ({})", account.account.replace('_', " "), account.currency);
    view! {
        <section class="stack" aria-labelledby=id>
            <h2 id=heading>{name.clone()}</h2>
            <p class="muted">{account.meaning}</p>
            <Table caption=name columns=&[Text("Movement"), Number("Postings"), Number("Amount")]>
                <Sum name="Opening balance" amount=account.opening/>
                {account.movements.into_iter().map(|movement| view! { <Row movement/> }).collect_view()}
                <Sum name="Closing balance" amount=account.closing/>
            </Table>
        </section>
    }
}

#[component]
fn Sum(name: &'static str, amount: String) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="table__num"></td>
            <td class="table__num" data-label="Amount">{amount}</td>
        </tr>
    }
}

#[component]
fn Row(movement: MovementView) -> impl IntoView {
    view! {
        <tr>
            <td>{movement.kind.replace('_', " ")}</td>
            <td class="table__num" data-label="Postings">{movement.postings}</td>
            <td class="table__num" data-label="Amount">{movement.amount}</td>
        </tr>
    }
}
