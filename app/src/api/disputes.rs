//! Disputes and the answers to them, for creators and staff.

#![allow(
    clippy::too_many_arguments,
    reason = "one for each field of the form; the macro repeats them where no `expect` reaches"
)]

use chrono::{DateTime, Utc};
use domain::{DisputeState, Money};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DisputeView {
    pub id: String,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub backer: String,
    pub amount: Money,
    /// What the backer told their bank, in words.
    pub reason: String,
    pub state: DisputeState,
    pub evidence_due_at: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A dispute with its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DisputePageView {
    pub dispute: DisputeView,
    /// Name and text of each field of the form.
    pub evidence: Vec<(String, String)>,
    pub saved_at: Option<DateTime<Utc>>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub open: bool,
}

/// A creator's own disputes, or everybody's for an administrator.
#[server(endpoint = "disputes", prefix = "/api")]
pub async fn disputes() -> Result<Vec<DisputeView>, ApiError> {
    use crate::{ssr, ssr::disputes};
    ssr::answer(disputes::list().await)
}

#[server(endpoint = "dispute", prefix = "/api")]
pub async fn dispute(id: String) -> Result<DisputePageView, ApiError> {
    use crate::{ssr, ssr::disputes};
    ssr::answer(disputes::page(&id).await)
}

/// Keeps the answer as a draft, or sends it for good when `act` is `send`.
#[server(endpoint = "answer_dispute", prefix = "/api")]
pub async fn answer_dispute(
    dispute: String,
    #[server(default)] statement: String,
    #[server(default)] product_description: String,
    #[server(default)] delivery: String,
    #[server(default)] tracking_number: String,
    #[server(default)] customer_communication: String,
    #[server(default)] refund_policy: String,
    #[server(default)] act: String,
) -> Result<(), ApiError> {
    use crate::{ssr, ssr::disputes};
    let texts = [
        ("statement", statement),
        ("product_description", product_description),
        ("delivery", delivery),
        ("tracking_number", tracking_number),
        ("customer_communication", customer_communication),
        ("refund_policy", refund_policy),
    ];
    let sent = ssr::answer(disputes::answer(&dispute, texts, &act).await)?;
    ssr::redirect(&format!("/disputes/{dispute}?{}=yes", if sent { "sent" } else { "saved" }));
    Ok(())
}
