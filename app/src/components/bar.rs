//! The progress bar: the one ornament of the site. Its length is drawn by attributes, because the security policy
//! forbids inline styles.

use domain::{Mark, Snapshot};
use leptos::prelude::*;

/// How big the bar is, and with it the shape of its crest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Small,
    Large,
}

impl Size {
    fn class(self, stopped: bool) -> String {
        let size = match self {
            Self::Small => " bar--small",
            Self::Large => " bar--large",
        };
        format!("bar{size}{}", if stopped { " bar--stopped" } else { "" })
    }

    fn crest(self) -> &'static str {
        match self {
            Self::Small => "M.5 0H-10C-4-0-6 8 .5 8Z",
            Self::Large => "M.5 0H-34C-14 0-20 24 .5 24Z",
        }
    }
}

/// Draws a snapshot, and every one that follows it.
#[component]
pub fn Bar(
    #[prop(into)] snapshot: Signal<Snapshot>,
    size: Size,
    #[prop(optional)] stopped: bool,
) -> impl IntoView {
    let fill = Memo::new(move |_| percent(snapshot.with(|snapshot| snapshot.fill)));
    let shows_crest = move || snapshot.with(|snapshot| snapshot.fill > 0 && snapshot.fill < 1000);
    let words = move || snapshot.with(Snapshot::words);
    view! {
        <div
            class=size.class(stopped)
            role="progressbar"
            aria-label="Funded"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || snapshot.with(|snapshot| snapshot.percent.min(100))
            aria-valuetext=words
        >
            <svg class="bar__track" aria-hidden="true" focusable="false">
                <rect class="bar__fill" width=fill height="100%"></rect>
                <Show when=shows_crest>
                    <svg class="bar__crest" x=fill width="1" height="1">
                        <path d=size.crest()></path>
                    </svg>
                </Show>
                {move || snapshot.with(lines)}
            </svg>
            {(size == Size::Large).then(|| view! { <Marks snapshot/> })}
        </div>
    }
}

/// Where the goal and the stretch goals stand within the drawing. What stands at its very end needs no line.
fn lines(snapshot: &Snapshot) -> Vec<impl IntoView + use<>> {
    let goal = (snapshot.goal_at, snapshot.percent >= 100);
    let stretch = snapshot.marks.iter().map(|mark| (mark.at, mark.unlocked));
    let inside = [goal].into_iter().chain(stretch).filter(|(at, _)| *at < 1000);
    inside
        .map(|(at, reached)| {
            let (at, class) =
                (percent(at), if reached { "bar__goal bar__goal--reached" } else { "bar__goal" });
            view! { <line class=class x1=at.clone() x2=at y1="0" y2="100%"></line> }
        })
        .collect()
}

/// The words beneath the large bar.
#[component]
fn Marks(snapshot: Signal<Snapshot>) -> impl IntoView {
    let at = move || snapshot.with(|snapshot| snapshot.goal_at);
    view! {
        <svg class="bar__marks" aria-hidden="true" focusable="false">
            <line x1=move || percent(at()) x2=move || percent(at()) y1="0" y2="8"></line>
            <text class="bar__mark--goal" x=move || percent(at()) y="24" text-anchor=move || anchor(at())>
                {move || snapshot.with(|snapshot| format!("Goal {}", snapshot.goal))}
            </text>
            {move || snapshot.with(|now| now.marks.iter().map(stretch).collect_view())}
        </svg>
    }
}

fn stretch(mark: &Mark) -> impl IntoView + use<> {
    let at = percent(mark.at);
    let words = (!mark.label.is_empty()).then(|| mark.label.clone());
    let (x, anchor) = (at.clone(), anchor(mark.at));
    // One root: see `islands`.
    view! {
        <g>
            <line x1=at.clone() x2=at y1="0" y2="8"></line>
            {words.map(|words| view! { <text x=x y="24" text-anchor=anchor>{words}</text> })}
        </g>
    }
}

fn anchor(at: u32) -> &'static str {
    match at {
        0..150 => "start",
        150..=850 => "middle",
        _ => "end",
    }
}

/// Thousandths as a length: `48.5%`.
fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}
