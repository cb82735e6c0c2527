use leptos::prelude::*;

/// A drawing from the sprite `public/icons.svg`, beside words that say the same.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] large: bool) -> impl IntoView {
    let class = if large { "icon icon--large" } else { "icon" };
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons.svg#{name}")/>
        </svg>
    }
}
