//! Taking the money after the deadline, while the backer is away: one payment a pledge, whatever happens.

use std::collections::HashMap;

use domain::{CampaignId, Money, PersonId, PledgeEvent, PledgeId};
use stripe_core::payment_intent::{
    CapturePaymentIntent, ConfirmPaymentIntent, ConfirmPaymentIntentOffSession, CreatePaymentIntent,
    CreatePaymentIntentOffSession, ListPaymentIntent, RetrievePaymentIntent,
};
use stripe_payment::payment_method::RetrievePaymentMethod;
use stripe_shared::{PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentStatus};

use super::attempts::Attempt;
use super::hosted_page::gateway_currency;
use super::translate::entry_of_payment;
use super::{AttemptKind, GatewayError, LONGEST_LIST, Payments, to_gateway};
use crate::inbox::{Entry, Evidence};
use crate::{Error, Result};

/// A saved card that is to be charged.
pub struct Charge {
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub backer: PersonId,
    pub customer: String,
    pub payment_method: String,
    pub campaign_title: String,
    pub amount: Money,
    /// The payment that an earlier try made. A pledge has one for ever: what succeeds on it cannot succeed twice.
    pub intent: Option<String>,
    /// Which automatic try this is, from 1.
    pub number: i32,
}

/// What came of a try that the backer is there for.
pub enum AtTheBank {
    /// The bank wants to see its customer, at this address.
    Asks { url: String },
    /// There is an outcome.
    Said(Entry),
}

impl Payments {
    /// Charges a saved card off session and says what that means for the pledge. A decline is an answer, not an error.
    ///
    /// # Errors
    /// When there is no answer; the same charge may be sent again.
    pub async fn charge(&self, charge: &Charge) -> Result<Entry> {
        let intent = match &charge.intent {
            Some(intent) => Some(intent.clone()),
            // A first try that was answered by a decline made its payment all the same.
            None if charge.number > 1 => self.payment_of(charge).await?.map(|intent| intent.id.to_string()),
            None => None,
        };
        let outcome = match &intent {
            Some(intent) => self.charge_again(charge, intent).await,
            None => self.first_charge(charge).await,
        };
        match outcome {
            Ok(intent) => Ok(entry_of_payment(&intent)),
            Err(Error::Gateway(refusal @ GatewayError::Refused { .. })) => {
                let intent = match intent {
                    Some(intent) => Some(self.payment_at_gateway(&intent).await?),
                    None => self.payment_of(charge).await?,
                };
                match intent {
                    Some(intent) => Ok(entry_of_payment(&intent)),
                    None if self.has_lost_its_card(charge).await? => Ok(card_is_gone()),
                    // The request itself was refused: nobody's card is to blame.
                    None => Err(Error::Gateway(refusal)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Tries a payment again while its backer is there, so that the bank can ask them.
    ///
    /// # Errors
    /// When there is no answer; the same try may be sent again.
    pub async fn confirm_with_backer(
        &self,
        pledge: PledgeId,
        intent: &str,
        payment_method: &str,
        number: i32,
        return_url: &str,
    ) -> Result<AtTheBank> {
        let request = ConfirmPaymentIntent::new(intent.to_owned())
            .payment_method(payment_method)
            .off_session(ConfirmPaymentIntentOffSession::Bool(false))
            .return_url(return_url);
        let attempt = attempt(AttemptKind::Confirm, format!("fix_{pledge}_{number}"), pledge, None);
        let confirmed = self.attempt(attempt, request, |intent: &PaymentIntent| intent.id.to_string()).await;
        let intent = match confirmed {
            Ok(intent) => intent,
            // A decline, or a payment that somebody finished meanwhile: what it says now is what counts.
            Err(Error::Gateway(GatewayError::Refused { .. })) => self.payment_at_gateway(intent).await?,
            Err(error) => return Err(error),
        };
        let asks = intent.next_action.as_ref().and_then(|next| next.redirect_to_url.as_ref());
        Ok(match asks.and_then(|redirect| redirect.url.clone()) {
            Some(url) if intent.status == PaymentIntentStatus::RequiresAction => AtTheBank::Asks { url },
            _ => AtTheBank::Said(entry_of_payment(&intent)),
        })
    }

    /// Takes the amount from what is held, which may be more; the rest is released. A hold that has run out meanwhile is
    /// a failed payment.
    ///
    /// # Errors
    /// When there is no answer; the same capture may be sent again.
    pub async fn capture(&self, pledge: PledgeId, intent: &str, amount: Money) -> Result<Entry> {
        let amount = to_gateway(amount).map_err(|_| Error::broken("a pledge that cannot be charged"))?;
        let request = CapturePaymentIntent::new(intent.to_owned()).amount_to_capture(amount);
        let attempt = attempt(AttemptKind::Capture, format!("capture_{intent}"), pledge, None);
        let captured = self.attempt(attempt, request, |intent: &PaymentIntent| intent.id.to_string()).await;
        match captured {
            Ok(intent) => Ok(entry_of_payment(&intent)),
            Err(Error::Gateway(refusal @ GatewayError::Refused { .. })) => {
                let now = entry_of_payment(&self.payment_at_gateway(intent).await?);
                // Still held: then it is not the card that stands in the way, and the capture is owed.
                if now.event == PledgeEvent::HoldPlaced { Err(refusal.into()) } else { Ok(now) }
            }
            Err(error) => Err(error),
        }
    }

    async fn first_charge(&self, charge: &Charge) -> Result<PaymentIntent> {
        let amount =
            to_gateway(charge.amount).map_err(|_| Error::broken("a pledge that cannot be charged"))?;
        let request = CreatePaymentIntent::new(amount, gateway_currency(charge.amount))
            .customer(charge.customer.as_str())
            .payment_method(charge.payment_method.as_str())
            .allowed_payment_method_types(vec![PaymentIntentAllowedPaymentMethodTypes::Card])
            .off_session(CreatePaymentIntentOffSession::Bool(true))
            .confirm(true)
            .description(charge.campaign_title.as_str())
            .transfer_group(charge.campaign.to_string())
            .metadata(HashMap::from([
                ("pledge_id".to_owned(), charge.pledge.to_string()),
                ("campaign_id".to_owned(), charge.campaign.to_string()),
            ]));
        let key = format!("charge_{}", charge.pledge);
        let attempt = attempt(AttemptKind::Charge, key, charge.pledge, Some(charge.backer));
        let id = |intent: &PaymentIntent| intent.id.to_string();
        self.attempt_or_find(attempt, request, id, self.payment_of(charge)).await
    }

    async fn charge_again(&self, charge: &Charge, intent: &str) -> Result<PaymentIntent> {
        let request = ConfirmPaymentIntent::new(intent.to_owned())
            .payment_method(charge.payment_method.as_str())
            .off_session(ConfirmPaymentIntentOffSession::Bool(true));
        let key = format!("confirm_{}_{}", charge.pledge, charge.number);
        let attempt = attempt(AttemptKind::Confirm, key, charge.pledge, Some(charge.backer));
        self.attempt(attempt, request, |intent: &PaymentIntent| intent.id.to_string()).await
    }

    pub(super) async fn payment_at_gateway(&self, intent: &str) -> Result<PaymentIntent> {
        self.read(RetrievePaymentIntent::new(intent.to_owned())).await
    }

    /// Whether the saved card was removed, by whomever: then no payment was made at all. Asked of the card itself, since
    /// the refusal has no code of its own.
    async fn has_lost_its_card(&self, charge: &Charge) -> Result<bool> {
        match self.read(RetrievePaymentMethod::new(charge.payment_method.as_str())).await {
            Ok(card) => Ok(card.customer.is_none_or(|owner| owner.id().as_str() != charge.customer)),
            Err(Error::Gateway(GatewayError::Refused { status: 404, .. })) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The pledge's payment, found by the id of ours that it carries.
    async fn payment_of(&self, charge: &Charge) -> Result<Option<PaymentIntent>> {
        let pledge = charge.pledge.to_string();
        let list = ListPaymentIntent::new().customer(charge.customer.as_str()).limit(LONGEST_LIST);
        let mut after: Option<String> = None;
        loop {
            let page = match &after {
                Some(after) => list.clone().starting_after(after.as_str()),
                None => list.clone(),
            };
            let page = self.read(page).await?;
            after = page.data.last().map(|intent| intent.id.to_string()).filter(|_| page.has_more);
            let ours = page
                .data
                .into_iter()
                .find(|intent| can_still_pay(intent) && intent.metadata.get("pledge_id") == Some(&pledge));
            if ours.is_some() || after.is_none() {
                return Ok(ours);
            }
        }
    }
}

/// One that was cancelled takes no money any more: a hold that ran out, say. One of which a part was captured has taken
/// what it will ever take, and that was given back.
fn can_still_pay(intent: &PaymentIntent) -> bool {
    match intent.status {
        PaymentIntentStatus::Canceled => false,
        PaymentIntentStatus::Succeeded => intent.amount_received == intent.amount,
        _ => true,
    }
}

fn card_is_gone() -> Entry {
    let evidence = Evidence { decline_code: Some("card_gone".into()), ..Evidence::default() };
    Entry { event: PledgeEvent::PaymentFailed, evidence }
}

fn attempt(kind: AttemptKind, key: String, pledge: PledgeId, person: Option<PersonId>) -> Attempt {
    Attempt { kind, key, person, pledge: Some(pledge) }
}
