//! `/admin/payouts`: large payouts wait here for a second person.

use domain::PayoutState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use crate::api::error::ApiError;
use crate::api::payouts::{ApprovePayout, RefusePayout, WaitingPayoutView, waiting_payouts};
use crate::components::field::FieldError;
use crate::components::layout::Empty;
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;
use crate::next_path::log_in_address;
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn AdminPayouts() -> impl IntoView {
    let refused = form_error::<RefusePayout>().or_else(form_error::<ApprovePayout>);
    let waiting = Resource::new_blocking(|| (), |()| waiting_payouts());
    view! {
        <Title text="Payouts to approve"/>
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match waiting.await {
                        Ok(waiting) => view! { <Queue waiting refused/> }.into_any(),
                        Err(ApiError::LoginNeeded) => {
                            view! { <Redirect path=log_in_address("/admin/payouts")/> }.into_any()
                        }
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Queue(waiting: Vec<WaitingPayoutView>, refused: Option<ApiError>) -> impl IntoView {
    let done = match use_query_map().read_untracked().get("done").as_deref() {
        Some("approved") => Some("Approved. It is on its way."),
        Some("refused") => Some("Refused. The money stays with its campaign, and the creator reads why."),
        _ => None,
    };
    view! {
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <h1>"Payouts to approve"</h1>
                <p class="page-head__lead">
                    "So large that a second person looks before the money leaves. What you decide is kept with your name."
                </p>
            </header>
            <ErrorSummary error=refused.clone()/>
            {done.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })}
            {if waiting.is_empty() {
                view! { <Empty title="Nothing waits"><p>"Payouts below the limit leave by themselves."</p></Empty> }.into_any()
            } else {
                waiting.into_iter().map(|payout| view! { <One payout refused=refused.clone()/> }).collect_view().into_any()
            }}
        </div>
    }
}

#[component]
fn One(payout: WaitingPayoutView, refused: Option<ApiError>) -> impl IntoView {
    let WaitingPayoutView { payout, creator, is_own } = payout;
    let was_refused = payout.state == PayoutState::Refused;
    let ours = refused.filter(|error| error.kept("payout") == Some(payout.id.as_str()));
    view! {
        <article class="panel stack">
            <h2><a href=format!("/campaigns/{}/settlement", payout.slug)>{payout.title.clone()}</a></h2>
            <dl class="facts">
                <div><dt>"Amount"</dt><dd>{payout.amount.to_string()}</dd></div>
                <div><dt>"To"</dt><dd>{creator}</dd></div>
                {payout.was_asked.then(|| view! { <div><dt>"Why now"</dt><dd>"The creator asked for it"</dd></div> })}
                <div><dt>"Since"</dt><dd>{instant(payout.created_at)}</dd></div>
                {was_refused.then(|| view! { <div><dt>"Refused"</dt><dd>{payout.reason.clone()}</dd></div> })}
            </dl>
            {if is_own {
                view! { <p class="muted">"It is paid to you: somebody else must decide."</p> }.into_any()
            } else {
                view! { <Decide id=payout.id was_refused error=ours/> }.into_any()
            }}
        </article>
    }
}

#[component]
fn Decide(id: String, was_refused: bool, error: Option<ApiError>) -> impl IntoView {
    let message = error.as_ref().and_then(|error| error.message_for(Some("reason")));
    let typed = error.as_ref().and_then(|error| error.kept("reason")).unwrap_or_default().to_owned();
    let (open, invalid) = (error.is_some(), message.is_some());
    view! {
        <div class="cluster">
            <form method="post" action=ApprovePayout::url()>
                <input type="hidden" name="payout" value=id.clone()/>
                <button class="button button--primary" type="submit">"Approve"</button>
            </form>
            {(!was_refused).then(|| view! {
                <details class="confirm" open=open>
                    <summary class="button button--danger">"Refuse…"</summary>
                    <form class="confirm__box" method="post" action=RefusePayout::url()>
                        <input type="hidden" name="payout" value=id.clone()/>
                        <div class="field">
                            <label class="field__label" for=format!("reason-{id}")>"Why?"</label>
                            <textarea class="textarea" id=format!("reason-{id}") name="reason" rows="3" maxlength="2000" required
                                aria-invalid=invalid.then_some("true") aria-describedby=invalid.then_some("reason-error")>
                                {typed}
                            </textarea>
                            <FieldError field="reason" message/>
                        </div>
                        <button class="button button--danger" type="submit">"Refuse the payout"</button>
                    </form>
                </details>
            })}
        </div>
    }
}
