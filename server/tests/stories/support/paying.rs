//! Keep-it-all campaigns whose backers have paid, for the stories about money that goes back.

use uuid::Uuid;

use super::builders::{TestCampaign, states};
use super::people::{Answer, Person};
use super::{TestApp, eventually, sandbox_page};

/// A campaign that charges at once, its creator and a backer who has paid.
pub struct Paid {
    pub marta: Person,
    pub bea: Person,
    pub campaign: TestCampaign,
    pub pledge: Uuid,
}

impl TestApp {
    pub async fn backed(&self, amount: &str, card: &str) -> Paid {
        let marta = self.person("Marta Rebelo").await;
        let campaign = self.campaign().model("kia").by(&marta).build().await;
        let bea = self.person("Bea Tamm").await;
        let page = bea.pledge(&campaign, None, amount).await;
        sandbox_page::enter(page.text(), card).await;
        eventually("the payment", async || states(self, &bea).await != ["pending"]).await;
        // What the gateway kept is booked soon afterwards.
        self.settle().await;
        let pledge = bea.pledges(&self.db).await[0];
        Paid { marta, bea, campaign, pledge }
    }

    pub async fn admin(&self, name: &str) -> Person {
        self.staff(name, "admin").await
    }

    /// What an account holds, in thousandths: debits positive.
    pub async fn balance(&self, account: &str) -> i64 {
        sqlx::query_scalar(
            "select coalesce(sum(amount) * 1000, 0)::bigint from ledger_entries where account = $1",
        )
        .bind(account)
        .fetch_one(&self.db)
        .await
        .expect("a sum")
    }
}

impl Person {
    /// Sends the refund form; `left` is what it said was left.
    pub async fn refund(&self, pledge: Uuid, amount: &str, left: &str) -> Answer {
        self.refund_with(pledge, Uuid::now_v7(), amount, left, "yes").await
    }

    pub async fn refund_with(
        &self,
        pledge: Uuid,
        refund: Uuid,
        amount: &str,
        left: &str,
        keeps_reward: &str,
    ) -> Answer {
        let (pledge, refund) = (pledge.to_string(), refund.to_string());
        let form = [
            ("pledge", pledge.as_str()),
            ("refund", refund.as_str()),
            ("left", left),
            ("amount", amount),
            ("reason", "The print came out smaller than promised."),
            ("keeps_reward", keeps_reward),
        ];
        self.call("refund_pledge", &form).await
    }
}
