//! Everything that moves a balance, one line each: what came or went, what Stripe or the platform kept of it, and
//! when it can be used. Lines are never changed, except that pending ones become available.

use serde_json::{Value, json};

use super::{Call, balance, list, payouts};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::money;
use crate::state::{HIDDEN, owner, public, text};
use crate::tx::Tx;

/// How long Stripe keeps the money of a charge back.
const SETTLES_AFTER: i64 = 2 * 24 * 60 * 60;

/// A line to write. Its currency, source and description are those of `source`.
pub(crate) struct Line<'a> {
    /// Whose balance: the platform's if absent.
    pub(crate) account: Option<&'a str>,
    pub(crate) kind: &'static str,
    pub(crate) source: &'a Value,
    pub(crate) amount: i64,
    pub(crate) fee: Fee,
    /// Unix time from which it counts as available.
    pub(crate) available_on: i64,
}

/// What is kept of a line, in minor units.
#[derive(Clone, Copy)]
pub(crate) enum Fee {
    None,
    /// Stripe's.
    Processing(i64),
    /// The platform's, taken from a connected account; negative when it is given back.
    Application(i64),
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("balance_transaction", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    if let Some(payout) = call.params.text("payout") {
        let payout = tx.find("payout", payout, "payout")?;
        if payout["automatic"] != true {
            let message =
                "Balance transaction history can only be filtered on automatic transfers, not manual.";
            return Err(ApiError::invalid("payout", message));
        }
    }
    list::page(tx, call, "balance_transaction", "/v1/balance_transactions", |line| {
        ["source", "type", "currency"].iter().all(|field| list::same(&call.params, field, line, field))
            && list::same(&call.params, "payout", &line[HIDDEN], "payout")
    })
}

/// The line of a captured charge, less Stripe's fee.
pub(crate) fn for_charge(tx: &mut Tx, charge: &Value, amount: i64, available_now: bool) -> String {
    let fee = Fee::Processing(money::fee(amount, text(charge, "currency")));
    let available_on = tx.now() + if available_now { 0 } else { SETTLES_AFTER };
    write(tx, Line { account: None, kind: "charge", source: charge, amount, fee, available_on })
}

/// The line of a refund: the fee of the charge is not given back.
pub(crate) fn for_refund(tx: &mut Tx, refund: &Value, amount: i64) -> String {
    at_once(tx, if amount < 0 { "refund" } else { "refund_failure" }, refund, amount, Fee::None)
}

pub(crate) fn for_dispute(tx: &mut Tx, dispute: &Value, amount: i64, fee: i64) -> String {
    at_once(tx, "adjustment", dispute, amount, Fee::Processing(fee))
}

/// A line on the balance of the source's owner that counts from now on.
pub(crate) fn at_once(tx: &mut Tx, kind: &'static str, source: &Value, amount: i64, fee: Fee) -> String {
    let available_on = tx.now();
    write(tx, Line { account: owner(source), kind, source, amount, fee, available_on })
}

pub(crate) fn write(tx: &mut Tx, line: Line) -> String {
    let id = ids::new("txn");
    let currency = text(line.source, "currency");
    let fee = line.fee.amount();
    let net = line.amount - fee;
    let pending = line.available_on > tx.now();
    let status = if pending { "pending" } else { "available" };
    balance::add(tx, line.account, status, currency, net);
    if let Some(account) = line.account.filter(|_| net > 0 && !pending) {
        payouts::plan_automatic(tx, account);
    }
    let mut hidden = json!({ "account": line.account });
    if pending {
        hidden["due_at"] = json!(line.available_on);
    }
    tx.put(json!({
        "id": id,
        "object": "balance_transaction",
        "amount": line.amount,
        "available_on": line.available_on,
        "balance_type": "payments",
        "created": tx.now(),
        "currency": currency,
        "description": line.source["description"],
        "exchange_rate": null,
        "fee": fee,
        "fee_details": line.fee.details(currency),
        "net": net,
        "reporting_category": category(&line),
        "source": line.source["id"],
        "status": status,
        "type": line.kind,
        HIDDEN: hidden,
    }));
    id
}

/// The day has come.
pub(crate) fn become_available(tx: &mut Tx, mut line: Value) {
    let net = line["net"].as_i64().unwrap_or_default();
    let (account, currency) = (owner(&line).map(str::to_owned), text(&line, "currency").to_owned());
    balance::add(tx, account.as_deref(), "pending", &currency, -net);
    balance::add(tx, account.as_deref(), "available", &currency, net);
    line["status"] = json!("available");
    tx.put(line);
    if let Some(account) = account.filter(|_| net > 0) {
        payouts::plan_automatic(tx, &account);
    }
}

/// Notes which lines an automatic payout brings to the bank, itself among them.
pub(crate) fn assign(tx: &mut Tx, account: &str, currency: &str, payout: &Value) {
    let unpaid = |line: &&Value| {
        owner(line) == Some(account)
            && line["currency"] == currency
            && line["status"] == "available"
            && line[HIDDEN]["payout"].is_null()
    };
    let lines: Vec<Value> = tx.state().all("balance_transaction").filter(unpaid).cloned().collect();
    for mut line in lines {
        line[HIDDEN]["payout"] = payout.clone();
        tx.put(line);
    }
}

impl Fee {
    fn amount(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Processing(amount) | Self::Application(amount) => amount,
        }
    }

    fn details(self, currency: &str) -> Value {
        let (kind, description) = match self {
            Self::Application(_) => ("application_fee", "Platform application fee"),
            _ => ("stripe_fee", "Stripe processing fees"),
        };
        match self.amount() {
            0 => json!([]),
            amount => json!([{
                "amount": amount,
                "application": null,
                "currency": currency,
                "description": description,
                "type": kind,
            }]),
        }
    }
}

/// Stripe's own, coarser grouping.
fn category(line: &Line) -> &'static str {
    match line.kind {
        "adjustment" if line.amount < 0 => "dispute",
        "adjustment" => "dispute_reversal",
        "application_fee" => "platform_earning",
        "application_fee_refund" => "platform_earning_refund",
        "payment" => "charge",
        "payment_refund" => "refund",
        "payout_cancel" | "payout_failure" => "payout_reversal",
        "transfer_refund" => "transfer_reversal",
        other => other,
    }
}
