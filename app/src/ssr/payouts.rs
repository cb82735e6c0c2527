//! The work behind the endpoints about payouts.

use backend::accounts::{Role, Viewer};
use backend::config::PayoutTerms;
use backend::payouts::{
    self, AccountRefusal, AskRefusal, AskedPayout, Balance, CreatorPayouts, DecideRefusal, PayoutAccount,
    PayoutLine, Upcoming,
};
use domain::{BANK_COOLING, Currency, Money, PayoutId, PayoutSchedule, WithdrawalId};
use uuid::Uuid;

use super::{ctx, require_viewer};
use crate::api::error::ApiError;
use crate::api::payouts::{
    AccountView, BalanceView, PayoutView, PayoutsView, UpcomingView, WaitingPayoutView,
};

pub async fn mine() -> Result<PayoutsView, ApiError> {
    let viewer = require_viewer().await?;
    let ctx = ctx()?;
    Ok(view(payouts::of_creator(&ctx, viewer.person_id).await?, &ctx.config.payouts))
}

pub async fn set_up(country: &str) -> Result<String, ApiError> {
    let viewer = require_viewer().await?;
    let opened = payouts::onboard(&ctx()?, viewer.person_id, country).await;
    opened.map_err(|refusal| refused(refusal).keep("country", country.chars().take(60).collect::<String>()))
}

pub async fn open_account() -> Result<String, ApiError> {
    let viewer = require_viewer().await?;
    payouts::dashboard(&ctx()?, viewer.person_id).await.map_err(refused)
}

/// The provider may be away: then what is known is shown, and its word comes by webhook.
pub async fn back() -> Result<PayoutsView, ApiError> {
    let viewer = require_viewer().await?;
    if let Err(error) = payouts::read_again(&ctx()?, viewer.person_id).await {
        tracing::info!(%error, "an account could not be read after its owner came back");
    }
    mine().await
}

pub async fn choose(schedule: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    let schedule: PayoutSchedule =
        schedule.parse().map_err(|_| ApiError::refused(Some("schedule"), "Choose one of the two."))?;
    Ok(payouts::choose(&ctx()?.db, viewer.person_id, schedule).await?)
}

pub async fn ask(withdrawal: &str, currency: &str, amount: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    let asked = AskedPayout {
        id: withdrawal.parse().map_err(|_| ApiError::NotFound)?,
        currency: Currency::parse(currency).map_err(|_| ApiError::NotFound)?,
        amount: amount.to_owned(),
    };
    let refused = payouts::ask(&ctx()?, viewer.person_id, &asked).await;
    refused.map_err(|refusal| {
        let typed: String = amount.chars().take(40).collect();
        not_paid(refusal).keep("currency", asked.currency.code()).keep("amount", typed)
    })
}

pub async fn withdraw(id: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    payouts::withdraw(&ctx()?, viewer.person_id, parse(id)?).await.map_err(not_paid)
}

pub async fn waiting() -> Result<Vec<WaitingPayoutView>, ApiError> {
    let viewer = require_admin().await?;
    let waiting = payouts::waiting(&ctx()?.db).await?;
    let view = |waiting: payouts::WaitingPayout| WaitingPayoutView {
        is_own: waiting.creator_id == viewer.person_id,
        payout: payout(waiting.line),
        creator: waiting.creator,
    };
    Ok(waiting.into_iter().map(view).collect())
}

pub async fn approve(id: &str) -> Result<(), ApiError> {
    let viewer = require_admin().await?;
    payouts::approve(&ctx()?, viewer.person_id, parse(id)?).await.map_err(not_decided)
}

pub async fn refuse(id: &str, reason: &str) -> Result<(), ApiError> {
    let viewer = require_admin().await?;
    let refused = payouts::refuse(&ctx()?, viewer.person_id, parse(id)?, reason).await;
    refused.map_err(|refusal| {
        not_decided(refusal).keep("payout", id).keep("reason", reason.chars().take(4_000).collect::<String>())
    })
}

/// To everybody else there is nothing here.
async fn require_admin() -> Result<Viewer, ApiError> {
    let viewer = require_viewer().await?;
    if viewer.roles.contains(&Role::Admin) { Ok(viewer) } else { Err(ApiError::NotFound) }
}

fn parse(id: &str) -> Result<PayoutId, ApiError> {
    id.parse().map_err(|_| ApiError::NotFound)
}

fn refused(refusal: AccountRefusal) -> ApiError {
    match refusal {
        refusal @ (AccountRefusal::NoCountry | AccountRefusal::CountryNotServed) => {
            ApiError::refused(Some("country"), refusal)
        }
        refusal @ (AccountRefusal::GatewayAway | AccountRefusal::NoAccount | AccountRefusal::Closed) => {
            ApiError::conflict(None, refusal)
        }
        AccountRefusal::Failed(error) => error.into(),
    }
}

fn not_paid(refusal: AskRefusal) -> ApiError {
    match refusal {
        AskRefusal::NotFound => ApiError::NotFound,
        AskRefusal::Failed(error) => error.into(),
        refusal => match refusal.field() {
            Some(field) => ApiError::refused(Some(field), refusal),
            None => ApiError::conflict(None, refusal),
        },
    }
}

fn not_decided(refusal: DecideRefusal) -> ApiError {
    match refusal {
        DecideRefusal::NotFound => ApiError::NotFound,
        refusal @ (DecideRefusal::OnesOwn | DecideRefusal::Decided) => ApiError::conflict(None, refusal),
        refusal @ (DecideRefusal::NoReason | DecideRefusal::ReasonTooLong) => {
            ApiError::refused(Some("reason"), refusal)
        }
        DecideRefusal::Failed(error) => error.into(),
    }
}

fn view(payouts: CreatorPayouts, terms: &PayoutTerms) -> PayoutsView {
    let reserve = terms.reserve;
    PayoutsView {
        account: payouts.account.map(account),
        schedule: payouts.schedule,
        balances: payouts.balances.into_iter().map(|one| balance(one, terms)).collect(),
        upcoming: payouts.upcoming.into_iter().map(upcoming).collect(),
        years: payouts.years,
        payouts: payouts.payouts.into_iter().map(payout).collect(),
        delay_days: terms.delay.as_secs() / (24 * 60 * 60),
        reserve: (reserve.bps() > 0).then(|| (reserve.to_string(), reserve.days())),
    }
}

fn account(account: PayoutAccount) -> AccountView {
    // The gateway names what is past due twice, and a document by each of its sides.
    let mut missing: Vec<String> = Vec::new();
    for words in account.past_due.iter().chain(&account.due).map(|name| in_plain_words(name)) {
        if !missing.contains(&words) {
            missing.push(words);
        }
    }
    AccountView {
        country: account.country,
        details_submitted: account.details_submitted,
        ready: account.ready,
        missing,
        disabled_because: account.disabled_reason.as_deref().map(why_disabled),
        bank: account.bank_last4.map(|last4| match account.bank_name {
            Some(name) => format!("{name}, ending in {last4}"),
            None => format!("Ending in {last4}"),
        }),
        cools_until: account.bank_changed_at.map(|at| at + BANK_COOLING),
        closed: account.closed,
        payout_failed_at: account.payout_failed_at,
    }
}

/// The gateway's `individual.verification.document` for people.
fn in_plain_words(requirement: &str) -> String {
    let known = [
        ("external_account", "Your bank account"),
        ("verification.document", "A photo of your passport or identity card"),
        ("verification.additional_document", "A second document that shows your address"),
        ("dob", "Your date of birth"),
        ("first_name", "Your first name"),
        ("last_name", "Your last name"),
        ("address", "Your address"),
        ("email", "Your e-mail"),
        ("phone", "Your phone number"),
        ("id_number", "Your tax or identity number"),
        ("tos_acceptance", "Your agreement to the payment provider’s terms"),
        ("business_profile", "What your business does"),
        ("business_type", "Whether you are a person or a company"),
    ];
    let found = known.iter().find(|(name, _)| requirement.contains(name));
    found.map_or_else(
        || format!("Something the payment provider calls “{requirement}”"),
        |(_, words)| (*words).into(),
    )
}

fn why_disabled(reason: &str) -> String {
    match reason {
        "requirements.past_due" => "It waits for what is missing.",
        "requirements.pending_verification" | "under_review" => "It looks at what you sent.",
        reason if reason.starts_with("rejected") => "It refuses to pay this account. Only it can say more.",
        _ => "It does not pay this account for now.",
    }
    .into()
}

fn balance(balance: Balance, terms: &PayoutTerms) -> BalanceView {
    let Balance { earned, pending, available, askable, reserved, leaving, paid, owed } = balance;
    let approval_above = terms.approval_above.and_then(|limit| Money::new(limit, earned.currency()).ok());
    let withdrawal = WithdrawalId(Uuid::now_v7());
    BalanceView {
        earned,
        pending,
        available,
        askable,
        reserved,
        leaving,
        paid,
        owed,
        approval_above,
        withdrawal,
    }
}

fn upcoming(upcoming: Upcoming) -> UpcomingView {
    let Upcoming { slug, title, held, hold } = upcoming;
    UpcomingView { slug, title, held, hold }
}

fn payout(line: PayoutLine) -> PayoutView {
    PayoutView {
        id: line.id.to_string(),
        slug: line.slug,
        title: line.title,
        amount: line.amount,
        returned: line.returned,
        state: line.state,
        created_at: line.created_at,
        sent_at: line.sent_at,
        reason: line.reason,
        was_asked: line.was_asked,
    }
}
