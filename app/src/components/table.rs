use leptos::prelude::*;

/// A column, by its heading.
#[derive(Clone, Copy)]
pub enum Column {
    Text(&'static str),
    /// Aligned at its end, like the cells below it with the class `table__num`.
    Number(&'static str),
    /// Buttons and links that need no heading to be seen.
    Acts,
}

/// A table with one row per thing. The caption is for readers of the screen alone, unless it says more than the heading
/// above the table does.
#[component]
pub fn Table(
    #[prop(into)] caption: String,
    #[prop(optional)] shows_caption: bool,
    columns: &'static [Column],
    children: Children,
) -> impl IntoView {
    view! {
        <table class="table">
            <caption class=(!shows_caption).then_some("visually-hidden")>{caption}</caption>
            <thead>
                <tr>{columns.iter().map(|column| view! { <Heading column=*column/> }).collect_view()}</tr>
            </thead>
            <tbody>{children()}</tbody>
        </table>
    }
}

#[component]
fn Heading(column: Column) -> impl IntoView {
    match column {
        Column::Text(name) => view! { <th scope="col">{name}</th> }.into_any(),
        Column::Number(name) => view! { <th scope="col" class="table__num">{name}</th> }.into_any(),
        Column::Acts => view! { <th scope="col"><span class="visually-hidden">"Act"</span></th> }.into_any(),
    }
}
