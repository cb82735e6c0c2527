//! The backer's own place.

use domain::PledgeState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::pledges::{CancelPledge, PledgeView, my_pledges};
use crate::components::layout::Empty;
use crate::components::notice::{Notice, Tone};
use crate::components::pledge_state::PledgeBadge;
use crate::components::table::Column::{Acts, Number, Text};
use crate::components::table::Table;
use crate::components::time::{date, instant};
use crate::pages::account::form_error;
use crate::pages::status::Problem;

#[component]
pub fn MyPledges() -> impl IntoView {
    let refused = form_error::<CancelPledge>();
    let cancelled = use_query_map().read_untracked().get("cancelled").is_some();
    let pledges = Resource::new_blocking(|| (), |()| my_pledges());
    view! {
        <Title text="My pledges"/>
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match pledges.await {
                        Ok(pledges) => view! {
                            <div class="wrap">
                                <header class="page-head"><h1>"My pledges"</h1></header>
                                {refused.map(|error| view! { <Notice tone=Tone::Error>{error.to_string()}</Notice> })}
                                {cancelled.then(|| view! {
                                    <Notice tone=Tone::Success>"Your pledge is cancelled. Your card will not be charged."</Notice>
                                })}
                                <Pledges pledges/>
                            </div>
                        }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Pledges(pledges: Vec<PledgeView>) -> impl IntoView {
    if pledges.is_empty() {
        return view! {
            <Empty title="No pledges yet">
                <p>"When you back a campaign, you find it here."</p>
                <a class="button" href="/#live">"Find a campaign"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Table
            caption="Your pledges, newest first"
            columns=&[Text("Campaign"), Text("Reward"), Text("State"), Text("Ends"), Number("Amount"), Acts]
        >
            {pledges.into_iter().map(|pledge| view! { <Row pledge/> }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(pledge: PledgeView) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=format!("/pledges/{}", pledge.id)>{pledge.campaign_title.clone()}</a></th>
            <td data-label="Reward">
                {pledge.reward_title.clone().unwrap_or_else(|| "None".into())}
                {pledge.shipment.as_ref().map(|sent| view! { <span class="table__note">{sent.to_string()}</span> })}
            </td>
            <td data-label="State"><PledgeBadge state=pledge.state/></td>
            <td data-label="Ends"><time datetime=pledge.ends_at.to_rfc3339()>{date(pledge.ends_at)}</time></td>
            <td class="table__num" data-label="Amount">{pledge.amount.to_string()}</td>
            <td class="table__end">
                {pledge.state.can_be_fixed().then(|| view! {
                    <a class="button button--primary button--small" href=format!("/pledges/{}/fix", pledge.id)>"Fix the payment"</a>
                })}
                {(pledge.state == PledgeState::Pending).then(|| view! {
                    <a class="button button--small" href=format!("/campaigns/{}/pledge", pledge.campaign_slug)>"Finish"</a>
                })}
                {pledge.can_change.then(|| view! {
                    <a class="button button--small" href=format!("/pledges/{}/change", pledge.id)>"Change"</a>
                })}
                {pledge.can_cancel.then(|| view! { <Cancel pledge=pledge.clone() keep_at="/account/pledges".to_owned() small=true/> })}
            </td>
        </tr>
    }
}

/// Says what will happen before it happens.
#[component]
pub fn Cancel(
    pledge: PledgeView,
    /// Where who keeps it goes.
    keep_at: String,
    #[prop(optional)] small: bool,
) -> impl IntoView {
    let slot = pledge.reward_title.map(|title| format!(" Your place in “{title}” goes to somebody else."));
    view! {
        <details class="confirm">
            <summary class="button button--danger" class:button--small=small>"Cancel…"</summary>
            <form class="confirm__box" method="post" action=CancelPledge::url()>
                <p>
                    <strong>{format!("Cancel your pledge of {}?", pledge.amount)}</strong>
                    " Your card will not be charged." {slot}
                    {format!(" Possible until {}.", instant(pledge.cancel_cutoff))}
                </p>
                <input type="hidden" name="pledge" value=pledge.id/>
                <div class="cluster">
                    <button class="button button--danger" type="submit">"Cancel the pledge"</button>
                    <a class="button button--quiet" href=keep_at>"Keep it"</a>
                </div>
            </form>
        </details>
    }
}
