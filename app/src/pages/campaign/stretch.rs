//! What is promised above the goal, and how much of it is unlocked. Both words stand in the page; the sheet shows the one
//! that is true, so that the island has only to mark a goal as unlocked.

use leptos::prelude::*;

use crate::api::campaigns::StretchGoalView;
use crate::components::icon::Icon;

#[component]
pub fn StretchGoals(goals: Vec<StretchGoalView>) -> impl IntoView {
    (!goals.is_empty()).then(|| {
        view! {
            <section class="stretch" aria-labelledby="stretch">
                <h2 class="stretch__title" id="stretch">"Stretch goals"</h2>
                <ol class="stretch__goals" aria-live="polite">
                    {goals.into_iter().map(|goal| view! { <StretchGoal goal/> }).collect_view()}
                </ol>
            </section>
        }
    })
}

#[component]
fn StretchGoal(goal: StretchGoalView) -> impl IntoView {
    view! {
        <li class="stretch__goal" data-unlocked=goal.unlocked.then_some("")>
            <h3>{goal.title}</h3>
            <p class="stretch__text">{goal.description}</p>
            <p class="stretch__state">
                <span class="stretch__locked"><Icon name="lock"/>{format!("Unlocks at {}", goal.amount)}</span>
                <span class="stretch__unlocked"><Icon name="check"/>{format!("Unlocked at {}", goal.amount)}</span>
            </p>
        </li>
    }
}
