//! Stripe.js as far as the pledge page uses it. The sandbox's stand-in answers to the same calls, so nothing here knows
//! which of the two it is.

use domain::in_plain_words;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use crate::api::card_step::{CardFields, CardStep, CardTerms};

/// The gateway's card fields, shown on our page.
#[derive(Clone)]
pub struct Mounted {
    stripe: JsValue,
    elements: JsValue,
    /// What is to happen to the card, as the page says beside the fields. The amount may follow what is typed.
    terms: CardTerms,
}

/// Why a card did not do.
pub enum Problem {
    /// In words for who holds it.
    Card(String),
    /// Nothing about the card: whether something came of it must be asked of the gateway.
    Unclear,
}

impl Mounted {
    /// Loads the gateway's script and shows its fields in `place`; done when they can be typed into.
    ///
    /// # Errors
    /// Whatever the browser or the script says: then there are no fields.
    pub async fn mount(fields: &CardFields, place: &Element, appearance: &Value) -> Result<Self, JsValue> {
        load(&fields.script).await?;
        let stripe = call(window().as_ref(), "Stripe", &[fields.publishable_key.as_str().into()])?;
        let mut options = options(&fields.terms);
        options["paymentMethodTypes"] = json!(["card"]);
        options["appearance"] = appearance.clone();
        let elements = call(&stripe, "elements", &[object(&options)?])?;
        // Cards only, as everywhere: a wallet would be another way to pay.
        let wallets = json!({ "wallets": { "applePay": "never", "googlePay": "never", "link": "never" } });
        let element = call(&elements, "create", &["payment".into(), object(&wallets)?])?;
        let ready = Promise::new(&mut |ready, failed| {
            for (event, tell) in [("ready", &ready), ("loaderror", &failed)] {
                // A listener that cannot be set leaves the fields unready, and the hosted page in their place.
                let _ = call(&element, "on", &[event.into(), tell.into()]);
            }
        });
        call(&element, "mount", &[place.into()])?;
        JsFuture::from(ready).await?;
        Ok(Self { stripe, elements, terms: fields.terms.clone() })
    }

    /// Whether the card is still to be saved, held or charged as the page says.
    #[must_use]
    pub fn promised(&self, terms: &CardTerms) -> bool {
        (self.terms.saves, self.terms.holds) == (terms.saves, terms.holds)
    }

    /// Whether what is typed could be a card. What is missing is said in the fields, too.
    ///
    /// # Errors
    /// [`Problem`]: nothing was sent.
    pub async fn check(&self) -> Result<(), Problem> {
        answered(call(&self.elements, "submit", &[])).await
    }

    /// Confirms the pledge with the card that is typed. Where its bank asks, the page may be left for good.
    ///
    /// # Errors
    /// [`Problem`]: with [`Problem::Card`] another card can be tried.
    pub async fn confirm(&self, step: &CardStep) -> Result<(), Problem> {
        // The fields were drawn for another amount.
        let terms = object(&options(&step.terms)).map_err(|_| Problem::Unclear)?;
        call(&self.elements, "update", &[terms]).map_err(|_| Problem::Unclear)?;
        self.check().await?;
        let given = object(&json!({
            "clientSecret": step.client_secret,
            "confirmParams": { "return_url": step.back },
            "redirect": "if_required",
        }));
        let given = given.map_err(|_| Problem::Unclear)?;
        let confirm = if step.terms.saves { "confirmSetup" } else { "confirmPayment" };
        let set = Reflect::set(&given, &"elements".into(), &self.elements);
        answered(set.and_then(|_| call(&self.stripe, confirm, &[given]))).await
    }
}

/// Puts the script on the page, once, and waits for it. The policy of the page trusts what our own script brings in.
async fn load(address: &str) -> Result<(), JsValue> {
    if Reflect::has(window().as_ref(), &"Stripe".into())? {
        return Ok(());
    }
    let script = document().create_element("script")?;
    script.set_attribute("src", address)?;
    let loaded = Promise::new(&mut |loaded, failed| {
        for (event, tell) in [("load", &loaded), ("error", &failed)] {
            let _ = script.add_event_listener_with_callback(event, tell);
        }
    });
    document().document_element().ok_or(JsValue::NULL)?.append_child(&script)?;
    JsFuture::from(loaded).await.map(drop)
}

fn options(terms: &CardTerms) -> Value {
    let CardTerms { saves, holds, currency, amount } = terms;
    if *saves {
        return json!({ "mode": "setup", "currency": currency });
    }
    let capture = if *holds { "manual" } else { "automatic" };
    json!({ "mode": "payment", "currency": currency, "amount": amount, "captureMethod": capture })
}

/// Waits for one of the script's promises, and reads the `error` it may resolve with.
async fn answered(promise: Result<JsValue, JsValue>) -> Result<(), Problem> {
    let promise = promise.map_err(|_| Problem::Unclear)?;
    let answer = JsFuture::from(Promise::resolve(&promise)).await.map_err(|_| Problem::Unclear)?;
    match Reflect::get(&answer, &"error".into()) {
        Ok(error) if error.is_object() => Err(problem(&error)),
        _ => Ok(()),
    }
}

fn problem(error: &JsValue) -> Problem {
    let said = |name: &str| Reflect::get(error, &name.into()).ok().and_then(|value| value.as_string());
    let code = said("decline_code").or_else(|| said("code")).unwrap_or_default();
    match said("type").as_deref() {
        Some("validation_error") => Problem::Card(said("message").unwrap_or_default()),
        Some("card_error") => Problem::Card(in_plain_words(&code).to_owned()),
        // A question of the bank that was answered badly is an error of its own kind.
        _ if code.ends_with("authentication_failure") => Problem::Card(in_plain_words(&code).to_owned()),
        _ => Problem::Unclear,
    }
}

/// Calls a method by its name.
pub(super) fn call(of: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    function.apply(of, &arguments.iter().collect::<Array>())
}

fn object(value: &Value) -> Result<JsValue, JsValue> {
    Ok(JSON::parse(&value.to_string())?.unchecked_into::<Object>().into())
}
