//! The pledge form, also to change a pledge. As plain HTML it posts and comes back; in the browser it also says how it read the amount, keeps
//! the button's words true, and cannot be sent twice.

use domain::{Currency, FeeRule, Money, Price};
use leptos::ev::{self, SubmitEvent};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlFormElement;

use super::card_entry::{self, Entry};
use super::pay_with::{PayWith, card_in};
use super::stripe::Mounted;
use super::submit::submit;
use crate::api::card_step::{IN_PAGE, Next};
use crate::api::error::ApiError;
use crate::api::pledges::{Choice, FormWords, PledgeForm};
use crate::components::field::FieldError;
use crate::components::guest_fields::WhoPledges;
use crate::components::icon::Icon;
use crate::components::price::PriceLines;
use crate::components::privacy::PrivacyBoxes;
use crate::components::ship_to::{Known, ShipTo, sending, with_shipping};

const TYPED_HERE: &str = "Your card number goes straight to the payment provider: the card fields are theirs, and it never \
     passes through this site. Your bank may ask you about it.";

#[island(lazy)]
pub fn PledgeFormIsland(form: PledgeForm, refused: Option<ApiError>) -> impl IntoView {
    let error = RwSignal::new(refused);
    let sent = RwSignal::new(false);
    let amount = RwSignal::new(form.amount.clone());
    let field = NodeRef::<Input>::new();
    // Without script the words could not follow what is typed, so they name no amount.
    let awake = RwSignal::new(false);
    let chosen = RwSignal::new(form.reward.clone());
    let card = RwSignal::new(form.card.clone());
    let entry = Entry::new();
    let in_page = Memo::new(move |_| card.read().is_empty() && entry.is_ready());
    // What was typed before this code arrived is in the field, not in our signal.
    Effect::new(move || {
        if let Some(field) = field.get() {
            amount.set(field.value());
            chosen.set(chosen_in(&field).unwrap_or_default());
            if let Some(form) = field.form() {
                card.set(card_in(&form));
            }
            awake.set(true);
        }
    });
    // Back from the card page, to this very page out of the browser's memory: the button was left pressed.
    Effect::new(move || {
        let back = window_event_listener(ev::pageshow, move |event| {
            if event.persisted() {
                sent.set(false);
            }
        });
        on_cleanup(move || back.remove());
    });
    let currency = form.currency.clone();
    let country = RwSignal::new(form.country.clone());
    let sending = sending(&form.choices, &currency, chosen, country);
    let asked = form.asked;
    let understood =
        Memo::new(move |_| (awake.get() || asked).then(|| understand(&amount.read(), &currency)));
    // With shipping: all that is charged.
    let total = Memo::new(move |_| Some(with_shipping(understood.get()?, sending.get())));
    let read = Memo::new(move |_| awake.get().then(|| total.get()).flatten());
    let start = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|form| form.dyn_into().ok()) else { return };
        event.prevent_default();
        sent.set(true);
        spawn_local(async move {
            let typed = if in_page.get_untracked() { entry.mounted() } else { None };
            match send(&form, typed).await {
                // While the browser leaves for the next page the button stays pressed.
                Ok(next) => {
                    error.set(None);
                    let _ = window().location().set_href(&next);
                }
                Err(refusal) => {
                    error.set(Some(refusal));
                    sent.set(false);
                }
            }
        });
    };
    view! {
        <form action=form.action.clone() method="post" class="split" novalidate="" on:submit=start>
            <div class="form">
                <Summary error title=form.words.failed.clone()/>
                {form.hidden.iter().cloned().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                <Choices choices=form.choices.clone() chosen amount field error/>
                <ShipTo countries=form.countries.clone() country sending awake error/>
                <AmountField amount field currency=form.currency.clone() read=understood error/>
                <PayWith cards=form.cards.clone() card fields=form.fields.clone() entry awake error/>
                {form.guest.clone().map(|guest| view! { <WhoPledges guest error/> })}
                {form.privacy.map(|(name_hidden, amount_hidden)| view! { <PrivacyBoxes name_hidden amount_hidden/> })}
            </div>
            <div class="split__aside">
                <section class="summary" aria-labelledby="promise">
                    <h2 class="visually-hidden" id="promise">"What will happen to your card"</h2>
                    <p class="summary__promise">{
                        let promise = form.promise.clone();
                        move || promise.replace("{amount}", &said(&read.read(), "the amount you pledge"))
                    }</p>
                    <Total form=form.clone() given=understood total sending chosen country/>
                </section>
                <button
                    class="button button--primary button--large button--wide"
                    type="submit"
                    disabled=sent
                    aria-busy=move || sent.get().then_some("true")
                >
                    {
                        let FormWords { button, busy, .. } = form.words.clone();
                        move || match (sent.get(), in_page.get()) {
                            (false, _) => format!("{button} {}", said(&read.read(), "")),
                            (true, true) => "Making your pledge…".to_owned(),
                            (true, false) => busy.clone(),
                        }
                    }
                </button>
                // A button after the one that pledges: pressing Enter in a field pledges.
                {move || (!awake.get()).then(|| view! {
                    <button class="button button--wide" type="submit" formmethod="get" formaction=form.here.clone()>
                        "Show the total"
                    </button>
                })}
                <p class="muted small">
                    <Icon name="lock" inline=true/>
                    " "
                    {
                        let next = form.words.next.clone();
                        move || if in_page.get() { TYPED_HERE.to_owned() } else { next.clone() }
                    }
                </p>
            </div>
        </form>
    }
}

/// Sends the form, with a card that is typed here or without; answers with where to go.
async fn send(form: &HtmlFormElement, card: Option<Mounted>) -> Result<String, ApiError> {
    let Some(card) = card else {
        return match submit(form, &[]).await? {
            Next::Page(page) => Ok(page),
            Next::Card(_) => Err(ApiError::Internal),
        };
    };
    card_entry::check(&card).await?;
    match submit(form, &[("card", IN_PAGE)]).await? {
        Next::Page(page) => Ok(page),
        Next::Card(step) => card_entry::confirm(&card, step).await,
    }
}

/// What the chosen amount is made of. Drawn by the server only for values of which the total was asked, and in the
/// browser for what is chosen just now.
#[component]
fn Total(
    form: PledgeForm,
    /// Without shipping.
    given: Memo<Known>,
    total: Memo<Known>,
    sending: Memo<Known>,
    chosen: RwSignal<String>,
    country: RwSignal<String>,
) -> impl IntoView {
    let PledgeForm { currency, choices, countries, fee_bps, fee, .. } = form;
    move || {
        given.get()?.ok()?;
        let total = match total.get()? {
            Ok(total) => total,
            Err(first) => return Some(view! { <p>{first}</p> }.into_any()),
        };
        let ship_to =
            countries.iter().find(|(code, _)| *country.read() == *code).map(|(_, name)| name.clone());
        let choice = choices.iter().find(|choice| *chosen.read() == choice.id)?;
        let minimum = understand(&choice.minimum_typed, &currency).ok();
        let rule = FeeRule::new(fee_bps).ok()?;
        Some(match Price::of(total, minimum, sending.get().and_then(Result::ok), rule) {
            Some(price) => {
                view! { <PriceLines price reward=Some(choice.title.clone()) ship_to fee=fee.clone()/> }
                    .into_any()
            }
            None => view! { <p>{format!("This reward needs at least {}.", choice.minimum)}</p> }.into_any(),
        })
    }
}

/// The reward whose button is pressed.
fn chosen_in(field: &web_sys::HtmlInputElement) -> Option<String> {
    field.form()?.query_selector("[name=reward]:checked").ok()??.get_attribute("value")
}

/// What is wrong with the form as a whole, and a way to the field that is.
#[component]
fn Summary(#[prop(into)] error: Signal<Option<ApiError>>, title: String) -> impl IntoView {
    view! {
        {move || error.get().map(|error| {
            let field = match &error {
                ApiError::Refused(refusal) => refusal.field.clone(),
                _ => None,
            };
            let needs_login = error == ApiError::LoginNeeded;
            view! {
                <div class="error-summary" role="alert" tabindex="-1" autofocus=true aria-labelledby="summary-title">
                    <h2 id="summary-title">{title.clone()}</h2>
                    <p>{match field {
                        Some(field) => view! { <a href=format!("#{field}")>{error.to_string()}</a> }.into_any(),
                        None => error.to_string().into_any(),
                    }}</p>
                    {needs_login.then(|| view! { <p><a href="/login">"Log in"</a></p> })}
                </div>
            }
        })}
    }
}

#[component]
fn Choices(
    choices: Vec<Choice>,
    /// The id of the one that is chosen.
    chosen: RwSignal<String>,
    amount: RwSignal<String>,
    field: NodeRef<Input>,
    #[prop(into)] error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let minimums: Vec<String> = choices.iter().map(|choice| choice.minimum_typed.clone()).collect();
    let choose = move |minimum: &str| {
        // An amount nobody typed follows the reward; a typed one stays.
        if amount.with_untracked(|amount| amount.trim().is_empty() || minimums.contains(amount)) {
            if let Some(field) = field.get_untracked() {
                field.set_value(minimum);
            }
            amount.set(minimum.to_owned());
        }
    };
    view! {
        <fieldset class="form__group" id="reward">
            <legend>"Choose a reward"</legend>
            {move || error.get().and_then(|error| error.message_for(Some("reward"))).map(|message| view! {
                <FieldError field="reward" message=Some(message)/>
            })}
            <div class="choices">
                {choices.into_iter().map(|choice| {
                    let (minimum, choose) = (choice.minimum_typed, choose.clone());
                    let checked = chosen.with_untracked(|chosen| *chosen == choice.id);
                    let id = choice.id.clone();
                    view! {
                        <label class="choice">
                            <input
                                type="radio"
                                name="reward"
                                value=choice.id
                                checked=checked
                                disabled=choice.sold_out
                                on:change=move |_| {
                                    chosen.set(id.clone());
                                    choose(&minimum);
                                }
                            />
                            <span class="choice__title">{choice.title}</span>
                            <span class="choice__minimum">{choice.minimum}</span>
                            <span class="choice__text">{choice.description}</span>
                            {(!choice.facts.is_empty()).then(|| view! {
                                <span class="choice__facts">
                                    {choice.facts.into_iter().map(|fact| view! { <span>{fact}</span> }).collect_view()}
                                </span>
                            })}
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
}

#[component]
fn AmountField(
    amount: RwSignal<String>,
    field: NodeRef<Input>,
    currency: String,
    read: Memo<Option<Result<Money, String>>>,
    error: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let refused = move || error.get().and_then(|error| error.message_for(Some("amount")));
    view! {
        <div class="field">
            <label class="field__label" for="amount">"Amount"</label>
            <p class="field__help" id="amount-help">"As much as you like, from the reward's minimum up."</p>
            <div class="money-field">
                <span class="money-field__prefix" aria-hidden="true">{currency}</span>
                <input
                    class="input"
                    id="amount"
                    name="amount"
                    inputmode="decimal"
                    autocomplete="off"
                    node_ref=field
                    value=amount.get_untracked()
                    on:input=move |event| {
                        amount.set(event_target_value(&event));
                        // What was refused is mended as soon as another amount can be read.
                        if refused().is_some() && matches!(&*read.read(), Some(Ok(_))) {
                            error.set(None);
                        }
                    }
                    aria-invalid=move || refused().map(|_| "true")
                    aria-describedby="amount-help amount-said amount-error"
                />
            </div>
            <output class="field__understood" id="amount-said" for="amount">
                {move || match &*read.read() {
                    Some(Ok(money)) => format!("We read this as {money}"),
                    Some(Err(refusal)) if !amount.read().trim().is_empty() => refusal.clone(),
                    _ => String::new(),
                }}
            </output>
            {move || refused().map(|message| view! { <FieldError field="amount" message=Some(message)/> })}
        </div>
    }
}

/// The same reading as the server's: what is shown here is what would be stored there.
fn understand(typed: &str, currency: &str) -> Result<Money, String> {
    let currency = Currency::parse(currency).map_err(|error| error.to_string())?;
    Money::parse_typed(typed, currency).map_err(|error| error.to_string())
}

fn said(read: &Option<Result<Money, String>>, otherwise: &str) -> String {
    match read {
        Some(Ok(money)) => money.to_string(),
        _ => otherwise.to_owned(),
    }
}
