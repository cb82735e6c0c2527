//! How creators are paid: their account at the payment provider, their money, and what staff must agree to.

use chrono::{DateTime, Utc};
use domain::{Hold, Money, PayoutSchedule, PayoutState, WithdrawalId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// A creator's page about being paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutsView {
    pub account: Option<AccountView>,
    pub schedule: PayoutSchedule,
    pub balances: Vec<BalanceView>,
    pub upcoming: Vec<UpcomingView>,
    pub payouts: Vec<PayoutView>,
    /// From the deadline to the payout, in days.
    pub delay_days: u64,
    /// What is held back of campaigns launched now: the share as people read it, and for how many days after the deadline.
    pub reserve: Option<(String, u16)>,
    /// The years that have a statement, the latest first.
    pub years: Vec<i32>,
}

/// The account at the payment provider, as it was read last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    pub country: String,
    pub details_submitted: bool,
    /// Money can be sent to it.
    pub ready: bool,
    /// What the provider still wants to know, in plain words.
    pub missing: Vec<String>,
    /// Why it pays nothing meanwhile, in plain words.
    pub disabled_because: Option<String>,
    /// `DE bank, ending in 3000`
    pub bank: Option<String>,
    /// A bank account that is new is not paid before.
    pub cools_until: Option<DateTime<Utc>>,
    pub closed: bool,
    pub payout_failed_at: Option<DateTime<Utc>>,
}

/// A creator's money in one currency.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BalanceView {
    /// All of the others, less what is owed.
    pub earned: Money,
    pub pending: Money,
    pub available: Money,
    /// Of what is available, nothing stands in its way.
    pub askable: Money,
    pub reserved: Money,
    pub leaving: Money,
    pub paid: Money,
    pub owed: Money,
    /// Above this sum an administrator approves first.
    pub approval_above: Option<Money>,
    /// Names the form in which the creator asks for it: sent twice, it is asked for once.
    pub withdrawal: WithdrawalId,
}

/// What a campaign holds for its creator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpcomingView {
    pub slug: String,
    pub title: String,
    pub held: Money,
    pub hold: Option<Hold>,
}

/// A payout, made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutView {
    pub id: String,
    pub slug: String,
    pub title: String,
    pub amount: Money,
    pub returned: Money,
    pub state: PayoutState,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub reason: String,
    /// The creator asked for it.
    pub was_asked: bool,
}

/// A payout that an administrator may decide.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitingPayoutView {
    pub payout: PayoutView,
    pub creator: String,
    /// It would be paid to the viewer.
    pub is_own: bool,
}

/// The viewer's own.
#[server(endpoint = "my_payouts", prefix = "/api")]
pub async fn my_payouts() -> Result<PayoutsView, ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::mine().await)
}

/// Begins the account at the payment provider, or goes on with it. Answers with the provider's page for it.
#[server(endpoint = "set_up_payouts", prefix = "/api")]
pub async fn set_up_payouts(#[server(default)] country: String) -> Result<String, ApiError> {
    use crate::{ssr, ssr::payouts};
    let to = ssr::answer(payouts::set_up(&country).await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Leads to the account's own pages at the payment provider.
#[server(endpoint = "open_payout_account", prefix = "/api")]
pub async fn open_payout_account() -> Result<String, ApiError> {
    use crate::{ssr, ssr::payouts};
    let to = ssr::answer(payouts::open_account().await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Back from the provider's pages: the account is read there, whatever the address says.
#[server(endpoint = "back_from_payout_account", prefix = "/api")]
pub async fn back_from_payout_account() -> Result<PayoutsView, ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::back().await)
}

/// Chooses when the viewer's money leaves: by itself, or when they ask for it.
#[server(endpoint = "choose_payout_schedule", prefix = "/api")]
pub async fn choose_payout_schedule(#[server(default)] schedule: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::choose(&schedule).await)?;
    ssr::redirect("/studio/payouts?done=chosen");
    Ok(())
}

/// Asks for what is available in a currency, or for a part of it.
#[server(endpoint = "ask_payout", prefix = "/api")]
pub async fn ask_payout(
    withdrawal: String,
    currency: String,
    #[server(default)] amount: String,
) -> Result<(), ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::ask(&withdrawal, &currency, &amount).await)?;
    ssr::redirect("/studio/payouts?done=asked");
    Ok(())
}

/// Takes back what was asked for, while it waits for approval.
#[server(endpoint = "withdraw_payout", prefix = "/api")]
pub async fn withdraw_payout(payout: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::withdraw(&payout).await)?;
    ssr::redirect("/studio/payouts?done=withdrawn");
    Ok(())
}

/// Payouts that wait for a second person. Administrators only.
#[server(endpoint = "waiting_payouts", prefix = "/api")]
pub async fn waiting_payouts() -> Result<Vec<WaitingPayoutView>, ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::waiting().await)
}

/// Lets a payout leave.
#[server(endpoint = "approve_payout", prefix = "/api")]
pub async fn approve_payout(payout: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::approve(&payout).await)?;
    ssr::redirect("/admin/payouts?done=approved");
    Ok(())
}

/// Keeps a payout from leaving, and says why.
#[server(endpoint = "refuse_payout", prefix = "/api")]
pub async fn refuse_payout(payout: String, #[server(default)] reason: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::payouts};
    ssr::answer(payouts::refuse(&payout, &reason).await)?;
    ssr::redirect("/admin/payouts?done=refused");
    Ok(())
}
