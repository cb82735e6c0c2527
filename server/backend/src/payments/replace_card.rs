//! The gateway's page on which a backer saves another card for a pledge, because they wish it or a payment failed.

use std::collections::HashMap;

use domain::{CampaignId, Money, PledgeId};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes,
    CreateCheckoutSessionSetupIntentData,
};
use stripe_shared::{CheckoutSession, CheckoutSessionMode};

use super::attempts::Attempt;
use super::hosted_page::gateway_currency;
use super::translate::REPLACEMENT;
use super::{AttemptKind, Payments};
use crate::{Error, Result};

/// A card that is to take another's place.
pub struct Replacement {
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub customer: String,
    pub amount: Money,
    /// Which page this is for the pledge, from 1.
    pub number: i32,
    pub page: CardPage,
    /// Where the page leads when a card is saved, and when it is left; below the site's root.
    pub back: String,
    pub left: String,
}

/// When a card is replaced: the two count their pages apart.
#[derive(Clone, Copy)]
pub enum CardPage {
    /// While the campaign runs.
    WhileLive,
    /// A payment failed after the deadline.
    ToFix,
}

impl Payments {
    /// Opens the page; answers with its id and address. It leads back to where the backer came from.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn open_card_page(&self, replacement: &Replacement) -> Result<(String, String)> {
        let Replacement { pledge, campaign, customer, amount, number, page, back, left } = replacement;
        let key = match page {
            CardPage::WhileLive => "live_card_page",
            CardPage::ToFix => "card_page",
        };
        let site = &self.config.public_url;
        let (purpose, replace) = REPLACEMENT;
        let metadata = HashMap::from([
            ("pledge_id".to_owned(), pledge.to_string()),
            ("campaign_id".to_owned(), campaign.to_string()),
            (purpose.to_owned(), replace.to_owned()),
        ]);
        let mut intent = CreateCheckoutSessionSetupIntentData::new();
        intent.metadata = Some(metadata.clone());
        let request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Setup)
            .currency(gateway_currency(*amount))
            .customer(customer.as_str())
            .client_reference_id(pledge.to_string())
            .metadata(metadata)
            .setup_intent_data(intent)
            .allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card])
            .success_url(format!("{site}{back}"))
            .cancel_url(format!("{site}{left}"));
        let attempt = Attempt {
            kind: AttemptKind::CreateSession,
            key: format!("{key}_{pledge}_{number}"),
            person: None,
            pledge: Some(*pledge),
        };
        let session =
            self.attempt(attempt, request, |session: &CheckoutSession| session.id.to_string()).await?;
        let url = session.url.ok_or_else(|| Error::broken("card page without an address"))?;
        Ok((session.id.to_string(), url))
    }
}
