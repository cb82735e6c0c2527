//! Acts that meet at one pledge: its backer's, the creator's, the clock's, the gateway's.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use uuid::Uuid;

use super::step::Act;
use super::world::{Page, SENT_TO, World, in_all, typed};

/// What came of an act, as whoever did it was told.
enum Told {
    Cancelled,
    /// From terms of this number.
    Changed {
        version: i32,
        amount: i64,
    },
    /// More is held once the backer has been there.
    SentTo(Page),
    CalledOff,
    Over,
    Nothing,
}

impl World {
    pub(super) async fn at_once(&mut self, who: usize, acts: &[(Act, u64)]) {
        let Some(pledge) = self.backers[who].promises.last().map(|promise| promise.pledge) else { return };
        let acts = acts.iter().map(async |&(act, after)| {
            tokio::time::sleep(Duration::from_micros(after)).await;
            self.act(who, pledge, act).await
        });
        let told = self.answered(join_all(acts)).await;
        self.take_note(who, told);
    }

    async fn act(&self, who: usize, pledge: Uuid, act: Act) -> Told {
        match act {
            Act::Cancel => {
                let answer = self.backers[who].person.cancel(pledge).await;
                assert!(answer.status < 500, "{answer:?}");
                if answer.status == 200 { Told::Cancelled } else { Told::Nothing }
            }
            Act::Change { amount, limited } => self.change(who, pledge, amount, limited).await,
            Act::CallOff => {
                let form = [("slug", self.campaign.slug.as_str()), ("reason", "The mill has closed.")];
                let answer = self.creator.call("cancel_campaign", &form).await;
                assert!(answer.status < 500, "{answer:?}");
                if answer.status == 200 { Told::CalledOff } else { Told::Nothing }
            }
            Act::Deadline if self.over => Told::Nothing,
            Act::Deadline => {
                // At one stroke: whoever asked before has stood still meanwhile, as a machine that is short of time does.
                let left = self.left().await;
                self.app.advance(left).await;
                self.app.gateway.advance(left).await;
                self.work().await;
                Told::Over
            }
            Act::Tell => {
                for event in self.app.gateway.events().await {
                    assert_eq!(self.app.deliver(&event).await, 200, "{event}");
                }
                Told::Nothing
            }
        }
    }

    async fn change(&self, who: usize, pledge: Uuid, given: i64, limited: bool) -> Told {
        let version: i32 = sqlx::query_scalar("select version from pledges where id = $1")
            .bind(pledge)
            .fetch_one(&self.app.db)
            .await
            .expect("the pledge");
        let reward = if limited { self.reward.to_string() } else { String::new() };
        let form = [
            ("pledge", pledge.to_string()),
            ("version", version.to_string()),
            ("reward", reward),
            ("amount", typed(given)),
            ("country", SENT_TO.to_owned()),
        ];
        let amount = in_all(given, limited);
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.backers[who].person.call("change_pledge", &form).await;
        assert!(answer.status < 500, "{answer:?}");
        match answer.text() {
            _ if answer.status != 200 => Told::Nothing,
            page if page.starts_with("http") => {
                Told::SentTo(Page { pledge, amount, url: page.to_owned(), change: true })
            }
            _ => Told::Changed { version, amount },
        }
    }

    fn take_note(&mut self, who: usize, all: Vec<Told>) {
        let backer = &mut self.backers[who];
        let promise = backer.promises.last_mut().expect("a promise");
        let mut changes = BTreeMap::<i32, Vec<i64>>::new();
        for told in all {
            match told {
                Told::Cancelled => promise.cancelled = true,
                Told::Changed { version, amount } => changes.entry(version).or_default().push(amount),
                Told::SentTo(page) => backer.page = Some(page),
                Told::CalledOff => (self.called_off, self.over) = (true, true),
                Told::Over => self.over = true,
                Told::Nothing => {}
            }
        }
        for amounts in changes.into_values() {
            // Of those who saw the same terms one changed them; whoever wished for what was there already was told so too.
            let changed = amounts.into_iter().find(|amount| *amount != promise.amount);
            promise.amount = changed.unwrap_or(promise.amount);
        }
    }
}
