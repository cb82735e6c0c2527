//! The creator's list of paid pledges, and the form that gives money back. Plain forms: they work without script.

mod form;

pub use form::RefundPage;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::refunds::{PaidPledgeView, PaidPledgesView, campaign_pledges};
use crate::components::layout::Empty;
use crate::components::notice::{Notice, Tone};
use crate::components::pledge_state::PledgeBadge;
use crate::components::table::Column::{Acts, Number, Text};
use crate::components::table::Table;
use crate::components::time::date;
use crate::pages::status::Problem;

#[component]
pub fn PaidPledgesPage() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let refunded = use_query_map().read_untracked().get("refunded").is_some();
    let list = Resource::new_blocking(move || slug.clone(), campaign_pledges);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => view! { <PaidPledges list refunded/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn PaidPledges(list: PaidPledgesView, refunded: bool) -> impl IntoView {
    let at = format!("/campaigns/{}", list.slug);
    view! {
        <Title text="Paid pledges"/>
        <div class="wrap stack stack--loose">
            <header class="page-head">
                <p><a href=at>{list.title}</a></p>
                <h1>"Paid pledges"</h1>
            </header>
            {refunded.then(|| view! {
                <Notice tone=Tone::Success>
                    "The refund is on its way to the backer’s card. Banks usually take five to ten days to show it."
                </Notice>
            })}
            <Pledges pledges=list.pledges/>
            <p><a href="/disputes">"Disputes"</a></p>
        </div>
    }
}

#[component]
fn Pledges(pledges: Vec<PaidPledgeView>) -> impl IntoView {
    if pledges.is_empty() {
        return view! {
            <Empty title="No paid pledges yet">
                <p>"Pledges stand here once their cards are charged."</p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Table
            caption="Paid pledges, newest first"
            columns=&[Text("Backer"), Text("Reward"), Text("State"), Text("Since"), Number("Amount"), Number("Refunded"), Acts]
        >
            {pledges.into_iter().map(|pledge| view! { <Row pledge/> }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(pledge: PaidPledgeView) -> impl IntoView {
    let refund_at = pledge.can_be_refunded().then(|| format!("/pledges/{}/refund", pledge.id));
    let label = format!("Refund {}", pledge.backer);
    let way = pledge.under_way.is_positive().then(|| format!("{} under way", pledge.under_way));
    view! {
        <tr>
            <th scope="row">{pledge.backer}</th>
            <td data-label="Reward">
                {pledge.reward_title.unwrap_or_else(|| "None".into())}
                {pledge.shipment.map(|sent| view! { <span class="table__note">{sent.to_string()}</span> })}
            </td>
            <td data-label="State">
                <PledgeBadge state=pledge.state/>
                {pledge.failed.then(|| view! { " " <span class="badge badge--failed">"Refund failed"</span> })}
            </td>
            <td data-label="Since">{pledge.confirmed_at.map(|at| view! {
                <time datetime=at.to_rfc3339()>{date(at)}</time>
            })}</td>
            <td class="table__num" data-label="Amount">{pledge.amount.to_string()}</td>
            <td class="table__num" data-label="Refunded">
                {pledge.refunded.to_string()}
                {way.map(|way| view! { <br/> <span class="small muted">{way}</span> })}
            </td>
            <td class="table__end">
                {refund_at.map(|href| view! { <a class="button button--small" href=href aria-label=label>"Refund…"</a> })}
            </td>
        </tr>
    }
}
