//! `/studio/payouts`: whether a creator can be paid, what they will be paid when, and what they were paid.

use domain::{Hold, PayoutState};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::payout_account::Account;
use super::payout_balance::Balance;
use super::payout_schedule::Schedule;
use crate::api::error::ApiError;
use crate::api::payouts::{
    AskPayout, ChoosePayoutSchedule, OpenPayoutAccount, PayoutView, PayoutsView, SetUpPayouts, UpcomingView,
    WithdrawPayout, back_from_payout_account, my_payouts,
};
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::{Acts, Number, Text};
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
    let refused = form_error::<SetUpPayouts>()
        .or_else(form_error::<OpenPayoutAccount>)
        .or_else(form_error::<ChoosePayoutSchedule>)
        .or_else(form_error::<AskPayout>)
        .or_else(form_error::<WithdrawPayout>);
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
    let PayoutsView { account, schedule, balances, upcoming, payouts, delay_days, reserve, years } = payouts;
    let done = refused.is_none().then(|| use_query_map().read_untracked().get("done")).flatten();
    let done = match done.as_deref() {
        Some("chosen") => Some("Saved."),
        Some("asked") => Some("Asked for. You find it among your payouts below."),
        Some("withdrawn") => Some("Withdrawn. The money is available again."),
        _ => None,
    };
    let balances = balances.into_iter().map({
        let refused = refused.clone();
        move |balance| view! { <Balance balance schedule refused=refused.clone()/> }
    });
    view! {
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <h1>"Being paid"</h1>
                <p class="page-head__lead">
                    {format!(
                        "What your campaigns collect, less fees, leaves for your bank {delay_days} days after their deadline, \
                         or when the last payment is settled.",
                    )}
                    {reserve.map(|(share, days)| format!(
                        " Of a campaign launched now, {share} is held back for refunds and leaves {days} days after its deadline.",
                    ))}
                </p>
            </header>
            <ErrorSummary error=refused.clone()/>
            {done.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })}
            {expired.then(|| view! {
                <Notice tone=Tone::Warning>"That link had run out. Go on from here: nothing you told is lost."</Notice>
            })}
            <Account account refused/>
            {balances.collect_view()}
            <Schedule schedule delay_days/>
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
        Some(Hold::NotAsked { until }) => {
            format!("When you ask for it; by itself on {}", date(until))
        }
        Some(Hold::Reserved { until }) => format!("Reserved for refunds until {}", date(until)),
        Some(Hold::Questioned) => "When a refund or a backer’s bank has decided over it".into(),
    }
}

#[component]
fn Made(payouts: Vec<PayoutView>) -> impl IntoView {
    view! {
        <section class="stack" aria-labelledby="made">
            <h2 id="made">"Payouts"</h2>
            <Table
                caption="Your payouts, newest first"
                columns=&[Text("Campaign"), Text("Made"), Text("State"), Number("Amount"), Acts]
            >
                {payouts.into_iter().map(|payout| view! { <Row payout/> }).collect_view()}
            </Table>
        </section>
    }
}

#[component]
fn Row(payout: PayoutView) -> impl IntoView {
    let why =
        matches!(payout.state, PayoutState::Refused | PayoutState::Declined).then(|| payout.reason.clone());
    let withdraws = payout.was_asked && payout.state == PayoutState::Waiting;
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/campaigns/{}/settlement", payout.slug)>{payout.title}</a>
                {payout.was_asked.then(|| view! { <span class="table__note">"You asked for it"</span> })}
            </th>
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
            <td class="table__end">
                {withdraws.then(|| view! {
                    <form method="post" action=WithdrawPayout::url()>
                        <input type="hidden" name="payout" value=payout.id/>
                        <button class="button button--small" type="submit">"Withdraw"</button>
                    </form>
                })}
            </td>
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
