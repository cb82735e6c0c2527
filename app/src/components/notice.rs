use leptos::prelude::*;

use super::icon::Icon;

/// How a notice looks and whether a reader is told at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    Warning,
    Error,
}

/// A message about the page or what was just done.
#[component]
pub fn Notice(tone: Tone, #[prop(into, optional)] title: String, children: Children) -> impl IntoView {
    let (class, icon, role) = match tone {
        Tone::Info => ("notice", "info", "status"),
        Tone::Success => ("notice notice--success", "check", "status"),
        Tone::Warning => ("notice notice--warning", "clock", "status"),
        Tone::Error => ("notice notice--error", "alert", "alert"),
    };
    let title = (!title.is_empty()).then(|| view! { <p class="notice__title">{title}</p> });
    view! {
        <div class=class role=role>
            <Icon name=icon/>
            {title}
            <p>{children()}</p>
        </div>
    }
}
