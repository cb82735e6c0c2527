//! Tables for spreadsheets, which take a cell for a formula when it begins like one.

/// One line of a table, with its end.
#[must_use]
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = cells.into_iter().map(cell).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// Quoted where it must be (RFC 4180). What a spreadsheet would run is made text by an apostrophe; numbers stay numbers.
fn cell(text: &str) -> String {
    let runs =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<rust_decimal::Decimal>().is_err();
    let text = if runs { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Case 61
    #[test]
    fn formulas_are_text_and_numbers_are_numbers() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"] {
            assert!(line([formula]).trim_start_matches('"').starts_with('\''), "{formula}");
        }
        assert_eq!(line(["-25.00", "EUR"]), "-25.00,EUR\r\n");
        assert_eq!(line(["a \"b\"", "c,d"]), "\"a \"\"b\"\"\",\"c,d\"\r\n");
    }
}
