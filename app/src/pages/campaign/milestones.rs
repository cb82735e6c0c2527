//! Which parts of its goal a campaign has reached, and when.

use leptos::prelude::*;

use crate::api::campaigns::MilestoneView;
use crate::components::icon::Icon;
use crate::components::time::date;

#[component]
pub fn Milestones(milestones: Vec<MilestoneView>) -> impl IntoView {
    (!milestones.is_empty()).then(|| {
        let reached = milestones.into_iter().map(|MilestoneView { percent, reached_at }| {
            view! {
                <li class="milestones__one">
                    <Icon name="check"/>
                    <span><strong>{format!("{percent} %")}</strong> " on " {date(reached_at)}</span>
                </li>
            }
        });
        view! { <ul class="milestones" aria-label="Parts of the goal that were reached">{reached.collect_view()}</ul> }
    })
}
