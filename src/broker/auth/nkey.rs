//! The challenge: a client signs our nonce with its user key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::credentials::Refusal;

/// Has the owner of this public key signed the nonce? Clients write the signature in base64 for URLs
/// without padding; older ones in the standard way.
pub(super) fn verify(public_key: &str, nonce: &[u8], signature: &str) -> Result<(), Refusal> {
    if signature.is_empty() {
        return Err(Refusal::NoSignature);
    }
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .or_else(|_| STANDARD.decode(signature))
        .map_err(|_| Refusal::MalformedSignature)?;
    let key = nkeys::KeyPair::from_public_key(public_key).map_err(|_| Refusal::UnknownUser)?;
    key.verify(nonce, &signature).map_err(|_| Refusal::WrongSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures() {
        let (key, other) = (nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user());
        let nonce = b"abcdefghijk";
        let signed = key.sign(nonce).unwrap();
        let (url, standard) = (URL_SAFE_NO_PAD.encode(&signed), STANDARD.encode(&signed));
        let public = key.public_key();
        assert_eq!(verify(&public, nonce, &url), Ok(()));
        assert_eq!(verify(&public, nonce, &standard), Ok(()));
        assert_eq!(
            verify(&public, b"another one", &url),
            Err(Refusal::WrongSignature)
        );
        assert_eq!(
            verify(&other.public_key(), nonce, &url),
            Err(Refusal::WrongSignature)
        );
        assert_eq!(verify(&public, nonce, ""), Err(Refusal::NoSignature));
        assert_eq!(verify(&public, nonce, "?"), Err(Refusal::MalformedSignature));
        assert_eq!(verify(&public, nonce, "YWJj"), Err(Refusal::WrongSignature));
        assert_eq!(verify("UABC", nonce, &url), Err(Refusal::UnknownUser));
    }
}
