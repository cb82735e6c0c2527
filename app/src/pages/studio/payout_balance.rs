//! A creator's money in one currency, by the ledger, and the form in which they ask for it.

use domain::{Money, PayoutSchedule};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::error::ApiError;
use crate::api::payouts::{AskPayout, BalanceView};
use crate::components::field::FieldError;

/// Every line, and what they come to: the sums are the ledger's.
#[component]
pub fn Balance(balance: BalanceView, schedule: PayoutSchedule, refused: Option<ApiError>) -> impl IntoView {
    let code = balance.earned.currency().code();
    let may_ask = schedule == PayoutSchedule::WhenAsked;
    let asks = may_ask && balance.askable.is_positive();
    let waits = may_ask && !asks && balance.available.is_positive() && balance.leaving.is_positive();
    let refused = refused.filter(|error| error.kept("currency") == Some(code));
    view! {
        <section class="stack" aria-labelledby=format!("balance-{code}")>
            <h2 id=format!("balance-{code}")>{format!("Your money in {code}")}</h2>
            <dl class="account">
                <Line name="Pending" meaning="Collected. Its date has not come, or a backer’s bank decides." amount=balance.pending/>
                <Line name="Available" meaning="Due, and on no payout." amount=balance.available/>
                {(!balance.reserved.is_zero()).then(|| view! {
                    <Line name="Reserved" meaning="Held back for refunds to come." amount=balance.reserved/>
                })}
                <Line name="Leaving" meaning="On a payout that is being sent or waits for approval." amount=balance.leaving/>
                <Line name="Paid" meaning="Sent to your account." amount=balance.paid/>
                {(!balance.owed.is_zero()).then(|| view! {
                    <Line
                        name="Owed by you"
                        meaning="Given back to backers after you had it. It is set off against what leaves next."
                        amount=balance.owed
                    />
                })}
                <Line name="In all" meaning="What came in for you, less fees and what went back." amount=balance.earned/>
            </dl>
            {waits.then(|| view! { <p class="muted">"You can ask for more when what is leaving has left."</p> })}
            {asks.then(|| view! { <Ask balance refused/> })}
        </section>
    }
}

#[component]
fn Line(name: &'static str, meaning: &'static str, amount: Money) -> impl IntoView {
    view! {
        <div class="account__line">
            <dt>{name}<span class="account__meaning">{meaning}</span></dt>
            <dd><data class="money" value=amount.plain()>{amount.to_string()}</data></dd>
        </div>
    }
}

#[component]
fn Ask(balance: BalanceView, refused: Option<ApiError>) -> impl IntoView {
    let code = balance.askable.currency().code();
    let typed = refused.as_ref().and_then(|error| error.kept("amount")).unwrap_or_default().to_owned();
    let message = refused.and_then(|error| error.message_for(Some("amount")));
    let invalid = message.is_some();
    // The summary of errors leads to it; with several currencies only one of them has an error.
    let id = if invalid { "amount".to_owned() } else { format!("amount-{code}") };
    let help = format!("amount-help-{code}");
    let limit = balance.approval_above.filter(|limit| limit.amount() < balance.askable.amount());
    let limit = limit.map(|limit| format!(" Above {limit} an administrator approves it first."));
    view! {
        <form class="panel stack" method="post" action=AskPayout::url()>
            <input type="hidden" name="withdrawal" value=balance.withdrawal.to_string()/>
            <input type="hidden" name="currency" value=code/>
            <div class="field">
                <label class="field__label" for=id.clone()>
                    "How much?"
                    <span class="field__optional">" (optional)"</span>
                </label>
                <p class="field__help" id=help.clone()>
                    {format!("Up to {}. Leave it empty to be paid all of it.", balance.askable)}
                    {limit}
                </p>
                <div class="money-field">
                    <span class="money-field__prefix" aria-hidden="true">{code}</span>
                    <input
                        class="input"
                        id=id
                        name="amount"
                        inputmode="decimal"
                        autocomplete="off"
                        value=typed
                        aria-invalid=invalid.then_some("true")
                        aria-describedby=if invalid { format!("{help} amount-error") } else { help }
                    />
                </div>
                <FieldError field="amount" message/>
            </div>
            <div><button class="button button--primary" type="submit">"Pay me out"</button></div>
        </form>
    }
}
