//! What secrets and the audit are sealed with: keys that are derived from SECRET_KEY, and never stored.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::SecretError;
use crate::database::Seal;

/// Characters of SECRET_KEY at least.
pub(crate) const KEY_SHORTEST: usize = 16;
const SALT: usize = 16;
const NONCE: usize = 24;

type Bytes = Zeroizing<[u8; 32]>;

/// The keys of one data directory.
pub(super) struct Key {
    secrets: Bytes,
    audit: Bytes,
    /// Says nothing of the others; tells whether they are the right ones.
    check: [u8; 32],
}

impl Key {
    /// Makes keys for a directory that has none, and the note by which they are known again.
    pub(super) async fn create(secret_key: &SecretString) -> Result<(Self, String), SecretError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| SecretError::Crypto("there is no randomness"))?;
        let key = Self::derive(secret_key, salt.to_vec()).await?;
        let note = format!("{} {}", hex(&salt), hex(&key.check));
        Ok((key, note))
    }

    /// The keys that `note` was made for. None if SECRET_KEY is another one.
    pub(super) async fn from_note(
        secret_key: &SecretString,
        note: &str,
    ) -> Result<Option<Self>, SecretError> {
        let (salt, check) = note.split_once(' ').unwrap_or_default();
        let Some((salt, check)) = unhex(salt).zip(unhex(check)) else { return Ok(None) };
        let key = Self::derive(secret_key, salt).await?;
        Ok(bool::from(key.check.ct_eq(&check)).then_some(key))
    }

    async fn derive(secret_key: &SecretString, salt: Vec<u8>) -> Result<Self, SecretError> {
        let secret_key = secret_key.clone();
        // Slow on purpose: guessing a weak SECRET_KEY is to cost something.
        let derived = tokio::task::spawn_blocking(move || {
            let mut root = Zeroizing::new([0; 32]);
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
            argon
                .hash_password_into(secret_key.expose_secret().as_bytes(), &salt, &mut *root)
                .map_err(|_| SecretError::Crypto("SECRET_KEY cannot be used"))?;
            let part = |label: &str| Zeroizing::new(hmac(&*root, &[label.as_bytes()]));
            Ok(Self { secrets: part("secrets"), audit: part("audit"), check: *part("check") })
        });
        derived.await.map_err(|_| SecretError::Crypto("the derivation was broken off"))?
    }

    /// What the audit is sealed with.
    pub(super) fn seal(&self) -> Seal {
        Seal::keyed(self.audit.clone())
    }

    /// Encrypts a value for this name only: nonce and what is to be stored.
    pub(super) fn close(
        &self,
        name: &str,
        value: &SecretString,
    ) -> Result<(Vec<u8>, Vec<u8>), SecretError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SecretError::Crypto("there is no randomness"))?;
        let payload = Payload { msg: value.expose_secret().as_bytes(), aad: name.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SecretError::Crypto("it cannot be encrypted"))?;
        Ok((nonce.to_vec(), sealed))
    }

    /// Decrypts what was stored under this name. None if it is not what was.
    pub(super) fn open(&self, name: &str, nonce: &[u8], sealed: &[u8]) -> Option<SecretString> {
        let nonce = <[u8; NONCE]>::try_from(nonce).ok()?;
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let bytes = self.cipher().decrypt(&XNonce::from(nonce), payload).ok()?;
        String::from_utf8(bytes).ok().map(SecretString::from)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.secrets).into())
    }
}

/// HMAC-SHA256 (RFC 2104) of the parts, one after the other.
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = Zeroizing::new([with; 64]);
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        Sha256::new_with_prefix(&*block)
    };
    let mut inner = pad(0x36);
    parts.iter().for_each(|part| inner.update(part));
    pad(0x5c).chain_update(inner.finalize()).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, whose short key is filled with zeros as HMAC does.
    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac(&key, &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[tokio::test]
    async fn what_is_sealed_opens_with_its_key_and_name_only() {
        let (key, note) = Key::create(&"a key of some length".into()).await.unwrap();
        let (nonce, sealed) = key.close("NAME", &"value-to-keep".into()).unwrap();
        let open = |key: &Key, name: &str, sealed: &[u8]| {
            key.open(name, &nonce, sealed).map(|value| value.expose_secret().to_owned())
        };
        assert_eq!(open(&key, "NAME", &sealed).as_deref(), Some("value-to-keep"));
        assert_eq!(open(&key, "OTHER", &sealed), None, "moved to another name");
        let mut damaged = sealed.clone();
        damaged[0] ^= 1;
        assert_eq!(open(&key, "NAME", &damaged), None);
        let again = Key::from_note(&"a key of some length".into(), &note).await.unwrap().unwrap();
        assert_eq!(open(&again, "NAME", &sealed).as_deref(), Some("value-to-keep"));
        assert!(Key::from_note(&"another key of length".into(), &note).await.unwrap().is_none());
        let (other, _) = Key::create(&"a key of some length".into()).await.unwrap();
        assert_eq!(open(&other, "NAME", &sealed), None, "another salt makes other keys");
    }
}
