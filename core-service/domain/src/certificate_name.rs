//! Names in certificates, by which services show who they are instead of a token.

use super::{Reason, Refusal, ServiceName, TokenHash};
use serde::{Deserialize, Serialize};

/// The longest name in bytes: that of a SPIFFE ID.
const MAX_NAME: usize = 2048;

/// A name of a certificate's subject (RFC 5280 section 4.2.1.6): a URI, or a DNS name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CertificateName(String);

impl CertificateName {
    /// Reads a name. What has a colon is a URI, and is compared as it is written.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_uri = text.contains(':');
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let is_name = if is_uri {
            text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.starts_with(':')
        } else {
            text.bytes().all(good) && !text.starts_with(['.', '-'])
        };
        if !is_name || !(1..=MAX_NAME).contains(&text.len()) {
            return Err(Refusal::about(
                Reason::ValueInvalid,
                "certificate_name",
                "the name of a certificate is a URI, for example spiffe://example.com/billing, or a \
                 DNS name without wildcards, for example billing.example.com",
            ));
        }
        Ok(Self(if is_uri { text.to_owned() } else { text.to_ascii_lowercase() }))
    }

    /// The one name by which a certificate counts: its only URI, else its only DNS name. With several,
    /// whoever signs certificates could not tell which service is meant.
    pub fn of_certificate(uris: &[&str], dns_names: &[&str]) -> Result<Self, Refusal> {
        let name = match (uris, dns_names) {
            ([uri], _) if uri.contains(':') => uri,
            ([_], _) => return Err(unusable("has a URI without a scheme")),
            ([], [name]) if !name.contains(':') => name,
            ([], [_]) => return Err(unusable("has a DNS name that is none")),
            ([], []) => return Err(unusable("has neither a URI nor a DNS name")),
            ([], _) => return Err(unusable("has several DNS names and no URI")),
            (_, _) => return Err(unusable("has several URIs")),
        };
        Self::parse(name).map_err(|_| unusable("has a name that no service can be registered with"))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name of certificates to be registered with a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRegistration {
    /// Who shows it.
    pub service: ServiceName,
    /// The name.
    pub certificate: CertificateName,
    /// What stands for it where tokens are looked up.
    pub hash: TokenHash,
}

/// What an event shows of a name of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSnapshot {
    /// With which service it is registered.
    pub service: ServiceName,
    /// The name.
    pub certificate: CertificateName,
}

fn unusable(problem: &str) -> Refusal {
    let message = format!(
        "the certificate {problem}; have one issued with one URI, or with one DNS name and no URI, in \
         its subjectAltName"
    );
    Refusal::new(Reason::CertificateInvalid, message)
}

/// What a caller is told whose certificate is not registered with a service.
pub fn certificate_opens_nothing() -> Refusal {
    Refusal::new(
        Reason::CertificateInvalid,
        "no token came with the request, and the name in the certificate is not registered with a \
         service; register it with `provost service certificate add`, or send a token",
    )
}

/// What a caller is told who names a certificate that the service does not have.
pub fn unknown_certificate() -> Refusal {
    Refusal::about(
        Reason::CertificateNotFound,
        "certificate_name",
        "no certificate of this name is registered with the service; list its certificates to see \
         their names",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_uri_or_a_dns_name() {
        for (good, kept) in [
            ("spiffe://example.com/Billing", "spiffe://example.com/Billing"),
            ("urn:service:billing", "urn:service:billing"),
            ("Billing.example.COM", "billing.example.com"),
            ("billing", "billing"),
        ] {
            assert_eq!(CertificateName::parse(good).unwrap().as_str(), kept);
        }
        let long = format!("spiffe://{}", "x".repeat(MAX_NAME));
        for bad in ["", "*.example.com", "a b", ".a", "-a", "é", ":x", "x://a b", "a_b", &long] {
            let refusal = CertificateName::parse(bad).unwrap_err();
            assert_eq!(
                (refusal.reason, &*refusal.attribute),
                (Reason::ValueInvalid, "certificate_name")
            );
        }
    }

    #[test]
    fn one_name_of_a_certificate_counts() {
        let named = |uris: &[&str], names: &[&str]| {
            CertificateName::of_certificate(uris, names).map(|name| name.0)
        };
        assert_eq!(named(&["x://a"], &[]), Ok("x://a".to_owned()));
        assert_eq!(named(&["x://a"], &["b", "c"]), Ok("x://a".to_owned()));
        assert_eq!(named(&[], &["B"]), Ok("b".to_owned()));
        for (uris, names) in [
            (&[][..], &[][..]),
            (&["x://a", "x://b"], &[]),
            (&["x://a", "x://b"], &["c"]),
            (&[], &["a", "b"]),
            (&[], &["*.a"]),
            (&["a b"], &["c"]),
            (&["b.example.com"], &[]),
            (&[], &["x://a"]),
        ] {
            assert_eq!(named(uris, names).unwrap_err().reason, Reason::CertificateInvalid);
        }
    }
}
