//! Transfers to connected accounts: from the available balance, or from one charge before its money is available.

mod reversals;

pub(crate) use reversals::{create as reverse, list as list_reversals, of_refund};
pub(crate) use reversals::{retrieve as retrieve_reversal, update as update_reversal};

use serde_json::{Value, json};

use super::balance_transactions::{self, Fee, Line};
use super::fields::{merged_metadata, set_metadata, set_texts};
use super::{Call, accounts, balance, charges, list};
use crate::error::{ApiError, Outcome};
use crate::params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;
use crate::{ids, money};

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    let params = &call.params;
    params.only(&[
        "amount",
        "currency",
        "description",
        "destination",
        "metadata",
        "source_transaction",
        "source_type",
        "transfer_group",
    ])?;
    let currency = money::currency(params.required("currency")?)?;
    let amount = params.integer("amount")?.ok_or_else(|| params::missing("amount"))?;
    money::positive(amount, "amount")?;
    let destination = destination(tx, params.required("destination")?, "destination")?;
    let source = params.text("source_transaction").map(|id| source(tx, id, amount, &currency)).transpose()?;
    if source.is_none() && balance::available(tx, None, &currency) < amount {
        let message = "You have insufficient available funds in your Stripe account. Try adding funds directly to \
                       your available balance by creating Charges using the 4000000000000077 test card. See: \
                       https://stripe.com/docs/testing#available-balance";
        return Err(ApiError::state("balance_insufficient", message));
    }
    let transfer = make(
        tx,
        Order {
            amount,
            currency: &currency,
            destination: text(&destination, "id"),
            source,
            group: params.text("transfer_group"),
            description: params.text("description"),
            metadata: merged_metadata(&json!({}), params, "metadata")?,
            application_fee: 0,
        },
    );
    Ok(public(&transfer))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("transfer", &call.id, "id")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["description", "metadata"])?;
    let before = tx.find("transfer", &call.id, "id")?;
    let mut transfer = before.clone();
    set_texts(&mut transfer, &call.params, &["description"]);
    set_metadata(&mut transfer, &call.params)?;
    tx.put(transfer.clone());
    tx.emit_updated("transfer.updated", &before, &transfer);
    Ok(public(&transfer))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "transfer", "/v1/transfers", |transfer| {
        ["destination", "transfer_group"].iter().all(|field| list::same(&call.params, field, transfer, field))
    })
}

/// A connected account that may receive money.
pub(crate) fn destination(tx: &Tx, id: &str, param: &str) -> Outcome {
    let account = tx.get("account", id).filter(|account| !accounts::is_lost(account));
    let account = account.ok_or_else(|| ApiError::missing("destination", id, param))?;
    if account["capabilities"]["transfers"] == "active" {
        return Ok(account);
    }
    let message = "Your destination account needs to have at least one of the following capabilities enabled: \
                   transfers, crypto_transfers, legacy_payments";
    Err(ApiError::state("insufficient_capabilities_for_transfer", message))
}

/// A charge whose money may be sent on, never more than it brought.
fn source(tx: &Tx, id: &str, amount: i64, currency: &str) -> Outcome {
    let charge = tx.find("charge", id, "source_transaction")?;
    if charge["captured"] != true {
        let message =
            format!("The source_transaction {id} has not succeeded; only captured charges can be used.");
        return Err(ApiError::invalid("source_transaction", message));
    }
    if charge["currency"] != currency {
        let message = format!(
            "The currency of source_transaction's balance transaction ({}) must be the same as the transfer currency \
             ({currency})",
            text(&charge, "currency")
        );
        return Err(ApiError::invalid("currency", message));
    }
    let sent = charge[HIDDEN]["transferred"].as_i64().unwrap_or_default();
    let brought = charge["amount_captured"].as_i64().unwrap_or_default();
    if sent + amount > brought {
        let message = format!(
            "Insufficient funds in Stripe account. Transfers using this transaction as a source must not exceed the \
             source amount of {}. (Transfers using this source amount to {} already.)",
            money::shown(brought, currency),
            money::shown(sent, currency)
        );
        return Err(ApiError::state("balance_insufficient", message));
    }
    Ok(charge)
}

/// A transfer to be made, by a request or as part of a destination charge.
pub(crate) struct Order<'a> {
    /// Minor units, like the fee.
    pub(crate) amount: i64,
    pub(crate) currency: &'a str,
    pub(crate) destination: &'a str,
    /// The charge that pays for it.
    pub(crate) source: Option<Value>,
    pub(crate) group: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) metadata: Value,
    /// What the platform keeps of it.
    pub(crate) application_fee: i64,
}

/// Moves the money: out of the platform's balance, and as a payment into the account's.
pub(crate) fn make(tx: &mut Tx, order: Order) -> Value {
    let id = ids::new("tr");
    let group = match &order.source {
        Some(charge) => Some(group_with(tx, charge, &order)),
        None => order.group.map(str::to_owned),
    };
    let mut transfer = json!({
        "id": id,
        "object": "transfer",
        "amount": order.amount,
        "amount_reversed": 0,
        "balance_transaction": null,
        "created": tx.now(),
        "currency": order.currency,
        "description": order.description,
        "destination": order.destination,
        "destination_payment": null,
        "livemode": false,
        "metadata": order.metadata,
        "reversals": {
            "object": "list", "data": [], "has_more": false, "url": format!("/v1/transfers/{id}/reversals"),
        },
        "reversed": false,
        "source_transaction": order.source.as_ref().map(|charge| charge["id"].clone()),
        "source_type": "card",
        "transfer_group": group,
        HIDDEN: { "application_fee": order.application_fee },
    });
    let available_on = available_on(tx, order.source.as_ref());
    let out = Line {
        account: None,
        kind: "transfer",
        source: &transfer,
        amount: -order.amount,
        fee: Fee::None,
        available_on,
    };
    let line = balance_transactions::write(tx, out);
    transfer["balance_transaction"] = json!(line);
    transfer["destination_payment"] = charges::receive(tx, &transfer, available_on)["id"].clone();
    tx.put(transfer.clone());
    tx.emit("transfer.created", &transfer);
    transfer
}

/// What charges and transfers of one business act have in common; the charge counts what was sent of it.
fn group_with(tx: &mut Tx, charge: &Value, order: &Order) -> String {
    let Some(mut charge) = tx.get("charge", text(charge, "id")) else { return String::new() };
    let own = || format!("group_{}", charge["payment_intent"].as_str().unwrap_or(text(&charge, "id")));
    let group = order.group.or(charge["transfer_group"].as_str()).map_or_else(own, str::to_owned);
    if charge["transfer_group"].is_null() {
        charge["transfer_group"] = json!(group);
    }
    let sent = charge[HIDDEN]["transferred"].as_i64().unwrap_or_default();
    charge[HIDDEN]["transferred"] = json!(sent + order.amount);
    tx.put(charge);
    group
}

/// Money that is still on its way is sent on when it is there.
fn available_on(tx: &Tx, source: Option<&Value>) -> i64 {
    let line = source.and_then(|charge| tx.get("balance_transaction", text(charge, "balance_transaction")));
    let available_on = line.and_then(|line| line["available_on"].as_i64());
    available_on.unwrap_or_default().max(tx.now())
}
