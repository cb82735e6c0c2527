//! A campaign's account that moves while it is watched: whenever the campaign's stream tells of a change, the sums are
//! read again.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::progress::follow;
use crate::api::settlement::{Figures, settlement_figures};

/// Long enough for a burst to gather, too short for anybody to notice.
const GATHERING: Duration = Duration::from_millis(300);

#[island]
pub fn LiveFigures(campaign: String, slug: String, first: Figures) -> impl IntoView {
    let figures = RwSignal::new(first);
    // Effects run in the browser only.
    Effect::new(move || {
        if figures.with_untracked(|figures| figures.finished) {
            return;
        }
        let slug = slug.clone();
        let reading = StoredValue::new(false);
        follow(&campaign, move |_| {
            // A burst of changes is one reading at a time; the last change always comes after the last reading began.
            if reading.get_value() {
                return;
            }
            reading.set_value(true);
            let slug = slug.clone();
            let read = async move {
                reading.set_value(false);
                if let Ok(newer) = settlement_figures(slug).await {
                    figures.set(newer);
                }
            };
            set_timeout(move || spawn_local(read), GATHERING);
        });
    });
    view! {
        <dl class="account">
            {move || figures.get().lines.into_iter().map(|line| view! {
                <div class="account__line">
                    <dt>{line.name}<span class="account__meaning">{line.meaning}</span></dt>
                    <dd><data class="money" value=line.plain>{line.amount}</data></dd>
                </div>
            }).collect_view()}
        </dl>
    }
}
