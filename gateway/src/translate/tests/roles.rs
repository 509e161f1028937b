//! The role word in every form in which it arrives.

use super::printed;
use super::{posted, put};
use provost_proto::v1::Role;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PRIVATE: &str = "urn:ietf:params:scim:schemas:extension:stackoverflow:2.0:User";
const OURS: &str = "urn:ietf:params:scim:schemas:extension:provost:2.0:User";

/// The names under which Entra may send the attribute: forms 1 to 4, and with a dot, form 7.
fn names() -> Vec<String> {
    let mut names = vec!["stackUserType".to_owned(), "STACKUSERTYPE".to_owned()];
    for urn in [CORE, ENTERPRISE, PRIVATE, OURS] {
        names.extend([format!("{urn}:stackUserType"), format!("{urn}.stackUserType")]);
    }
    names
}

/// Form 6: the block of an extension, whose URN need not be listed anywhere.
fn blocks(word: &str) -> [String; 4] {
    [CORE, ENTERPRISE, PRIVATE, OURS]
        .map(|urn| format!("{{\"{urn}\": {{\"stackUserType\": \"{word}\"}}}}"))
}

/// What a PATCH asks for besides the list of app roles that is kept.
fn patched(operations: &str) -> Vec<String> {
    let changes = super::patched(operations).into_iter();
    changes.filter(|change| !change.starts_with("roles")).collect()
}

/// What a PUT of this user asks for besides the user name and the list of app roles that is kept.
fn whole(body: &str) -> Vec<String> {
    let named = body.replacen('{', "{\"userName\": \"jo\", ", 1).replace(", }", "}");
    let mut changes = put(&named).into_iter();
    let replaced = changes.next().unwrap();
    let rest = replaced.strip_prefix("replace with user_name = jo").expect(&replaced);
    let rest = rest.split("; ").filter(|said| !said.is_empty() && !said.starts_with("roles"));
    rest.map(str::to_owned).chain(changes).collect()
}

#[test]
fn a_path_carries_it() {
    for name in names() {
        for op in ["Add", "Replace", "add", "replace"] {
            let operations =
                format!("[{{\"op\": \"{op}\", \"path\": \"{name}\", \"value\": \"Moderator\"}}]");
            assert_eq!(patched(&operations), ["role = ROLE_MODERATOR"], "{operations}");
        }
    }
}

#[test]
fn a_key_of_a_path_less_value_carries_it() {
    for name in names() {
        let operations = format!("[{{\"op\": \"replace\", \"value\": {{\"{name}\": \"Admin\"}}}}]");
        assert_eq!(patched(&operations), ["role = ROLE_ADMIN"], "{operations}");
    }
}

#[test]
fn a_nested_block_carries_it() {
    for block in blocks("Registered") {
        let operations = format!("[{{\"op\": \"replace\", \"value\": {block}}}]");
        assert_eq!(patched(&operations), ["role = ROLE_REGISTERED"], "{operations}");
    }
}

#[test]
fn a_whole_user_carries_it() {
    let keys = names().into_iter().map(|name| format!("{{\"{name}\": \"Moderator\"}}"));
    for body in keys.chain(blocks("Moderator")) {
        assert_eq!(whole(&body), ["role = ROLE_MODERATOR"], "{body}");
        let body = body.replacen('{', "{\"userName\": \"jo\", ", 1);
        assert_eq!(posted(&body).role(), Role::Moderator, "{body}");
    }
}

/// Form 8: app roles, in each way in which Entra maps them, and several of them.
#[test]
fn app_roles_carry_it() {
    let json = r#"{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Admins\"}"#;
    for (value, role) in [
        (r#""Admin""#.to_owned(), "ROLE_ADMIN"),
        (r#"["moderator"]"#.to_owned(), "ROLE_MODERATOR"),
        (r#"[{"value": "Admin", "primary": true}]"#.to_owned(), "ROLE_ADMIN"),
        (r#"{"value": "Registered"}"#.to_owned(), "ROLE_REGISTERED"),
        (r#"[{"displayName": "Moderator"}]"#.to_owned(), "ROLE_MODERATOR"),
        (format!(r#"[{{"value": "{json}"}}]"#), "ROLE_ADMIN"),
        (
            r#"[{"value": "Moderator"}, {"value": "Admin"}, {"value": "Payroll"}]"#.to_owned(),
            "ROLE_ADMIN",
        ),
    ] {
        for path in ["roles", "Roles.value", r#"roles[primary eq \"True\"].value"#] {
            let operations = format!(r#"[{{"op": "Add", "path": "{path}", "value": {value}}}]"#);
            assert_eq!(patched(&operations), [format!("role = {role}")], "{operations}");
        }
        let body = format!(r#"{{"roles": {value}}}"#);
        assert_eq!(whole(&body), [format!("role = {role}")], "{body}");
    }
    for nothing in ["[]", "null", r#"[{"value": ""}]"#] {
        assert_eq!(whole(&format!(r#"{{"roles": {nothing}}}"#)), [""; 0]);
    }
    assert_eq!(patched(r#"[{"op": "Remove", "path": "roles"}]"#), [""; 0]);
}

/// A person may have app roles for other things: kept like the others, and no say about the role.
#[test]
fn app_roles_that_are_no_role_leave_the_others_their_say() {
    let stranger = r#"[{"op": "Add", "path": "roles", "value": [{"value": "Payroll"}, "x"]}]"#;
    assert_eq!(patched(stranger), [""; 0]);
    assert_eq!(
        whole(r#"{"roles": ["Payroll"], "userType": "Moderator"}"#),
        ["role = ROLE_MODERATOR"]
    );
    assert_eq!(
        whole(r#"{"roles": ["Payroll"], "userType": "Payroll"}"#),
        ["userType ignored: ROLE_UNKNOWN"]
    );
    assert_eq!(whole(r#"{"roles": ["Payroll"], "stackUserType": "Admin"}"#), ["role = ROLE_ADMIN"]);
    assert_eq!(whole(r#"{"roles": ["Payroll", "moderator"]}"#), ["role = ROLE_MODERATOR"]);
}

/// Whatever a word among them says, they are kept as they were sent.
#[test]
fn app_roles_are_kept_beside_what_they_say() {
    for (operations, expected) in [
        (
            r#"[{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]"#,
            ["role = ROLE_ADMIN", "roles[primary EQUAL true] merge {value: Admin}"].as_slice(),
        ),
        (
            r#"[{"op": "Replace", "path": "roles", "value": [{"value": "Payroll", "type": "app"}]}]"#,
            &["roles replace {type: app, value: Payroll}"],
        ),
        (
            r#"[{"op": "Add", "path": "roles.value", "value": ["Payroll", {"value": "moderator"}]}]"#,
            &["role = ROLE_MODERATOR", "roles add {value: Payroll} {value: moderator}"],
        ),
        (
            r#"[{"op": "Remove", "path": "roles[value eq \"Admin\"]"}]"#,
            &["roles[value EQUAL \"Admin\"] remove"],
        ),
        (r#"[{"op": "Remove", "path": "roles"}]"#, &["roles remove"]),
        (
            r#"[{"op": "Replace", "path": "roles[value eq \"a\"].display", "value": "Admin"}]"#,
            &["roles[value EQUAL \"a\"] merge {display: Admin}"],
        ),
    ] {
        assert_eq!(super::patched(operations), expected, "{operations}");
    }
    let body = r#"{"userName": "jo", "roles": ["Admin", {"value": "Payroll", "primary": true}]}"#;
    let expected = "replace with user_name = jo; role = ROLE_ADMIN; \
                    roles = {value: Admin} {value: Payroll, primary: true}";
    assert_eq!(put(body), [expected]);
}

#[test]
fn app_roles_stand_between_the_two_attributes() {
    let body = |apart: &str| {
        format!(r#"{{"userType": "Admin", "roles": ["Moderator"], "stackUserType": {apart}}}"#)
    };
    assert_eq!(whole(&body(r#""Registered""#)), ["role = ROLE_REGISTERED"]);
    assert_eq!(whole(&body("null")), ["role = ROLE_MODERATOR"]);
}

/// Both attributes in one request, with the role that is asked for and what is told.
const BOTH: &[(&str, &str, &[&str])] = &[
    // userType, stackUserType
    ("\"Admin\"", "\"Moderator\"", &["role = ROLE_MODERATOR"]),
    ("\"Guest\"", "\"Admin\"", &["role = ROLE_ADMIN"]),
    ("\"Contractor\"", "\"Registered\"", &["role = ROLE_REGISTERED"]),
    ("\"\"", "\"Admin\"", &["role = ROLE_ADMIN"]),
    // A word that is no role is still said in the place that is meant for roles.
    ("\"Admin\"", "\"Contractor\"", &["stackUserType ignored: ROLE_UNKNOWN"]),
    ("\"Admin\"", "\"Guest\"", &[]),
    // Nothing said there leaves the other its say.
    ("\"Admin\"", "\"\"", &["role = ROLE_ADMIN", "stackUserType ignored: ROLE_EMPTY"]),
    ("\"Admin\"", "\"${user.role}\"", &["role = ROLE_ADMIN", "stackUserType ignored: ROLE_EMPTY"]),
    ("\"Admin\"", "null", &["role = ROLE_ADMIN", "stackUserType ignored: ROLE_EMPTY"]),
    ("\"Member\"", "null", &["stackUserType ignored: ROLE_EMPTY"]),
];

#[test]
fn the_attribute_that_is_meant_for_it_wins_in_both_orders() {
    for (user_type, stack_user_type, expected) in BOTH {
        let pairs = [("userType", user_type), ("stackUserType", stack_user_type)];
        let operation = |(path, value): (&str, &&str)| {
            format!("{{\"op\": \"replace\", \"path\": \"{path}\", \"value\": {value}}}")
        };
        let member = |(name, value): (&str, &&str)| format!("\"{name}\": {value}");
        for order in [[0, 1], [1, 0]] {
            let [first, second] = order.map(|index| pairs[index]);
            let operations = format!("[{}, {}]", operation(first), operation(second));
            let members = format!("{{{}, {}}}", member(first), member(second));
            let path_less = format!("[{{\"op\": \"replace\", \"value\": {members}}}]");
            for operations in [operations, path_less] {
                let mut changes = patched(&operations);
                changes.sort_by_key(|change| change.contains("ignored"));
                assert_eq!(changes, *expected, "{operations}");
            }
            whole_agrees(&members, expected);
        }
    }
}

/// In a whole user null is absent, and absent says nothing.
fn whole_agrees(members: &str, expected: &[&str]) {
    let null = members.contains("null");
    let (role, told): (Vec<&str>, Vec<&str>) =
        expected.iter().partition(|line| line.starts_with("role"));
    let told: Vec<&str> =
        told.into_iter().filter(|line| !(null && line.contains("EMPTY"))).collect();
    let body = members.replacen('{', "{\"userName\": \"jo\", ", 1);

    let request = posted(&body);
    let asked_for = format!("role = {}", request.role().as_str_name());
    assert_eq!(asked_for, *role.first().unwrap_or(&"role = ROLE_UNSPECIFIED"), "{body}");
    let ignored: Vec<_> = request.ignored.iter().map(printed::ignored).collect();
    assert_eq!(ignored, told, "{body}");

    let whole = [vec!["replace with user_name = jo"], role].concat().join("; ");
    assert_eq!(put(&body), [vec![whole.as_str()], told].concat(), "{body}");
}

/// `userType` is no role under a foreign URN, so that another vendor's extension moves nobody.
#[test]
fn user_type_counts_bare_and_under_the_core_urn_only() {
    for name in ["userType", "USERTYPE", &format!("{CORE}:userType"), &format!("{CORE}.userType")] {
        assert_eq!(whole(&format!("{{\"{name}\": \"admin\"}}")), ["role = ROLE_ADMIN"]);
    }
    for urn in [ENTERPRISE, PRIVATE, OURS] {
        let name = format!("{urn}:userType");
        let operations =
            format!("[{{\"op\": \"replace\", \"path\": \"{name}\", \"value\": \"Admin\"}}]");
        assert_eq!(patched(&operations), [format!("{name} ignored: ATTRIBUTE_NOT_KEPT")]);
    }
}

#[test]
fn the_role_is_never_taken_away() {
    for operations in [
        r#"[{"op": "remove", "path": "userType"}]"#,
        r#"[{"op": "replace", "path": "userType", "value": null}]"#,
    ] {
        assert_eq!(patched(operations), ["userType ignored: ROLE_EMPTY"], "{operations}");
    }
    assert_eq!(whole(r#"{"userType": null}"#), [""; 0]);
}
