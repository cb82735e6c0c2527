//! Cards that people saved at the gateway. We keep none of their data: they are read when they are shown.

use chrono::NaiveDate;
use domain::PersonId;
use stripe_payment::payment_method::{DetachPaymentMethod, ListPaymentMethod, RetrievePaymentMethod};
use stripe_shared::PaymentMethod;

use super::attempts::Attempt;
use super::{AttemptKind, GatewayError, LONGEST_LIST, Payments};
use crate::{Error, Result};

/// A card as its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCard {
    /// The gateway's name for it.
    pub id: String,
    pub brand: String,
    pub last_four: String,
    /// The last day on which it works.
    pub expires_on: NaiveDate,
}

impl SavedCard {
    fn of(method: &PaymentMethod) -> Option<Self> {
        let card = method.card.as_ref()?;
        Some(Self {
            id: method.id.to_string(),
            brand: in_words(card.brand.as_str()),
            last_four: card.last4.clone(),
            expires_on: last_day(card.exp_year, card.exp_month)?,
        })
    }

    /// `Visa ending in 4242`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} ending in {}", self.brand, self.last_four)
    }
}

impl Payments {
    /// The cards that are saved for a customer, newest first.
    ///
    /// # Errors
    /// Whatever the gateway says or does not say.
    pub async fn saved_cards(&self, customer: &str) -> Result<Vec<SavedCard>> {
        let methods = self.read(ListPaymentMethod::new().customer(customer).limit(LONGEST_LIST)).await?;
        Ok(methods.data.iter().filter_map(SavedCard::of).collect())
    }

    /// One card; `None` when it is not saved any more.
    ///
    /// # Errors
    /// Whatever the gateway says or does not say.
    pub async fn saved_card(&self, id: &str) -> Result<Option<SavedCard>> {
        match self.read(RetrievePaymentMethod::new(id)).await {
            Ok(method) => Ok(method.customer.as_ref().and_then(|_| SavedCard::of(&method))),
            Err(Error::Gateway(GatewayError::Refused { status: 404, .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets a card because its owner wishes it.
    ///
    /// # Errors
    /// As any attempt.
    pub async fn forget_card(&self, person: PersonId, id: &str) -> Result<()> {
        let attempt = Attempt {
            kind: AttemptKind::DetachCard,
            key: format!("detach_{id}"),
            person: Some(person),
            pledge: None,
        };
        let request = DetachPaymentMethod::new(id.to_owned());
        self.attempt(attempt, request, |method: &PaymentMethod| method.id.to_string()).await?;
        Ok(())
    }
}

fn last_day(year: i64, month: i64) -> Option<NaiveDate> {
    let (year, month) = (i32::try_from(year).ok()?, u32::try_from(month).ok()?);
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    first.checked_add_months(chrono::Months::new(1))?.pred_opt()
}

/// A network's name as it is printed on the card.
fn in_words(brand: &str) -> String {
    match brand {
        "amex" => "American Express".to_owned(),
        "diners" => "Diners Club".to_owned(),
        "eftpos_au" => "eftpos".to_owned(),
        "jcb" => "JCB".to_owned(),
        "unionpay" => "UnionPay".to_owned(),
        "unknown" => "Card".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_works_through_the_last_day_of_its_month() {
        for (year, month, day) in [(2028, 2, "2028-02-29"), (2027, 12, "2027-12-31"), (2027, 4, "2027-04-30")]
        {
            assert_eq!(last_day(year, month).map(|day| day.to_string()).as_deref(), Some(day));
        }
        assert_eq!(last_day(2027, 13), None);
    }

    #[test]
    fn networks_are_called_what_their_cards_say() {
        let names = ["visa", "mastercard", "amex", "unknown"].map(in_words);
        assert_eq!(names, ["Visa", "Mastercard", "American Express", "Card"]);
    }
}
