//! A site and its gateway, taken through a history, with what was promised on the side.

use std::collections::HashSet;
use std::time::Duration;

use backend::inbox;
use chrono::TimeDelta;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use uuid::Uuid;

use super::step::{Beginning, Card, PEOPLE, Step};
use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{TestApp, invariants, sandbox_page};

/// Time goes on in pieces, so that the workers see each of them, as they would in life.
const PIECE: TimeDelta = TimeDelta::hours(12);
/// What sending the limited reward costs, in the smallest unit.
const SHIPPING: i64 = 350;
/// And where to.
pub(super) const SENT_TO: &str = "PT";
/// Between two looks of the inbox's worker.
const BREATH: Duration = Duration::from_millis(10);

/// A pledge that its backer has finished, as the gateway says.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    pub pledge: Uuid,
    /// In the smallest unit.
    pub amount: i64,
    pub card: Card,
    /// The site said that it is taken back.
    pub cancelled: bool,
}

/// What somebody is doing at the gateway.
pub(super) struct Page {
    pub pledge: Uuid,
    pub amount: i64,
    pub url: String,
    /// For a pledge that stands already, of which more is to be held.
    pub change: bool,
}

pub(super) struct Backer {
    pub person: Person,
    pub page: Option<Page>,
    pub promises: Vec<Promise>,
}

pub struct World {
    pub(super) app: TestApp,
    pub(super) beginning: Beginning,
    pub(super) campaign: TestCampaign,
    pub(super) backers: Vec<Backer>,
    pub(super) called_off: bool,
    pub(super) creator: Person,
    pub(super) reward: Uuid,
    told: HashSet<String>,
    pub(super) over: bool,
}

impl World {
    pub(super) async fn begin(beginning: &Beginning) -> Self {
        let app = TestApp::start_quiet().await;
        let creator = app.person("Marta Rebelo").await;
        let wishes = app.campaign().model(beginning.model).by(&creator);
        let wishes = wishes.ends_in(TimeDelta::days(beginning.days));
        let campaign = wishes.goal_in_cents(beginning.goal).build().await;
        let reward = campaign.reward("25.00", Some(beginning.slots)).await;
        campaign.sends(reward, &[(SENT_TO, "3.50")]).await;
        let backers = app.people(PEOPLE).await.into_iter();
        let backers = backers.map(|person| Backer { person, page: None, promises: Vec::new() }).collect();
        Self {
            app,
            beginning: beginning.clone(),
            campaign,
            backers,
            called_off: false,
            creator,
            reward,
            told: HashSet::new(),
            over: false,
        }
    }

    /// What must hold whenever anybody looks.
    pub(super) async fn holds(&self) {
        invariants::check(&self.app.db, &self.app.gateway).await;
    }

    pub(super) async fn take(&mut self, step: &Step) {
        match *step {
            Step::Pledge { who, amount, limited } => self.pledge(who, amount, limited).await,
            Step::Pay { who, card } => self.pay(who, card).await,
            Step::AtOnce { who, ref acts } => self.at_once(who, acts).await,
            Step::Tell { order, again } => self.tell(order, again).await,
            Step::Lose => drop(self.untold().await),
            Step::Return { who } => self.come_back(who).await,
            Step::Work => self.work().await,
            Step::Hours(hours) => self.pass(TimeDelta::hours(hours)).await,
            Step::Fault { path, mode, count } => self.fail(path, mode, count).await,
            Step::Mended => self.app.gateway.no_faults().await,
            Step::Restart => self.app.restart().await,
            Step::Deadline => self.reach_the_deadline().await,
            Step::Fix { who, card } => self.fix(who, card).await,
        }
    }

    /// A request, while the inbox's worker runs beside it as it always does: some answers wait for it.
    pub(super) async fn answered<T>(&self, request: impl Future<Output = T>) -> T {
        let applying = async {
            loop {
                inbox::drain(&self.app.ctx).await.expect("the inbox drains");
                tokio::time::sleep(BREATH).await;
            }
        };
        tokio::select! {
            answer = request => answer,
            never = applying => never,
        }
    }

    async fn pledge(&mut self, who: usize, given: i64, limited: bool) {
        let reward = limited.then_some(self.reward);
        let amount = in_all(given, limited);
        let typed = typed(given);
        let sent = self.backers[who].person.pledge_to(&self.campaign, reward, &typed, SENT_TO);
        let answer = self.answered(sent).await;
        assert!(answer.status < 500, "{answer:?}");
        if answer.status != 200 || !answer.text().starts_with("http") {
            return;
        }
        let backer = &mut self.backers[who];
        let pledge = *backer.person.pledges(&self.app.db).await.last().expect("a pledge");
        backer.page = Some(Page { pledge, amount, url: answer.text().to_owned(), change: false });
    }

    async fn pay(&mut self, who: usize, card: Card) {
        let Some(page) = &self.backers[who].page else { return };
        if self.is_finished(&page.url).await {
            // In another tab, before the site knew: nobody pays on it twice.
            return;
        }
        enter(&page.url, card).await;
        if !self.is_finished(&page.url).await {
            return;
        }
        let backer = &mut self.backers[who];
        let Some(Page { pledge, amount, change, .. }) = backer.page.take() else { return };
        match backer.promises.iter_mut().find(|promise| change && promise.pledge == pledge) {
            Some(promise) => (promise.amount, promise.card) = (amount, card),
            None => backer.promises.push(Promise { pledge, amount, card, cancelled: false }),
        }
    }

    /// Whatever the card page said: this is what happened.
    async fn is_finished(&self, page: &str) -> bool {
        let session = page.rsplit('/').next().expect("an id").split(['?', '#']).next().expect("an id");
        self.app.gateway.object(session).await["status"] == "complete"
    }

    async fn tell(&mut self, order: u64, again: bool) {
        let mut events = self.untold().await;
        if again {
            events.extend(self.app.gateway.events().await);
        }
        events.shuffle(&mut StdRng::seed_from_u64(order));
        for event in &events {
            assert_eq!(self.app.deliver(event).await, 200, "{event}");
        }
    }

    /// What the gateway has not said yet; afterwards it has.
    async fn untold(&mut self) -> Vec<Value> {
        let mut events = self.app.gateway.events().await;
        events.retain(|event| self.told.insert(event["id"].as_str().unwrap_or_default().to_owned()));
        events
    }

    async fn come_back(&mut self, who: usize) {
        let backer = &self.backers[who];
        for promise in &backer.promises {
            let address = format!("/pledges/{}/return", promise.pledge);
            let page = self.answered(backer.person.get(&address)).await;
            assert!(page.status().as_u16() < 500, "{}", page.status());
        }
    }

    pub(super) async fn work(&self) {
        backend::jobs::tick(&self.app.ctx).await.expect("the clockwork looks");
        self.app.pump().await;
    }

    /// Time passes here and at the gateway, and the workers see it pass.
    pub(super) async fn pass(&self, mut time: TimeDelta) {
        while time > TimeDelta::zero() {
            let piece = time.min(PIECE);
            self.app.advance(piece).await;
            self.app.gateway.advance(piece).await;
            self.work().await;
            time -= piece;
        }
    }

    async fn fail(&self, path: &str, mode: &str, count: u32) {
        let matching = json!({ "method": "POST", "path_prefix": path, "count": count });
        self.app.gateway.fault(matching, mode).await;
    }

    /// And what was begun before it is waited for.
    pub(super) async fn reach_the_deadline(&mut self) {
        if self.over {
            return;
        }
        self.pass(self.left().await).await;
        self.over = true;
    }

    /// Until the deadline has passed.
    pub(super) async fn left(&self) -> TimeDelta {
        let minutes: i64 = sqlx::query_scalar(
            "select ceil(extract(epoch from ends_at - clock()) / 60)::bigint from campaigns where id = $1",
        )
        .bind(self.campaign.id)
        .fetch_one(&self.app.db)
        .await
        .expect("the campaign");
        TimeDelta::minutes(minutes.max(0) + 1)
    }

    async fn fix(&mut self, who: usize, card: Card) {
        let Some(promise) = self.backers[who].promises.last() else { return };
        let pledge = promise.pledge.to_string();
        let form = [("pledge", pledge.as_str())];
        let answer = self.answered(self.backers[who].person.call("use_another_card", &form)).await;
        assert!(answer.status < 500, "{answer:?}");
        if answer.status != 200 || !answer.text().starts_with("http") {
            return;
        }
        let page = answer.text().to_owned();
        enter(&page, card).await;
        if !self.is_finished(&page).await {
            return;
        }
        self.backers[who].promises.last_mut().expect("a promise").card = card;
        self.app.gateway.no_faults().await;
        let form = [("id", pledge.as_str())];
        let answer = self.answered(self.backers[who].person.call("fixed_pledge", &form)).await;
        assert!(answer.status < 500, "{answer:?}");
    }
}

/// With what sending the limited reward costs.
pub(super) fn in_all(given: i64, limited: bool) -> i64 {
    if limited { given + SHIPPING } else { given }
}

/// As people type an amount.
pub(super) fn typed(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

async fn enter(page: &str, card: Card) {
    match card {
        Card::Good | Card::Declined | Card::FailsWhenCharged => {
            sandbox_page::enter(page, card.number()).await;
        }
        Card::AsksTheBank | Card::FailsTheBank => {
            let asked = sandbox_page::enter(page, card.number()).await;
            // A page that is closed sends nobody to the bank.
            let Some(bank) = asked.headers().get("location").and_then(|bank| bank.to_str().ok()) else {
                return;
            };
            if bank.starts_with("/3ds/") {
                let origin = &page[..page.find("/c/pay").expect("a card page")];
                let says = if card == Card::AsksTheBank { "complete" } else { "fail" };
                sandbox_page::answer_bank(&format!("{origin}{bank}"), says).await;
            }
        }
    }
}
