//! Certificates of far sides: when one ends, and what is wrong with one that is not accepted.
//!
//! Whether to trust one is decided by rustls alone. What is read here of an accepted one is its last day, for
//! who looks after it.

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};

/// When the certificate of an answer ends, in seconds since 1970; none without TLS.
pub(super) fn expires(response: &reqwest::Response) -> Option<u64> {
    let shown = response.extensions().get::<reqwest::tls::TlsInfo>()?;
    end_of(shown.peer_certificate()?)
}

/// `notAfter` of a certificate in DER: the second time in the fifth part of what is signed, the optional
/// version in front of the first not counted.
fn end_of(certificate: &[u8]) -> Option<u64> {
    let certificate = AnyRef::from_der(certificate).ok()?;
    let signed: AnyRef<'_> = SliceReader::new(certificate.value()).ok()?.decode().ok()?;
    let mut parts = SliceReader::new(signed.value()).ok()?;
    let mut part = || parts.decode::<AnyRef<'_>>().ok();
    let first = part()?;
    let is_version = matches!(first.tag(), Tag::ContextSpecific { .. });
    // The serial number, the algorithm, the issuer.
    for _ in 0..if is_version { 3 } else { 2 } {
        part()?;
    }
    let validity = part()?;
    let mut times = SliceReader::new(validity.value()).ok()?;
    times.decode::<AnyRef<'_>>().ok()?;
    let end: AnyRef<'_> = times.decode().ok()?;
    let end = match end.tag() {
        Tag::UtcTime => end.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        _ => end.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
    };
    Some(end.as_secs())
}

/// What is wrong with the certificate, if that is why a request failed; as it reads behind its name.
pub(super) fn objection(error: &reqwest::Error) -> Option<&'static str> {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    let rustls::Error::InvalidCertificate(reason) = find(error)? else { return None };
    Some(match reason {
        Expired | ExpiredContext { .. } => "has expired",
        NotValidYet | NotValidYetContext { .. } => "is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "is for another name",
        UnknownIssuer => "is signed by nobody known",
        _ => "cannot be verified",
    })
}

/// An error of this type among those that led to `error`.
pub(super) fn find<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    // What an I/O error wraps is not its source.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match wrapped {
        Some(wrapped) => find(wrapped),
        None => find(error.source()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tag, length below 128, value.
    fn der(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn certificate(version: bool, end: &[u8]) -> Vec<u8> {
        let start = der(0x17, b"700101000000Z");
        let version = if version { der(0xa0, &der(0x02, &[2])) } else { Vec::new() };
        let parts = [
            version,
            der(0x02, &[1]),
            der(0x30, &der(0x06, &[0x2a, 0x03])),
            der(0x30, &[]),
            der(0x30, &[&start[..], end].concat()),
            der(0x30, b"\x05\x00"),
        ];
        der(0x30, &[der(0x30, &parts.concat()), der(0x03, &[0])].concat())
    }

    #[test]
    fn the_end_of_a_certificate_is_found_in_every_form() {
        for (version, end, expected) in [
            (true, der(0x17, b"270101000000Z"), Some(1_798_761_600)),
            (false, der(0x17, b"270101000000Z"), Some(1_798_761_600)),
            (true, der(0x17, b"491231235959Z"), Some(2_524_607_999)),
            (true, der(0x18, b"20500101000000Z"), Some(2_524_608_000)),
            // What is said of a certificate that never ends.
            (true, der(0x18, b"99991231235959Z"), Some(253_402_300_799)),
            (true, der(0x17, b"271301000000Z"), None),
            (true, der(0x17, b"2701010000Z"), None),
            (true, der(0x02, &[1]), None),
        ] {
            assert_eq!(end_of(&certificate(version, &end)), expected, "{end:?}");
        }
    }

    #[test]
    fn garbage_has_no_end() {
        let whole = certificate(true, &der(0x17, b"270101000000Z"));
        for cut in 0..whole.len() {
            assert_eq!(end_of(&whole[..cut]), None, "{cut}");
        }
        for at in 0..whole.len() {
            for byte in [0x00, 0x30, 0x80, 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                // Whatever it says: without a fault.
                let _: Option<u64> = end_of(&broken);
            }
        }
    }
}
