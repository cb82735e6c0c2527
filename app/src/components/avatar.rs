use leptos::prelude::*;

use super::icon::Icon;

/// Somebody's initials on a colour of their own.
#[component]
pub fn Avatar(name: String, #[prop(optional)] small: bool) -> impl IntoView {
    let colour = name.bytes().map(u32::from).sum::<u32>() % 4;
    let size = if small { " avatar--small" } else { "" };
    view! { <span class=format!("avatar avatar--{colour}{size}") aria-hidden="true">{initials(&name)}</span> }
}

/// In the place of somebody who does not show their name.
#[component]
pub fn NobodysAvatar() -> impl IntoView {
    view! {
        <span class="avatar avatar--small avatar--anonymous" aria-hidden="true">
            <Icon name="heart"/>
        </span>
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn first_and_last_word() {
        assert_eq!(initials("Marta de Rebelo"), "MR");
        assert_eq!(initials("ørjan"), "Ø");
        assert_eq!(initials(""), "");
    }
}
