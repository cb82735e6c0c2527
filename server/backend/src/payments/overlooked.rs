//! What the gateway has and may not have told us: its payments, saved cards, disputes and failed payouts of a span of
//! time, and single objects whose event we could not read.

use stripe::StripeRequest;
use stripe_core::dispute::ListDispute;
use stripe_core::payment_intent::ListPaymentIntent;
use stripe_core::payout::ListPayout;
use stripe_core::setup_intent::{ListSetupIntent, RetrieveSetupIntent};

use super::accounts::account_id;
use super::balance::{Page, Span};
use super::translate::{Translated, from_payment_intent, from_setup_intent};
use super::{GatewayError, LONGEST_LIST, Payments};
use crate::{Error, Result};

impl Payments {
    /// Payments and holds that were begun in a span of time and carry our ids, newest first, a page at a time.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn payments_begun(&self, span: Span, after: Option<&str>) -> Result<Page<Translated>> {
        let mut request = ListPaymentIntent::new().created(span.created()).limit(LONGEST_LIST);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = self.read(request).await?;
        let next = page.data.last().map(|intent| intent.id.to_string()).filter(|_| page.has_more);
        Ok(Page { items: page.data.iter().filter_map(from_payment_intent).collect(), next })
    }

    /// Cards that somebody began to save, likewise.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn cards_begun(&self, span: Span, after: Option<&str>) -> Result<Page<Translated>> {
        let mut request = ListSetupIntent::new().created(span.created()).limit(LONGEST_LIST);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = self.read(request).await?;
        let next = page.data.last().map(|intent| intent.id.to_string()).filter(|_| page.has_more);
        Ok(Page { items: page.data.iter().filter_map(from_setup_intent).collect(), next })
    }

    /// The ids of disputes that were opened in a span of time, newest first, a page at a time.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn disputes_begun(&self, span: Span, after: Option<&str>) -> Result<Page<String>> {
        let mut request = ListDispute::new().created(span.created()).limit(LONGEST_LIST);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = self.read(request).await?;
        let items: Vec<String> = page.data.iter().map(|dispute| dispute.id.to_string()).collect();
        let next = items.last().cloned().filter(|_| page.has_more);
        Ok(Page { items, next })
    }

    /// The ids of an account's latest payouts to its bank that failed, of those begun in a span of time. An account that is
    /// closed to us has none.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn payouts_failed(&self, account: &str, span: Span) -> Result<Vec<String>> {
        let request = ListPayout::new().created(span.created()).status("failed").limit(LONGEST_LIST);
        let found = request.customize().account_id(account_id(account)?).send(&self.line).await;
        match found {
            Ok(page) => Ok(page.data.iter().map(|payout| payout.id.to_string()).collect()),
            Err(GatewayError::Refused { status: 403 | 404, .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// What a payment, or a card that was being saved, means now; `None` when there is no such object, or none of ours.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn read_intent(&self, intent: &str) -> Result<Option<Translated>> {
        let found = if intent.starts_with("seti_") {
            let card = self.read(RetrieveSetupIntent::new(intent.to_owned())).await;
            card.map(|intent| from_setup_intent(&intent))
        } else {
            self.read_payment(intent).await
        };
        match found {
            Err(Error::Gateway(GatewayError::Refused { status: 404, .. })) => Ok(None),
            found => found,
        }
    }
}
