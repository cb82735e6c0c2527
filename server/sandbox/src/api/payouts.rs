//! Payouts to bank accounts: asked for by the platform, or made by Stripe each day where an account's schedule says
//! so. A bank sends some back later, which Stripe's numbers for testing decide.

use serde_json::{Value, json};

use super::accounts::{external, review};
use super::balance_transactions::{self, Fee};
use super::fields::set_metadata;
use super::{Call, balance, list};
use crate::error::{ApiError, Outcome};
use crate::params;
use crate::state::{HIDDEN, owner, public, text};
use crate::tx::Tx;
use crate::{ids, money};

const DAY: i64 = 24 * 60 * 60;
/// Paid out in whole units, though charged with two decimals.
const WHOLE_UNITS: &[&str] = &["huf", "isk", "twd", "ugx"];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    let params = &call.params;
    params.only(&[
        "amount",
        "currency",
        "description",
        "destination",
        "metadata",
        "method",
        "source_type",
        "statement_descriptor",
    ])?;
    let currency = money::currency(params.required("currency")?)?;
    let amount = params.integer("amount")?.ok_or_else(|| params::missing("amount"))?;
    money::positive(amount, "amount")?;
    if WHOLE_UNITS.contains(&currency.as_str()) && amount % 100 != 0 {
        let message = format!("Payouts in {currency} must be evenly divisible by 100.");
        return Err(ApiError::invalid("amount", message));
    }
    if params.one_of("method", &["standard", "instant"])? == Some("instant") {
        let message = "The bank or card you provided does not support instant payouts.";
        return Err(ApiError::state("instant_payouts_unsupported", message));
    }
    let account = tx.account().map(str::to_owned);
    let bank = account.as_deref().map(|account| bank(tx, account, &currency, params.text("destination")));
    let bank = bank.transpose()?;
    if balance::available(tx, account.as_deref(), &currency) < amount {
        let message = "You have insufficient funds in your Stripe account. One likely reason you have insufficient \
                       funds is that your funds are automatically being paid out; try enabling manual payouts by \
                       going to https://dashboard.stripe.com/account/payouts.";
        return Err(ApiError::state("balance_insufficient", message));
    }
    let mut payout = shape(tx, account.as_deref(), bank.as_ref(), amount, &currency);
    payout["description"] = json!(params.text("description"));
    payout["statement_descriptor"] = json!(params.text("statement_descriptor"));
    set_metadata(&mut payout, params)?;
    Ok(public(&send(tx, payout)))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("payout", &call.id, "payout")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["metadata"])?;
    let before = tx.find("payout", &call.id, "payout")?;
    let mut payout = before.clone();
    set_metadata(&mut payout, &call.params)?;
    tx.put(payout.clone());
    tx.emit_updated("payout.updated", &before, &payout);
    Ok(public(&payout))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "payout", "/v1/payouts", |payout| {
        ["status", "destination"].iter().all(|field| list::same(&call.params, field, payout, field))
    })
}

pub(crate) fn cancel(tx: &mut Tx, call: &Call) -> Outcome {
    let mut payout = tx.find("payout", &call.id, "payout")?;
    if payout["status"] != "pending" || payout["automatic"] == true {
        let message =
            "Payouts can only be canceled while they are pending, and only if they were created manually.";
        return Err(ApiError::invalid("", message));
    }
    let amount = payout["amount"].as_i64().unwrap_or_default();
    let line = balance_transactions::at_once(tx, "payout_cancel", &payout, amount, Fee::None);
    payout["status"] = json!("canceled");
    payout["failure_balance_transaction"] = json!(line);
    payout[HIDDEN]["due_at"] = Value::Null;
    tx.put(payout.clone());
    tx.emit("payout.canceled", &payout);
    Ok(public(&payout))
}

/// What the bank says the next day, and sometimes again the day after.
pub(crate) fn conclude(tx: &mut Tx, mut payout: Value) {
    let bank = payout["destination"].as_str().and_then(|id| tx.get("bank_account", id));
    match bank.as_ref().and_then(external::failure) {
        // Such payouts seem to have arrived at first.
        Some("account_closed") if payout["status"] == "pending" => {
            payout[HIDDEN]["due_at"] = json!(tx.now() + DAY);
            arrive(tx, payout);
        }
        Some(code) => fail(tx, payout, bank.unwrap_or_default(), code),
        None => arrive(tx, payout),
    }
}

/// Money came in; Stripe pays it out by itself if the account's schedule says so.
pub(crate) fn plan_automatic(tx: &mut Tx, account: &str) {
    let Some(mut account) = tx.get("account", account) else { return };
    let daily = account["settings"]["payouts"]["schedule"]["interval"] == "daily";
    if daily && account[HIDDEN]["due_at"].is_null() {
        account[HIDDEN]["due_at"] = json!(tx.now() + DAY);
        tx.put(account);
    }
}

/// Everything that is available, in each currency the account has a bank account for.
pub(crate) fn pay_automatically(tx: &mut Tx, account: &Value) {
    let id = text(account, "id");
    if account["payouts_enabled"] != true {
        return;
    }
    for bank in external::of(tx, id).into_iter().filter(|bank| bank["default_for_currency"] == true) {
        let currency = text(&bank, "currency").to_owned();
        let amount = balance::available(tx, Some(id), &currency);
        if amount > 0 {
            let mut payout = shape(tx, Some(id), Some(&bank), amount, &currency);
            payout["automatic"] = json!(true);
            payout["reconciliation_status"] = json!("completed");
            payout["description"] = json!("STRIPE PAYOUT");
            let id_of_payout = payout["id"].clone();
            send(tx, payout);
            balance_transactions::assign(tx, id, &currency, &id_of_payout);
        }
    }
}

fn bank(tx: &Tx, account: &str, currency: &str, wanted: Option<&str>) -> Outcome {
    let known = tx.get("account", account).unwrap_or_default();
    if known["payouts_enabled"] != true {
        let message = "Cannot create payouts: this account is not enabled for payouts. Its requirements say what is \
                       missing.";
        return Err(ApiError::state("payouts_not_allowed", message));
    }
    let fits = |bank: &Value| match wanted {
        Some(id) => text(bank, "id") == id,
        None => bank["default_for_currency"] == true,
    };
    let mut banks = external::of(tx, account).into_iter();
    banks.find(|bank| bank["currency"] == currency && fits(bank)).ok_or_else(|| {
        let message = format!("Sorry, you don't have any external accounts in that currency ({currency}).");
        ApiError::invalid("currency", message)
    })
}

fn send(tx: &mut Tx, mut payout: Value) -> Value {
    let amount = payout["amount"].as_i64().unwrap_or_default();
    let line = balance_transactions::at_once(tx, "payout", &payout, -amount, Fee::None);
    payout["balance_transaction"] = json!(line);
    tx.put(payout.clone());
    tx.emit("payout.created", &payout);
    payout
}

fn arrive(tx: &mut Tx, mut payout: Value) {
    payout["status"] = json!("paid");
    tx.put(payout.clone());
    tx.emit("payout.paid", &payout);
}

/// The money comes back, and nothing more is sent to that bank account.
fn fail(tx: &mut Tx, mut payout: Value, bank: Value, code: &str) {
    let amount = payout["amount"].as_i64().unwrap_or_default();
    let line = balance_transactions::at_once(tx, "payout_failure", &payout, amount, Fee::None);
    payout["status"] = json!("failed");
    payout["failure_code"] = json!(code);
    payout["failure_message"] = json!(failure_message(code));
    payout["failure_balance_transaction"] = json!(line);
    tx.put(payout.clone());
    tx.emit("payout.failed", &payout);
    let mut errored = bank.clone();
    errored["status"] = json!("errored");
    tx.put(errored.clone());
    tx.emit_updated("account.external_account.updated", &bank, &errored);
    if let Some(account) = owner(&payout).and_then(|id| tx.get("account", id)) {
        review::settle(tx, &account, account.clone());
    }
}

fn failure_message(code: &str) -> &'static str {
    match code {
        "no_account" => {
            "The bank account details on file are probably incorrect. No bank account could be found."
        }
        "account_closed" => "The bank account has been closed.",
        "insufficient_funds" => "Your Stripe account has insufficient funds to cover the payout.",
        "debit_not_authorized" => "Debit transactions are not approved on your bank account.",
        _ => "The bank was unable to process this payout because of its currency.",
    }
}

fn shape(tx: &Tx, account: Option<&str>, bank: Option<&Value>, amount: i64, currency: &str) -> Value {
    json!({
        "id": ids::new("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": null,
        "application_fee_amount": null,
        "arrival_date": tx.now() + DAY,
        "automatic": false,
        "balance_transaction": null,
        "created": tx.now(),
        "currency": currency,
        "description": null,
        "destination": bank.map(|bank| bank["id"].clone()),
        "failure_balance_transaction": null,
        "failure_code": null,
        "failure_message": null,
        "livemode": false,
        "metadata": {},
        "method": "standard",
        "original_payout": null,
        "payout_method": null,
        "reconciliation_status": "not_applicable",
        "reversed_by": null,
        "source_type": "card",
        "statement_descriptor": null,
        "status": "pending",
        "trace_id": { "status": "pending", "value": null },
        "type": "bank_account",
        HIDDEN: { "account": account, "due_at": tx.now() + DAY },
    })
}
