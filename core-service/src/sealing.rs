//! Values of tokens that may be shown again: sealed under the key of the installation, each bound to its hash, so that
//! none opens in the place of another. Must never write a key or a value anywhere.

use crate::secret::{NoRandomness, Secret, SecretHash};
use provost_domain::SealedValue;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fmt;

/// How values are sealed, in front of each: it may become otherwise.
const FORM: u8 = 1;
/// The bytes of a key.
const KEY: usize = 32;

/// The key of the installation, under which values of tokens are kept.
pub struct TokenKey(LessSafeKey);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

impl TokenKey {
    /// A key as it is written: 64 hexadecimal digits. None of any other text.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; KEY];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?)))
    }

    /// The value, sealed.
    pub fn seal(&self, value: &Secret) -> Result<SealedValue, NoRandomness> {
        let mut nonce = [0_u8; NONCE_LEN];
        OsRng.try_fill_bytes(&mut nonce).map_err(|_| NoRandomness)?;
        let hash = value.hash();
        let mut content = value.reveal().as_bytes().to_vec();
        let (number, bound) = (Nonce::assume_unique_for_key(nonce), Aad::from(hash.as_bytes()));
        // Only what is larger than any value can't be sealed.
        let sealed = self.0.seal_in_place_append_tag(number, bound, &mut content);
        sealed.map_err(|_| NoRandomness)?;
        Ok(SealedValue([&[FORM], &nonce[..], &content].concat()))
    }

    /// The value that has this hash; none where it was sealed under another key.
    pub fn open(&self, SealedValue(sealed): &SealedValue, hash: &SecretHash) -> Option<Secret> {
        let (form, rest) = sealed.split_first()?;
        let (nonce, content) = rest.split_at_checked(NONCE_LEN)?;
        if *form != FORM {
            return None;
        }
        let number = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = content.to_vec();
        let value = self.0.open_in_place(number, Aad::from(hash.as_bytes()), &mut content).ok()?;
        let value = Secret::from_text(str::from_utf8(value).ok()?);
        value.hash().matches(hash).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> TokenKey {
        TokenKey::from_hex(&digit.to_string().repeat(64)).unwrap()
    }

    #[test]
    fn only_the_key_opens_a_value_and_only_as_its_own() {
        let value = Secret::from_text("correct-horse-battery-staple");
        let (one, again) = (key('1').seal(&value).unwrap(), key('1').seal(&value).unwrap());
        assert_ne!(one, again);
        let text = value.reveal().as_bytes();
        assert!(!one.0.windows(text.len()).any(|part| part == text));
        assert_eq!(key('1').open(&one, &value.hash()).unwrap().reveal(), value.reveal());
        assert!(key('2').open(&one, &value.hash()).is_none());
        let other = Secret::from_text("another-value-of-a-token");
        assert!(key('1').open(&one, &other.hash()).is_none());
        for place in [0, 5, 20, one.0.len() - 1] {
            let mut changed = one.clone();
            changed.0[place] ^= 1;
            assert!(key('1').open(&changed, &value.hash()).is_none(), "{place}");
        }
        for length in 0..one.0.len() {
            let short = SealedValue(one.0[..length].to_vec());
            assert!(key('1').open(&short, &value.hash()).is_none(), "{length}");
        }
        assert_eq!(format!("{:?} {one:?}", key('1')), "TokenKey SealedValue(…)");
    }

    #[test]
    fn a_key_is_64_digits() {
        for wrong in ["", "12", &"g".repeat(64), &"1".repeat(63), &"1".repeat(66)] {
            assert!(TokenKey::from_hex(wrong).is_none(), "{wrong}");
        }
    }
}
