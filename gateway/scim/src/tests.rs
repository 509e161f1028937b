//! What users have none of: lists of single values, parts with several, members of groups. Owns a resource
//! type of its own, which is driven through readers, filters and the writer.

use std::sync::LazyLock;

use time::OffsetDateTime;

use crate::edit::printed;
use crate::limits::MAX_ELEMENTS;
use crate::{
    Attribute, Common, Edit, FilterError, InputError, ProjectionText, Resource, ResourceType,
    Schema, ScimFilter, ScimValue, Type, group, input, patch, user,
};

static DEVICE: LazyLock<ResourceType> = LazyLock::new(|| {
    let one = |name: &'static str| Attribute::new(name, Type::String, "For a test.");
    let car = Type::Complex(vec![one("colours").multi_valued(), one("maker")]);
    let attributes = vec![
        one("title"),
        one("tags").multi_valued().case_exact(),
        one("pins").multi_valued().unsearchable(),
        Attribute::new("car", car, "For a test."),
    ];
    let core = Schema::new("urn:example:Device", "Device", "For a test.", attributes);
    ResourceType::new("Device", "/Devices", core, Vec::new())
});

fn read<'a>(resource_type: &'a ResourceType, body: &'a str) -> Vec<Edit<'a>> {
    let edits = input::replace(resource_type, body.as_bytes());
    edits.unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn put(resource_type: &ResourceType, body: &str) -> Vec<String> {
    read(resource_type, body).iter().map(printed).collect()
}

#[test]
fn elements_that_are_single_values_come_bare_or_as_objects() {
    for (body, edits) in [
        (r#"{"tags": ["a", {"value": "b"}, "", {"value": null}]}"#, "tags replace a b"),
        (r#"{"tags": "a"}"#, "tags replace a"),
        (r#"{"tags": ["{$user.tag}", "a"]}"#, "tags.value ignored: Unexpanded, tags replace a"),
    ] {
        assert_eq!(put(&DEVICE, body).join(", "), edits, "{body}");
    }
}

#[test]
fn a_part_with_several_values_is_read_as_a_whole() {
    let edits = read(&DEVICE, r#"{"car": {"colours": ["red", "", "blue"]}}"#);
    let [Edit::Set { value: Some(ScimValue::List(colours)), .. }] = &edits[..] else {
        panic!("{edits:?}")
    };
    let colours: Vec<_> = colours.iter().map(ScimValue::as_text).collect();
    assert_eq!(colours, [Some("red"), Some("blue")]);
    // One placeholder among them, and none is known.
    let body = r#"{"car": {"colours": ["red", "${car.colour}"], "maker": "x"}}"#;
    assert_eq!(put(&DEVICE, body), ["car.colours ignored: Unexpanded", "car.maker = x"]);
}

#[test]
fn single_values_are_searched_as_their_list_is() {
    let filter = |text: &str| ScimFilter::parse(&DEVICE, text).map(|filter| filter.to_string());
    for text in ["tags eq \"A\"", "tags.value eq \"A\"", "tags[value eq \"A\"]"] {
        assert_eq!(filter(text), Ok("tags[value eq \"A\"]".to_owned()), "{text}");
    }
    for text in ["pins eq \"A\"", "pins.value eq \"A\""] {
        assert!(matches!(filter(text), Err(FilterError::NotSearchable { .. })), "{text}");
    }
    let value = |name: &str| {
        let list = DEVICE.lists().find(|list| list.name() == name).unwrap();
        list.value_part().unwrap().case_exact
    };
    assert!(value("tags") && !value("pins"));
}

#[test]
fn whoever_asks_for_something_unknown_is_told_what_there_is() {
    for (resource_type, text, instead) in [
        (user(), "shoeSize pr", "userName, externalId or emails.value"),
        (user(), "meta.version pr", "userName, externalId or emails.value"),
        (user(), "emails[shoe pr]", "value, display, type or primary"),
        (group(), "userName pr", "displayName, externalId or members.value"),
        (group(), "members[$ref pr]", "value, display or type"),
        (&*DEVICE, "shoeSize pr", "id, externalId or tags.value"),
        (&*DEVICE, "tags[shoe pr]", "value"),
    ] {
        let error = ScimFilter::parse(resource_type, text).unwrap_err().to_string();
        assert!(error.ends_with(&format!(" Match on {instead}.")), "{text}: {error}");
    }
    let among = |text: &str| ScimFilter::parse_among(&[user(), group()], text);
    let error = among("userName pr or members[shoe pr]").unwrap_err().to_string();
    assert!(error.contains("names shoe at position 24, "), "{error}");
}

#[test]
fn single_values_are_written_where_their_list_is_asked_for() {
    let at = OffsetDateTime::UNIX_EPOCH;
    let (location, version) = ("https://x/Devices/1".to_owned(), "W/\"1\"".to_owned());
    let common = Common { id: "1", created: at, last_modified: at, location, version };
    let mut device = Resource::new(&DEVICE, common, 1);
    let tags = ["a", "", "b"].map(|tag| ScimValue::Text(tag.into()));
    device.set(DEVICE.lists().next().unwrap(), ScimValue::List(tags.to_vec()));
    for (attributes, excluded, rest) in [
        (Some("tags"), None, r#","tags":["a","b"]"#),
        (Some("tags.value"), None, r#","tags":["a","b"]"#),
        (None, Some("meta"), r#","tags":["a","b"]"#),
        (Some("title"), None, ""),
        (None, Some("meta,tags"), ""),
    ] {
        let text = ProjectionText::of(attributes.map(str::to_owned), excluded.map(str::to_owned));
        let projection = text.unwrap().read(&DEVICE);
        let written = serde_json::to_string(&device.projected(&projection)).unwrap();
        let expected = format!(r#"{{"schemas":["urn:example:Device"],"id":"1"{rest}}}"#);
        assert_eq!(written, expected, "{attributes:?} {excluded:?}");
    }
}

/// All but the value follows from it (`sdk419`, `gw95`).
#[test]
fn of_a_member_the_value_counts() {
    let body = r#"{"members": [{"value": "1", "display": "Jo", "shoe": 4, "hat": null}]}"#;
    let expected = ["members.shoe ignored: NotKept", "members replace {value: 1}"];
    assert_eq!(put(group(), body), expected);
    let members = vec![r#"{"value": "1"}"#; MAX_ELEMENTS + 1].join(",");
    assert_eq!(put(group(), &format!(r#"{{"members": [{members}]}}"#)).len(), 1);
}

/// RFC 7643 section 8.7.1: a member comes and goes, and never becomes another.
#[test]
fn parts_of_a_member_are_not_written() {
    for operation in [
        r#"{"op": "replace", "path": "members[value eq \"1\"].PART", "value": "2"}"#,
        r#"{"op": "remove", "path": "members[value eq \"1\"].PART"}"#,
    ] {
        let body = |part| format!(r#"{{"Operations": [{operation}]}}"#).replace("PART", part);
        for part in ["value", "type", "$ref"] {
            let error = patch::read(group(), body(part).as_bytes()).unwrap_err();
            let InputError::Immutable { attribute } = error else { panic!("{error}") };
            assert_eq!(attribute, format!("members.{part}"));
        }
        let error = patch::read(group(), body("display").as_bytes()).unwrap_err();
        let InputError::ReadOnly { attribute } = error else { panic!("{error}") };
        assert_eq!(attribute, "members.display");
    }
}
