use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::api::account::viewer;

/// A page that nobody needs who is logged in: they go on to `next` at once.
#[component]
pub fn StrangersOnly(
    /// A path of ours (`next_path`).
    next: String,
    children: ChildrenFn,
) -> impl IntoView {
    let viewer = Resource::new_blocking(|| (), |()| viewer());
    view! {
        <Suspense>
            {move || {
                let (next, children) = (next.clone(), children.clone());
                Suspend::new(async move {
                    match viewer.await {
                        Ok(Some(_)) => view! { <Redirect path=next/> }.into_any(),
                        _ => children().into_any(),
                    }
                })
            }}
        </Suspense>
    }
}
