//! The statement as a paper: for each currency what was held for the creator before the year, every day's movements,
//! and what was held after it.

use std::collections::BTreeMap;

use backend::accounts::Viewer;
use backend::payouts::{self, StatementLine};
use backend::{Ctx, Error, Result, clock};
use chrono::NaiveDate;
use domain::{Currency, Money};
use paper::{Column, Paper, Part, Table};

use super::what;

const COLUMNS: [Column; 4] = [
    Column { heading: "Date (UTC)", share: 15.0, numbers: false },
    Column { heading: "Campaign", share: 40.0, numbers: false },
    Column { heading: "What", share: 40.0, numbers: false },
    Column { heading: "Amount", share: 18.0, numbers: true },
];

/// By day, campaign and kind; how many they are and their sum.
type Days = BTreeMap<(NaiveDate, String, String), (usize, Money)>;

pub(super) async fn draw(ctx: &Ctx, creator: &Viewer, year: i32) -> Result<Paper> {
    let before = payouts::held_before(&ctx.db, creator.person_id, year).await?;
    let lines = payouts::statement(&ctx.db, creator.person_id, year).await?;
    let mut parts = vec![Part::Facts(vec![
        ("Creator".into(), creator.display_name.clone()),
        ("Period".into(), format!("1 January to 31 December {year}, in UTC")),
    ])];
    let mut by_currency: BTreeMap<&str, Account> = BTreeMap::new();
    for held in &before {
        by_currency.entry(held.currency().code()).or_insert_with(|| Account::new(held.currency())).before =
            *held;
    }
    for line in &lines {
        let currency = line.amount.currency();
        by_currency.entry(currency.code()).or_insert_with(|| Account::new(currency)).add(line)?;
    }
    for account in by_currency.values() {
        parts.extend(account.parts()?);
    }
    if by_currency.is_empty() {
        parts.push(Part::Note("No money of yours moved in this year.".into()));
    }
    parts.push(Part::Note(
        "From the platform’s ledger. Movements of one day, campaign and kind are summed up; the statement as a table (CSV) \
         has each of them with its reference."
            .into(),
    ));
    let made_at = clock::now(&ctx.db).await?;
    Ok(Paper { title: format!("Statement {year}"), from: ctx.config.seller.clone(), made_at, parts })
}

/// What is held for a creator in one currency, and how that changed.
struct Account {
    before: Money,
    days: Days,
}

impl Account {
    fn new(currency: Currency) -> Self {
        Self { before: Money::zero(currency), days: Days::new() }
    }

    fn add(&mut self, line: &StatementLine) -> Result<()> {
        let key = (line.posted_at.date_naive(), line.campaign.clone(), line.kind.clone());
        let (count, sum) = self.days.entry(key).or_insert((0, Money::zero(line.amount.currency())));
        *count += 1;
        *sum = added(*sum, line.amount)?;
        Ok(())
    }

    fn parts(&self) -> Result<[Part; 4]> {
        let mut after = self.before;
        let mut rows = Vec::new();
        for ((day, campaign, kind), (count, sum)) in &self.days {
            after = added(after, *sum)?;
            let what = match count {
                1 => what(kind).to_owned(),
                _ => format!("{} ({count} times)", what(kind)),
            };
            rows.push(vec![day.to_string(), campaign.clone(), what, sum.plain()]);
        }
        let code = self.before.currency().code();
        Ok([
            Part::Heading(format!("In {code}")),
            Part::Facts(vec![("Held for you before".into(), format!("{} {code}", self.before.plain()))]),
            Part::Table(Table { columns: COLUMNS.to_vec(), rows }),
            Part::Total("Held for you after".into(), format!("{} {code}", after.plain())),
        ])
    }
}

fn added(sum: Money, more: Money) -> Result<Money> {
    sum.checked_add(more).map_err(|_| Error::broken("a statement whose sum is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, kind: &str, euros: i64) -> StatementLine {
        let euro = Currency::parse("EUR").expect("a currency");
        StatementLine {
            posted_at: at.parse().expect("a moment"),
            campaign: "The Reading Boat".into(),
            kind: kind.into(),
            reference: "pi_1".into(),
            amount: Money::new(euros.into(), euro).expect("an amount"),
        }
    }

    #[test]
    fn what_moves_on_one_day_is_one_line_and_the_sums_go_on() {
        let mut account = Account::new(Currency::parse("EUR").expect("a currency"));
        account.before = line("2027-01-01T00:00:00Z", "captured", 5).amount;
        for movement in [
            line("2027-03-04T23:59:59Z", "captured", 25),
            line("2027-03-04T00:00:00Z", "captured", 10),
            line("2027-03-04T12:00:00Z", "platform_fee", -2),
            line("2027-03-05T00:00:00Z", "captured", 20),
        ] {
            account.add(&movement).expect("a sum");
        }
        let [_, Part::Facts(before), Part::Table(table), Part::Total(_, after)] =
            account.parts().expect("parts")
        else {
            panic!("a heading, what was before, the days, what is after")
        };
        let rows: Vec<String> =
            table.rows.iter().map(|row| format!("{} {} {}", row[0], row[2], row[3])).collect();
        assert_eq!(
            rows,
            [
                "2027-03-04 Paid by a backer (2 times) 35.00",
                "2027-03-04 The platform's share -2.00",
                "2027-03-05 Paid by a backer 20.00",
            ]
        );
        assert_eq!((before[0].1.as_str(), after.as_str()), ("5.00 EUR", "58.00 EUR"));
    }
}
