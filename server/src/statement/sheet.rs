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
    let before = payouts::standing_before(&ctx.db, creator.person_id, year).await?;
    let after = payouts::standing_before(&ctx.db, creator.person_id, year + 1).await?;
    let days = payouts::statement_days(&ctx.db, creator.person_id, year).await?;
    let mut parts = vec![Part::Facts(vec![
        ("Creator".into(), creator.display_name.clone()),
        ("Period".into(), format!("1 January to 31 December {year}, in UTC")),
    ])];
    let mut by_currency: BTreeMap<&str, Account> = BTreeMap::new();
    for standing in before {
        let account = Account::of(&mut by_currency, standing.held.currency());
        account.before = standing.held;
    }
    for standing in after {
        let account = Account::of(&mut by_currency, standing.held.currency());
        (account.reserved, account.owed) = (standing.reserved, standing.owed);
    }
    for day in days {
        Account::of(&mut by_currency, day.sum.currency()).days.push(day);
    }
    by_currency.retain(|_, account| account.says_something());
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
    /// Held back of payouts at the end, and owed by the creator.
    reserved: Money,
    owed: Money,
}

impl Account {
    fn new(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { before: nothing, days: Vec::new(), reserved: nothing, owed: nothing }
    }

    fn of<'a>(accounts: &'a mut BTreeMap<&'static str, Self>, currency: Currency) -> &'a mut Self {
        accounts.entry(currency.code()).or_insert_with(|| Self::new(currency))
    }

    fn says_something(&self) -> bool {
        !(self.days.is_empty() && self.before.is_zero() && self.reserved.is_zero() && self.owed.is_zero())
    }

    fn parts(&self) -> Result<Vec<Part>> {
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
        let mut parts = vec![
            Part::Heading(format!("In {code}")),
            Part::Facts(vec![("Held for you before".into(), format!("{} {code}", self.before.plain()))]),
            Part::Table(Table { columns: COLUMNS.to_vec(), rows }),
            Part::Total("Held for you after".into(), format!("{} {code}", after.plain())),
        ];
        let besides = [("Held back of payouts, besides", self.reserved), ("Owed by you", self.owed)];
        let besides = besides.into_iter().filter(|(_, amount)| !amount.is_zero());
        let besides: Vec<_> =
            besides.map(|(name, amount)| (name.to_owned(), format!("{} {code}", amount.plain()))).collect();
        if !besides.is_empty() {
            parts.push(Part::Facts(besides));
        }
        Ok(parts)
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
        let account = Account { before: euros(5), days, reserved: euros(2), owed: euros(0) };
        let parts = account.parts().expect("parts");
        let [_, Part::Facts(before), Part::Table(table), Part::Total(_, after), Part::Facts(besides)] =
            &parts[..]
        else {
            panic!("a heading, what was before, the days, what is after and besides")
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
        let besides: Vec<_> = besides.iter().map(|(name, amount)| (name.as_str(), amount.as_str())).collect();
        assert_eq!(besides, [("Held back of payouts, besides", "2.00 EUR")]);
    }
}
