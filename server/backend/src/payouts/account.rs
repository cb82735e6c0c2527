//! A creator's account at the gateway, as we read it last. Coming back from the gateway's pages proves nothing: the
//! account is read again, then and whenever the gateway says that it changed.

use chrono::{DateTime, Utc};
use domain::PersonId;
use sqlx::PgPool;

use crate::mail::{Letter, PayoutFailed};
use crate::payments::{AccountReading, GatewayError, OpenAccount};
use crate::{Ctx, Error, Result, clock};

/// What a creator sees of their account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutAccount {
    pub country: String,
    pub details_submitted: bool,
    /// Money can be moved to it, and from it to the bank.
    pub ready: bool,
    /// What the gateway wants to know, by its names.
    pub due: Vec<String>,
    pub past_due: Vec<String>,
    pub disabled_reason: Option<String>,
    pub bank_name: Option<String>,
    pub bank_last4: Option<String>,
    pub bank_changed_at: Option<DateTime<Utc>>,
    pub closed: bool,
    pub payout_failed_at: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
}

/// Why somebody is not led to the gateway's pages.
#[derive(Debug, thiserror::Error)]
pub enum AccountRefusal {
    #[error("Choose the country in which your bank account is.")]
    NoCountry,
    #[error("The payment provider does not pay to this country. Nothing was changed.")]
    CountryNotServed,
    #[error("The payment provider cannot be reached just now. Nothing was changed. Try again in a moment.")]
    GatewayAway,
    #[error("There is no account yet. Begin with your country.")]
    NoAccount,
    #[error("You took our access to your account away. Write to us to be paid again.")]
    Closed,
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for AccountRefusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Gateway(error) if error.is_passing() => Self::GatewayAway,
            error => Self::Failed(error),
        }
    }
}

impl From<sqlx::Error> for AccountRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The account of a person, if they began one.
///
/// # Errors
/// When the database does not answer.
pub async fn account_of(db: &PgPool, person: PersonId) -> Result<Option<PayoutAccount>> {
    let row = sqlx::query!(
        "select country, details_submitted, ready,
                due, past_due, disabled_reason, bank_name, bank_last4, bank_changed_at, closed_at, payout_failed_at,
                read_at
         from payout_accounts where person_id = $1",
        person as PersonId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| PayoutAccount {
        country: row.country,
        details_submitted: row.details_submitted,
        ready: row.ready,
        due: row.due,
        past_due: row.past_due,
        disabled_reason: row.disabled_reason,
        bank_name: row.bank_name,
        bank_last4: row.bank_last4,
        bank_changed_at: row.bank_changed_at,
        closed: row.closed_at.is_some(),
        payout_failed_at: row.payout_failed_at,
        read_at: row.read_at,
    }))
}

/// Begins an account, or goes on with it, and answers with the address of the gateway's page for it. For the creator's
/// own browser alone.
///
/// # Errors
/// [`AccountRefusal`].
pub async fn onboard(ctx: &Ctx, person: PersonId, country: &str) -> Result<String, AccountRefusal> {
    let country = country.trim().to_uppercase();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(AccountRefusal::NoCountry);
    }
    let account = match known(ctx, person).await? {
        Some(Known { closed: true, .. }) => return Err(AccountRefusal::Closed),
        Some(Known { gateway_id: Some(account), .. }) => account,
        _ => open(ctx, person, &country).await?,
    };
    Ok(ctx.payments.account_page(person, &account).await?)
}

/// The address of the account's dashboard at the gateway. For the creator's own browser alone.
///
/// # Errors
/// [`AccountRefusal`].
pub async fn dashboard(ctx: &Ctx, person: PersonId) -> Result<String, AccountRefusal> {
    match known(ctx, person).await? {
        Some(Known { closed: true, .. }) => Err(AccountRefusal::Closed),
        Some(Known { gateway_id: Some(account), .. }) => {
            Ok(ctx.payments.account_dashboard(person, &account).await?)
        }
        _ => Err(AccountRefusal::NoAccount),
    }
}

/// Reads a person's account at the gateway, if they have one.
///
/// # Errors
/// When there is no answer; what was known stays.
pub async fn read_again(ctx: &Ctx, person: PersonId) -> Result<()> {
    if let Some(Known { gateway_id: Some(account), .. }) = known(ctx, person).await? {
        look_at_account(ctx, &account).await?;
    }
    Ok(())
}

/// Reads an account at the gateway and keeps what it says. One that is nobody's here is left alone.
///
/// # Errors
/// As [`read_again`].
pub async fn look_at_account(ctx: &Ctx, account: &str) -> Result<()> {
    let asked_at = clock::now(&ctx.db).await?;
    match ctx.payments.read_account(account).await? {
        AccountReading::Open(reading) => keep(&ctx.db, account, asked_at, &reading).await,
        AccountReading::Closed => {
            let closed = sqlx::query!(
                "update payout_accounts set closed_at = coalesce(closed_at, clock()), payouts_enabled = false,
                                            transfers_active = false, read_at = clock()
                 where gateway_account_id = $1",
                account,
            )
            .execute(&ctx.db)
            .await?;
            if closed.rows_affected() > 0 {
                tracing::error!(
                    "a creator took the platform's access to their payout account away; payouts stop"
                );
            }
            Ok(())
        }
    }
}

/// Reads a payout from an account to its owner's bank. One that the bank sent back is told of, and the account read again:
/// the gateway pays it nothing until there is another bank account.
///
/// # Errors
/// As [`read_again`].
pub async fn look_at_payout(ctx: &Ctx, account: &str, payout: &str) -> Result<()> {
    if !ctx.payments.payout_came_back(account, payout).await? {
        return Ok(());
    }
    look_at_account(ctx, account).await?;
    let mut tx = ctx.db.begin().await?;
    let row = sqlx::query!(
        r#"update payout_accounts set payout_failed_at = clock() where gateway_account_id = $1
           returning person_id as "person: PersonId", bank_last4"#,
        account,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = row {
        let letter = PayoutFailed { bank_last4: row.bank_last4.as_deref(), path: "/studio/payouts" };
        let key = format!("payout_failed_{payout}");
        ctx.mail.stage(&mut tx, Letter::PayoutFailed(letter), row.person, &key).await?;
        tracing::error!("a creator's bank sent a payout back");
    }
    tx.commit().await?;
    Ok(())
}

struct Known {
    gateway_id: Option<String>,
    closed: bool,
}

async fn known(ctx: &Ctx, person: PersonId) -> Result<Option<Known>> {
    let row = sqlx::query!(
        "select gateway_account_id, closed_at from payout_accounts where person_id = $1",
        person as PersonId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(row.map(|row| Known { gateway_id: row.gateway_account_id, closed: row.closed_at.is_some() }))
}

/// The row first, so that a crash in between leaves a trace; the gateway's key makes the account once.
async fn open(ctx: &Ctx, person: PersonId, country: &str) -> Result<String, AccountRefusal> {
    let row = sqlx::query!(
        "with begun as (
             insert into payout_accounts (person_id, country) values ($1, $2)
             on conflict (person_id) do update set country = $2 where payout_accounts.gateway_account_id is null
         )
         select email from people where id = $1",
        person as PersonId,
        country,
    )
    .fetch_one(&ctx.db)
    .await?;
    let account = match ctx.payments.open_account(person, &row.email, country).await {
        Err(Error::Gateway(GatewayError::Refused { code, .. })) if code == "country_unsupported" => {
            return Err(AccountRefusal::CountryNotServed);
        }
        opened => opened?,
    };
    sqlx::query!(
        "update payout_accounts set gateway_account_id = $2 where person_id = $1",
        person as PersonId,
        account,
    )
    .execute(&ctx.db)
    .await?;
    Ok(account)
}

/// Another bank account than before is noted with its time; the first one is no change. Of two who read at once, the one
/// who asked first has older news.
async fn keep(db: &PgPool, account: &str, asked_at: DateTime<Utc>, reading: &OpenAccount) -> Result<()> {
    let bank = reading.bank.as_ref();
    sqlx::query!(
        "update payout_accounts
         set details_submitted = $2, payouts_enabled = $3, transfers_active = $4, due = $5, past_due = $6,
             disabled_reason = $7, bank_name = $8, bank_last4 = $9,
             bank_changed_at = case when bank_fingerprint <> $10 then clock() else bank_changed_at end,
             bank_fingerprint = coalesce($10, bank_fingerprint),
             payout_failed_at = case when bank_fingerprint <> $10 then null else payout_failed_at end,
             read_at = $11
         where gateway_account_id = $1 and closed_at is null and (read_at is null or read_at <= $11)",
        account,
        reading.details_submitted,
        reading.payouts_enabled,
        reading.transfers_active,
        &reading.due,
        &reading.past_due,
        reading.disabled_reason,
        bank.and_then(|bank| bank.name.as_deref()),
        bank.map(|bank| bank.last4.as_str()),
        bank.map(|bank| bank.fingerprint.as_str()),
        asked_at,
    )
    .execute(db)
    .await?;
    Ok(())
}
