//! What a decline means, for the person who holds the card. The gateway's own messages are written for merchants.

/// Our own code: another amount than the pledge's was taken, and is given back.
pub const OTHER_AMOUNT: &str = "other_amount";

/// A sentence for a decline or error code. Codes that would tip off a thief (`lost_card`, `stolen_card`,
/// `fraudulent`) read like an ordinary decline, as Stripe advises.
#[must_use]
pub fn in_plain_words(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "The card does not have enough money. Try another card, or ask your bank.",
        "card_gone" => "The saved card is no longer there. Use another card.",
        "hold_expired" => "The hold on your card ran out before it could be charged. Use a card once more.",
        OTHER_AMOUNT => "Another amount than you pledged was taken. Use a card once more.",
        "expired_card" => "The card has expired. Use another card.",
        "incorrect_cvc" | "invalid_cvc" => "The security code is not right. Check the three or four digits.",
        "incorrect_number" | "invalid_number" => "The card number is not right. Check it and try again.",
        "invalid_expiry_month" | "invalid_expiry_year" => {
            "The expiry date is not right. Check it and try again."
        }
        "processing_error" => "The bank could not process the card just now. Wait a minute and try again.",
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => {
            "The card was used too often in a short time. Wait, or use another card."
        }
        "authentication_required"
        | "authentication_failure"
        | "setup_intent_authentication_failure"
        | "payment_intent_authentication_failure" => {
            "Your bank could not confirm that it was you. Try again and complete its check."
        }
        "currency_not_supported" => "The card cannot pay in this currency. Use another card.",
        "card_not_supported" | "transaction_not_allowed" => {
            "The card does not allow this payment. Use another card."
        }
        "try_again_later" | "issuer_not_available" | "reenter_transaction" => {
            "The bank could not be reached. Try again in a moment."
        }
        _ => "The bank declined the card. Try another card, or ask your bank why.",
    }
}

#[cfg(test)]
mod tests {
    use super::in_plain_words;

    #[test]
    fn a_stolen_card_is_told_nothing_special() {
        for code in ["lost_card", "stolen_card", "fraudulent", "generic_decline", "a_code_of_tomorrow"] {
            assert_eq!(in_plain_words(code), in_plain_words("generic_decline"), "{code}");
        }
    }
}
