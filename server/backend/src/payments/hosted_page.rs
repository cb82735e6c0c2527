//! The gateway's own card page: it saves a card, places a hold or takes a payment, and sends the backer back.

use std::collections::HashMap;

use domain::{CampaignId, ChangeId, Collection, Money, PersonId, PledgeId};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataCaptureMethod as CaptureMethod,
    CreateCheckoutSessionSetupIntentData, ExpireCheckoutSession, ListCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_core::customer::{CreateCustomer, ListCustomer};
use stripe_shared::{CheckoutSession, CheckoutSessionMode, CheckoutSessionStatus, Customer};

use super::attempts::Attempt;
use super::translate::{NEW_HOLD, Translated, from_session};
use super::{AttemptKind, GatewayError, LONGEST_LIST, Payments, to_gateway};
use crate::{Error, Result};

/// Which of a pledge's pages it is.
#[derive(Clone, Copy)]
pub enum Occasion {
    /// The one that makes the pledge.
    Pledge,
    /// One for a new hold in the place of the one there is.
    NewHold(ChangeId),
}

/// What the page is for.
pub struct PageRequest {
    pub occasion: Occasion,
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub backer: PersonId,
    pub backer_email: String,
    pub backer_name: String,
    pub customer: Option<String>,
    pub campaign_title: String,
    pub campaign_slug: String,
    pub amount: Money,
    pub collection: Collection,
}

/// A page that was opened for the backer.
pub struct HostedPage {
    pub session_id: String,
    /// Where it is, unless it is closed already: finished, or out of time.
    pub url: Option<String>,
    pub customer: String,
}

/// What became of a page.
pub enum PageState {
    /// The backer may still use it.
    Open { url: Option<String> },
    /// Nobody can use it any more, and nothing came of it.
    Expired,
    /// The backer finished; this is what it means for the pledge.
    Complete(Option<Translated>),
}

impl Payments {
    /// Opens the page, or finds the one that an earlier try opened: the key is the pledge's own, and so is the
    /// reference at the page.
    pub async fn open_page(&self, request: PageRequest) -> Result<HostedPage> {
        let customer = match &request.customer {
            Some(customer) => customer.clone(),
            None => self.make_customer(request.backer, &request.backer_email, &request.backer_name).await?,
        };
        let attempt = Attempt {
            kind: AttemptKind::CreateSession,
            key: request.key(),
            person: Some(request.backer),
            pledge: Some(request.pledge),
        };
        let session = self
            .attempt_or_find(
                attempt,
                self.session_request(&request, &customer)?,
                |session: &CheckoutSession| session.id.to_string(),
                self.find_page(request.reference(), &customer),
            )
            .await?;
        Ok(HostedPage { session_id: session.id.to_string(), url: session.url, customer })
    }

    /// The page with this reference of ours, if there is one. Lists come newest first, so an undecided call of
    /// today is among a customer's last hundred.
    async fn find_page(&self, reference: String, customer: &str) -> Result<Option<CheckoutSession>> {
        let sessions = self.read(ListCheckoutSession::new().customer(customer).limit(LONGEST_LIST)).await?;
        let found =
            sessions.data.into_iter().find(|page| page.client_reference_id.as_ref() == Some(&reference));
        Ok(found)
    }

    /// Closes the page so that nobody can pay on it any more.
    ///
    /// # Errors
    /// As any attempt; a page that is complete already is not an error but a [`PageState::Complete`].
    pub async fn close_page(&self, pledge: PledgeId, session_id: &str) -> Result<PageState> {
        let attempt = Attempt {
            kind: AttemptKind::ExpireSession,
            key: format!("expire_{session_id}"),
            person: None,
            pledge: Some(pledge),
        };
        let closed = self
            .attempt(
                attempt,
                ExpireCheckoutSession::new(session_id.to_owned()),
                |session: &CheckoutSession| session.id.to_string(),
            )
            .await;
        match closed {
            Ok(_) => Ok(PageState::Expired),
            // It was not open: somebody was faster. What they did is what counts.
            Err(Error::Gateway(GatewayError::Refused { .. })) => self.read_page(session_id).await,
            Err(error) => Err(error),
        }
    }

    /// Asks the gateway what became of the page. This, never the address a browser came back with, is proof.
    pub async fn read_page(&self, session_id: &str) -> Result<PageState> {
        let session = self
            .read(
                RetrieveCheckoutSession::new(session_id.to_owned())
                    .expand(vec!["payment_intent".into(), "setup_intent".into()]),
            )
            .await?;
        Ok(match session.status {
            Some(CheckoutSessionStatus::Complete) => PageState::Complete(from_session(&session)),
            Some(CheckoutSessionStatus::Expired) => PageState::Expired,
            _ => PageState::Open { url: session.url },
        })
    }

    /// Whose cards they are, at the gateway. Asked again, it is the same one.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn make_customer(&self, person: PersonId, email: &str, name: &str) -> Result<String> {
        let attempt = Attempt {
            kind: AttemptKind::CreateCustomer,
            key: format!("customer_{person}"),
            person: Some(person),
            pledge: None,
        };
        let create = CreateCustomer::new()
            .email(email)
            .name(name)
            .metadata(HashMap::from([("person_id".to_owned(), person.to_string())]));
        let id = |customer: &Customer| customer.id.to_string();
        let find = self.find_customer(person, email);
        Ok(id(&self.attempt_or_find(attempt, create, id, find).await?))
    }

    async fn find_customer(&self, person: PersonId, email: &str) -> Result<Option<Customer>> {
        let customers = self.read(ListCustomer::new().email(email).limit(LONGEST_LIST)).await?;
        let person = person.to_string();
        let is_theirs = |customer: &Customer| {
            customer.metadata.as_ref().and_then(|metadata| metadata.get("person_id")) == Some(&person)
        };
        Ok(customers.data.into_iter().find(is_theirs))
    }

    fn session_request(&self, request: &PageRequest, customer: &str) -> Result<CreateCheckoutSession> {
        let site = &self.config.public_url;
        let metadata = metadata(request);
        let session = CreateCheckoutSession::new()
            .customer(customer)
            .client_reference_id(request.reference())
            .metadata(metadata.clone())
            .allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card])
            .success_url(format!("{site}{}", request.way_on()))
            .cancel_url(format!("{site}{}", request.way_back()));
        let capture = match request.collection {
            Collection::SaveCard => {
                let mut intent = CreateCheckoutSessionSetupIntentData::new();
                intent.metadata = Some(metadata);
                let currency = gateway_currency(request.amount);
                return Ok(session
                    .mode(CheckoutSessionMode::Setup)
                    .currency(currency)
                    .setup_intent_data(intent));
            }
            Collection::Hold => CaptureMethod::Manual,
            Collection::ChargeNow => CaptureMethod::Automatic,
        };
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        intent.metadata = Some(metadata);
        intent.capture_method = Some(capture);
        Ok(session
            .mode(CheckoutSessionMode::Payment)
            .payment_intent_data(intent)
            .line_items(vec![line_item(request)?]))
    }
}

impl PageRequest {
    /// The key under which it is asked for.
    fn key(&self) -> String {
        match self.occasion {
            Occasion::Pledge => format!("session_{}", self.pledge),
            Occasion::NewHold(change) => format!("change_{change}"),
        }
    }

    /// By which it is found again at the gateway.
    fn reference(&self) -> String {
        match self.occasion {
            Occasion::Pledge => self.pledge.to_string(),
            Occasion::NewHold(change) => change.to_string(),
        }
    }

    /// Where the backer goes from the finished page.
    fn way_on(&self) -> String {
        match self.occasion {
            Occasion::Pledge => format!("/pledges/{}/return", self.pledge),
            Occasion::NewHold(_) => format!("/pledges/{}/changed", self.pledge),
        }
    }

    /// Where who leaves it goes.
    fn way_back(&self) -> String {
        match self.occasion {
            Occasion::Pledge => format!("/campaigns/{}/pledge?left={}", self.campaign_slug, self.pledge),
            Occasion::NewHold(_) => format!("/pledges/{}/change?left=yes", self.pledge),
        }
    }
}

/// Our ids travel with every object, so that an event can be placed whatever happened to our own call.
fn metadata(request: &PageRequest) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        ("pledge_id".to_owned(), request.pledge.to_string()),
        ("campaign_id".to_owned(), request.campaign.to_string()),
    ]);
    if let Occasion::NewHold(_) = request.occasion {
        let (purpose, new_hold) = NEW_HOLD;
        metadata.insert(purpose.to_owned(), new_hold.to_owned());
    }
    metadata
}

fn line_item(request: &PageRequest) -> Result<CreateCheckoutSessionLineItems> {
    let amount =
        to_gateway(request.amount).map_err(|_| Error::broken("a pledge the gateway cannot charge"))?;
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(gateway_currency(request.amount));
    price.product_data = Some(ProductData::new(format!("Pledge to {}", request.campaign_title)));
    price.unit_amount = Some(amount);
    let mut item = CreateCheckoutSessionLineItems::new();
    item.price_data = Some(price);
    item.quantity = Some(1);
    Ok(item)
}

/// The currency as the gateway's types name it.
pub(super) fn gateway_currency(amount: Money) -> stripe_types::Currency {
    match amount.currency().code().to_lowercase().parse() {
        Ok(currency) => currency,
        Err(never) => match never {},
    }
}
