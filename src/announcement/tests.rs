//! The screen of a start, in each shape.

use super::{Announcement, Trial};

/// As long as a real one.
const TOKEN: &str = "provost_scim_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const CODE: &str = "provost_code_0123456789abcdef0123456789abcdef";

fn announcement(token: Option<&str>) -> Announcement {
    Announcement {
        message: "Provost 0.1.0 is running.".to_owned(),
        scim_base_url: Some("https://id.example.com/api/scim/v2".to_owned()),
        console_url: Some("http://127.0.0.1:8081".to_owned()),
        sign_in_code: token.map(|_| CODE.to_owned()),
        grpc_address: "127.0.0.1:50051".to_owned(),
        admin_address: "127.0.0.1:9464".to_owned(),
        operator_token_file: Some("provost-data/operator.token".into()),
        scim_token_file: None,
        trial: Trial {
            program: "./target/release/provost".to_owned(),
            reach: " --data-dir /var/lib/provost".to_owned(),
            local_url: Some("http://127.0.0.1:8080".to_owned()),
            token: token.map(str::to_owned),
        },
    }
}

#[test]
fn the_screen_of_a_first_start_fits_a_terminal() {
    let text = announcement(Some(TOKEN)).to_string();
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    // A log line and the line that was typed stand on the same screen.
    assert!(text.lines().count() <= 22, "{text}");
    assert_eq!(text.matches(TOKEN).count(), 1, "{text}");
    let link = format!("\nhttp://127.0.0.1:8081/sign-in?code={CODE}\n");
    assert!(text.contains(&link), "{text}");
}

#[test]
fn a_later_start_says_how_to_make_a_token() {
    let text = announcement(None).to_string();
    assert!(!text.contains("Bearer"));
    let command = "./target/release/provost token create --name NAME --data-dir /var/lib/provost\n";
    assert!(text.ends_with(command), "{text}");
    assert!(text.contains("Admin address   127.0.0.1:9464\n"), "{text}");
    assert!(text.contains("Console         http://127.0.0.1:8081\n"), "{text}");
}

#[test]
fn a_core_alone_says_nothing_of_scim_addresses() {
    let mut core = announcement(Some(TOKEN));
    core.scim_base_url = None;
    core.console_url = None;
    core.trial.local_url = None;
    let text = core.to_string();
    assert!(!text.contains("base URL") && !text.contains("curl"), "{text}");
    assert!(text.ends_with(&format!("{TOKEN}\n")), "{text}");
}

#[test]
fn a_gateway_alone_says_nothing_of_tokens() {
    let mut gateway = announcement(None);
    gateway.operator_token_file = None;
    gateway.console_url = None;
    assert!(gateway.to_string().ends_with("50051\nAdmin address   127.0.0.1:9464\n"));
}

#[test]
fn for_machines_it_is_an_object_without_a_token() {
    let mut announcement = announcement(Some(TOKEN));
    announcement.scim_token_file = Some("provost-data/scim.token".into());
    let json = serde_json::to_value(announcement).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "message": "Provost 0.1.0 is running.",
            "scim_base_url": "https://id.example.com/api/scim/v2",
            "console_url": "http://127.0.0.1:8081",
            "grpc_address": "127.0.0.1:50051",
            "admin_address": "127.0.0.1:9464",
            "operator_token_file": "provost-data/operator.token",
            "scim_token_file": "provost-data/scim.token",
        })
    );
}
