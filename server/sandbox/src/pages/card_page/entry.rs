//! What is typed into the card page, what is wrong with it, and the form that shows both.

use serde_json::Value;

use super::escape;
use crate::api::sessions::Form;
use crate::app::App;
use crate::error::ApiError;
use crate::state::text;

/// The fields of the form: their name, label, and hints for the browser.
const FIELDS: [(&str, &str, &str); 5] = [
    ("email", "E-mail", "type=\"email\" autocomplete=\"email\""),
    (
        "number",
        "Card number",
        "inputmode=\"numeric\" autocomplete=\"cc-number\" placeholder=\"4242 4242 4242 4242\"",
    ),
    ("exp", "Expiry", "inputmode=\"numeric\" autocomplete=\"cc-exp\" placeholder=\"MM / YY\""),
    ("cvc", "CVC", "inputmode=\"numeric\" autocomplete=\"cc-csc\" placeholder=\"123\""),
    ("name", "Name on card", "autocomplete=\"cc-name\""),
];

#[derive(Default)]
pub(super) struct Entry {
    values: Vec<(String, String)>,
    errors: Vec<(&'static str, String)>,
    /// What is wrong with the whole, not with one field.
    refused: Option<String>,
}

impl Entry {
    /// What the session knows already.
    pub(super) fn known(app: &App, session: &Value) -> Self {
        let inner = app.lock();
        let customer = inner.state.get("customer", text(session, "customer"));
        let details = &session["customer_details"];
        let known = |field: &str| {
            let of_customer = customer.map(|customer| text(customer, field)).unwrap_or_default();
            [text(details, field), of_customer].into_iter().find(|value| !value.is_empty()).map(str::to_owned)
        };
        let email = known("email").or_else(|| session["customer_email"].as_str().map(str::to_owned));
        let values = [("email", email), ("name", known("name"))];
        let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Self { values, ..Self::default() }
    }

    pub(super) fn typed(body: &[u8]) -> Self {
        Self { values: form_urlencoded::parse(body).into_owned().collect(), ..Self::default() }
    }

    pub(super) fn refuse(&mut self, why: &str) {
        self.refused = Some(why.to_owned());
    }

    /// The form if nothing is missing; the rest is for the card to say.
    pub(super) fn check(&mut self) -> Option<Form> {
        let expiry = expiry(self.value("exp"));
        let wrong = [
            ("email", !self.value("email").contains('@'), "Enter your e-mail address."),
            ("number", self.value("number").is_empty(), "Enter your card number."),
            ("exp", expiry.is_none(), "Enter the expiry as month and year, such as 12 / 34."),
            ("cvc", self.value("cvc").is_empty(), "Enter the three or four digits on the card."),
            ("name", self.value("name").is_empty(), "Enter the name on the card."),
        ];
        self.errors =
            wrong.into_iter().filter(|w| w.1).map(|(field, _, why)| (field, why.to_owned())).collect();
        let (exp_month, exp_year) = expiry.filter(|_| self.errors.is_empty())?;
        let own = |name: &str| self.value(name).to_owned();
        Some(Form {
            email: own("email"),
            name: own("name"),
            number: own("number"),
            cvc: own("cvc"),
            exp_month,
            exp_year,
        })
    }

    fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// Puts a refusal beside the field it is about.
    pub(super) fn blame(&mut self, error: &ApiError) {
        let field = match error.field("param") {
            "exp_month" | "exp_year" => "exp",
            "cvc" => "cvc",
            _ => "number",
        };
        let words = match error.field("code") {
            "card_declined" | "expired_card" => declined(error.field("decline_code")),
            _ => error.message().to_owned(),
        };
        self.errors.push((field, words));
    }

    pub(super) fn form(&self, button: &str) -> String {
        let alert = self
            .refused
            .as_deref()
            .map(|why| format!("<p class=\"alert\" role=\"alert\">{}</p>", escape(why)));
        let [email, number, exp, cvc, name] = FIELDS.map(|field| self.field(field));
        format!(
            "<form method=\"post\" novalidate>\n{}\n{email}\n{number}\n<div class=\"pair\">\n{exp}\n{cvc}\n</div>\n{name}\n\
             <button type=\"submit\">{}</button>\n</form>",
            alert.unwrap_or_default(),
            escape(button)
        )
    }

    fn field(&self, (name, label, hints): (&'static str, &str, &str)) -> String {
        // The CVC is never sent back.
        let value = if name == "cvc" { String::new() } else { escape(self.value(name)) };
        let error = self.errors.iter().find(|(field, _)| *field == name);
        let first = self.errors.first().is_some_and(|(field, _)| *field == name);
        let (invalid, words) = match error {
            None => (String::new(), String::new()),
            Some((_, why)) => (
                format!(
                    " aria-invalid=\"true\" aria-describedby=\"{name}-error\"{}",
                    if first { " autofocus" } else { "" }
                ),
                format!("<p class=\"error\" id=\"{name}-error\">{}</p>", escape(why)),
            ),
        };
        format!(
            "<div class=\"field\"><label for=\"{name}\">{label}</label><input id=\"{name}\" name=\"{name}\" {hints} \
             value=\"{value}\" required{invalid}>{words}</div>"
        )
    }
}

/// Why a bank said no, without its jargon; a thief learns nothing from it.
fn declined(decline_code: &str) -> String {
    let why = match decline_code {
        "insufficient_funds" => "There is not enough money on this card.",
        "expired_card" => "This card has expired.",
        "card_velocity_exceeded" => "This card was used too often or over its limit.",
        "test_mode_live_card" => "This is not a test card. Use one of those below.",
        _ => "Your card was declined.",
    };
    format!("{why} Try a different card.")
}

/// The last refusal of the session's payment.
pub(super) fn after_authentication(app: &App, session: &Value) -> String {
    let inner = app.lock();
    let intent = inner.state.get("payment_intent", text(session, "payment_intent"));
    declined(intent.map(|intent| text(&intent["last_payment_error"], "decline_code")).unwrap_or_default())
}

/// `12 / 34`, `12/2034`, `1234`.
fn expiry(typed: &str) -> Option<(String, String)> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let (month, year) = match typed.split_once(['/', '-', ' ']) {
        Some((month, _)) => {
            let month: String = month.chars().filter(char::is_ascii_digit).collect();
            let rest = digits[month.len()..].to_owned();
            (month, rest)
        }
        None if digits.len() == 4 || digits.len() == 6 => (digits[..2].to_owned(), digits[2..].to_owned()),
        None => return None,
    };
    (!month.is_empty() && (year.len() == 2 || year.len() == 4)).then_some((month, year))
}

#[cfg(test)]
mod tests {
    use super::expiry;

    #[test]
    fn an_expiry_is_taken_as_people_type_it() {
        let wanted = Some(("12".to_owned(), "34".to_owned()));
        for typed in ["12 / 34", "12/34", "1234", "12-34", "12 34"] {
            assert_eq!(expiry(typed), wanted, "{typed}");
        }
        assert_eq!(expiry("1/2034"), Some(("1".to_owned(), "2034".to_owned())));
        assert_eq!(expiry("123"), None);
        assert_eq!(expiry(""), None);
    }
}
