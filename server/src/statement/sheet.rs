//! The statement as a paper: for each currency what was held for the creator before the year, every day's movements,
//! and what was held after it.

use std::collections::BTreeMap;

use backend::accounts::Viewer;
use backend::payouts::{self, StatementDay};
use backend::{Ctx, Error, Result, clock};
use domain::{Currency, Money};
use paper::{Column, Paper, Part, Table};

use super::what;

const COLUMNS: [Column; 4] = [
    Column { heading: "Date (UTC)", share: 15.0, numbers: false },
    Column { heading: "Campaign", share: 40.0, numbers: false },
    Column { heading: "What", share: 40.0, numbers: false },
    Column { heading: "Amount", share: 18.0, numbers: true },
];

pub(super) async fn draw(ctx: &Ctx, creator: &Viewer, year: i32) -> Result<Paper> {
    let before = payouts::held_before(&ctx.db, creator.person_id, year).await?;
    let days = payouts::statement_days(&ctx.db, creator.person_id, year).await?;
    let mut parts = vec![Part::Facts(vec![
        ("Creator".into(), creator.display_name.clone()),
        ("Period".into(), format!("1 January to 31 December {year}, in UTC")),
    ])];
    let mut by_currency: BTreeMap<&str, Account> = BTreeMap::new();
    for held in &before {
        by_currency.entry(held.currency().code()).or_insert_with(|| Account::new(held.currency())).before =
            *held;
    }
    for day in days {
        let currency = day.sum.currency();
        by_currency.entry(currency.code()).or_insert_with(|| Account::new(currency)).days.push(day);
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
    days: Vec<StatementDay>,
}

impl Account {
    fn new(currency: Currency) -> Self {
        Self { before: Money::zero(currency), days: Vec::new() }
    }

    fn parts(&self) -> Result<[Part; 4]> {
        let mut after = self.before;
        let mut rows = Vec::new();
        for StatementDay { day, campaign, kind, count, sum } in &self.days {
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

    fn euros(amount: i64) -> Money {
        Money::new(amount.into(), Currency::parse("EUR").expect("a currency")).expect("an amount")
    }

    fn day(day: &str, kind: &str, count: i64, sum: i64) -> StatementDay {
        StatementDay {
            day: day.parse().expect("a day"),
            campaign: "The Reading Boat".into(),
            kind: kind.into(),
            count,
            sum: euros(sum),
        }
    }

    #[test]
    fn what_was_held_goes_on_through_the_days() {
        let days = vec![
            day("2027-03-04", "captured", 2, 35),
            day("2027-03-04", "platform_fee", 1, -2),
            day("2027-03-05", "captured", 1, 20),
        ];
        let parts = Account { before: euros(5), days }.parts().expect("parts");
        let [_, Part::Facts(before), Part::Table(table), Part::Total(_, after)] = parts else {
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
