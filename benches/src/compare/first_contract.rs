//! The two messages that a comparison sends, as the contract had them when `provost-bench` could
//! not write its own requests yet (commit 672180e). They never change.

use crate::forms::framed;
use prost::{Message, Oneof};

#[derive(Message)]
struct GetUserRequest {
    #[prost(string, tag = "2")]
    user_id: String,
}

#[derive(Message)]
struct ChangeUserRequest {
    #[prost(string, tag = "2")]
    user_id: String,
    #[prost(message, repeated, tag = "3")]
    changes: Vec<Change>,
}

#[derive(Message)]
struct Change {
    #[prost(oneof = "Intention", tags = "1")]
    intention: Option<Intention>,
}

#[derive(Oneof)]
enum Intention {
    #[prost(message, tag = "1")]
    SetActive(SetActive),
}

#[derive(Message)]
struct SetActive {
    #[prost(bool, tag = "1")]
    active: bool,
}

/// The body of `GetUser`, framed.
pub fn get_user(user_id: String) -> Vec<u8> {
    framed(&GetUserRequest { user_id })
}

/// The body of `ChangeUser` with a status, framed.
pub fn change_user(user_id: String, active: bool) -> Vec<u8> {
    let intention = Some(Intention::SetActive(SetActive { active }));
    framed(&ChangeUserRequest { user_id, changes: vec![Change { intention }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_first_contract() {
        assert_eq!(get_user("ab".to_owned()), b"\0\0\0\0\x04\x12\x02ab");
        let change = b"\0\0\0\0\x0a\x12\x02ab\x1a\x04\x0a\x02\x08\x01";
        assert_eq!(change_user("ab".to_owned(), true), change);
    }
}
