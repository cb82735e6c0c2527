//! What a browser makes of a page: its elements without their words, and its words.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

/// Attributes whose value leads somewhere.
const ADDRESSES: [&str; 5] = ["href", "src", "srcset", "action", "formaction"];

#[derive(Debug, Default, PartialEq)]
pub struct Skeleton {
    /// Every start tag in order: its name, its attributes' names, and where they lead.
    pub tags: Vec<String>,
    /// All words that are shown, decoded.
    pub text: String,
}

impl Skeleton {
    pub fn of(html: &str) -> Self {
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        let reader = Tokenizer::new(Reader::default(), Default::default());
        let _ = reader.feed(&input);
        reader.end();
        reader.sink.0.into_inner()
    }
}

#[derive(Default)]
struct Reader(RefCell<Skeleton>);

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                self.0.borrow_mut().tags.push(described(&tag));
                match &*tag.name {
                    "script" => TokenSinkResult::RawData(ScriptData),
                    "style" => TokenSinkResult::RawData(Rawtext),
                    "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                    _ => TokenSinkResult::Continue,
                }
            }
            Token::CharacterTokens(words) => {
                self.0.borrow_mut().text.push_str(&words);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

fn described(tag: &Tag) -> String {
    tag.attrs.iter().fold(tag.name.to_string(), |described, attribute| {
        let name = &*attribute.name.local;
        if ADDRESSES.contains(&name) {
            format!("{described} {name}={}", attribute.value)
        } else {
            format!("{described} {name}")
        }
    })
}
