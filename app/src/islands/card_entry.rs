//! The gateway's card fields within the pledge form. They are there with script only; where they do not come, the hosted
//! page asks for the card.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;

use super::appearance::appearance;
use super::stripe::{Mounted, Problem};
use crate::api::card_step::{CardFields, CardStep};
use crate::api::error::ApiError;

/// How far the fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Coming,
    Ready,
    /// They did not come.
    Away,
}

/// The fields, for the form around them.
#[derive(Clone, Copy)]
pub struct Entry {
    stage: RwSignal<Stage>,
    /// What belongs to the browser's one thread. Nothing is in it on the server.
    mounted: StoredValue<Option<SendWrapper<Mounted>>>,
}

impl Entry {
    #[must_use]
    pub fn new() -> Self {
        Self { stage: RwSignal::new(Stage::Coming), mounted: StoredValue::new(None) }
    }

    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.stage.get() == Stage::Ready
    }

    /// The fields, once a card can be typed.
    #[must_use]
    pub fn mounted(&self) -> Option<Mounted> {
        self.mounted.get_value().map(SendWrapper::take)
    }
}

/// Whether what is typed could be a card.
///
/// # Errors
/// What is missing, beside the fields.
pub async fn check(card: &Mounted) -> Result<(), ApiError> {
    card.check().await.map_err(|problem| match problem {
        Problem::Card(words) => ApiError::refused(Some("card"), words),
        Problem::Unclear => ApiError::Unreachable,
    })
}

const CHANGED: &str = "What happens to your card has changed since this page was opened. Nothing was charged. Load the page \
     again to read it, then go on.";

/// Confirms the pledge; answers with where to go.
///
/// # Errors
/// Why the card will not do. The pledge waits for another one.
pub async fn confirm(card: &Mounted, step: CardStep) -> Result<String, ApiError> {
    // The page was open while the deadline came near.
    if !card.promised(&step.terms) {
        return Err(ApiError::refused(Some("card"), CHANGED));
    }
    match card.confirm(&step).await {
        // Whatever the script says proves nothing: the page it leads to asks the gateway.
        Ok(()) | Err(Problem::Unclear) => Ok(step.back),
        Err(Problem::Card(words)) => {
            Err(ApiError::refused(Some("card"), format!("{words} You were not charged.")))
        }
    }
}

#[component]
pub fn CardEntry(fields: CardFields, entry: Entry) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let Entry { stage, mounted } = entry;
    Effect::new(move || {
        let Some(place) = place.get() else { return };
        let fields = fields.clone();
        spawn_local(async move {
            match Mounted::mount(&fields, &place, &appearance()).await {
                Ok(card) => {
                    mounted.set_value(Some(SendWrapper::new(card)));
                    stage.set(Stage::Ready);
                }
                Err(_) => stage.set(Stage::Away),
            }
        });
    });
    view! {
        <div class="card-entry" aria-busy=move || (stage.get() == Stage::Coming).then_some("true")>
            {move || match stage.get() {
                Stage::Coming => Some("The card fields are on their way…"),
                Stage::Ready => None,
                Stage::Away => Some(
                    "The card fields could not be loaded here. Nothing is lost: the payment provider’s own page asks for your card next.",
                ),
            }.map(|words| view! { <p class="muted small" role="status">{words}</p> })}
            <div class="card-entry__fields" node_ref=place hidden=move || stage.get() == Stage::Away></div>
        </div>
    }
}
