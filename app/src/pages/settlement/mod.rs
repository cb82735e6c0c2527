//! The public account of a campaign after its deadline.

use domain::{Outcome, ResultPolicy};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::settlement::{Line, SettlementView, settlement};
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;
use crate::islands::live_account::LiveAccount;
use crate::pages::status::Problem;

#[component]
pub fn SettlementPage() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let account = Resource::new_blocking(
        {
            let slug = slug.clone();
            move || slug.clone()
        },
        settlement,
    );
    view! {
        <Suspense>
            {move || {
                let slug = slug.clone();
                Suspend::new(async move {
                    match account.await {
                        Ok(account) => view! { <Account account slug/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Account(account: SettlementView, slug: String) -> impl IntoView {
    let campaign_at = format!("/campaigns/{slug}");
    let (tone, words) = outcome(&account);
    let rule = account.policy.filter(|_| account.outcome == Some(Outcome::Funded)).map(ResultPolicy::explain);
    let stage = stage(account.outcome, account.retry_until, account.finished_at);
    view! {
        <Title text=format!("The money of {}", account.title)/>
        <div class="wrap wrap--narrow stack stack--loose">
            <header class="page-head">
                <p><a href=campaign_at>{account.title.clone()}</a></p>
                <h1>"Where the money stands"</h1>
            </header>
            <LiveAccount campaign=account.campaign finished=account.finished_at.is_some()>
                <Notice tone>{words}</Notice>
                <Lines lines=account.lines/>
                <p class="muted">{stage}</p>
                {rule.map(|rule| view! { <p class="muted">{rule}</p> })}
            </LiveAccount>
            {account.digest.map(|digest| view! {
                <p class="account__seal">
                    "Sealed when it was decided, so that neither the result nor a pledge in it can be changed unnoticed: "
                    <code>{digest}</code>
                </p>
            })}
        </div>
    }
}

#[component]
fn Lines(lines: Vec<Line>) -> impl IntoView {
    view! {
        <section aria-labelledby="figures">
            <h2 class="visually-hidden" id="figures">"Figures"</h2>
            <dl class="account">
                {lines.into_iter().map(|line| view! {
                    <div class="account__line">
                        <dt>{line.name}<span class="account__meaning">{line.meaning}</span></dt>
                        <dd><data class="money" value=line.plain>{line.amount}</data></dd>
                    </div>
                }).collect_view()}
            </dl>
        </section>
    }
}

fn outcome(account: &SettlementView) -> (Tone, String) {
    let goal = account.goal;
    match account.outcome {
        Some(Outcome::Funded) if account.fell_short => (
            Tone::Warning,
            format!(
                "The goal of {goal} was met at the deadline, and less than that could be collected. The campaign failed, \
                 and everybody who paid is refunded in full."
            ),
        ),
        Some(Outcome::Funded) => (Tone::Success, format!("Funded: the goal of {goal} was met.")),
        Some(Outcome::PartiallyFunded) => {
            (Tone::Info, format!("The goal of {goal} was not met. The creator keeps what came together."))
        }
        Some(Outcome::Failed) => (Tone::Info, format!("The goal of {goal} was not met. Nobody was charged.")),
        None if account.had_been_paid => {
            (Tone::Warning, "This campaign was cancelled. Everybody who had paid is refunded in full.".into())
        }
        None => (Tone::Warning, "This campaign was cancelled. Nobody was charged.".into()),
    }
}

type Instant = chrono::DateTime<chrono::Utc>;

fn stage(outcome: Option<Outcome>, retry_until: Option<Instant>, finished_at: Option<Instant>) -> String {
    match (outcome, retry_until, finished_at) {
        (_, _, Some(finished)) => format!("Settled on {}.", instant(finished)),
        (_, Some(until), None) => format!(
            "Cards are being charged. Payments that fail can be fixed until {}; then what is not paid is dropped.",
            instant(until)
        ),
        _ => "These figures are read from the ledger and from the pledges themselves.".into(),
    }
}
