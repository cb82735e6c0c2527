//! A pledge with an intent of its own in the place of the hosted page: confirmed by us with a card that is saved already,
//! or by the browser with a card that is typed on the pledge page, while its owner is there. The same metadata as the
//! page's, so that what comes of it finds its pledge in the same way.

use std::collections::HashMap;

use domain::{CampaignId, Collection, Money, PersonId, PledgeId};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CreatePaymentIntent, ListPaymentIntent, RetrievePaymentIntent,
};
use stripe_core::setup_intent::{
    CancelSetupIntent, CreateSetupIntent, CreateSetupIntentUsage, ListSetupIntent, RetrieveSetupIntent,
};
use stripe_shared::{
    PaymentIntent, PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod, PaymentIntentStatus,
    SetupIntent, SetupIntentAllowedPaymentMethodTypes, SetupIntentStatus,
};

use super::attempts::Attempt;
use super::hosted_page::gateway_currency;
use super::translate::{from_payment_intent, from_setup_intent};
use super::{AttemptKind, GatewayError, LONGEST_LIST, PageState, Payments, in_plain_words, to_gateway};
use crate::{Error, Result};

/// What is to be done with a card.
pub struct IntentRequest {
    pub pledge: PledgeId,
    pub campaign: CampaignId,
    pub backer: PersonId,
    pub customer: String,
    /// A saved one, confirmed at once; otherwise the browser confirms with what is typed there.
    pub card: Option<String>,
    pub amount: Money,
    pub collection: Collection,
}

/// What came of it.
pub enum OwnIntent {
    /// There is an intent.
    There(FoundIntent),
    /// The card was declined, in plain words.
    Declined(&'static str),
}

/// How a pledge's own intent stands.
pub struct FoundIntent {
    pub id: String,
    pub state: PageState,
    /// Lets whoever has it confirm the intent: for its backer's browser only, neither stored nor logged.
    pub client_secret: Option<String>,
}

/// Either kind of intent, as far as they are alike.
enum Intent {
    Setup(Box<SetupIntent>),
    Payment(Box<PaymentIntent>),
}

impl Payments {
    /// Makes the pledge's intent, and confirms it with the card if it is a saved one. Asked again, it is the same intent.
    ///
    /// # Errors
    /// When there is no answer; the same may be asked again.
    pub async fn make_own_intent(&self, payment: &IntentRequest) -> Result<OwnIntent> {
        // On the heap: the gateway's requests are kilobytes of optional fields each.
        let made = match payment.collection {
            Collection::SaveCard => Box::pin(self.make_setup(payment)).await,
            Collection::Hold | Collection::ChargeNow => Box::pin(self.make_payment(payment)).await,
        };
        match made {
            Ok(intent) => Ok(OwnIntent::There(intent.found())),
            Err(Error::Gateway(GatewayError::Refused { status: 402, code, decline_code })) => {
                Ok(OwnIntent::Declined(in_plain_words(decline_code.as_deref().unwrap_or(&code))))
            }
            Err(error) => Err(error),
        }
    }

    /// The intent that an undecided call may have made for a pledge. Nothing is asked for anew: its backer is not there
    /// any more.
    ///
    /// # Errors
    /// Whatever the gateway says or does not say.
    pub async fn find_own_intent(
        &self,
        pledge: PledgeId,
        customer: &str,
        collection: Collection,
    ) -> Result<Option<String>> {
        Ok(match collection {
            Collection::SaveCard => {
                self.find_setup(pledge, customer).await?.map(|intent| intent.id.to_string())
            }
            Collection::Hold | Collection::ChargeNow => {
                self.find_payment(pledge, customer).await?.map(|intent| intent.id.to_string())
            }
        })
    }

    /// How a pledge's own intent stands.
    ///
    /// # Errors
    /// Whatever the gateway says or does not say.
    pub async fn read_own_intent(&self, intent: &str, collection: Collection) -> Result<FoundIntent> {
        Ok(match collection {
            Collection::SaveCard => {
                Intent::Setup(Box::new(self.read(RetrieveSetupIntent::new(intent.to_owned())).await?))
            }
            Collection::Hold | Collection::ChargeNow => {
                Intent::Payment(Box::new(self.read(RetrievePaymentIntent::new(intent.to_owned())).await?))
            }
        }
        .found())
    }

    /// Ends a pledge's own intent so that nobody can go on with it, unless something came of it already.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn close_own_intent(
        &self,
        pledge: PledgeId,
        intent: &str,
        collection: Collection,
    ) -> Result<PageState> {
        let found = self.read_own_intent(intent, collection).await?.state;
        if !matches!(found, PageState::Open { .. }) {
            return Ok(found);
        }
        let attempt = Attempt {
            kind: AttemptKind::CancelIntent,
            key: format!("cancel_{intent}"),
            person: None,
            pledge: Some(pledge),
        };
        let closed = match collection {
            Collection::SaveCard => {
                let request = CancelSetupIntent::new(intent.to_owned());
                self.attempt(attempt, request, |intent: &SetupIntent| intent.id.to_string()).await.map(drop)
            }
            // A hold that was placed since we looked is released with it: then the pledge is over, and nothing is held.
            Collection::Hold | Collection::ChargeNow => {
                let request = CancelPaymentIntent::new(intent.to_owned());
                self.attempt(attempt, request, |intent: &PaymentIntent| intent.id.to_string()).await.map(drop)
            }
        };
        match closed {
            Ok(()) => Ok(PageState::Expired),
            Err(Error::Gateway(GatewayError::Refused { .. })) => {
                Ok(self.read_own_intent(intent, collection).await?.state)
            }
            Err(error) => Err(error),
        }
    }

    async fn make_setup(&self, payment: &IntentRequest) -> Result<Intent> {
        let id = |intent: &SetupIntent| intent.id.to_string();
        let request = self.setup_request(payment);
        let found = self
            .attempt_or_find(
                attempt(payment),
                request,
                id,
                self.find_setup(payment.pledge, &payment.customer),
            )
            .await?;
        Ok(Intent::Setup(Box::new(found)))
    }

    async fn make_payment(&self, payment: &IntentRequest) -> Result<Intent> {
        let id = |intent: &PaymentIntent| intent.id.to_string();
        let request = self.payment_request(payment)?;
        let found = self
            .attempt_or_find(
                attempt(payment),
                request,
                id,
                self.find_payment(payment.pledge, &payment.customer),
            )
            .await?;
        Ok(Intent::Payment(Box::new(found)))
    }

    fn setup_request(&self, payment: &IntentRequest) -> CreateSetupIntent {
        let request = CreateSetupIntent::new()
            .customer(payment.customer.as_str())
            .allowed_payment_method_types(vec![SetupIntentAllowedPaymentMethodTypes::Card])
            .usage(CreateSetupIntentUsage::OffSession)
            .metadata(metadata(payment));
        match &payment.card {
            Some(card) => {
                request.payment_method(card.as_str()).confirm(true).return_url(self.way_back(payment))
            }
            None => request,
        }
    }

    fn payment_request(&self, payment: &IntentRequest) -> Result<CreatePaymentIntent> {
        let amount =
            to_gateway(payment.amount).map_err(|_| Error::broken("a pledge the gateway cannot charge"))?;
        let capture = match payment.collection {
            Collection::Hold => PaymentIntentCaptureMethod::Manual,
            Collection::SaveCard | Collection::ChargeNow => PaymentIntentCaptureMethod::Automatic,
        };
        let request = CreatePaymentIntent::new(amount, gateway_currency(payment.amount))
            .customer(payment.customer.as_str())
            .allowed_payment_method_types(vec![PaymentIntentAllowedPaymentMethodTypes::Card])
            .capture_method(capture)
            .metadata(metadata(payment));
        Ok(match &payment.card {
            Some(card) => {
                request.payment_method(card.as_str()).confirm(true).return_url(self.way_back(payment))
            }
            None => request,
        })
    }

    fn way_back(&self, payment: &IntentRequest) -> String {
        format!("{}/pledges/{}/return", self.config.public_url, payment.pledge)
    }

    /// Lists come newest first, so an undecided call of today is among a customer's last hundred.
    async fn find_setup(&self, pledge: PledgeId, customer: &str) -> Result<Option<SetupIntent>> {
        let list = ListSetupIntent::new().customer(customer).limit(LONGEST_LIST);
        let pledge = pledge.to_string();
        let is_its = |intent: &SetupIntent| {
            intent.metadata.as_ref().and_then(|metadata| metadata.get("pledge_id")) == Some(&pledge)
        };
        Ok(self.read(list).await?.data.into_iter().find(is_its))
    }

    async fn find_payment(&self, pledge: PledgeId, customer: &str) -> Result<Option<PaymentIntent>> {
        let list = ListPaymentIntent::new().customer(customer).limit(LONGEST_LIST);
        let pledge = pledge.to_string();
        let is_its = |intent: &PaymentIntent| intent.metadata.get("pledge_id") == Some(&pledge);
        Ok(self.read(list).await?.data.into_iter().find(is_its))
    }
}

fn attempt(payment: &IntentRequest) -> Attempt {
    Attempt {
        kind: AttemptKind::CreateIntent,
        key: format!("intent_{}", payment.pledge),
        person: Some(payment.backer),
        pledge: Some(payment.pledge),
    }
}

fn metadata(payment: &IntentRequest) -> HashMap<String, String> {
    HashMap::from([
        ("pledge_id".to_owned(), payment.pledge.to_string()),
        ("campaign_id".to_owned(), payment.campaign.to_string()),
    ])
}

impl Intent {
    fn found(&self) -> FoundIntent {
        let client_secret = match self {
            Self::Setup(intent) => intent.client_secret.clone(),
            Self::Payment(intent) => intent.client_secret.clone(),
        };
        FoundIntent { id: self.id(), state: self.state(), client_secret }
    }

    fn id(&self) -> String {
        match self {
            Self::Setup(intent) => intent.id.to_string(),
            Self::Payment(intent) => intent.id.to_string(),
        }
    }

    /// Like a hosted page: open while a card is awaited or the bank asks, complete once something came of it.
    fn state(&self) -> PageState {
        match self {
            Self::Setup(intent) => match intent.status {
                SetupIntentStatus::Succeeded => PageState::Complete(from_setup_intent(intent)),
                SetupIntentStatus::Canceled => PageState::Expired,
                _ => PageState::Open {
                    url: intent
                        .next_action
                        .as_ref()
                        .and_then(|next| next.redirect_to_url.as_ref()?.url.clone()),
                },
            },
            Self::Payment(intent) => match intent.status {
                PaymentIntentStatus::Succeeded | PaymentIntentStatus::RequiresCapture => {
                    PageState::Complete(from_payment_intent(intent))
                }
                PaymentIntentStatus::Canceled => PageState::Expired,
                _ => PageState::Open {
                    url: intent
                        .next_action
                        .as_ref()
                        .and_then(|next| next.redirect_to_url.as_ref()?.url.clone()),
                },
            },
        }
    }
}
