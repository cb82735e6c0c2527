//! People without an account: what they do with the pledge form, and what their letters lead to.

use sqlx::PgPool;
use uuid::Uuid;

use super::builders::TestCampaign;
use super::people::{Answer, Person};
use super::{TestApp, eventually, sandbox_page};

impl TestApp {
    /// Somebody in a browser of their own, without an account.
    pub fn guest(&self, email: &str) -> Person {
        Person { browser: self.stranger(), base: self.base.clone(), email: email.to_owned(), id: Uuid::nil() }
    }

    /// A guest whose pledge of €25 stands; answers with its id.
    pub async fn pledged_as_guest(&self, guest: &Person, campaign: &TestCampaign) -> Uuid {
        let page = guest.pledge_as_guest(campaign, "25").await;
        sandbox_page::pay(page.text()).await;
        let pledge = campaign.latest(&self.db).await;
        eventually("the guest’s pledge", async || {
            self.pump().await;
            pledge_state(&self.db, pledge).await != "pending"
        })
        .await;
        pledge
    }

    /// The link in the latest letter of this kind about a pledge, as the demo's mailbox shows it.
    pub async fn guest_link(&self, pledge: Uuid, letter: &str) -> String {
        let text = self.letter_about(pledge, letter).await;
        let prefix = format!("{}/guest/", self.base);
        let link = text.lines().find(|line| line.starts_with(&prefix)).expect("a guest's link");
        link.strip_prefix(&self.base).expect("ours").to_owned()
    }

    /// The latest letter of this kind to a pledge's backer.
    pub async fn letter_about(&self, pledge: Uuid, letter: &str) -> String {
        let mail: Uuid = sqlx::query_scalar(
            "select mails.id from mails join pledges on backer_id = person_id
             where pledges.id = $1 and letter = $2 order by mails.created_at desc limit 1",
        )
        .bind(pledge)
        .bind(letter)
        .fetch_one(&self.db)
        .await
        .expect("a letter");
        let mail = backend::mail::in_mailbox(&self.ctx, mail).await.expect("an answer").expect("a mailbox");
        mail.text
    }
}

impl Person {
    /// Opens the pledge form and sends it without logging in.
    pub async fn pledge_as_guest(&self, campaign: &TestCampaign, amount: &str) -> Answer {
        let key = self.form_key(campaign).await;
        self.send_guest_form(campaign, amount, &key).await
    }

    /// Draws the form, by which the browser becomes one that is known again; answers with the form's key.
    pub async fn form_key(&self, campaign: &TestCampaign) -> String {
        let page = self.get(&format!("/campaigns/{}/pledge", campaign.slug)).await;
        let page = page.text().await.expect("a page");
        let (_, key) = page.split_once("name=\"form_key\" value=\"").expect("a form");
        key[..36].to_owned()
    }

    pub async fn send_guest_form(&self, campaign: &TestCampaign, amount: &str, key: &str) -> Answer {
        let campaign = campaign.id.to_string();
        let form = [
            ("campaign", campaign.as_str()),
            ("amount", amount),
            ("form_key", key),
            ("email", &self.email),
            ("display_name", "Gustav Gast"),
        ];
        self.call("start_guest_pledge", &form).await
    }

    /// Sends a form with one field without script, and answers with where that leads.
    pub async fn press(&self, function: &str, from: &str, name: &str, value: &str) -> String {
        let answer = self.post_form(function, from, &[(name, value)]).await;
        let to = answer.headers().get("location").map(|to| to.to_str().expect("an address").to_owned());
        to.unwrap_or_else(|| answer.status().to_string())
    }

    /// Follows a letter's link to the pledge.
    pub async fn opens(&self, link: &str) -> String {
        self.press("open_guest_link", link, "token", token(link)).await
    }

    /// Adds the link's pledge to the account.
    pub async fn adopts(&self, link: &str) -> Answer {
        self.call("adopt_guest_pledge", &[("token", token(link))]).await
    }

    pub async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    pub async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.expect("a page")
    }
}

impl TestCampaign {
    /// Its latest pledge.
    pub async fn latest(&self, db: &PgPool) -> Uuid {
        let latest =
            "select id from pledges where campaign_id = $1 order by created_at desc, id desc limit 1";
        sqlx::query_scalar(latest).bind(self.id).fetch_one(db).await.expect("a pledge")
    }

    /// The states of its pledges, oldest first.
    pub async fn states(&self, db: &PgPool) -> Vec<String> {
        let states = "select state from pledges where campaign_id = $1 order by created_at, id";
        sqlx::query_scalar(states).bind(self.id).fetch_all(db).await.expect("states")
    }
}

pub async fn pledge_state(db: &PgPool, pledge: Uuid) -> String {
    sqlx::query_scalar("select state from pledges where id = $1")
        .bind(pledge)
        .fetch_one(db)
        .await
        .expect("one")
}

pub fn token(link: &str) -> &str {
    link.strip_prefix("/guest/").expect("a guest's link")
}
