//! What a pledge costs, line by line: in the form before paying, and on the pledge's own page.

use domain::Price;
use leptos::prelude::*;

#[component]
pub fn PriceLines(
    price: Price,
    /// The reward's title.
    reward: Option<String>,
    /// The country that the reward goes to.
    ship_to: Option<String>,
    /// The platform's share in percent, as people read it.
    fee: String,
) -> impl IntoView {
    let bonus = price.bonus;
    let more = if price.shipping.is_some() { "more " } else { "" };
    view! {
        <dl class="summary__lines">
            {price.reward.map(|minimum| view! {
                <div><dt>{reward}</dt><dd>{minimum.to_string()}</dd></div>
                {(!bonus.is_zero()).then(|| view! { <div><dt>"Bonus, on top of it"</dt><dd>{bonus.to_string()}</dd></div> })}
            })}
            {price.shipping.map(|cost| view! {
                <div><dt>"Shipping" {ship_to.map(|country| format!(" to {country}"))}</dt><dd>{cost.to_string()}</dd></div>
            })}
            <div class="summary__total"><dt>"Your pledge"</dt><dd>{price.total.to_string()}</dd></div>
        </dl>
        {(!price.fee.is_zero()).then(|| view! {
            <p class="muted small">
                {format!("{} of it ({fee}) goes to the platform. The payment provider’s own fee is in it too. ", price.fee)}
                {format!("Nothing {more}is added to what you pledge.")}
            </p>
        })}
    }
}
