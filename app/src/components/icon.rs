use leptos::prelude::*;

/// A drawing from the sprite `public/icons.svg`, beside words that say the same.
#[component]
pub fn Icon(
    name: &'static str,
    #[prop(optional)] large: bool,
    /// Within a line of text.
    #[prop(optional)]
    inline: bool,
) -> impl IntoView {
    let class = match (large, inline) {
        (true, _) => "icon icon--large",
        (false, true) => "icon icon--inline",
        (false, false) => "icon",
    };
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons.svg#{name}")/>
        </svg>
    }
}
