//! Stripe's test cards and what happens with each of them.

use serde_json::Value;

pub(crate) use super::declines::Decline;
use crate::state::HIDDEN;

pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// The end of `pm_card_…` and `tok_…`.
    pub(crate) token: &'static str,
    pub(crate) story: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) on_attach: Option<Decline>,
    pub(crate) on_charge: Option<Decline>,
    pub(crate) three_ds: ThreeDs,
    pub(crate) afterwards: Afterwards,
}

/// When the bank wants to see the card holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreeDs {
    Never,
    /// Unless the card was set up for later use before.
    UnlessSetUp,
    Always,
    /// Never without the customer, as if it had been set up elsewhere.
    AlreadySetUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Nothing,
    Dispute(&'static str),
    EarlyFraudWarning,
    RefundPending,
    RefundFails,
    Available,
}

const fn card(number: &'static str, token: &'static str, story: &'static str) -> TestCard {
    TestCard {
        number,
        token,
        story,
        brand: "visa",
        on_attach: None,
        on_charge: None,
        three_ds: ThreeDs::Never,
        afterwards: Afterwards::Nothing,
    }
}

const fn of_brand(brand: &'static str, number: &'static str, token: &'static str) -> TestCard {
    TestCard { brand, ..card(number, token, "") }
}

/// Refused wherever it is used.
const fn declined(number: &'static str, token: &'static str, story: &'static str, why: Decline) -> TestCard {
    TestCard { on_attach: Some(why), on_charge: Some(why), ..card(number, token, story) }
}

const fn secure(
    number: &'static str,
    token: &'static str,
    story: &'static str,
    three_ds: ThreeDs,
) -> TestCard {
    TestCard { three_ds, ..card(number, token, story) }
}

const fn later(
    number: &'static str,
    token: &'static str,
    story: &'static str,
    afterwards: Afterwards,
) -> TestCard {
    TestCard { afterwards, ..card(number, token, story) }
}

/// docs.stripe.com/testing. Those with a story are listed on the card page.
pub(crate) static CARDS: &[TestCard] = &[
    card("4242424242424242", "visa", "Succeeds"),
    TestCard {
        on_charge: Some(Decline::Generic),
        ..card("4000000000000341", "chargeCustomerFail", "Can be saved, fails when charged later")
    },
    declined("4000000000000002", "chargeDeclined", "Declined", Decline::Generic),
    declined(
        "4000000000009995",
        "chargeDeclinedInsufficientFunds",
        "Declined: insufficient funds",
        Decline::InsufficientFunds,
    ),
    declined("4000000000009987", "chargeDeclinedLostCard", "Declined: lost card", Decline::Lost),
    declined("4000000000009979", "chargeDeclinedStolenCard", "Declined: stolen card", Decline::Stolen),
    declined("4000000000000069", "chargeDeclinedExpiredCard", "Declined: expired card", Decline::Expired),
    declined("4000000000000127", "chargeDeclinedIncorrectCvc", "Declined: wrong CVC", Decline::Cvc),
    declined(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        "Declined: processing error",
        Decline::Processing,
    ),
    declined("4000000000006975", "chargeDeclinedVelocityLimitExceeded", "", Decline::Velocity),
    TestCard {
        on_charge: Some(Decline::Radar),
        ..card("4100000000000019", "radarBlock", "Blocked as fraud when charged")
    },
    secure(
        "4000002500003155",
        "authenticationRequiredOnSetup",
        "Asks for authentication unless it was saved",
        ThreeDs::UnlessSetUp,
    ),
    secure("4000002760003184", "authenticationRequired", "Always asks for authentication", ThreeDs::Always),
    secure(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        "Asks for authentication, charged later without",
        ThreeDs::AlreadySetUp,
    ),
    TestCard {
        on_charge: Some(Decline::InsufficientFunds),
        ..secure(
            "4000008260003178",
            "authenticationRequiredChargeDeclinedInsufficientFunds",
            "Asks for authentication, then insufficient funds",
            ThreeDs::UnlessSetUp,
        )
    },
    TestCard {
        on_charge: Some(Decline::Generic),
        ..secure(
            "4000008400001629",
            "threeDSecureRequiredChargeDeclined",
            "Asks for authentication, then declined",
            ThreeDs::Always,
        )
    },
    secure("4000000000003220", "threeDSecure2Required", "", ThreeDs::UnlessSetUp),
    secure("4000000000003063", "threeDSecureRequired", "", ThreeDs::UnlessSetUp),
    card("4000000000003055", "threeDSecureOptional", ""),
    later(
        "4000000000000259",
        "createDispute",
        "Succeeds, then disputed as fraud",
        Afterwards::Dispute("fraudulent"),
    ),
    later(
        "4000000000002685",
        "createDisputeProductNotReceived",
        "Succeeds, then disputed as not received",
        Afterwards::Dispute("product_not_received"),
    ),
    later("4000000000001976", "createDisputeInquiry", "", Afterwards::Dispute("inquiry")),
    later("4000000000005423", "createIssuerFraudRecord", "", Afterwards::EarlyFraudWarning),
    later(
        "4000000000007726",
        "pendingRefund",
        "Refunds stay pending for a minute",
        Afterwards::RefundPending,
    ),
    later(
        "4000000000005126",
        "refundFail",
        "Refunds succeed, then fail a minute later",
        Afterwards::RefundFails,
    ),
    later("4000000000000077", "bypassPending", "", Afterwards::Available),
    card("4000000000000101", "cvcCheckFail", ""),
    card("4000056655665556", "visa_debit", ""),
    card("4000002500000003", "fr", ""),
    card("4000002760000016", "de", ""),
    card("4000008260000000", "gb", ""),
    card("4000000400000008", "at", ""),
    of_brand("mastercard", "5555555555554444", "mastercard"),
    of_brand("mastercard", "2223003122003222", "mastercard_2"),
    of_brand("mastercard", "5200828282828210", "mastercard_debit"),
    of_brand("amex", "378282246310005", "amex"),
    of_brand("amex", "371449635398431", "amex_2"),
    of_brand("discover", "6011111111111117", "discover"),
    of_brand("diners", "3056930009020004", "diners"),
    of_brand("jcb", "3566002020360505", "jcb"),
    of_brand("unionpay", "6200000000000005", "unionpay"),
];

pub(crate) fn by_number(number: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.number == number)
}

/// `pm_card_visa`, `tok_chargeDeclined`; Stripe puts `visa_` before some of the declines.
pub(crate) fn by_token(token: &str) -> Option<&'static TestCard> {
    let name = token.strip_prefix("pm_card_").or_else(|| token.strip_prefix("tok_"))?;
    let plain = name.strip_prefix("visa_charge").map(|rest| format!("charge{rest}"));
    let wanted = plain.as_deref().unwrap_or(name);
    CARDS.iter().find(|card| card.token == wanted)
}

/// The card behind a payment method.
pub(crate) fn behind(payment_method: &Value) -> &'static TestCard {
    payment_method[HIDDEN]["number"].as_str().and_then(by_number).unwrap_or(&CARDS[0])
}

/// The check digit that all card numbers carry.
pub(crate) fn luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.bytes().rev().enumerate() {
        let digit = u32::from(digit - b'0');
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        sum += if doubled > 9 { doubled - 9 } else { doubled };
    }
    sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_carry_their_check_digit() {
        for card in CARDS {
            assert!(luhn(card.number), "{}", card.number);
        }
    }

    #[test]
    fn tokens_find_their_cards() {
        assert_eq!(
            by_token("pm_card_visa_chargeDeclinedLostCard").map(|card| card.number),
            Some("4000000000009987")
        );
        assert_eq!(by_token("tok_chargeCustomerFail").map(|card| card.number), Some("4000000000000341"));
        assert!(by_token("pm_1abc").is_none());
    }
}
