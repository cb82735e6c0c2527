//! Every letter in words, beside this file in `letters.txt`: what is to be read by people is to be read in reviews.

use chrono::{NaiveDate, TimeZone};
use domain::{Collection, Country, Currency, Milestone, Money, PledgeId, Shipment};
use uuid::Uuid;

use super::super::html;
use super::*;

const SITE: &str = "https://site.example";

#[test]
fn every_letter_says_what_it_said() {
    let mut said = String::new();
    for letter in letters() {
        let written = letter.write();
        said +=
            &format!("== {} ==\nSubject: {}\n\n{}\n", letter.name(), written.subject(), written.text(SITE));
    }
    let expected = include_str!("letters.txt");
    assert!(
        said.trim_end() == expected.trim_end(),
        "the letters differ from letters.txt; if that is right, it must say:\n{said}"
    );
}

#[test]
fn html_says_the_same_as_the_text() {
    for letter in letters() {
        let written = letter.write();
        let words = words_of(&html::page(&written, SITE));
        for line in written.text(SITE).lines().filter(|line| !line.starts_with("-- ")) {
            let line = line.trim_end_matches(':');
            let spoken = line.strip_prefix(SITE).is_none() && !line.starts_with("Groundswell, ");
            for part in line.split(": ").filter(|_| spoken) {
                assert!(words.contains(part), "{}: {part:?} is not in {words}", letter.name());
            }
        }
    }
}

/// Who reads any letter to a backer learns whether they paid.
#[test]
fn backers_are_told_whether_they_were_charged() {
    for letter in letters() {
        let text = letter.write().text(SITE).to_lowercase();
        let about_them = !matches!(
            letter,
            Letter::MilestoneReached(_)
                | Letter::PayoutAsked(_)
                | Letter::PayoutDecided(_)
                | Letter::PayoutSent(_)
                | Letter::DisputeOpened(_)
                | Letter::DisputeClosed(_)
                | Letter::CampaignFundedCreator(_)
                | Letter::AlarmsRaised(_)
        );
        assert!(!about_them || text.contains("charged") || text.contains("refund"), "{text}");
    }
}

#[test]
fn a_title_is_only_a_title() {
    let title = "<img src=x>\r\nBcc: eve@example.org\r\n\r\nYou won";
    for letter in letters_about(About { title, slug: "boat" }) {
        let written = letter.write();
        assert!(!written.subject().contains(['\r', '\n']), "{:?}", written.subject());
        assert!(!written.text(SITE).contains("\nBcc:"), "{}", written.text(SITE));
        assert!(!written.text(SITE).contains("\nYou won"), "{}", written.text(SITE));
        assert!(!html::page(&written, SITE).contains("<img"), "{}", letter.name());
    }
}

fn letters() -> Vec<Letter<'static>> {
    letters_about(About { title: "The Reading Boat", slug: "reading-boat" })
}

/// One of each, and each way in which one can differ.
fn letters_about(campaign: About<'_>) -> Vec<Letter<'_>> {
    let (pledge, amount, pledged, goal) =
        (PledgeId(Uuid::nil()), euros(2500), euros(770_050), euros(1_200_000));
    let (ends_at, until) = (at(3, 3), at(3, 1));
    let reward = Some("A name on the bow");
    let portugal = Country::parse("PT").expect("a country");
    let shipment_of = |reward: Option<&str>| reward.map(|_| Shipment { to: portugal, cost: euros(400) });
    let confirmed = |collection, reward, cancel_until| {
        Letter::PledgeConfirmed(PledgeConfirmed {
            campaign,
            pledge,
            amount,
            reward,
            shipment: shipment_of(reward),
            collection,
            ends_at,
            cancel_until,
        })
    };
    let changed = |from, reward, collection| {
        Letter::PledgeChanged(PledgeChanged {
            campaign,
            pledge,
            from: euros(from),
            amount,
            reward,
            shipment: shipment_of(reward),
            collection,
            ends_at,
            cancel_until: until,
        })
    };
    let cancelled = |collection, reward| {
        Letter::PledgeCancelled(PledgeCancelled { campaign, amount, reward, collection })
    };
    let funded = |charged, delivery| {
        Letter::CampaignFunded(CampaignFunded {
            campaign,
            pledge,
            amount,
            charged,
            pledged: euros(1_300_000),
            goal,
            reward,
            shipment: shipment_of(reward),
            delivery,
        })
    };
    let failed =
        |collection| Letter::CampaignFailed(CampaignFailed { campaign, amount, pledged, goal, collection });
    let milestone = |milestone| {
        Letter::MilestoneReached(MilestoneReached {
            campaign,
            milestone,
            pledged,
            goal,
            backers: 143,
            ends_at,
        })
    };
    let funded_creator = |retries_until| {
        Letter::CampaignFundedCreator(CampaignFundedCreator {
            campaign,
            pledged: euros(1_300_000),
            goal,
            backers: 143,
            retries_until,
        })
    };
    let called_off = |had_been_paid| {
        let reason = "The workshop in the pictures is not the creator’s.";
        Letter::CampaignCancelledCreator(CampaignCancelledCreator { campaign, reason, had_been_paid })
    };
    let refunded = |back, charged| {
        Letter::Refunded(Refunded {
            campaign,
            pledge,
            amount: euros(back),
            charged: euros(charged),
            reason: "Sorry.",
        })
    };
    vec![
        confirmed(Collection::SaveCard, reward, Some(until)),
        confirmed(Collection::Hold, None, None),
        confirmed(Collection::ChargeNow, None, Some(until)),
        changed(2000, reward, Collection::SaveCard),
        changed(4000, None, Collection::Hold),
        cancelled(Collection::SaveCard, reward),
        cancelled(Collection::Hold, None),
        Letter::PledgeLink(PledgeLink { campaign, pledge, amount, reward }),
        Letter::GoalReached(GoalReached { campaign, pledged: euros(1_300_000), goal, backers: 143, ends_at }),
        Letter::StretchGoalUnlocked(StretchGoalUnlocked {
            campaign,
            amount: euros(1_500_000),
            title: "A roof for the reading bench",
            description: "So that it can rain.",
        }),
        funded(false, Some(date(10))),
        funded(true, None),
        failed(Collection::SaveCard),
        failed(Collection::Hold),
        Letter::CampaignFellShort(CampaignFellShort { campaign, pledge, amount, collected: pledged, goal }),
        Letter::CampaignCancelled(CampaignCancelled { campaign, amount }),
        Letter::PaymentFailed(PaymentFailed {
            campaign,
            amount,
            reason: "The card does not have enough money. Try another card, or ask your bank.",
            pledge,
            until,
            was_refunded: false,
        }),
        Letter::PaymentFailed(PaymentFailed {
            campaign,
            amount,
            reason: "Another amount than you pledged was taken. Use a card once more.",
            pledge,
            until,
            was_refunded: true,
        }),
        Letter::PaymentReminder(PaymentReminder { campaign, amount, pledge, until, number: 2, of: 3 }),
        Letter::PaymentFixed(PaymentFixed { campaign, pledge, amount }),
        Letter::PledgeDropped(PledgeDropped { campaign, amount, reward }),
        Letter::CardExpires(CardExpires {
            campaign,
            amount,
            card: "Visa ending in 4242",
            expires_on: date(2),
            ends_at,
            fix_path: "/pledges/1/card",
        }),
        Letter::PaidTooLate(PaidTooLate { campaign, pledge, amount }),
        refunded(2500, 2500),
        refunded(1000, 2500),
        milestone(Milestone::Half),
        milestone(Milestone::Goal),
        funded_creator(Some(at(3, 10))),
        funded_creator(None),
        Letter::CampaignFellShortCreator(CampaignFellShortCreator { campaign, collected: pledged, goal }),
        Letter::CampaignFailedCreator(CampaignFailedCreator { campaign, pledged, goal, backers: 143 }),
        called_off(false),
        called_off(true),
        Letter::PayoutAsked(PayoutAsked { amount, waits: false, path: "/studio/payouts" }),
        Letter::PayoutAsked(PayoutAsked { amount, waits: true, path: "/studio/payouts" }),
        Letter::PayoutDecided(PayoutDecided {
            campaign,
            amount,
            refused_because: None,
            path: "/studio/payouts",
        }),
        Letter::PayoutDecided(PayoutDecided {
            campaign,
            amount,
            refused_because: Some("The books of the mill do not add up."),
            path: "/studio/payouts",
        }),
        Letter::PayoutSent(PayoutSent {
            campaign,
            amount,
            arrives_on: Some(date(3)),
            path: "/account/payouts/1",
        }),
        Letter::DisputeOpened(DisputeOpened {
            campaign,
            amount,
            inquiry: false,
            answer_until: until,
            path: "/account/disputes/1",
        }),
        Letter::DisputeOpened(DisputeOpened {
            campaign,
            amount,
            inquiry: true,
            answer_until: until,
            path: "/disputes/2",
        }),
        Letter::DisputeClosed(DisputeClosed { campaign, amount, kept: true, path: "/disputes/1" }),
        Letter::DisputeClosed(DisputeClosed { campaign, amount, kept: false, path: "/disputes/1" }),
        Letter::RefundFailed(RefundFailed { campaign, pledge, amount }),
        Letter::RefundFailedCreator(RefundFailedCreator { campaign, amount, path: "/campaigns/x/pledges" }),
        Letter::AlarmsRaised(AlarmsRaised { count: 1, named: &["totals are sums: it differs"], unnamed: 0 }),
        Letter::AlarmsRaised(AlarmsRaised {
            count: 12,
            named: &["totals are sums: it differs", "unmatched: txn_1"],
            unnamed: 10,
        }),
    ]
}

fn euros(cents: i64) -> Money {
    Money::from_minor(cents, Currency::parse("EUR").expect("euros")).expect("an amount")
}

fn at(month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, month, day, 18, 0, 0).single().expect("an instant")
}

fn date(month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, month, 28).expect("a day")
}

/// A document without its tags.
fn words_of(html: &str) -> String {
    let unescape = |text: &str| text.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, words)| unescape(words)).collect()
}
