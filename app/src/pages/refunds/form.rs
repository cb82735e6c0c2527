//! What happens is said before it happens: the amount, the reward, and the fate of the fees.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::error::ApiError;
use crate::api::refunds::{RefundFormView, RefundPledge, TakePledgeBack, refund_form};
use crate::components::field::FieldError;
use crate::components::notice::{Notice, Tone};
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn RefundPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let refused = form_error::<RefundPledge>().or_else(form_error::<TakePledgeBack>);
    let form = Resource::new_blocking(move || id.clone(), refund_form);
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match form.await {
                        Ok(form) => view! { <Refund form refused/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Refund(form: RefundFormView, refused: Option<ApiError>) -> impl IntoView {
    let back = if form.by_backer {
        format!("/pledges/{}", form.pledge)
    } else {
        format!("/campaigns/{}/pledges", form.campaign_slug)
    };
    let title = if form.by_backer { "Take your money back" } else { "Give money back" };
    let body = match (&form.closed, form.by_backer) {
        (Some(why), _) => {
            let why = why.clone();
            view! { <Notice tone=Tone::Info>{why}</Notice> }.into_any()
        }
        (None, true) => view! { <TakeBack form=form.clone() back=back.clone()/> }.into_any(),
        (None, false) => {
            view! { <Give form=form.clone() refused=refused.clone() back=back.clone()/> }.into_any()
        }
    };
    view! {
        <Title text=title/>
        <div class="wrap wrap--form stack stack--loose">
            <header class="page-head">
                <p><a href=back>{form.campaign_title}</a></p>
                <h1>{title}</h1>
            </header>
            <ErrorSummary error=refused/>
            {body}
        </div>
    }
}

#[component]
fn Lines(form: RefundFormView) -> impl IntoView {
    view! {
        <section class="summary" aria-labelledby="terms">
            <h2 class="visually-hidden" id="terms">"What is paid"</h2>
            <dl class="summary__lines">
                <div><dt>"Backer"</dt><dd>{form.backer}</dd></div>
                <div><dt>"Reward"</dt><dd>{form.reward_title.unwrap_or_else(|| "None".into())}</dd></div>
                <div><dt>"Paid"</dt><dd>{form.amount.to_string()}</dd></div>
                <div class="summary__total"><dt>"Can be given back"</dt><dd>{form.left.to_string()}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Give(form: RefundFormView, refused: Option<ApiError>, back: String) -> impl IntoView {
    let fees = format!(
        "The platform gives its share back in proportion: {} of {}. What the payment provider kept of the payment it \
         keeps, and the campaign bears it.",
        form.fee, form.left
    );
    let typed = refused.as_ref().and_then(|error| error.kept("amount")).map(str::to_owned);
    let typed = typed.unwrap_or_else(|| form.left.typed());
    let why = refused.as_ref().and_then(|error| error.kept("reason")).unwrap_or_default().to_owned();
    let keeps =
        refused.as_ref().and_then(|error| error.kept("keeps_reward")).is_some_and(|kept| !kept.is_empty());
    let wrong = |field: &str| refused.as_ref().and_then(|error| error.message_for(Some(field)));
    let (wrong_amount, wrong_reason) = (wrong("amount"), wrong("reason"));
    let (invalid_amount, invalid_reason) = (wrong_amount.is_some(), wrong_reason.is_some());
    let has_reward = form.reward_title.is_some();
    view! {
        <Lines form=form.clone()/>
        <Notice tone=Tone::Info>{fees}</Notice>
        <form class="stack" method="post" action=RefundPledge::url()>
            <input type="hidden" name="pledge" value=form.pledge.clone()/>
            <input type="hidden" name="refund" value=form.refund.clone()/>
            <input type="hidden" name="left" value=form.left.plain()/>
            <div class="field">
                <label class="field__label" for="amount">"Amount"</label>
                <div class="money-field">
                    <span class="money-field__prefix" aria-hidden="true">{form.left.currency().code()}</span>
                    <input
                        class="input"
                        id="amount"
                        name="amount"
                        inputmode="decimal"
                        autocomplete="off"
                        required
                        value=typed
                        aria-invalid=invalid_amount.then_some("true")
                        aria-describedby=invalid_amount.then_some("amount-error")
                    />
                </div>
                <FieldError field="amount" message=wrong_amount/>
            </div>
            <div class="field">
                <label class="field__label" for="reason">"Why?"</label>
                <p class="field__help" id="reason-help">"The backer reads this."</p>
                <textarea
                    class="input"
                    id="reason"
                    name="reason"
                    rows="3"
                    maxlength="500"
                    required
                    aria-invalid=invalid_reason.then_some("true")
                    aria-describedby=if invalid_reason { "reason-help reason-error" } else { "reason-help" }
                >
                    {why}
                </textarea>
                <FieldError field="reason" message=wrong_reason/>
            </div>
            {has_reward.then(|| view! {
                <label class="check">
                    <input type="checkbox" name="keeps_reward" value="yes" checked=keeps/>
                    <span>"The backer keeps the reward"</span>
                    <span class="field__help">"Only for a part. Who gets everything back gives the reward up."</span>
                </label>
            })}
            <div class="cluster">
                <button class="button button--danger" type="submit">"Give it back"</button>
                <a class="button button--quiet" href=back>"Keep it"</a>
            </div>
        </form>
    }
}

#[component]
fn TakeBack(form: RefundFormView, back: String) -> impl IntoView {
    let slot =
        form.reward_title.clone().map(|title| format!(" Your place in “{title}” goes to somebody else."));
    let words = format!(
        "{} goes back to the card you paid with. Banks usually take five to ten days to show it.",
        form.left
    );
    view! {
        <Lines form=form.clone()/>
        <Notice tone=Tone::Warning>{words} {slot} " This cannot be taken back."</Notice>
        <form method="post" action=TakePledgeBack::url()>
            <input type="hidden" name="pledge" value=form.pledge.clone()/>
            <input type="hidden" name="refund" value=form.refund.clone()/>
            <div class="cluster">
                <button class="button button--danger" type="submit">"Take my money back"</button>
                <a class="button button--quiet" href=back>"Leave it there"</a>
            </div>
        </form>
    }
}
