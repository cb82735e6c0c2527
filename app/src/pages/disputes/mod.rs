//! Disputes: the list, and the page of one with the form for its answer.

mod answer;

use domain::DisputeState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use answer::AnswerForm;

use crate::api::disputes::{AnswerDispute, DisputePageView, DisputeView, dispute, disputes};
use crate::api::error::ApiError;
use crate::components::layout::Empty;
use crate::components::notice::{Notice, Tone};
use crate::components::table::Column::{Number, Text};
use crate::components::table::Table;
use crate::components::time::instant;
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn DisputesPage() -> impl IntoView {
    let list = Resource::new_blocking(|| (), |()| disputes());
    view! {
        <Title text="Disputes"/>
        <Suspense>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => view! {
                        <div class="wrap">
                            <header class="page-head"><h1>"Disputes"</h1></header>
                            <List list/>
                        </div>
                    }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn List(list: Vec<DisputeView>) -> impl IntoView {
    if list.is_empty() {
        return view! {
            <Empty title="No disputes">
                <p>"When a backer asks their bank to take a payment back, you find it here."</p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Table
            caption="Disputes, those to be answered first"
            columns=&[Text("Campaign"), Text("Backer"), Text("State"), Text("Answer until"), Number("Amount")]
        >
            {list.into_iter().map(|dispute| view! {
                <tr>
                    <th scope="row"><a href=format!("/disputes/{}", dispute.id)>{dispute.campaign_title}</a></th>
                    <td data-label="Backer">{dispute.backer}</td>
                    <td data-label="State"><Badge state=dispute.state/></td>
                    <td data-label="Answer until">
                        {dispute.evidence_due_at.filter(|_| dispute.closed_at.is_none()).map(instant)}
                    </td>
                    <td class="table__num" data-label="Amount">{dispute.amount.to_string()}</td>
                </tr>
            }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn Badge(state: DisputeState) -> impl IntoView {
    let kind = match state {
        DisputeState::Inquiry | DisputeState::NeedsResponse => "ending",
        DisputeState::InquiryUnderReview | DisputeState::UnderReview => "live",
        DisputeState::Won => "funded",
        DisputeState::Lost => "failed",
        DisputeState::InquiryClosed => "cancelled",
    };
    view! { <span class=format!("badge badge--{kind}")>{state.label()}</span> }
}

#[component]
pub fn DisputePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let refused = form_error::<AnswerDispute>();
    let (saved, sent) = {
        let query = use_query_map();
        let query = query.read_untracked();
        (query.get("saved").is_some(), query.get("sent").is_some())
    };
    let page = Resource::new_blocking(move || id.clone(), dispute);
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match page.await {
                        Ok(page) => view! { <Page page refused saved sent/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Page(page: DisputePageView, refused: Option<ApiError>, saved: bool, sent: bool) -> impl IntoView {
    let dispute = page.dispute.clone();
    let words = what_now(&page);
    view! {
        <Title text="A dispute"/>
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <p><a href="/disputes">"Disputes"</a></p>
                <h1>{format!("{} is disputed", dispute.amount)}</h1>
            </header>
            <ErrorSummary error=refused.clone()/>
            {saved.then(|| view! { <Notice tone=Tone::Success>"Your draft is saved. Nothing was sent yet."</Notice> })}
            {(sent && !dispute.state.is_closed()).then(|| view! {
                <Notice tone=Tone::Success>"Your answer is on its way to the bank."</Notice>
            })}
            <Facts dispute=dispute.clone()/>
            <Notice tone=tone(dispute.state)>{words}</Notice>
            {page.open.then(|| view! { <AnswerForm page refused/> })}
        </div>
    }
}

#[component]
fn Facts(dispute: DisputeView) -> impl IntoView {
    view! {
        <section class="summary" aria-labelledby="facts">
            <h2 class="visually-hidden" id="facts">"What is disputed"</h2>
            <dl class="summary__lines">
                <div><dt>"Campaign"</dt><dd><a href=format!("/campaigns/{}", dispute.campaign_slug)>{dispute.campaign_title}</a></dd></div>
                <div><dt>"Backer"</dt><dd>{dispute.backer}</dd></div>
                <div><dt>"Since"</dt><dd>{instant(dispute.opened_at)}</dd></div>
                <div><dt>"State"</dt><dd><Badge state=dispute.state/></dd></div>
                <div><dt>"Why"</dt><dd>{dispute.reason}</dd></div>
                <div class="summary__total"><dt>"Amount"</dt><dd>{dispute.amount.to_string()}</dd></div>
            </dl>
        </section>
    }
}

fn tone(state: DisputeState) -> Tone {
    match state {
        DisputeState::Inquiry | DisputeState::NeedsResponse | DisputeState::Lost => Tone::Warning,
        DisputeState::Won => Tone::Success,
        DisputeState::InquiryUnderReview | DisputeState::UnderReview | DisputeState::InquiryClosed => {
            Tone::Info
        }
    }
}

fn what_now(page: &DisputePageView) -> String {
    let until = page.dispute.evidence_due_at.map(instant).unwrap_or_default();
    match page.dispute.state {
        _ if page.submitted_at.is_some() && !page.dispute.state.is_closed() => {
            "Your answer was sent. The bank decides, which may take two months.".into()
        }
        DisputeState::Inquiry if page.open => {
            format!("The bank only asks so far; nothing was taken. Answer until {until}.")
        }
        DisputeState::NeedsResponse if page.open => format!(
            "The amount is frozen until the bank decides. Answer until {until}; without an answer it decides for the backer."
        ),
        DisputeState::Inquiry | DisputeState::NeedsResponse => {
            format!("The time to answer ended on {until}. The bank decides.")
        }
        DisputeState::InquiryUnderReview | DisputeState::UnderReview => {
            "The bank has your answer and decides, which may take two months.".into()
        }
        DisputeState::InquiryClosed => "The inquiry is closed. No money was taken.".into(),
        DisputeState::Won => {
            "The bank decided for the campaign. The amount counts as collected again.".into()
        }
        DisputeState::Lost => "The bank decided for the backer. The amount went back to them.".into(),
    }
}
