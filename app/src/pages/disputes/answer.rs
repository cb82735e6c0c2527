//! The evidence form: kept as a draft, or sent for good.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::disputes::{AnswerDispute, DisputePageView};
use crate::api::error::ApiError;
use crate::components::field::FieldError;
use crate::components::time::instant;

/// Name, label, help and height of each field.
const FIELDS: [(&str, &str, &str, u8); 6] = [
    ("statement", "In your own words", "What the bank reads first: why this payment is right.", 6),
    ("product_description", "What was promised", "The reward, as it was described when it was paid.", 3),
    ("delivery", "What was delivered, and when", "Dates, and how one can see it.", 3),
    ("tracking_number", "Tracking number", "If it was posted.", 1),
    (
        "customer_communication",
        "What was said between you",
        "Messages in which the backer writes about it.",
        4,
    ),
    ("refund_policy", "Your refund policy", "As the backer could read it before paying.", 3),
];

#[component]
pub fn AnswerForm(page: DisputePageView, refused: Option<ApiError>) -> impl IntoView {
    let draft = page.saved_at.map(|at| format!("Last saved on {}.", instant(at)));
    view! {
        <section class="stack" aria-labelledby="answer">
            <h2 id="answer">"Your answer"</h2>
            {draft.map(|draft| view! { <p class="muted small">{draft}</p> })}
            <form class="stack" method="post" action=AnswerDispute::url()>
                <input type="hidden" name="dispute" value=page.dispute.id.clone()/>
                {FIELDS.into_iter().map(|field| {
                    let stored = page.evidence.iter().find(|(name, _)| name == field.0);
                    let stored = stored.map(|(_, text)| text.clone()).unwrap_or_default();
                    view! { <EvidenceField field stored refused=refused.clone()/> }
                }).collect_view()}
                <p class="muted">"You can send evidence once. A draft can be changed until then."</p>
                <div class="cluster">
                    <button class="button button--primary" type="submit" name="act" value="send">"Send it to the bank"</button>
                    <button class="button" type="submit" name="act" value="save">"Save the draft"</button>
                </div>
            </form>
        </section>
    }
}

#[component]
fn EvidenceField(
    field: (&'static str, &'static str, &'static str, u8),
    stored: String,
    refused: Option<ApiError>,
) -> impl IntoView {
    let (name, label, help, rows) = field;
    let kept = refused.as_ref().and_then(|error| error.kept(name)).map(str::to_owned);
    let text = kept.unwrap_or(stored);
    let message = refused.as_ref().and_then(|error| error.message_for(Some(name)));
    let invalid = message.is_some();
    let described = if invalid { format!("{name}-help {name}-error") } else { format!("{name}-help") };
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <p class="field__help" id=format!("{name}-help")>{help}</p>
            <textarea
                class="input"
                id=name
                name=name
                rows=rows.to_string()
                aria-invalid=invalid.then_some("true")
                aria-describedby=described
            >
                {text}
            </textarea>
            <FieldError field=name message/>
        </div>
    }
}
