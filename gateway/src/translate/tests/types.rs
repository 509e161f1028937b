//! An extension with one attribute of each type, single and multi-valued, through POST, PATCH,
//! filter and the writer. Nothing but its table knows of it.

use super::printed;
use crate::translate::{Vocabulary, changes, creation, filter, replacement, resource};
use provost_proto::v1;
use provost_scim::schema::{ResourceType, Schema, user_with};
use provost_scim::{Attribute, Projection, ScimError, ScimFilter, Type, input, patch};

const SITE: &str = "urn:example:params:scim:schemas:extension:acme:2.0:User";

fn acme() -> ResourceType {
    let attribute = |name: &'static str, value_type| Attribute::new(name, value_type, "");
    let badge = || {
        Type::Complex(vec![
            attribute("number", Type::Integer),
            attribute("valid", Type::Boolean),
            attribute("until", Type::DateTime),
        ])
    };
    let attributes = vec![
        attribute("motto", Type::String),
        attribute("remote", Type::Boolean),
        attribute("level", Type::Integer),
        attribute("share", Type::Decimal),
        attribute("hired", Type::DateTime),
        attribute("wiki", Type::Reference),
        attribute("seal", Type::Binary),
        attribute("badge", badge()),
        attribute("mottos", Type::String).multi_valued(),
        attribute("answers", Type::Boolean).multi_valued(),
        attribute("levels", Type::Integer).multi_valued(),
        attribute("shares", Type::Decimal).multi_valued(),
        attribute("leaves", Type::DateTime).multi_valued(),
        attribute("wikis", Type::Reference).multi_valued(),
        attribute("seals", Type::Binary).multi_valued(),
        attribute("badges", badge()).multi_valued(),
        // Shares its name with an attribute of the core schema, and is another one.
        attribute("active", Type::Boolean),
    ];
    user_with(vec![Schema::new(SITE, "AcmeUser", "", attributes)])
}

/// What the service writes, once in its own words and once in those that providers send.
const WRITTEN: &str = r#"{"motto":"x","remote":false,"level":42,"share":2.5,"hired":"2026-01-01T00:00:00.000000Z","wiki":"https://w/1","seal":"+/8=","badge":{"number":7,"valid":false,"until":"2026-01-01T00:00:00.000000Z"},"mottos":["x","y"],"answers":[true,false],"levels":[1,2],"shares":[0.5],"leaves":["2026-01-01T00:00:00.000000Z"],"wikis":["https://w/1"],"seals":["+/8="],"badges":[{"number":7,"valid":false,"until":"2026-01-01T00:00:00.000000Z"}],"active":false}"#;
const LENIENT: &str = r#"{"motto":"x","remote":"False","level":"42","share":"2.5","hired":"2026-01-01T02:00:00+02:00","wiki":"https://w/1","seal":"-_8","badge":{"number":"7","valid":"false","until":"2026-01-01T00:00:00"},"mottos":["x",{"value":"y"}],"answers":["True",false],"levels":["1",2.0],"shares":"0.5","leaves":["2026-01-01T00:00:00Z"],"wikis":[{"value":"https://w/1"}],"seals":["+/8"],"badges":{"number":"7","valid":"FALSE","until":"2026-01-01T00:00:00Z"},"active":"false"}"#;

const NAMED: [&str; 17] = [
    "acme_user_active = false",
    "badge = {number: int 7, until: 1767225600.000000000, valid: false}",
    "hired = 1767225600.000000000",
    "level = int 42",
    "motto = x",
    "remote = false",
    "seal = [251, 255]",
    "share = dec 2.5",
    "wiki = https://w/1",
    "answers = true false",
    "badges = {number: int 7, until: 1767225600.000000000, valid: false}",
    "leaves = 1767225600.000000000",
    "levels = int 1 int 2",
    "mottos = x y",
    "seals = [251, 255]",
    "shares = dec 0.5",
    "wikis = https://w/1",
];

fn posted(vocabulary: &Vocabulary<'_>, block: &str) -> v1::CreateUserRequest {
    let body = format!(r#"{{"userName": "jo", "active": true, "{SITE}": {block}}}"#);
    let edits = input::create(vocabulary.resource_type, body.as_bytes()).unwrap();
    creation(vocabulary, String::new(), edits)
}

#[test]
fn a_post_carries_every_type() {
    let resource_type = acme();
    let vocabulary = Vocabulary::new(&resource_type);
    for block in [WRITTEN, LENIENT] {
        let request = posted(&vocabulary, block);
        assert_eq!(request.active, Some(true));
        assert_eq!(request.ignored, []);
        assert_eq!(printed::profile(&request.profile.unwrap()), NAMED);
    }
}

#[test]
fn a_get_answers_every_type_as_its_own() {
    let resource_type = acme();
    let vocabulary = Vocabulary::new(&resource_type);
    let profile = posted(&vocabulary, LENIENT).profile;
    let user = v1::User { active: true, profile, ..v1::User::default() };
    let written = resource(&vocabulary, &user, "https://x");
    let all = serde_json::to_string(&written.projected(&Projection::All)).unwrap();
    assert!(all.contains(&format!(r#","{SITE}":{WRITTEN},"#)), "{all}");
    assert!(all.contains(r#""active":true,"urn"#), "{all}");
}

#[test]
fn a_patch_sets_clears_and_edits_every_type() {
    let resource_type = acme();
    let vocabulary = Vocabulary::new(&resource_type);
    for (op, path, value, change) in [
        ("replace", "motto", r#""x""#, "motto = x"),
        ("replace", "remote", r#""False""#, "remote = false"),
        ("remove", "remote", "null", "remote cleared"),
        ("replace", "remote", "null", "remote cleared"),
        ("replace", "level", "42.0", "level = int 42"),
        ("replace", "level", r#""""#, "level cleared"),
        ("add", "share", "1e1", "share = dec 10"),
        ("add", "hired", r#""2026-01-01T00:00:00Z""#, "hired = 1767225600.000000000"),
        ("add", "wiki", r#"[{"value": "https://w/2"}]"#, "wiki = https://w/2"),
        ("add", "seal", r#""${user.seal}""#, "seal ignored: VALUE_INVALID"),
        ("replace", "badge.valid", "false", "badge merge {valid: false}"),
        ("remove", "badge.until", "null", "badge clear until"),
        ("replace", "active", "false", "acme_user_active = false"),
        ("remove", "active", "null", "acme_user_active cleared"),
        ("add", "levels", "[3]", "levels add int 3"),
        ("replace", "answers", "[false]", "answers replace false"),
        ("replace", "leaves", "null", "leaves remove"),
        ("remove", "levels", "[3, 4]", "levels[(value EQUAL int 3 | value EQUAL int 4)] remove"),
        ("remove", "levels[value gt 3]", "null", "levels[value GREATER_THAN int 3] remove"),
        ("replace", "mottos[value eq \\\"x\\\"]", r#""y""#, "mottos[value EQUAL \"x\"] replace y"),
        ("replace", "mottos[value eq \\\"x\\\"].value", "null", "mottos[value EQUAL \"x\"] remove"),
        ("add", "badges", r#"{"number": 1}"#, "badges add {number: int 1}"),
        ("remove", "badges", r#"[{"number": 1}]"#, "badges[number EQUAL int 1] remove"),
        (
            "replace",
            "badges[number eq 7].valid",
            "true",
            "badges[number EQUAL int 7] merge {valid: true}",
        ),
        ("remove", "badges[valid eq false].until", "null", "badges[valid EQUAL false] clear until"),
    ] {
        let body = format!(
            r#"{{"Operations": [{{"op": "{op}", "path": "{SITE}:{path}", "value": {value}}}]}}"#
        );
        let edits = patch::read(&resource_type, body.as_bytes())
            .unwrap_or_else(|error| panic!("{body}: {error}"));
        let changes: Vec<_> = changes(&vocabulary, edits).iter().map(printed::change).collect();
        assert_eq!(changes, [change], "{body}");
    }
}

#[test]
fn a_filter_compares_every_type_as_its_own() {
    let resource_type = acme();
    let vocabulary = Vocabulary::new(&resource_type);
    for (text, expected) in [
        ("motto sw \"x\"", "motto STARTS_WITH \"x\""),
        ("remote ne \"True\"", "remote NOT_EQUAL true"),
        ("level ge 42", "level GREATER_OR_EQUAL int 42"),
        ("level eq \"42\"", "level EQUAL int 42"),
        ("share lt -0.5", "share LESS_THAN dec -0.5"),
        ("hired gt \"2026-01-01T00:00:00Z\"", "hired GREATER_THAN 1767225600.000000000"),
        ("wiki co \"w\"", "wiki CONTAINS \"w\""),
        ("seal eq \"+/8=\"", "seal EQUAL [251, 255]"),
        (
            "badge[number eq 7 and valid eq false]",
            "(badge{number EQUAL int 7} & badge{valid EQUAL false})",
        ),
        ("badge.number ne 7", "!(badge{number EQUAL int 7})"),
        ("badge.valid pr", "badge{valid?}"),
        ("levels eq 1", "levels{value EQUAL int 1}"),
        ("levels.value gt 1", "levels{value GREATER_THAN int 1}"),
        ("answers[value eq true]", "answers{value EQUAL true}"),
        (
            "badges[until le \"2026-01-01T00:00:00Z\"]",
            "badges{until LESS_OR_EQUAL 1767225600.000000000}",
        ),
        ("seals pr", "seals?"),
        ("level eq null", "!(level?)"),
        ("active eq false", "acme_user_active EQUAL false"),
    ] {
        let parsed = ScimFilter::parse(&resource_type, &format!("{SITE}:{text}"))
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(printed::filter(&filter(&vocabulary, &parsed)), expected, "{text}");
        let again = ScimFilter::parse(&resource_type, &parsed.to_string()).unwrap();
        assert_eq!(again, parsed, "{text}");
    }
    for (text, sentence) in [
        ("remote gt true", "remote can only be compared with eq, ne or pr"),
        ("seal gt \"+/8=\"", "seal can only be compared with eq, ne or pr"),
        ("level co 4", "level can only be compared with eq, ne, gt, ge, lt, le or pr"),
        ("level eq 4.5", "Write a whole number."),
        ("share eq \"much\"", "Write a number."),
        ("hired eq 2026", "Write a point in time"),
        ("seal eq \"?\"", "Write base64 text."),
        ("badges eq 7", "made of parts"),
    ] {
        let error = ScimFilter::parse(&resource_type, &format!("{SITE}:{text}")).expect_err(text);
        assert!(error.to_string().contains(sentence), "{text}: {error}");
        assert_eq!(ScimError::from(error).status, 400);
    }
}

#[test]
fn values_of_another_type_are_refused_in_a_sentence() {
    let resource_type = acme();
    for (block, sentence) in [
        (r#"{"remote": "maybe"}"#, ":remote needs true or false. Correct the attribute mapping"),
        (r#"{"level": 4.5}"#, ":level needs a whole number."),
        (r#"{"share": "much"}"#, ":share needs a number."),
        (
            r#"{"hired": "yesterday"}"#,
            ":hired needs a point in time of the years 1 to 9999, like \"2026-03-01T00:00:00Z\".",
        ),
        (r#"{"seal": "?"}"#, ":seal needs base64 text."),
        (r#"{"levels": [1, "x"]}"#, ":levels needs a whole number."),
        (r#"{"badge": 7}"#, ":badge needs an object with its parts."),
        (r#"{"badges": [{"valid": 2}]}"#, "badges.valid needs true or false."),
    ] {
        let body = format!(r#"{{"{SITE}": {block}}}"#);
        let error = ScimError::from(input::replace(&resource_type, body.as_bytes()).unwrap_err());
        assert_eq!(error.status, 400, "{body}");
        assert!(error.detail.contains(sentence), "{}", error.detail);
    }
}

/// Several values of a part are one value of what it is a part of.
#[test]
fn a_part_may_have_several_values() {
    let colours = Attribute::new("colours", Type::String, "").multi_valued();
    let years = Attribute::new("years", Type::Integer, "").multi_valued();
    let badge = Attribute::new("badge", Type::Complex(vec![colours]), "");
    let badges = Attribute::new("badges", Type::Complex(vec![years]), "").multi_valued();
    let resource_type = user_with(vec![Schema::new(SITE, "AcmeUser", "", vec![badge, badges])]);
    let vocabulary = Vocabulary::new(&resource_type);
    for block in [
        r#"{"badge":{"colours":["red","blue"]},"badges":[{"years":[1,2]}]}"#,
        r#"{"badge":[{"colours":[{"value":"red"},"","blue"]}],"badges":{"years":["1",[2],null]}}"#,
    ] {
        let request = posted(&vocabulary, block);
        assert_eq!(
            printed::profile(&request.profile.unwrap()),
            ["badge = {colours: red blue}", "badges = {years: int 1 int 2}"]
        );
    }
    for (operation, change) in [
        (
            r#"{"op": "replace", "path": "badge.colours", "value": "red"}"#,
            "badge merge {colours: red}",
        ),
        (
            r#"{"op": "add", "path": "badge", "value": {"colours": ["a", "b"]}}"#,
            "badge merge {colours: a b}",
        ),
        (r#"{"op": "replace", "path": "badge.colours", "value": []}"#, "badge clear colours"),
        (r#"{"op": "remove", "path": "badge.colours"}"#, "badge clear colours"),
        (
            r#"{"op": "add", "path": "badges[years pr].years", "value": [3, 4]}"#,
            "badges[years?] merge {years: int 3 int 4}",
        ),
    ] {
        let operation = operation.replace("\"badge", &format!("\"{SITE}:badge"));
        let body = format!(r#"{{"Operations": [{operation}]}}"#);
        let edits = patch::read(&resource_type, body.as_bytes()).unwrap();
        let lines: Vec<_> = changes(&vocabulary, edits).iter().map(printed::change).collect();
        assert_eq!(lines, [change], "{operation}");
    }
    let body = format!(r#"{{"{SITE}": {{"badge": {{"colours": ["red", "${{x}}"]}}}}}}"#);
    let edits = input::replace(&resource_type, body.as_bytes()).unwrap();
    let lines: Vec<_> = changes(&vocabulary, edits).iter().map(printed::change).collect();
    assert_eq!(lines, ["badge.colours ignored: VALUE_INVALID"]);
}

/// A placeholder keeps what is there, and only of its own attribute.
#[test]
fn a_placeholder_is_a_mention_of_its_own_attribute() {
    let resource_type = acme();
    let vocabulary = Vocabulary::new(&resource_type);
    let body =
        format!(r#"{{"userName": "jo", "{SITE}": {{"active": "${{x}}", "levels": ["${{y}}"]}}}}"#);
    let edits = input::replace(&resource_type, body.as_bytes()).unwrap();
    let changes = replacement(&vocabulary, edits);
    let lines: Vec<_> = changes.iter().map(printed::change).collect();
    for (line, told) in [
        ("active ignored: VALUE_INVALID", true),
        ("acme_user_active cleared", false),
        ("levels remove", false),
        ("level cleared", true),
        ("badge clear number", true),
        ("remote cleared", true),
        ("shares remove", true),
    ] {
        assert_eq!(lines.iter().any(|known| known == line), told, "{line}: {lines:?}");
    }
}
