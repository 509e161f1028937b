//! What the program says to somebody who has set nothing. With a test of its own it is built
//! wherever tests are, and `tests/house/process/clients.rs` runs it against a service.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops where it stands")]

use std::process::Command;

#[test]
fn a_missing_address_is_named() {
    let mut client = Command::new(env!("CARGO_BIN_EXE_identity-client"));
    let output = client.args(["sign-in", "ada@example.com"]).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "the variable IDENTITY_ADDRESS is missing\n");
}
