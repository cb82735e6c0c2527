//! Mail: told once, sent once, and never in anybody's way.

mod letters;
mod mailbox;
mod sending;

use backend::mail::{self, Round};
use uuid::Uuid;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{TestApp, sandbox_page};

impl TestApp {
    /// One round of the task that sends.
    async fn send_mail(&self) -> Round {
        mail::send_due(&self.ctx).await.expect("the database answers")
    }

    /// Delivers whatever the gateway has said so far, and applies it.
    async fn hear_the_gateway(&self) {
        for event in self.gateway.events().await {
            assert_eq!(self.deliver(&event).await, 200);
        }
        self.pump().await;
    }

    /// Somebody pledges with a card that works. In a quiet site nobody has heard of it yet.
    async fn paid(&self, person: &Person, campaign: &TestCampaign, amount: &str) -> Uuid {
        let page = person.pledge(campaign, None, amount).await;
        assert_eq!(page.status, 200, "{page:?}");
        sandbox_page::pay(page.text()).await;
        person.pledges(&self.db).await.pop().expect("a pledge")
    }

    /// The same, and the gateway is heard.
    async fn pledged(&self, person: &Person, campaign: &TestCampaign, amount: &str) -> Uuid {
        let pledge = self.paid(person, campaign, amount).await;
        self.hear_the_gateway().await;
        pledge
    }

    /// The letters to somebody, in the order they were written.
    async fn letters_to(&self, person: &Person) -> Vec<String> {
        sqlx::query_scalar("select letter from mails where person_id = $1 order by created_at, id")
            .bind(person.id)
            .fetch_all(&self.db)
            .await
            .expect("letters")
    }

    async fn text_to(&self, person: &Person) -> String {
        sqlx::query_scalar(
            "select body_text from mails where person_id = $1 order by created_at desc, id desc limit 1",
        )
        .bind(person.id)
        .fetch_one(&self.db)
        .await
        .expect("a letter")
    }

    /// Why the only mail there is did not leave.
    async fn why_it_waits(&self) -> String {
        sqlx::query_scalar("select coalesce(last_error, '') from mails")
            .fetch_one(&self.db)
            .await
            .expect("one mail")
    }
}
