//! What an account's owner types, what is wrong with it, and the forms that show both.

use serde_json::Value;

use super::escape;
use crate::state::{HIDDEN, text};

/// What the owner decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Complete,
    /// Keeps what was typed for another time.
    Leave,
    /// As if the documents did not fit the person.
    FailVerification,
    ChangeBank,
}

const DETAILS: [(&str, &str, &str); 3] = [
    ("first_name", "First name", "autocomplete=\"given-name\""),
    ("last_name", "Last name", "autocomplete=\"family-name\""),
    ("date_of_birth", "Date of birth", "type=\"date\" autocomplete=\"bday\""),
];
const BANK: (&str, &str, &str) = ("account_number", "Bank account number or IBAN", "autocomplete=\"off\"");

#[derive(Default)]
pub(super) struct Entry {
    values: Vec<(String, String)>,
    errors: Vec<(&'static str, String)>,
}

impl Entry {
    /// What was typed at an earlier visit.
    pub(super) fn known(account: &Value) -> Self {
        let given = account[HIDDEN]["given"].as_object().into_iter().flatten();
        let values = given.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        Self { values: values.collect(), errors: Vec::new() }
    }

    pub(super) fn typed(body: &[u8]) -> Self {
        Self { values: form_urlencoded::parse(body).into_owned().collect(), errors: Vec::new() }
    }

    pub(super) fn act(&self) -> Act {
        match self.value("act") {
            "leave" => Act::Leave,
            "fail" => Act::FailVerification,
            "bank" => Act::ChangeBank,
            _ => Act::Complete,
        }
    }

    /// Whoever leaves may leave gaps; a bank account that is known already need not be typed again.
    pub(super) fn check(&mut self, dashboard: bool, has_bank: bool) -> bool {
        let mut needed = if dashboard { Vec::new() } else { DETAILS.to_vec() };
        if dashboard || !has_bank {
            needed.push(BANK);
        }
        if self.act() != Act::Leave {
            let missing = needed.into_iter().filter(|(name, ..)| self.value(name).is_empty());
            self.errors = missing.map(|(name, label, _)| (name, format!("{label} is missing."))).collect();
        }
        self.errors.is_empty()
    }

    pub(super) fn blame_bank(&mut self, why: &str) {
        self.errors.push((BANK.0, why.to_owned()));
    }

    /// The details that were filled in, by name.
    pub(super) fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        DETAILS.iter().map(|(name, ..)| (*name, self.value(name))).filter(|(_, value)| !value.is_empty())
    }

    pub(super) fn bank_number(&self) -> &str {
        self.value(BANK.0)
    }

    pub(super) fn onboarding_form(&self, account: &Value) -> String {
        let [first, last, born] = DETAILS.map(|field| self.field(field));
        format!(
            "<form method=\"post\" novalidate>\n{first}\n{last}\n{born}\n{}\n{}\n<button name=\"act\" \
             value=\"complete\">Complete</button>\n<button class=\"quiet\" name=\"act\" value=\"leave\">Leave \
             unfinished</button>\n<button class=\"quiet\" name=\"act\" value=\"fail\">Fail verification</button>\n</form>",
            self.field(BANK),
            numbers(account)
        )
    }

    pub(super) fn bank_form(&self, account: &Value) -> String {
        format!(
            "<form method=\"post\" novalidate>\n{}\n{}\n<button name=\"act\" value=\"bank\">Change bank \
             account</button>\n</form>",
            self.field(BANK),
            numbers(account)
        )
    }

    fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    fn field(&self, (name, label, hints): (&'static str, &str, &str)) -> String {
        let error = self.errors.iter().find(|(field, _)| *field == name).map(|(_, why)| escape(why));
        let invalid = match &error {
            Some(_) => format!(" aria-invalid=\"true\" aria-describedby=\"{name}-error\""),
            None => String::new(),
        };
        let words = error.map(|why| format!("<p class=\"error\" id=\"{name}-error\">{why}</p>"));
        format!(
            "<div class=\"field\"><label for=\"{name}\">{label}</label><input id=\"{name}\" name=\"{name}\" {hints} \
             value=\"{}\" required{invalid}>{}</div>",
            escape(self.value(name)),
            words.unwrap_or_default()
        )
    }
}

/// Stripe's numbers for testing, in the shape that the country uses.
fn numbers(account: &Value) -> String {
    let (good, bad) = match text(account, "country") {
        "US" => ("000123456789", "000111111116"),
        "GB" => ("00012345", "11111116"),
        _ => ("DE89370400440532013000", "DE62370400440532013001"),
    };
    format!(
        "<details><summary>Test bank accounts</summary><ul><li><code>{good}</code> <span>Payouts succeed</span></li>\
         <li><code>{bad}</code> <span>Payouts fail</span></li></ul></details>"
    )
}
