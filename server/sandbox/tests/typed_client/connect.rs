//! What moves money to connected accounts, read by the typed client.

use stripe::StripeRequest;
use stripe_connect::account as accounts;
use stripe_connect::account_link::{CreateAccountLink, CreateAccountLinkType};
use stripe_connect::application_fee::ListApplicationFee;
use stripe_connect::transfer as transfers;
use stripe_connect::transfer_reversal::CreateIdTransferReversal;
use stripe_core::balance::RetrieveForMyAccountBalance;
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::dispute::{ListDispute, UpdateDispute, UpdateDisputeEvidence};
use stripe_core::payment_intent as payments;
use stripe_core::payout::{CreatePayout, RetrievePayout};
use stripe_shared::{Account, AccountCapabilitiesStatus, AccountId, DisputeStatus};
use stripe_types::Currency;

use crate::{Shop, open, payment};

/// An account whose owner completed onboarding.
async fn account(shop: &Shop, number: &str) -> Account {
    use accounts::*;
    let dashboard = CreateAccountControllerStripeDashboard {
        type_: Some(CreateAccountControllerStripeDashboardType::Express),
    };
    let controller =
        CreateAccountController { stripe_dashboard: Some(dashboard), ..CreateAccountController::new() };
    let capabilities = CreateAccountCapabilities {
        transfers: Some(CreateAccountCapabilitiesTransfers { requested: Some(true) }),
        ..CreateAccountCapabilities::new()
    };
    let request = CreateAccount::new().country("DE").controller(controller).capabilities(capabilities);
    let made = request.send(&shop.client).await.expect("an account");
    assert_eq!(made.details_submitted, Some(false));
    let link = CreateAccountLink::new(made.id.as_str(), CreateAccountLinkType::AccountOnboarding)
        .refresh_url("http://shop.example/again")
        .return_url("http://shop.example/back");
    let link = link.send(&shop.client).await.expect("a link");
    let page = reqwest::get(link.url).await.expect("the page").url().path().to_owned();
    let typed = [
        ("first_name", "Ada"),
        ("last_name", "Lovelace"),
        ("date_of_birth", "1815-12-10"),
        ("account_number", number),
        ("act", "complete"),
    ];
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let url = format!("{}{page}", shop.running.base_url());
    let sent = browser.expect("a client").post(url).form(&typed).send().await.expect("an answer");
    assert_eq!(sent.status(), 303);
    RetrieveAccount::new(made.id).send(&shop.client).await.expect("an account")
}

async fn advance(shop: &Shop, days: i64) {
    let url = format!("{}/_sandbox/clock", shop.running.base_url());
    let body = serde_json::json!({ "advance_seconds": days * 24 * 60 * 60 });
    reqwest::Client::new().post(url).json(&body).send().await.expect("an answer");
}

#[tokio::test]
async fn accounts_are_read_before_and_after_onboarding() {
    let shop = open().await;
    let account = account(&shop, "DE89370400440532013000").await;
    assert_eq!((account.payouts_enabled, account.details_submitted), (Some(true), Some(true)));
    let transfers = account.capabilities.expect("capabilities").transfers;
    assert!(matches!(transfers, Some(AccountCapabilitiesStatus::Active)));
    assert_eq!(account.requirements.expect("requirements").currently_due.map(|due| due.len()), Some(0));
    assert_eq!(account.external_accounts.expect("bank accounts").data.len(), 1);
    let types = shop.events().await;
    for wanted in ["account.updated", "account.external_account.created", "capability.updated"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn transfers_and_reversals_are_read() {
    let shop = open().await;
    let account = account(&shop, "DE89370400440532013000").await;
    let paid = payment(2500, "pm_card_visa").send(&shop.client).await.expect("an intent");
    let charge = paid.latest_charge.expect("a charge").id().to_string();
    let request = transfers::CreateTransfer::new(Currency::EUR, account.id.as_str())
        .amount(2000_i64)
        .source_transaction(charge)
        .expand(vec!["balance_transaction".to_owned(), "destination_payment".to_owned()]);
    let sent = request.send(&shop.client).await.expect("a transfer");
    assert_eq!((sent.amount, sent.reversed), (2000, false));
    let back = CreateIdTransferReversal::new(sent.id.as_str()).amount(500_i64).send(&shop.client).await;
    assert_eq!(back.expect("a reversal").amount, 500);
    let found = transfers::RetrieveTransfer::new(sent.id).send(&shop.client).await.expect("a transfer");
    assert_eq!((found.amount_reversed, found.reversals.data.len()), (500, 1));
    let lines = ListBalanceTransaction::new().type_("transfer_refund").send(&shop.client).await;
    assert_eq!(lines.expect("lines").data.len(), 1);
    shop.events().await;
}

#[tokio::test]
async fn a_refusal_for_want_of_money_has_its_code() {
    let shop = open().await;
    let account = account(&shop, "DE89370400440532013000").await;
    let request = transfers::CreateTransfer::new(Currency::EUR, account.id.as_str()).amount(1_i64);
    let Err(stripe::StripeError::Stripe(error, 400)) = request.send(&shop.client).await else {
        panic!("another answer")
    };
    assert_eq!(error.code, Some(stripe_shared::ApiErrorsCode::BalanceInsufficient));
}

#[tokio::test]
async fn balances_and_payouts_of_accounts_are_read() {
    let shop = open().await;
    let account = account(&shop, "DE62370400440532013001").await;
    payment(2500, "pm_card_bypassPending").send(&shop.client).await.expect("an intent");
    let request = transfers::CreateTransfer::new(Currency::EUR, account.id.as_str()).amount(2000_i64);
    request.send(&shop.client).await.expect("a transfer");
    let as_account = || account.id.as_str().parse::<AccountId>().expect("an id");
    let balance = RetrieveForMyAccountBalance::new().customize().account_id(as_account());
    let balance = balance.send(&shop.client).await.expect("a balance");
    assert_eq!((balance.available[0].amount, balance.pending[0].amount), (2000, 0));
    let payout = CreatePayout::new(2000_i64, Currency::EUR).customize().account_id(as_account());
    let payout = payout.send(&shop.client).await.expect("a payout");
    advance(&shop, 1).await;
    let failed = RetrievePayout::new(payout.id).customize().account_id(as_account()).send(&shop.client).await;
    let failed = failed.expect("a payout");
    assert_eq!((failed.status.as_str(), failed.failure_code.as_deref()), ("failed", Some("no_account")));
    let types = shop.events().await;
    for wanted in ["payout.created", "payout.failed", "account.external_account.updated"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn destination_charges_and_their_fees_are_read() {
    let shop = open().await;
    let account = account(&shop, "DE89370400440532013000").await;
    let to = payments::CreatePaymentIntentTransferData::new(account.id.as_str());
    let expand = ["latest_charge.transfer", "latest_charge.application_fee"].map(str::to_owned);
    let request = payment(2500, "pm_card_visa").transfer_data(to).application_fee_amount(125_i64);
    let paid = request.expand(expand.to_vec()).send(&shop.client).await.expect("an intent");
    let charge = paid.latest_charge.expect("a charge").into_object().expect("expanded");
    assert_eq!(charge.transfer.expect("a transfer").into_object().expect("expanded").amount, 2500);
    let form =
        [("charge", charge.id.as_str()), ("reverse_transfer", "true"), ("refund_application_fee", "true")];
    shop.post("/v1/refunds", &form).await;
    let fees = ListApplicationFee::new().send(&shop.client).await.expect("fees");
    assert_eq!((fees.data[0].amount_refunded, fees.data[0].refunds.data.len()), (125, 1));
    let types = shop.events().await;
    for wanted in ["application_fee.created", "application_fee.refunded", "transfer.reversed"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn evidence_is_sent_and_decides() {
    let shop = open().await;
    payment(2500, "pm_card_createDispute").send(&shop.client).await.expect("an intent");
    let dispute = ListDispute::new().send(&shop.client).await.expect("disputes").data.remove(0);
    assert_eq!(dispute.status, DisputeStatus::NeedsResponse);
    let evidence = |text: &str| UpdateDisputeEvidence {
        uncategorized_text: Some(text.to_owned()),
        ..UpdateDisputeEvidence::new()
    };
    let kept = UpdateDispute::new(dispute.id.as_str()).evidence(evidence("It came.")).submit(false);
    assert_eq!(kept.send(&shop.client).await.expect("a dispute").status, DisputeStatus::NeedsResponse);
    let sent = UpdateDispute::new(dispute.id.as_str()).evidence(evidence("winning_evidence")).submit(true);
    let won = sent.send(&shop.client).await.expect("a dispute");
    assert_eq!((won.status, won.balance_transactions.len()), (DisputeStatus::Won, 2));
    shop.events().await;
}

#[tokio::test]
async fn a_deauthorized_account_is_told() {
    let shop = open().await;
    let account = account(&shop, "DE89370400440532013000").await;
    shop.post(&format!("/_sandbox/accounts/{}/deauthorize", account.id), &[]).await;
    let Err(stripe::StripeError::Stripe(error, 403)) =
        accounts::RetrieveAccount::new(account.id).send(&shop.client).await
    else {
        panic!("another answer")
    };
    assert_eq!(error.code, Some(stripe_shared::ApiErrorsCode::AccountInvalid));
    let types = shop.events().await;
    assert!(types.iter().any(|name| name == "account.application.deauthorized"), "{types:?}");
}
