//! What is published passes, and what is a dialect does not, with its keyword and sentence.

use super::*;
use crate::schema::{Schema, group, user, user_with};

/// Status, keyword and sentence of a refusal, which all name their cause; nothing for what passes.
fn told(outcome: Result<(), ScimError>) -> Option<(&'static str, String)> {
    let error = outcome.err()?;
    assert_eq!(error.status, 400);
    let sentence = error.detail.strip_suffix(" The dialect of this connection is strict.");
    let sentence = sentence.unwrap_or_else(|| panic!("{}", error.detail)).to_owned();
    Some((error.scim_type.unwrap().keyword(), sentence))
}

fn whole(resource_type: &ResourceType, body: &[u8]) -> Result<(), ScimError> {
    resource(resource_type, &ResourceData::read(body)?)
}

fn changed(body: &[u8]) -> Result<(), ScimError> {
    operations(user(), &ResourceData::read(body)?)
}

const USER: &str = r#""schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada""#;

#[test]
fn whole_resources_are_as_in_the_schemas() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for members in [
        String::new(),
        r#","ACTIVE":true,"name":{"givenName":"Ada"},"password":"x","title":null"#.to_owned(),
        r#","id":"1","meta":{"version":"W/\"1\"","anything":1},"groups":[{"value":"g"}]"#
            .to_owned(),
        r#","emails":[{"value":"a@x","type":"work","primary":true,"display":"a"}]"#.to_owned(),
        format!(r#","{enterprise}":null"#),
    ] {
        assert_eq!(
            told(whole(user(), format!("{{{USER}{members}}}").as_bytes())),
            None,
            "{members}"
        );
    }
    for (members, keyword, sentence) in [
        (r#","shoeSize":"44""#, "invalidSyntax", "shoeSize is not in /Schemas"),
        (
            r#","department":"x""#,
            "invalidSyntax",
            "department is not where /Schemas has it. Send it as department in an object under urn:",
        ),
        (r#","stackUserType":"Admin""#, "invalidSyntax", "stackUserType is not where /Schemas"),
        (
            r#","name.givenName":"Ada""#,
            "invalidSyntax",
            "name.givenName is not where /Schemas has it. Send it in an object under name.",
        ),
        (
            r#","urn:ietf:params:scim:schemas:core:2.0:User:title":"x""#,
            "invalidSyntax",
            "urn:ietf:params:scim:schemas:core:2.0:User:title is not where /Schemas has it. Send it as title.",
        ),
        (r#","name":{"nick":"A"}"#, "invalidSyntax", "name.nick is not in /Schemas"),
        (r#","urn:acme:User":{"badge":"7"}"#, "invalidSyntax", "urn:acme:User is not in /Schemas"),
        (r#","active":"False""#, "invalidValue", "active needs true or false"),
        (r#","title":["x"]"#, "invalidValue", "title needs a text"),
        (r#","title":7"#, "invalidValue", "title needs a text"),
        (r#","emails":{"value":"a@x"}"#, "invalidValue", "emails needs a list"),
        (r#","emails":["a@x"]"#, "invalidValue", "emails needs an object"),
        (r#","emails":[{"value":"a@x","primary":"true"}]"#, "invalidValue", "emails.primary needs"),
    ] {
        let (found, detail) =
            told(whole(user(), format!("{{{USER}{members}}}").as_bytes())).unwrap();
        assert_eq!(found, keyword, "{members}");
        assert!(detail.starts_with(sentence), "{members}: {detail}");
    }
    let extended = |schemas: &str, extension: &str| {
        let body =
            format!(r#"{{"schemas":[{schemas}],"userName":"ada","{enterprise}":{{{extension}}}}}"#);
        told(whole(user(), body.as_bytes()))
    };
    let core = r#""urn:ietf:params:scim:schemas:core:2.0:User""#;
    let both = format!(r#"{core},"{enterprise}""#);
    let published = r#""department":"x","manager":{"value":"7"}"#;
    assert_eq!(extended(&both, published), None);
    assert!(extended(&both, r#""manager":"7""#).unwrap().1.contains("manager needs an object"));
    let (keyword, detail) = extended(core, published).unwrap();
    assert_eq!(keyword, "invalidSyntax");
    assert!(detail.starts_with(&format!("schemas does not name {enterprise}")), "{detail}");
}

#[test]
fn a_resource_has_what_each_of_its_type_has() {
    let user_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    let group_urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    for (resource_type, urn, members, missing) in [
        (user(), user_urn, r#","title":"Countess""#, "userName"),
        (user(), user_urn, r#","userName":null"#, "userName"),
        (user(), user_urn, r#","userName":" ""#, "userName"),
        (group(), group_urn, r#","members":[]"#, "displayName"),
    ] {
        let body = format!(r#"{{"schemas":["{urn}"]{members}}}"#);
        let (keyword, detail) = told(whole(resource_type, body.as_bytes())).unwrap();
        assert_eq!(keyword, "invalidValue", "{members}");
        assert!(detail.starts_with(&format!("{missing} is missing")), "{detail}");
    }
}

#[test]
fn a_resource_says_what_it_is() {
    for body in [
        r#"{"userName":"ada"}"#,
        r#"{"schemas":"urn:ietf:params:scim:schemas:core:2.0:User","userName":"ada"}"#,
        r#"{"schemas":["urn:scim:schemas:core:2.0:User"],"userName":"ada"}"#,
        r#"{"schemas":[],"userName":"ada"}"#,
    ] {
        let (keyword, detail) = told(whole(user(), body.as_bytes())).unwrap();
        assert_eq!(keyword, "invalidSyntax");
        assert!(
            detail.starts_with("schemas does not name urn:ietf:params:scim:schemas:core"),
            "{detail}"
        );
    }
    let members = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"x","members":[{"value":"7"}]}"#;
    assert_eq!(told(whole(group(), members.as_bytes())), None);
}

fn patched(operation: &str) -> Option<(&'static str, String)> {
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#
    );
    told(changed(body.as_bytes()))
}

#[test]
fn operations_are_as_published() {
    for operation in [
        r#"{"op":"replace","path":"active","value":false}"#,
        r#"{"op":"add","path":"emails","value":[{"value":"a@x"}]}"#,
        r#"{"op":"add","path":"emails","value":{"value":"a@x"}}"#,
        r#"{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"a@x"}"#,
        r#"{"op":"remove","path":"emails[type eq \"work\"]"}"#,
        r#"{"op":"replace","path":"name.givenName","value":"Ada"}"#,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value","value":"7"}"#,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"x"}"#,
        r#"{"op":"replace","path":"password","value":"x"}"#,
        r#"{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:password","value":"x"}"#,
        r#"{"op":"replace","path":"emails","value":[{"value":"a@x"}]}"#,
    ] {
        assert_eq!(patched(operation), None, "{operation}");
    }
    for (operation, keyword, sentence) in [
        (
            r#"{"op":"Replace","path":"active","value":false}"#,
            "invalidSyntax",
            "Operation 1 has the op \"Replace\"",
        ),
        (r#"{"op":"replace","value":{"active":false}}"#, "invalidPath", "Operation 1 has no path"),
        (
            r#"{"op":"replace","path":"","value":{"active":false}}"#,
            "invalidPath",
            "Operation 1 has no path",
        ),
        (
            r#"{"op":"replace","path":"active","value":"False"}"#,
            "invalidValue",
            "active needs true or false",
        ),
        (
            r#"{"op":"remove","path":"emails","value":[{"value":"a@x"}]}"#,
            "invalidValue",
            "Operation 1 is a remove with a value",
        ),
        (r#"{"op":"remove"}"#, "noTarget", "Operation 1 is a remove without a path"),
        (
            r#"{"op":"remove","value":{"title":null}}"#,
            "noTarget",
            "Operation 1 is a remove without a path",
        ),
        (r#"{"op":"replace","value":"False"}"#, "invalidPath", "Operation 1 has no path"),
        (
            r#"{"op":"replace","path":"emails","value":{"value":"a@x"}}"#,
            "invalidValue",
            "emails needs a list",
        ),
        (
            r#"{"op":"add","path":"emails.$ref","value":"x"}"#,
            "invalidPath",
            "The path \"emails.$ref\"",
        ),
        (
            r#"{"op":"add","path":"emails[type eq \"work\"].$ref","value":"x"}"#,
            "invalidPath",
            "The path \"emails",
        ),
        (
            r#"{"op":"add","path":"password[colour eq 7]","value":"x"}"#,
            "invalidPath",
            "The path \"password",
        ),
        (r#"{"op":"add","path":"shoeSize","value":"44"}"#, "invalidPath", "The path \"shoeSize\""),
        (
            r#"{"op":"add","path":"department","value":"x"}"#,
            "invalidPath",
            "The path \"department\"",
        ),
        (
            r#"{"op":"add","path":"emails[type eq \"work\"].colour","value":"x"}"#,
            "invalidPath",
            "The path \"emails",
        ),
        (
            r#"{"op":"add","path":"emails[primary eq \"True\"].value","value":"x"}"#,
            "invalidFilter",
            "The filter compares primary",
        ),
        (r#"{"op":"add","path":"emails","value":"a@x"}"#, "invalidValue", "emails needs a list"),
        (
            r#"{"op":"add","path":"title","value":"x","note":"y"}"#,
            "invalidSyntax",
            "Operation 1 has the member note",
        ),
    ] {
        let (found, detail) = patched(operation).unwrap_or_else(|| panic!("{operation}"));
        assert_eq!(found, keyword, "{operation}");
        assert!(detail.starts_with(sentence), "{operation}: {detail}");
    }
    let (_, detail) = told(changed(br#"{"Operations":[]}"#)).unwrap();
    assert!(detail.starts_with("schemas does not name"), "{detail}");
}

#[test]
fn filters_are_of_the_grammar() {
    let told = |text: &str| told(filter(&[user()], text).map_err(ScimError::from));
    for text in [
        "userName eq \"ada \\\" ]. x\"",
        "active eq true and not (title pr)",
        "emails[type eq \"work\" and value co \"x\"]",
        "meta.created gt \"2026-01-01T00:00:00Z\" or externalId eq null",
        "NOT (emails co \"x\" OR emails.value eq \"y\") and name.givenName sw \"A\"",
        "((title pr) or (emails[not (primary eq true)] and active eq false))",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"x\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"x\"",
    ] {
        assert_eq!(told(text), None, "{text}");
    }
    for (text, sentence) in [
        ("externalId eq jyoung", "The filter has the value jyoung"),
        ("userName eq 'ada'", "The filter has the value 'ada'"),
        ("active eq True", "The filter has the value True"),
        ("active eq \"True\"", "The filter compares active"),
        ("externalId eq 701984", "The filter compares externalId with something that is no text"),
        ("emails[value eq true]", "The filter compares value with something that is no text"),
        ("meta.created gt 2026", "The filter compares meta.created with something"),
        ("emails co 7", "The filter compares emails with something that is no text"),
        ("emails[type eq \"work\"].value eq \"x\"", "The filter goes on behind"),
        ("department eq \"x\"", "The filter has the name department"),
        ("title pr or not (stackUserType eq \"Admin\")", "The filter has the name stackUserType"),
        ("emails[colour eq \"x\"]", "The filter has the name colour"),
        ("emails[type eq \"x\"] and colour pr", "The filter has the name colour"),
        ("emails.colour pr", "The filter has the name emails.colour"),
    ] {
        let (keyword, detail) = told(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(keyword, "invalidFilter");
        assert!(detail.starts_with(sentence), "{text}: {detail}");
    }
}

#[test]
fn numbers_stand_in_filters_as_in_json() {
    let urn = "urn:example:params:scim:schemas:extension:acme:2.0:User";
    let attribute = |name: &'static str, value_type| Attribute::new(name, value_type, "");
    let acme = Schema::new(
        urn,
        "AcmeUser",
        "",
        vec![
            attribute("level", Type::Integer),
            attribute("shares", Type::Decimal).multi_valued(),
            attribute("answers", Type::Boolean).multi_valued(),
        ],
    );
    let resource_type = user_with(vec![acme]);
    let told = |text: &str| told(filter(&[&resource_type], text).map_err(ScimError::from));
    for filter in ["level ge 3", "shares eq 0.5", "shares.value lt 1e3", "answers eq true"] {
        assert_eq!(told(&format!("{urn}:{filter}")), None, "{filter}");
    }
    for (filter, sentence) in [
        ("level ge \"3\"", "The filter compares level with a text. Write a whole number without"),
        ("shares eq \"0.5\"", "The filter compares shares with a text. Write a number without"),
        ("answers eq \"true\"", "The filter compares answers with a text. Write true or false"),
    ] {
        let (keyword, detail) = told(&format!("{urn}:{filter}")).unwrap();
        assert_eq!(keyword, "invalidFilter");
        assert!(detail.starts_with(sentence), "{detail}");
    }
}

#[test]
fn what_a_client_wrote_is_left_out_where_others_read() {
    let error = ScimError::from(filter(&[user()], "externalId eq jyoung").unwrap_err());
    assert!(!error.without_values.unwrap().contains("jyoung"));
}

/// Among resources of several types a name is of one of them.
#[test]
fn a_filter_over_several_types_has_the_names_of_all() {
    let both = [user(), group()];
    assert_eq!(filter(&both, "userName eq \"x\" or displayName eq \"y\""), Ok(()));
    let unknown = filter(&both, "shoeSize eq 44").unwrap_err();
    assert_eq!(unknown, Deviation::FilterName { name: "shoeSize".to_owned() });
}

#[test]
fn messages_say_what_they_are_and_no_more() {
    let search = |members: &str| {
        let urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        told(search(format!(r#"{{"schemas":["{urn}"]{members}}}"#).as_bytes()))
    };
    assert_eq!(search(""), None);
    let all = r#","filter":"title pr","sortBy":"title","sortOrder":"ascending","startIndex":1,"count":2,"attributes":["title"]"#;
    assert_eq!(search(all), None);
    let bulk = |members: &str| {
        let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        told(bulk(format!(r#"{{"schemas":["{urn}"]{members}}}"#).as_bytes()))
    };
    let operation = |members: &str| format!(r#","failOnErrors":1,"Operations":[{{{members}}}]"#);
    let all = r#""method":"POST","path":"/Users","bulkId":"a","version":"W/\"1\"","data":{}"#;
    assert_eq!(bulk(&operation(all)), None);
    for (refused, keyword, sentence) in [
        (search(r#","size":3"#), "invalidSyntax", "The request has the member size"),
        (search(r#","count":"3""#), "invalidValue", "count needs a whole number"),
        (search(r#","filter":3"#), "invalidValue", "filter needs a text"),
        (search(r#","attributes":"title""#), "invalidValue", "attributes needs a list"),
        (bulk(r#","size":3"#), "invalidSyntax", "The request has the member size"),
        (bulk(r#","failOnErrors":"1""#), "invalidValue", "failOnErrors needs a whole number"),
        (
            bulk(&operation(r#""method":"post","path":"/Users""#)),
            "invalidSyntax",
            "Operation 1 has the method \"post\"",
        ),
        (
            bulk(&operation(r#""method":"DELETE","path":"/Users/1","note":"x""#)),
            "invalidSyntax",
            "Operation 1 has the member note",
        ),
    ] {
        let (found, detail) = refused.unwrap_or_else(|| panic!("{sentence}"));
        assert_eq!(found, keyword, "{sentence}");
        assert!(detail.starts_with(sentence), "{detail}");
    }
    for body in [br#"{"Operations":[]}"#.as_slice(), b"{}"] {
        assert!(told(super::bulk(body)).unwrap().1.starts_with("schemas does not name"));
        assert!(told(super::search(body)).unwrap().1.starts_with("schemas does not name"));
    }
}
