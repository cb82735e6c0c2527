//! `/demo/mailbox`: the mail that a demo would have sent. Without a mail server there is no other place to read it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::demo::{MailLineView, MailView, mail_in_mailbox, mailbox};
use crate::components::layout::{Breadcrumbs, Empty};
use crate::components::table::Column::Text;
use crate::components::table::Table;
use crate::components::time::instant;
use crate::pages::status::Problem;

#[component]
pub fn DemoMailbox() -> impl IntoView {
    let mails = Resource::new_blocking(|| (), |()| mailbox());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match mails.await {
                    Ok(mails) => view! { <List mails/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn List(mails: Vec<MailLineView>) -> impl IntoView {
    view! {
        <Title text="The demo's mailbox"/>
        <div class="wrap">
            <header class="page-head">
                <h1>"The demo’s mailbox"</h1>
                <p class="page-head__lead">
                    "Mail that this site would have sent, the newest first. In a demo nothing leaves, and everybody can read it here."
                </p>
            </header>
            {if mails.is_empty() {
                view! {
                    <Empty title="No mail yet">
                        <p>"Pledge to a campaign, and the confirmation lands here."</p>
                        <a class="button" href="/#live">"Find a campaign"</a>
                    </Empty>
                }.into_any()
            } else {
                view! { <Mails mails/> }.into_any()
            }}
        </div>
    }
}

#[component]
fn Mails(mails: Vec<MailLineView>) -> impl IntoView {
    view! {
        <Table caption="Mail, newest first" columns=&[Text("Subject"), Text("To"), Text("Written")]>
            {mails.into_iter().map(|mail| view! { <Row mail/> }).collect_view()}
        </Table>
    }
}

#[component]
fn Row(mail: MailLineView) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=format!("/demo/mailbox/{}", mail.id)>{mail.subject}</a></th>
            <td data-label="To">{mail.to_name}</td>
            <td data-label="Written">
                <time datetime=mail.written_at.to_rfc3339()>{instant(mail.written_at)}</time>
            </td>
        </tr>
    }
}

/// One mail, as HTML or as text.
#[component]
pub fn DemoMail() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let as_text = use_query_map().read_untracked().get("as").as_deref() == Some("text");
    let mail = Resource::new_blocking(move || id.clone(), mail_in_mailbox);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match mail.await {
                    Ok(mail) => view! { <Mail mail as_text/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Mail(mail: MailView, as_text: bool) -> impl IntoView {
    let MailView { line, text } = mail;
    let here = format!("/demo/mailbox/{}", line.id);
    let frame = format!("{here}/html");
    view! {
        <Title text=line.subject.clone()/>
        <div class="wrap wrap--narrow stack">
            <Breadcrumbs trail=vec![("/demo/mailbox".into(), "The demo’s mailbox".into())] here=line.subject.clone()/>
            <h1 class="mail__subject">{line.subject}</h1>
            <dl class="facts">
                <div><dt>"To"</dt><dd>{line.to_name} " <" {line.to_email} ">"</dd></div>
                <div>
                    <dt>"Written"</dt>
                    <dd><time datetime=line.written_at.to_rfc3339()>{instant(line.written_at)}</time></dd>
                </div>
                <div><dt>"Sent"</dt><dd>"No. This is a demo: it stays here."</dd></div>
            </dl>
            <nav aria-label="How the mail is shown">
                <ul class="chips">
                    <li><a class="chip" href=here.clone() aria-current=(!as_text).then_some("page")>"As HTML"</a></li>
                    <li><a class="chip" href=format!("{here}?as=text") aria-current=as_text.then_some("page")>"As text"</a></li>
                </ul>
            </nav>
            {if as_text {
                view! { <pre class="mail__text" tabindex="0">{text}</pre> }.into_any()
            } else {
                // Nothing runs in it; a link that somebody presses opens here, in place of this page.
                view! {
                    <iframe
                        class="mail__frame"
                        title="The mail as HTML"
                        src=frame
                        sandbox="allow-top-navigation-by-user-activation"
                    ></iframe>
                }.into_any()
            }}
        </div>
    }
}
