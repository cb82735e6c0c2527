//! What staff see of the site's workings and may do about it, and the ledger's reports. To everybody else there is
//! nothing at these addresses.

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// The site's workings at one look.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OperationsView {
    pub gateway: GatewayView,
    pub alarms: Vec<AlarmView>,
    pub queues: Vec<QueueView>,
    pub parked: Vec<ParkedView>,
    pub odd: Vec<OddEventView>,
    pub reconciled: Option<ReconciledView>,
    pub checked: Option<CheckedView>,
    pub settlements: Vec<UnderWayView>,
    /// Whether the viewer may let money move: try a job again.
    pub may_act: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GatewayView {
    pub answers: bool,
    /// In words.
    pub condition: String,
    /// Endpoints that are called more slowly, in words.
    pub slowed: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlarmView {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub detail: String,
    pub raised_at: DateTime<Utc>,
    pub seen_by: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueView {
    pub name: String,
    pub waiting: i64,
    /// How long the oldest has been due, in words.
    pub oldest: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ParkedView {
    pub id: String,
    pub kind: String,
    pub attempts: i32,
    pub error: String,
    pub since: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OddEventView {
    pub outcome: String,
    pub kind: String,
    pub id: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReconciledView {
    pub day: NaiveDate,
    pub at: DateTime<Utc>,
    pub lines: i32,
    pub adopted: i32,
    pub differences: i32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckedView {
    pub at: DateTime<Utc>,
    pub asked: i32,
    pub violated: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnderWayView {
    pub slug: String,
    pub title: String,
    pub began_at: DateTime<Utc>,
    pub retry_until: Option<DateTime<Utc>>,
    pub open: i64,
    pub open_amount: String,
}

/// A day of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportView {
    pub day: NaiveDate,
    pub accounts: Vec<AccountView>,
    /// What was asked for and is no day.
    pub refused: Option<String>,
}

/// An account in one currency. Amounts as in the ledger: debits positive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    pub account: String,
    pub meaning: String,
    pub currency: String,
    pub opening: String,
    pub movements: Vec<MovementView>,
    pub closing: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovementView {
    pub kind: String,
    pub postings: i64,
    pub amount: String,
}

/// What whoever runs the site must see.
#[server(endpoint = "operations", prefix = "/api")]
pub async fn operations() -> Result<OperationsView, ApiError> {
    use crate::{ssr, ssr::operations};
    ssr::answer(operations::look().await)
}

/// Whether the viewer is of the staff: the index of what there is for them.
#[server(endpoint = "admin", prefix = "/api")]
pub async fn admin() -> Result<(), ApiError> {
    use crate::ssr;
    ssr::answer(ssr::require_staff().await.map(drop))
}

/// Lets a job that was put aside be tried again. It may move money: admins only.
#[server(endpoint = "try_job_again", prefix = "/api")]
pub async fn try_job_again(job: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::operations};
    ssr::answer(operations::try_again(&job).await)?;
    ssr::redirect("/admin/operations?done=again#parked");
    Ok(())
}

/// Notes that the viewer has seen an alarm.
#[server(endpoint = "see_alarm", prefix = "/api")]
pub async fn see_alarm(alarm: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::operations};
    ssr::answer(operations::see(&alarm).await)?;
    ssr::redirect("/admin/operations?done=seen#alarms");
    Ok(())
}

/// A past day's movements, account by account. Yesterday when no day is named.
#[server(endpoint = "report", prefix = "/api")]
pub async fn report(#[server(default)] day: String) -> Result<ReportView, ApiError> {
    use crate::{ssr, ssr::operations};
    ssr::answer(operations::report(&day).await)
}
