//! All that the doctor may find, each with how bad it is, what to do about it and who says so.
//!
//! Owns the table, which `docs/doctor.md` shows. Must never know how something is found.

use serde::Serialize;
use strum::{EnumIter, IntoStaticStr};

/// Where provisioning gets stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Check {
    /// No TLS.
    PlainHttp,
    /// An address that a provider doesn't take.
    AddressRefused,
    /// Nobody listens.
    Unreachable,
    /// The handshake of TLS fails for another reason than the certificate.
    TlsFailed,
    /// The certificate ended, or doesn't begin yet.
    CertificateExpired,
    /// The certificate ends soon.
    CertificateExpiring,
    /// The certificate is somebody else's.
    CertificateName,
    /// The certificate leads to no authority that everybody knows.
    CertificateUntrusted,
    /// HTTP/1.1 is not spoken.
    HttpVersion,
    /// The connection ends without an answer.
    ConnectionBroken,
    /// An answer takes longer than a provider waits.
    Slow,
    /// Clocks differ.
    ClockOff,
    /// The address leads to another one.
    Redirect,
    /// There is no SCIM below the address.
    PathMissing,
    /// What answers is no SCIM.
    NotScim,
    /// The answer says to be something else than SCIM.
    MediaType,
    /// An error has no SCIM body.
    ErrorBody,
    /// The service fails.
    ServerError,
    /// Too many requests.
    Throttled,
    /// The token is not taken.
    TokenRefused,
    /// The token may not arrive.
    AuthorizationLost,
    /// The token is good, but not for this.
    Forbidden,
    /// No token is needed.
    OpenToAnybody,
    /// A wrong token is answered with something else than 401.
    WrongTokenAnswer,
    /// Requests without a `User-Agent` are answered by somebody else.
    UserAgentNeeded,
    /// A filter finds what it doesn't describe.
    FilterIgnored,
    /// A filter arrives as another one.
    QueryRewritten,
    /// Groups can't even be asked for.
    GroupsMissing,
    /// Groups can be asked for and not written.
    GroupsUnsupported,
    /// What the service can do is not told.
    DiscoveryMissing,
    /// PATCH is not served.
    PatchUnsupported,
    /// PUT is not served.
    PutUnsupported,
    /// A change is refused by a rule.
    ChangeRefused,
    /// The versions of a user contradict each other.
    VersionLost,
    /// Nobody may be created.
    CreationRefused,
    /// The named user can't be played with.
    UserUnusable,
    /// A deactivation or its end is not in force.
    StatusNotInForce,
    /// A role is not in force.
    RoleNotInForce,
    /// An answer that a provider can't go on from.
    AnswerUnusable,
    /// An answer that a provider copes with.
    AnswerUnusual,
    /// The user is not as before.
    NotPutBack,
    /// The user that was created is still there.
    LeftBehind,
    /// The group that was created is still there.
    GroupLeftBehind,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// A choice of the site, or what providers cope with.
    Note,
    /// Some provider gets stuck, or soon.
    Warning,
    /// Providers get stuck.
    Error,
}

const OKTA: &str = "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20";
const OKTA_QUESTIONS: &str = "https://developer.okta.com/docs/concepts/scim/faqs/";
const OKTA_PREPARE: &str =
    "https://developer.okta.com/docs/guides/scim-provisioning-integration-prepare/main/";
const ENTRA: &str = "https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups";
const PROTOCOL: &str = "https://datatracker.ietf.org/doc/html/rfc7644";
const SEMANTICS: &str = "https://datatracker.ietf.org/doc/html/rfc9110";

impl Check {
    /// Its name in answers for scripts, and in the document.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        self.row().0
    }

    /// What an admin can do about it.
    pub fn remedy(self) -> &'static str {
        self.row().1
    }

    /// Where a provider or a standard says so, unless the step that found it says more.
    pub fn reference(self) -> &'static str {
        self.row().2
    }

    #[rustfmt::skip]
    fn row(self) -> (Severity, &'static str, &'static str) {
        use Severity::{Error, Note, Warning};
        match self {
            Self::PlainHttp => (Warning, "Serve SCIM by https: Okta and Entra ID send tokens to nothing else.", ENTRA),
            Self::AddressRefused => (Warning, "Choose a base URL without an underscore, which Okta doesn't take.", OKTA_PREPARE),
            Self::Unreachable => (Error, "Check the name and the port, start the service, and open the firewall for the provider's addresses.", ENTRA),
            Self::TlsFailed => (Error, "Have the port speak TLS 1.2 or 1.3.", ENTRA),
            Self::CertificateExpired => (Error, "Renew the certificate; where it is new, correct the clock of this machine.", ENTRA),
            Self::CertificateExpiring => (Warning, "Renew the certificate before it ends, and have that done by itself.", ENTRA),
            Self::CertificateName => (Error, "Have a certificate issued for this host name, or enter the base URL with a name of the certificate.", ENTRA),
            Self::CertificateUntrusted => (Error, "Have a public authority issue the certificate, and serve those between it and the authority's as well. For an authority of your own, name its file with --ca; providers still won't trust it.", ENTRA),
            Self::HttpVersion => (Error, "Speak HTTP/1.1: providers do, and several speak nothing newer.", SEMANTICS),
            Self::ConnectionBroken => (Error, "Look for a proxy or a firewall that ends connections, and into the service's log at this time.", SEMANTICS),
            Self::Slow => (Error, "Find out what takes so long: Okta closes the connection after 60 seconds and counts the request as failed.", OKTA_QUESTIONS),
            Self::ClockOff => (Warning, "Have both clocks set by NTP: tokens and certificates begin and end by them.", SEMANTICS),
            Self::Redirect => (Error, "Enter the address that it leads to as the base URL: providers don't take their token elsewhere.", SEMANTICS),
            Self::PathMissing => (Error, "Correct the path of the base URL: it ends before /Users. Provost's is /api/scim/v2, or /c/SITE/auth/scim/v2.", PROTOCOL),
            Self::NotScim => (Error, "Look for who answers instead: a proxy's page, a sign-in page, a firewall. Let this path through to the SCIM service.", PROTOCOL),
            Self::MediaType => (Error, "Answer with Content-Type: application/scim+json, also through proxies.", ENTRA),
            Self::ErrorBody => (Warning, "Answer errors with the SCIM body that has schemas, status and detail: the detail is what the provider shows its admin.", OKTA),
            Self::ServerError => (Error, "Look into the service's log at this time; the trace id of the answer, where there is one, names the lines.", PROTOCOL),
            Self::Throttled => (Error, "Wait and repeat. Allow at least 25 requests a second of one provider, and answer more with Retry-After in seconds.", ENTRA),
            Self::TokenRefused => (Error, "Enter a token of this site that is neither expired nor revoked, without `Bearer` in front of it; have a new one made where in doubt.", ENTRA),
            Self::AuthorizationLost => (Error, "Have proxies pass the header Authorization on. Where they do, the token is wrong: enter another one.", ENTRA),
            Self::Forbidden => (Error, "Switch SCIM on for this site, or give the token the right to read and change users.", PROTOCOL),
            Self::OpenToAnybody => (Error, "Ask for a token at once: anybody who knows the address can read and change all users.", PROTOCOL),
            Self::WrongTokenAnswer => (Warning, "Answer a wrong token with 401 and a SCIM error: only that tells a provider's admin that the token is wrong.", OKTA),
            Self::UserAgentNeeded => (Error, "Let requests without a User-Agent through the firewall: Entra ID and OneLogin send none.", ENTRA),
            Self::FilterIgnored => (Error, "Obey the filter `userName eq`: a provider takes whoever is found for its own user and changes them.", PROTOCOL),
            Self::QueryRewritten => (Error, "Have proxies pass the query on byte by byte: %2F, %22 and %5C are part of names. With nginx, write proxy_pass without a path.", PROTOCOL),
            Self::GroupsMissing => (Warning, "Answer /Groups with an empty list where there are none: Okta and Entra ID ask for it when they test a connection.", OKTA),
            Self::GroupsUnsupported => (Note, "Leave the provisioning of groups off in the provider, *Push Groups* in Okta: each push would fail.", OKTA),
            Self::DiscoveryMissing => (Warning, "Serve /ServiceProviderConfig, /ResourceTypes and /Schemas.", PROTOCOL),
            Self::PatchUnsupported => (Error, "Serve PATCH: Entra ID changes users in no other way, and Okta deactivates by it.", ENTRA),
            Self::PutUnsupported => (Error, "Serve PUT: Okta's own integrations and OneLogin change users in no other way.", OKTA),
            Self::ChangeRefused => (Error, "Change the rule that the sentence names, or take another test account. Provost does what it may of a change and tells the rest, where the site has `--refusals notice`.", PROTOCOL),
            Self::VersionLost => (Warning, "Have ETag agree with meta.version, and proxies pass it on.", PROTOCOL),
            Self::CreationRefused => (Warning, "Name a test account with --user, so that changes are played too. Where the provider is to create users, allow it in the site's SCIM settings; else untick creation in the provider.", OKTA),
            Self::UserUnusable => (Warning, "Name an active account with --user that nobody needs while the doctor plays.", PROTOCOL),
            Self::StatusNotInForce => (Error, "Have `active` decide about the account. Where a hold or another rule keeps it deactivated, choose another test account.", ENTRA),
            Self::RoleNotInForce => (Note, "Where the provider is to give roles, open the promotions of the site's SCIM settings: see docs/doctor.md.", PROTOCOL),
            Self::AnswerUnusable => (Error, "Compare the answer with what the provider needs, and report it to whoever makes the service.", PROTOCOL),
            Self::AnswerUnusual => (Note, "Nothing has to be done: providers cope with it.", PROTOCOL),
            Self::NotPutBack => (Error, "Correct the account by hand, or have the provider send it once more.", PROTOCOL),
            Self::LeftBehind => (Warning, "Delete the account by hand; it was left deactivated where that was possible.", PROTOCOL),
            Self::GroupLeftBehind => (Warning, "Delete the group by hand: it is called provost-doctor- and some letters.", PROTOCOL),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::IntoEnumIterator as _;

    use super::{Check, Severity};

    /// The rows of the table in the document: name, severity, remedy.
    fn documented() -> BTreeSet<[String; 3]> {
        let page = include_str!("../../docs/doctor.md");
        let rows = page.lines().filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [name, severity, _, remedy] = cells[..] else { return None };
            let name = name.strip_prefix('`')?.strip_suffix('`')?;
            Some([name, severity, remedy].map(str::to_owned))
        });
        rows.collect()
    }

    #[test]
    fn the_document_has_every_check_and_no_other() {
        let all = Check::iter().map(|check| {
            let severity: &str = check.severity().into();
            [check.name(), severity, check.remedy()].map(str::to_owned)
        });
        assert_eq!(documented(), all.collect());
    }

    #[test]
    fn remedies_are_sentences_with_a_source() {
        for check in Check::iter() {
            assert!(check.remedy().ends_with('.'), "{}", check.name());
            assert!(check.reference().starts_with("https://"), "{}", check.name());
        }
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    }
}
