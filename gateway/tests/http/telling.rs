//! Never a silent yes: what was asked and is not in force is told.

use crate::exchange::{House, ONE, ask};
use provost_proto::v1::{ErrorReason, Notice};
use provost_test_kit::fake_core::{decided, user};

fn notice(reason: ErrorReason, attribute: &str, message: &str) -> Notice {
    let (attribute, message) = (attribute.to_owned(), message.to_owned());
    Notice { reason: reason.into(), attribute, message, ..Notice::default() }
}

#[tokio::test]
async fn each_notice_is_a_header_of_its_own() {
    let notices = vec![
        notice(ErrorReason::AdminPromotionClosed, "role", "the role stays Registered"),
        notice(ErrorReason::HoldInForce, "active", "the account \"stays\" deactivated"),
        notice(ErrorReason::UserProtected, "", "zoë\r\nis protected"),
    ];
    for (method, path, body, status) in [
        ("PATCH", ONE, r#"{"Operations": []}"#, 200),
        ("PUT", ONE, "{}", 200),
        ("POST", "/Users", r#"{"userName": "jo"}"#, 201),
    ] {
        let house = House::answering([decided(user(), notices.clone())]);
        let answer = house.send(ask(method, path).body(body)).await.expect(status);
        assert_eq!(
            answer.all("Provost-Notice"),
            [
                "ADMIN_PROMOTION_CLOSED;attribute=\"userType\";detail=\"the role stays Registered\"",
                "HOLD_IN_FORCE;attribute=\"active\";detail=\"the account \\\"stays\\\" deactivated\"",
                "USER_PROTECTED;detail=\"zo???is protected\"",
            ]
        );
        assert_eq!(answer.json()["userType"], "Registered");
    }
}

/// Headers have a limit in most proxies; the ledger has every notice.
#[tokio::test]
async fn a_flood_of_notices_does_not_burst_the_head() {
    let long = "\\".repeat(5000);
    let flood = vec![notice(ErrorReason::AttributeNotKept, &long, &long); 100];
    let house = House::answering([decided(user(), flood)]);
    let answer = house.send(ask("PUT", ONE).body("{}")).await.expect(200);
    let told = answer.all("Provost-Notice");
    assert_eq!(told.len(), 10);
    assert!(told.iter().map(|line| line.len()).sum::<usize>() < 8000);
}

#[tokio::test]
async fn nothing_to_tell_is_no_header() {
    let house = House::answering([decided(user(), vec![])]);
    let answer = house.send(ask("PUT", ONE).body("{}")).await.expect(200);
    assert_eq!(answer.header("Provost-Notice"), None);
}
