//! A creator's account at the gateway: made once, filled in on the gateway's own pages, and read again whenever it
//! matters. What those pages are told never comes here.

use std::collections::HashMap;

use domain::PersonId;
use stripe::StripeRequest;
use stripe_connect::account::{
    CreateAccount, CreateAccountCapabilities, CreateAccountCapabilitiesTransfers, CreateAccountController,
    CreateAccountControllerFees, CreateAccountControllerFeesPayer, CreateAccountControllerLosses,
    CreateAccountControllerLossesPayments, CreateAccountControllerStripeDashboard,
    CreateAccountControllerStripeDashboardType, ListAccount, RetrieveAccount,
};
use stripe_connect::account_link::{CreateAccountLink, CreateAccountLinkType};
use stripe_connect::login_link::CreateAccountLoginLink;
use stripe_connect::{AccountLink, LoginLink};
use stripe_core::payout::RetrievePayout;
use stripe_shared::{Account, AccountCapabilitiesStatus, AccountId, ExternalAccount};
use uuid::Uuid;

use super::attempts::Attempt;
use super::{AttemptKind, GatewayError, LONGEST_LIST, Payments};
use crate::{Error, Result};

/// What the gateway says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountReading {
    Open(OpenAccount),
    /// Its owner took our access away, or it was deleted.
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAccount {
    pub details_submitted: bool,
    pub payouts_enabled: bool,
    /// Whether money can be moved to it.
    pub transfers_active: bool,
    /// The gateway's names of what it wants to know.
    pub due: Vec<String>,
    pub past_due: Vec<String>,
    pub disabled_reason: Option<String>,
    pub bank: Option<Bank>,
}

/// A bank account, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    pub name: Option<String>,
    pub last4: String,
    /// The same for the same account number.
    pub fingerprint: String,
}

impl Payments {
    /// Makes somebody's account, once however often it is asked for. They fill it in on the gateway's pages and see it
    /// on its dashboard; fees and losses are the platform's.
    ///
    /// # Errors
    /// As any attempt. A country that the gateway does not pay to is [`GatewayError::Refused`].
    pub async fn open_account(&self, person: PersonId, email: &str, country: &str) -> Result<String> {
        let dashboard = CreateAccountControllerStripeDashboard {
            type_: Some(CreateAccountControllerStripeDashboardType::Express),
        };
        let controller = CreateAccountController {
            stripe_dashboard: Some(dashboard),
            fees: Some(CreateAccountControllerFees {
                payer: Some(CreateAccountControllerFeesPayer::Application),
            }),
            losses: Some(CreateAccountControllerLosses {
                payments: Some(CreateAccountControllerLossesPayments::Application),
            }),
            ..CreateAccountController::new()
        };
        let capabilities = CreateAccountCapabilities {
            transfers: Some(CreateAccountCapabilitiesTransfers { requested: Some(true) }),
            ..CreateAccountCapabilities::new()
        };
        let request = CreateAccount::new()
            .country(country)
            .email(email)
            .controller(controller)
            .capabilities(capabilities)
            .metadata(HashMap::from([("person_id".to_owned(), person.to_string())]));
        let attempt = Attempt {
            kind: AttemptKind::CreateAccount,
            key: format!("account_{person}"),
            person: Some(person),
            pledge: None,
        };
        let id = |account: &Account| account.id.to_string();
        let account = self.attempt_or_find(attempt, request, id, self.account_of(person)).await?;
        Ok(account.id.to_string())
    }

    /// The address of the gateway's page where the account is filled in. It works once and for minutes, and whoever has
    /// it is let in: it is handed to the creator's own browser and kept nowhere.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn account_page(&self, person: PersonId, account: &str) -> Result<String> {
        let site = &self.config.public_url;
        let request = CreateAccountLink::new(account, CreateAccountLinkType::AccountOnboarding)
            .refresh_url(format!("{site}/studio/payouts?link=expired"))
            .return_url(format!("{site}/studio/payouts/return"));
        // A new one each time: never the same call twice.
        let key = format!("account_link_{}", Uuid::now_v7());
        let attempt =
            Attempt { kind: AttemptKind::CreateAccountLink, key, person: Some(person), pledge: None };
        let link = self.attempt(attempt, request, |_: &AccountLink| account.to_owned()).await?;
        Ok(link.url)
    }

    /// The address of the account's own dashboard, as short-lived as [`Self::account_page`].
    ///
    /// # Errors
    /// As any attempt.
    pub async fn account_dashboard(&self, person: PersonId, account: &str) -> Result<String> {
        let key = format!("login_link_{}", Uuid::now_v7());
        let attempt = Attempt { kind: AttemptKind::CreateLoginLink, key, person: Some(person), pledge: None };
        let request = CreateAccountLoginLink::new(account_id(account)?);
        let link = self.attempt(attempt, request, |_: &LoginLink| account.to_owned()).await?;
        Ok(link.url)
    }

    /// Reads an account as it is now.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn read_account(&self, account: &str) -> Result<AccountReading> {
        match self.read(RetrieveAccount::new(account_id(account)?)).await {
            Ok(account) => Ok(AccountReading::Open(OpenAccount::of(&account))),
            Err(Error::Gateway(GatewayError::Refused { status: 403 | 404, .. })) => {
                Ok(AccountReading::Closed)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a payout to an account's bank failed or was called off.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn payout_came_back(&self, account: &str, payout: &str) -> Result<bool> {
        let request = RetrievePayout::new(payout).customize().account_id(account_id(account)?);
        let payout = request.send(&self.line).await;
        match payout {
            Ok(payout) => Ok(matches!(payout.status.as_str(), "failed" | "canceled")),
            // An account that is closed to us says nothing of its payouts.
            Err(GatewayError::Refused { status: 403 | 404, .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The account that carries this person's id.
    async fn account_of(&self, person: PersonId) -> Result<Option<Account>> {
        let person = person.to_string();
        let mut list = ListAccount::new().limit(LONGEST_LIST);
        loop {
            let page = self.read(list.clone()).await?;
            let after = page.data.last().map(|account| account.id.to_string()).filter(|_| page.has_more);
            let ours = page.data.into_iter().find(|account| {
                account.metadata.as_ref().and_then(|metadata| metadata.get("person_id")) == Some(&person)
            });
            match after {
                Some(after) if ours.is_none() => list = list.starting_after(after),
                _ => return Ok(ours),
            }
        }
    }
}

pub(super) fn account_id(account: &str) -> Result<AccountId> {
    account.parse().map_err(|_| Error::broken("an account's id"))
}

impl OpenAccount {
    fn of(account: &Account) -> Self {
        let requirements = account.requirements.as_ref();
        let transfers =
            account.capabilities.as_ref().and_then(|capabilities| capabilities.transfers.as_ref());
        let banks = || account.external_accounts.iter().flat_map(|accounts| &accounts.data);
        // The one that is paid to: others may be kept beside it.
        let paid_to = banks().filter_map(Bank::of_default).next();
        Self {
            details_submitted: account.details_submitted.unwrap_or_default(),
            payouts_enabled: account.payouts_enabled.unwrap_or_default(),
            transfers_active: matches!(transfers, Some(AccountCapabilitiesStatus::Active)),
            due: requirements.and_then(|required| required.currently_due.clone()).unwrap_or_default(),
            past_due: requirements.and_then(|required| required.past_due.clone()).unwrap_or_default(),
            disabled_reason: requirements
                .and_then(|required| required.disabled_reason.as_ref())
                .map(|reason| reason.as_str().to_owned()),
            bank: paid_to.or_else(|| banks().filter_map(Bank::of).next()),
        }
    }
}

impl Bank {
    fn of_default(account: &ExternalAccount) -> Option<Self> {
        match account {
            ExternalAccount::BankAccount(bank) if bank.default_for_currency == Some(true) => {
                Self::of(account)
            }
            _ => None,
        }
    }

    fn of(account: &ExternalAccount) -> Option<Self> {
        match account {
            ExternalAccount::BankAccount(bank) => Some(Self {
                name: bank.bank_name.clone(),
                last4: bank.last4.clone(),
                fingerprint: bank.fingerprint.clone().unwrap_or_else(|| bank.id.to_string()),
            }),
            ExternalAccount::Card(_) => None,
        }
    }
}
