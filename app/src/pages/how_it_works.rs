//! When a card is charged, in plain words.

use domain::Model;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn HowItWorks() -> impl IntoView {
    view! {
        <Title text="How it works"/>
        <div class="wrap wrap--narrow">
            <header class="page-head">
                <h1>"When you are charged"</h1>
                <p class="page-head__lead">
                    "Every campaign says before you pledge which of three rules it follows. The rule cannot change afterwards."
                </p>
            </header>
            <div class="prose">
                {Model::ALL.iter().map(|model| view! {
                    <h2>{model.label()}</h2>
                    <p>{model.explain()}</p>
                }).collect_view()}
                <h2>"What happens to your card"</h2>
                <p>
                    "While the deadline is far away, your card is only saved: nothing is held, nothing is charged. \
                     In the last four days the amount is held on the card instead, and either charged after the deadline \
                     or released. Keep-it-all campaigns charge at once."
                </p>
                <h2>"Changing your mind"</h2>
                <p>"You can cancel a pledge until 48 hours before the deadline, under “My pledges”. Your reward then goes to somebody else."</p>
                <h2>"What it costs, and who bears it"</h2>
                <p>
                    "A backer pays what the form shows as the total, and nothing on top. Where a reward is sent, shipping to the \
                     chosen country is in it, as a line of its own; it counts towards the goal like the rest, and goes back \
                     with it. Of what is collected, the platform keeps the share that was set \
                     at the launch, and the payment provider keeps what it costs to take each payment; the campaign bears both. \
                     Every campaign’s settlement page shows them to the cent. If a payment goes back to its backer whole, the \
                     campaign pays for neither: the platform returns its share and bears what the provider keeps, and the fees of \
                     refunds and disputes as well."
                </p>
                <h2>"Where your card number goes"</h2>
                <p>"Straight to the payment provider. It never passes through this site."</p>
            </div>
        </div>
    }
}
