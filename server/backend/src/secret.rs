//! Secrets that let somebody in: handed out once, kept as hashes only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::{Result, random_bytes};

/// 256 random bits, fit for addresses and cookies.
pub(crate) fn new() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))
}

/// What is stored of one. A plain hash will do: nobody guesses 256 random bits.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether a text has the form of one.
pub(crate) fn is_one(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bits| bits.len() == 32)
}
