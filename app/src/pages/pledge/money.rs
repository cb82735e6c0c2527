//! What became of a pledge's money, on its page: refunds, a dispute, receipts, and taking it back.

use domain::{DisputeState, RefundState};
use leptos::prelude::*;

use crate::api::refunds::{MoneyView, RefundView};
use crate::components::notice::{Notice, Tone};
use crate::components::time::{date, instant};

/// What there is to say of a pledge that was paid.
#[component]
pub fn PledgeMoney(money: MoneyView, id: String) -> impl IntoView {
    let has_receipts = !money.receipts.is_empty();
    let receipts_at = format!("/pledges/{id}/receipt");
    view! {
        {money.dispute.map(|(state, amount)| view! { <Notice tone=Tone::Info>{disputed(state, &amount.to_string())}</Notice> })}
        {(!money.refunds.is_empty()).then(|| view! { <Refunds refunds=money.refunds/> })}
        {has_receipts.then(|| view! {
            <section class="stack stack--tight" aria-labelledby="receipts">
                <h2 id="receipts">"Receipts"</h2>
                <ul>
                    {money.receipts.into_iter().map(|receipt| {
                        let kind = if receipt.is_refund { "Refund" } else { "Payment" };
                        view! {
                            <li>
                                <a href=receipts_at.clone()>{receipt.number}</a>
                                {format!(": {kind} of {}, {}", receipt.amount, date(receipt.issued_at))}
                            </li>
                        }
                    }).collect_view()}
                </ul>
            </section>
        })}
        {money.take_back.map(|allowed| match allowed {
            Ok(until) => view! {
                <p>
                    {format!("You can take your money back until {}. ", instant(until))}
                    <a class="button button--small" href=format!("/pledges/{id}/refund")>"Take it back…"</a>
                </p>
            }.into_any(),
            Err(why) => view! { <p class="muted">{why}</p> }.into_any(),
        })}
    }
}

#[component]
fn Refunds(refunds: Vec<RefundView>) -> impl IntoView {
    view! {
        <section class="stack stack--tight" aria-labelledby="refunds">
            <h2 id="refunds">"Refunds"</h2>
            <ul>
                {refunds.into_iter().map(|refund| view! {
                    <li>
                        <strong class="money">{refund.amount.to_string()}</strong>
                        {format!(", {}: {}", date(refund.at), said(&refund))}
                        <br/>
                        <span class="muted">{refund.reason}</span>
                    </li>
                }).collect_view()}
            </ul>
        </section>
    }
}

fn said(refund: &RefundView) -> &'static str {
    match refund.state {
        RefundState::Requested | RefundState::Pending => "under way to your card.",
        RefundState::Succeeded if refund.keeps_reward => "refunded to your card. You keep your reward.",
        RefundState::Succeeded => "refunded to your card.",
        RefundState::Failed if refund.came_back => {
            "your bank sent it back. Ask the creator how else you can be paid."
        }
        RefundState::Failed => "it could not be made. Nothing changed.",
    }
}

fn disputed(state: DisputeState, amount: &str) -> String {
    match state {
        DisputeState::Inquiry | DisputeState::InquiryUnderReview => {
            format!("Your bank asks about this payment of {amount}.")
        }
        DisputeState::InquiryClosed => "Your bank’s inquiry about this payment is closed.".to_owned(),
        DisputeState::NeedsResponse | DisputeState::UnderReview => {
            format!("Your bank took {amount} back for now and decides about your dispute.")
        }
        DisputeState::Won => "Your bank decided about your dispute: the payment stands.".to_owned(),
        DisputeState::Lost => format!("Your bank decided about your dispute: {amount} is yours again."),
    }
}
