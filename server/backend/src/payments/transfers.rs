//! Moving a pledge's share to its creator's account, and back.

use std::collections::HashMap;

use domain::{CampaignId, Money, PayoutId, PledgeId};
use stripe_connect::transfer::{CreateTransfer, ListTransfer};
use stripe_connect::transfer_reversal::{CreateIdTransferReversal, ListIdTransferReversal};
use stripe_shared::{Transfer, TransferReversal};

use super::attempts::Attempt;
use super::hosted_page::gateway_currency;
use super::{AttemptKind, GatewayError, LONGEST_LIST, Payments, to_gateway};
use crate::{Error, Result};

/// A pledge's share that is to leave.
pub struct Share {
    pub payout: PayoutId,
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    /// The creator's account at the gateway.
    pub account: String,
    /// The payment that brought the money.
    pub payment: String,
    pub amount: Money,
}

/// What came of asking for money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// It is here again, under this id of the gateway's.
    All { reversal: String },
    /// The creator's account does not hold so much any more.
    TooLittleLeft,
}

impl Payments {
    /// Sends a share. It is taken from the charge itself, so that no other payout can have used the money up; the
    /// answer is the transfer's id.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn transfer(&self, share: &Share) -> Result<String> {
        let payment = self.payment_at_gateway(&share.payment).await?;
        let charge = payment.latest_charge.ok_or_else(|| Error::broken("a payment without a charge"))?;
        let amount = to_gateway(share.amount).map_err(|_| Error::broken("a share that cannot be sent"))?;
        let request = CreateTransfer::new(gateway_currency(share.amount), share.account.as_str())
            .amount(amount)
            .source_transaction(charge.id().to_string())
            .transfer_group(share.campaign.to_string())
            .metadata(HashMap::from([
                ("payout_id".to_owned(), share.payout.to_string()),
                ("pledge_id".to_owned(), share.pledge.to_string()),
                ("campaign_id".to_owned(), share.campaign.to_string()),
            ]));
        let attempt = Attempt {
            kind: AttemptKind::Transfer,
            key: transfer_key(share.payout, share.pledge),
            person: None,
            pledge: Some(share.pledge),
        };
        let id = |transfer: &Transfer| transfer.id.to_string();
        let transfer = self.attempt_or_find(attempt, request, id, self.transfer_of(share)).await?;
        Ok(transfer.id.to_string())
    }

    /// Takes `amount` of a transfer back. `why` tells one taking from another: the same one is made once.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn reverse(
        &self,
        pledge: PledgeId,
        transfer: &str,
        amount: Money,
        why: &str,
    ) -> Result<TakenBack> {
        let amount = to_gateway(amount).map_err(|_| Error::broken("a share that cannot be taken back"))?;
        let key = format!("reverse_{transfer}_{why}");
        let request = CreateIdTransferReversal::new(transfer)
            .amount(amount)
            .metadata(HashMap::from([("why".to_owned(), why.to_owned())]));
        let attempt = Attempt { kind: AttemptKind::ReverseTransfer, key, person: None, pledge: Some(pledge) };
        let id = |reversal: &TransferReversal| reversal.id.to_string();
        match self.attempt_or_find(attempt, request, id, self.reversal_of(transfer, why)).await {
            Ok(reversal) => Ok(TakenBack::All { reversal: reversal.id.to_string() }),
            Err(Error::Gateway(GatewayError::Refused { code, .. })) if code == TOO_LITTLE => {
                Ok(TakenBack::TooLittleLeft)
            }
            Err(error) => Err(error),
        }
    }

    async fn transfer_of(&self, share: &Share) -> Result<Option<Transfer>> {
        let (payout, pledge) = (share.payout.to_string(), share.pledge.to_string());
        let mut list = ListTransfer::new().transfer_group(share.campaign.to_string()).limit(LONGEST_LIST);
        loop {
            let page = self.read(list.clone()).await?;
            let after = page.data.last().map(|transfer| transfer.id.to_string()).filter(|_| page.has_more);
            let ours = page.data.into_iter().find(|transfer| {
                transfer.metadata.get("payout_id") == Some(&payout)
                    && transfer.metadata.get("pledge_id") == Some(&pledge)
            });
            match after {
                Some(after) if ours.is_none() => list = list.starting_after(after),
                _ => return Ok(ours),
            }
        }
    }

    async fn reversal_of(&self, transfer: &str, why: &str) -> Result<Option<TransferReversal>> {
        let list = self.read(ListIdTransferReversal::new(transfer).limit(LONGEST_LIST)).await?;
        let is_this = |reversal: &TransferReversal| {
            reversal
                .metadata
                .as_ref()
                .and_then(|metadata| metadata.get("why"))
                .is_some_and(|found| found == why)
        };
        Ok(list.data.into_iter().find(is_this))
    }
}

/// The gateway's code for an account that holds less than is asked back.
const TOO_LITTLE: &str = "balance_insufficient";

/// Names the one transfer of a pledge's share of a payout.
#[must_use]
pub fn transfer_key(payout: PayoutId, pledge: PledgeId) -> String {
    format!("transfer_{payout}_{pledge}")
}
