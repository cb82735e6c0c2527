use domain::PledgeState;
use leptos::prelude::*;

/// A pledge's state as a badge.
#[component]
pub fn PledgeBadge(state: PledgeState) -> impl IntoView {
    let kind = match state {
        PledgeState::Committed | PledgeState::Authorized | PledgeState::Charging => "live",
        PledgeState::Captured => "funded",
        PledgeState::Pending | PledgeState::NeedsAction => "ending",
        PledgeState::Errored | PledgeState::Dropped | PledgeState::Disputed => "failed",
        PledgeState::Cancelled
        | PledgeState::Expired
        | PledgeState::Voided
        | PledgeState::Refunded
        | PledgeState::PartiallyRefunded => "cancelled",
    };
    view! { <span class=format!("badge badge--{kind}")>{state.label()}</span> }
}
