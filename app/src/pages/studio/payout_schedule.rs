//! Whether a creator's money leaves by itself.

use domain::{ASKED_WITHIN, PayoutSchedule};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::payouts::ChoosePayoutSchedule;

#[component]
pub fn Schedule(schedule: PayoutSchedule, delay_days: u64) -> impl IntoView {
    let choice = move |value: PayoutSchedule, words: &'static str, help: String| {
        view! {
            <label class="check">
                <input type="radio" name="schedule" value=value.as_str() checked={schedule == value}/>
                <span>{words}</span>
                <span class="field__help">{help}</span>
            </label>
        }
    };
    view! {
        <form class="stack" method="post" action=ChoosePayoutSchedule::url()>
            <fieldset class="field">
                <legend class="field__label">"When are you paid?"</legend>
                <div class="check-list">
                    {choice(
                        PayoutSchedule::OnDate,
                        "By itself, on its date",
                        format!("{delay_days} days after the deadline, or when the last payment is settled."),
                    )}
                    {choice(
                        PayoutSchedule::WhenAsked,
                        "When I ask for it",
                        format!(
                            "From that date on. What you do not ask for leaves by itself {} days after a campaign is settled: \
                             the payment provider holds money for 90 days at most.",
                            ASKED_WITHIN.num_days(),
                        ),
                    )}
                </div>
            </fieldset>
            <div><button class="button" type="submit">"Save"</button></div>
        </form>
    }
}
