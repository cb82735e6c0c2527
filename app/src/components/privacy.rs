use leptos::prelude::*;

/// What of a pledge is kept from the public: the same two boxes in the pledge form and on the pledge's own page.
#[component]
pub fn PrivacyBoxes(name_hidden: bool, amount_hidden: bool) -> impl IntoView {
    view! {
        <div class="check-list">
            <label class="check">
                <input type="checkbox" name="name_hidden" value="yes" checked=name_hidden/>
                <span>"Do not show my name on the campaign"</span>
            </label>
            <label class="check">
                <input type="checkbox" name="amount_hidden" value="yes" checked=amount_hidden/>
                <span>"Do not show my amount there"</span>
            </label>
        </div>
    }
}
