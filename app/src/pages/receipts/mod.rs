//! The receipts of a pledge, to be printed.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::refunds::{ReceiptView, pledge_money};
use crate::components::layout::Empty;
use crate::components::time::instant;
use crate::pages::status::Problem;

#[component]
pub fn ReceiptsPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let money = Resource::new_blocking(
        {
            let id = id.clone();
            move || id.clone()
        },
        pledge_money,
    );
    view! {
        <Suspense>
            {move || {
                let id = id.clone();
                Suspend::new(async move {
                    match money.await {
                        Ok(money) => view! { <Receipts receipts=money.receipts id/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Receipts(receipts: Vec<ReceiptView>, id: String) -> impl IntoView {
    let body = if receipts.is_empty() {
        view! { <Empty title="No receipts yet"><p>"There is one as soon as your card is charged."</p></Empty> }.into_any()
    } else {
        receipts
            .into_iter()
            .map(|receipt| view! { <Receipt receipt pledge=id.clone()/> })
            .collect_view()
            .into_any()
    };
    view! {
        <Title text="Receipts"/>
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <p class="no-print"><a href=format!("/pledges/{id}")>"Your pledge"</a></p>
                <h1>"Receipts"</h1>
            </header>
            {body}
        </div>
    }
}

#[component]
fn Receipt(receipt: ReceiptView, pledge: String) -> impl IntoView {
    let heading = format!("receipt-{}", receipt.number);
    let (title, total, lines) = (receipt.title(), receipt.total(), receipt.lines());
    let file = format!("/pledges/{pledge}/receipts/{}.pdf", receipt.number);
    view! {
        <section class="summary" aria-labelledby=heading>
            <h2 id=format!("receipt-{}", receipt.number)>{title}</h2>
            <dl class="summary__lines">
                <div><dt>"Date"</dt><dd>{instant(receipt.issued_at)}</dd></div>
                <div><dt>"From"</dt><dd>{receipt.seller}</dd></div>
                <div><dt>"To"</dt><dd>{receipt.buyer}</dd></div>
                <div><dt>"For"</dt><dd>{receipt.campaign_title}</dd></div>
                <div><dt>"Reward"</dt><dd>{receipt.reward_title.unwrap_or_else(|| "None".into())}</dd></div>
                {lines.into_iter().map(|(name, amount)| view! {
                    <div><dt>{name}</dt><dd>{amount.to_string()}</dd></div>
                }).collect_view()}
                <div class="summary__total"><dt>{total}</dt><dd>{receipt.amount.to_string()}</dd></div>
            </dl>
            <p class="muted small">{ReceiptView::NOTE}</p>
            <p class="no-print"><a href=file download="">"Download as PDF"</a></p>
        </section>
    }
}
