//! `/studio/payouts`: whether a creator can be paid, what they will be paid when, and what they were paid.

use domain::Hold;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::payout_account::Account;
use crate::api::error::ApiError;
use crate::api::payouts::{
    BalanceView, OpenPayoutAccount, PayoutView, PayoutsView, SetUpPayouts, UpcomingView,
    back_from_payout_account, my_payouts,
};
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::{Number, Text};
use crate::components::table::Table;
use crate::components::time::{date, instant};
use crate::next_path::log_in_address;
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn PayoutsPage() -> impl IntoView {
    let payouts = Resource::new_blocking(|| (), |()| my_payouts());
    view! { <Shown payouts/> }
}

/// Where the provider's pages lead back to.
#[component]
pub fn BackFromAccount() -> impl IntoView {
    let payouts = Resource::new_blocking(|| (), |()| back_from_payout_account());
    view! { <Shown payouts/> }
}

#[component]
fn Shown(payouts: Resource<Result<PayoutsView, ApiError>>) -> impl IntoView {
    let refused = form_error::<SetUpPayouts>().or_else(form_error::<OpenPayoutAccount>);
    let expired = use_query_map().read_untracked().get("link").as_deref() == Some("expired");
    view! {
        <Title text="Being paid"/>
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match payouts.await {
                        Ok(payouts) => view! { <Payouts payouts refused expired/> }.into_any(),
                        Err(ApiError::LoginNeeded) => {
                            view! { <Redirect path=log_in_address("/studio/payouts")/> }.into_any()
                        }
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Payouts(payouts: PayoutsView, refused: Option<ApiError>, expired: bool) -> impl IntoView {
    let PayoutsView { account, balances, upcoming, payouts, delay_days, years } = payouts;
    view! {
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <h1>"Being paid"</h1>
                <p class="page-head__lead">
                    {format!(
                        "What your campaigns collect, less fees, leaves for your bank {delay_days} days after their deadline, \
                         or when the last payment is settled.",
                    )}
                </p>
            </header>
            <ErrorSummary error=refused.clone()/>
            {expired.then(|| view! {
                <Notice tone=Tone::Warning>"That link had run out. Go on from here: nothing you told is lost."</Notice>
            })}
            <Account account refused/>
            {balances.into_iter().map(|balance| view! { <Balance balance/> }).collect_view()}
            {(!upcoming.is_empty()).then(|| view! { <Coming upcoming/> })}
            {(!payouts.is_empty()).then(|| view! { <Made payouts/> })}
            {(!years.is_empty()).then(|| view! { <Statements years/> })}
            <p class="muted">
                "A backer’s bank asks about a payment? "
                <a href="/disputes">"Answer it here"</a>
                "."
            </p>
        </div>
    }
}

#[component]
fn Balance(balance: BalanceView) -> impl IntoView {
    let code = balance.pending.currency().code();
    let line = |name: &'static str, meaning: &'static str, amount: domain::Money| {
        view! {
            <div class="account__line">
                <dt>{name}<span class="account__meaning">{meaning}</span></dt>
                <dd><data class="money" value=amount.plain()>{amount.to_string()}</data></dd>
            </div>
        }
    };
    view! {
        <section aria-labelledby=format!("balance-{code}")>
            <h2 id=format!("balance-{code}")>{format!("Your money in {code}")}</h2>
            <dl class="account">
                {line("Pending", "Collected. Its date has not come.", balance.pending)}
                {line("Available", "Leaves as soon as nothing stands in the way.", balance.available)}
                {line("Leaving", "On a payout that is being sent or waits for approval.", balance.leaving)}
                {line("Paid", "Sent to your account.", balance.paid)}
                {(!balance.owed.is_zero()).then(|| line(
                    "Owed",
                    "Given back to backers after it had been paid to you.",
                    balance.owed,
                ))}
            </dl>
        </section>
    }
}

#[component]
fn Coming(upcoming: Vec<UpcomingView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="coming">
            <h2 id="coming">"What comes next"</h2>
            <Table
                caption="Money that your campaigns hold for you"
                columns=&[Text("Campaign"), Text("When"), Number("Amount")]
            >
                {upcoming.into_iter().map(|campaign| view! {
                    <tr>
                        <th scope="row"><a href=format!("/campaigns/{}/settlement", campaign.slug)>{campaign.title}</a></th>
                        <td data-label="When">{when(campaign.hold)}</td>
                        <td class="table__num" data-label="Amount">{campaign.held.to_string()}</td>
                    </tr>
                }).collect_view()}
            </Table>
        </section>
    }
}

fn when(hold: Option<Hold>) -> String {
    match hold {
        None => "Within the hour".into(),
        Some(Hold::NotDue { on }) => format!("On {}, at the earliest", date(on)),
        Some(Hold::Suspended) => "When the campaign’s suspension ends".into(),
        Some(Hold::Account) => "When your account is ready".into(),
        Some(Hold::BankChanged { until }) => format!("After {}: your bank account is new", instant(until)),
        Some(Hold::Debt) => "When what you owe is settled".into(),
    }
}

#[component]
fn Made(payouts: Vec<PayoutView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="made">
            <h2 id="made">"Payouts"</h2>
            <Table
                caption="Your payouts, newest first"
                columns=&[Text("Campaign"), Text("Made"), Text("State"), Number("Amount")]
            >
                {payouts.into_iter().map(|payout| view! { <Row payout/> }).collect_view()}
            </Table>
        </section>
    }
}

#[component]
fn Row(payout: PayoutView) -> impl IntoView {
    let why = (payout.state == domain::PayoutState::Refused).then(|| payout.reason.clone());
    view! {
        <tr>
            <th scope="row"><a href=format!("/campaigns/{}/settlement", payout.slug)>{payout.title}</a></th>
            <td data-label="Made">
                <time datetime=payout.created_at.to_rfc3339()>{date(payout.created_at)}</time>
            </td>
            <td data-label="State">
                {payout.state.label()}
                {payout.sent_at.map(|at| format!(" on {}", date(at)))}
                {why.map(|why| view! { <p class="muted">{why}</p> })}
                {(!payout.returned.is_zero()).then(|| view! {
                    <p class="muted">{format!("{} came back for refunds", payout.returned)}</p>
                })}
            </td>
            <td class="table__num" data-label="Amount">{payout.amount.to_string()}</td>
        </tr>
    }
}

#[component]
fn Statements(years: Vec<i32>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="statements">
            <h2 id="statements">"Statements"</h2>
            <p>
                "Every movement of your money in a year, from the ledger: each of them as a table (CSV), or summed up by the day
                between what was held for you before and after (PDF)."
            </p>
            <ul class="chips">
                {years.into_iter().map(|year| view! { <Statement year kind="csv"/> <Statement year kind="pdf"/> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn Statement(year: i32, kind: &'static str) -> impl IntoView {
    view! {
        <li>
            <a class="chip" href=format!("/studio/payouts/statement.{kind}?year={year}") download="">
                {format!("{year} ({})", kind.to_uppercase())}
            </a>
        </li>
    }
}
