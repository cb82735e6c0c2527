//! A creator ends a campaign, and says why. A plain form: it works without script.

use domain::Model;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::campaigns::CampaignView;
use crate::api::error::ApiError;
use crate::api::settlement::{CancelCampaign, campaign_to_cancel};
use crate::components::field::FieldError;
use crate::components::notice::{Notice, Tone};
use crate::pages::account::{ErrorSummary, form_error};
use crate::pages::status::Problem;

#[component]
pub fn CallOffPage() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let refused = form_error::<CancelCampaign>();
    let found = Resource::new_blocking(move || slug.clone(), campaign_to_cancel);
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match found.await {
                        Ok(campaign) => view! { <CallOff campaign refused/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn CallOff(campaign: CampaignView, refused: Option<ApiError>) -> impl IntoView {
    let campaign_at = format!("/campaigns/{}", campaign.slug);
    let message = refused.as_ref().and_then(|error| error.message_for(Some("reason")));
    let typed = refused.as_ref().and_then(|error| error.kept("reason")).unwrap_or_default().to_owned();
    let invalid = message.is_some();
    let (title, slug, words) = (campaign.title.clone(), campaign.slug.clone(), consequence(&campaign));
    view! {
        <Title text="Cancel the campaign"/>
        <div class="wrap wrap--form stack stack--loose">
            <header class="page-head">
                <p><a href=campaign_at.clone()>{title}</a></p>
                <h1>"Cancel the campaign?"</h1>
            </header>
            <ErrorSummary error=refused/>
            <Notice tone=Tone::Warning>{words}</Notice>
            <form class="stack" method="post" action=CancelCampaign::url()>
                <input type="hidden" name="slug" value=slug/>
                <div class="field">
                    <label class="field__label" for="reason">"Why?"</label>
                    <p class="field__help" id="reason-help">"Your backers read this on the campaign’s page."</p>
                    <textarea
                        class="input"
                        id="reason"
                        name="reason"
                        rows="5"
                        maxlength="2000"
                        required
                        aria-invalid=invalid.then_some("true")
                        aria-describedby=if invalid { "reason-help reason-error" } else { "reason-help" }
                    >
                        {typed}
                    </textarea>
                    <FieldError field="reason" message/>
                </div>
                <div class="cluster">
                    <button class="button button--danger" type="submit">"Cancel the campaign"</button>
                    <a class="button button--quiet" href=campaign_at>"Keep it"</a>
                </div>
            </form>
        </div>
    }
}

fn consequence(campaign: &CampaignView) -> String {
    let money = match campaign.model {
        Model::KeepItAll => "Everybody who has paid gets all of it back.",
        Model::AllOrNothing | Model::Hybrid => {
            "Nobody is charged: saved cards are forgotten and holds released."
        }
    };
    let backers = match campaign.progress.backers {
        0 => "Nobody has pledged yet.".to_owned(),
        1 => format!("1 backer has pledged {}.", campaign.progress.pledged),
        backers => format!("{backers} backers have pledged {}.", campaign.progress.pledged),
    };
    format!("{backers} {money} This cannot be taken back.")
}
