//! Text, set: broken into lines, letters of any script shaped and put in their order.
//!
//! The DejaVu fonts are in the binary: Latin, Greek, Cyrillic, Arabic and more, so that a paper looks the same wherever
//! it is made. What they lack (Chinese, Japanese, Korean, emoji) is an empty box; the page that a paper is made from
//! shows it.

use std::sync::{LazyLock, Mutex, PoisonError};

use parley::fontique::Blob;
use parley::layout::{Alignment, Layout};
use parley::style::{FontFamily, FontWeight, LineHeight, OverflowWrap, StyleProperty};
use parley::{FontContext, LayoutContext};

const FAMILY: &str = "DejaVu Sans";

static SETTING: LazyLock<Mutex<(FontContext, LayoutContext<()>)>> = LazyLock::new(|| {
    let mut fonts = FontContext::new();
    for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
        fonts.collection.register_fonts(Blob::new(std::sync::Arc::new(font)), None);
    }
    Mutex::new((fonts, LayoutContext::new()))
});

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// In points, as every length here.
    pub size: f32,
    pub bold: bool,
    pub to_the_right: bool,
    /// Grey, for what is beside the matter.
    pub pale: bool,
}

pub(crate) const BODY: Style = Style { size: 9.5, bold: false, to_the_right: false, pale: false };
pub(crate) const STRONG: Style = Style { bold: true, ..BODY };
pub(crate) const TITLE: Style = Style { size: 20.0, bold: true, ..BODY };
pub(crate) const HEADING: Style = Style { size: 12.0, bold: true, ..BODY };
pub(crate) const SMALL: Style = Style { size: 8.0, pale: true, ..BODY };

impl Style {
    pub(crate) const fn to_the_right(self) -> Self {
        Self { to_the_right: true, ..self }
    }
}

/// A text that is set, no wider than it was told.
pub(crate) struct Words {
    pub text: String,
    pub layout: Layout<()>,
    pub style: Style,
}

impl Words {
    pub(crate) fn set(text: &str, style: Style, width: f32) -> Self {
        // What was being set when another thread panicked is begun anew with every text.
        let mut setting = SETTING.lock().unwrap_or_else(PoisonError::into_inner);
        let (fonts, layouts) = &mut *setting;
        let mut builder = layouts.ranged_builder(fonts, text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(FontFamily::named(FAMILY)));
        builder.push_default(StyleProperty::FontSize(style.size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(1.4)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        if style.bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::BOLD));
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(Some(width));
        let side = if style.to_the_right { Alignment::End } else { Alignment::Start };
        layout.align(side, Default::default());
        Self { text: text.to_owned(), layout, style }
    }

    pub(crate) fn height(&self) -> f32 {
        self.layout.height()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_too_long_goes_on_in_the_next_line() {
        let words = Words::set(&"a".repeat(300), BODY, 100.0);
        assert!(words.layout.width() <= 100.0, "{} points", words.layout.width());
        assert!(words.height() > 10.0 * BODY.size, "{} points", words.height());
    }
}
