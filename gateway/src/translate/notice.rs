//! Notices as the value of a response header.

use super::problem::told;
use provost_proto::v1;

/// The longest value that is sent.
const MAX: usize = 512;

/// A notice in the form of a structured field item (RFC 9651): the reason as a token, what it is
/// about, if it is not about all of the request, and a sentence as parameters.
/// `LAST_ADMIN;attribute="active";detail="..."`.
pub fn notice(notice: &v1::Notice) -> String {
    let (reason, attribute, detail) = notice_words(notice);
    let attribute = attribute.map_or_else(String::new, |attribute| {
        format!(";attribute=\"{}\"", quotable(attribute, 64))
    });
    format!("{reason}{attribute};detail=\"{}\"", quotable(detail, MAX))
}

/// The reason of a notice, what it is about in words of this side, and what it says.
pub(super) fn notice_words(notice: &v1::Notice) -> (&'static str, Option<&str>, &str) {
    let attribute = match notice.attribute.as_str() {
        "" => None,
        "role" => Some("userType"),
        "holds" => Some("active"),
        "user_name" => Some("userName"),
        other => Some(other),
    };
    (notice.reason().name(), attribute, told(notice.reason(), &notice.message))
}

/// What may stand in a quoted string of a header: visible ASCII, quotes and backslashes escaped.
fn quotable(text: &str, longest: usize) -> String {
    let mut quotable = String::with_capacity(text.len());
    for letter in text.chars() {
        if quotable.len() + 2 > longest {
            break;
        }
        match letter {
            '"' | '\\' => quotable.extend(['\\', letter]),
            ' '..='~' => quotable.push(letter),
            _ => quotable.push('?'),
        }
    }
    quotable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_breaks_out_of_the_header() {
        let wire = v1::Notice {
            reason: v1::ErrorReason::RoleUnknown.into(),
            attribute: "role".to_owned(),
            message: "userType is \"Chef\r\nX: é\\\", which is no role".to_owned(),
            ..v1::Notice::default()
        };
        assert_eq!(
            notice(&wire),
            "ROLE_UNKNOWN;attribute=\"userType\";\
             detail=\"userType is \\\"Chef??X: ?\\\\\\\", which is no role\""
        );
        let whole =
            v1::Notice { attribute: String::new(), message: "x".to_owned(), ..wire.clone() };
        assert_eq!(notice(&whole), "ROLE_UNKNOWN;detail=\"x\"");
        let long = v1::Notice { message: "\"".repeat(2000), ..wire };
        assert!(notice(&long).len() < 700);
    }
}
