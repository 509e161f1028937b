//! `docs/reference.md`: the contract for reading, made of the comments in the `.proto` files. Owns its
//! form; must never know what is said in it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value,
};

const PACKAGE: &str = "provost.identity.v1";
const HEAD: &str = "# The contract, RPC by RPC

Made of the comments in `proto/provost/identity/v1`; not to be edited. `INSTA_UPDATE=always scripts/test reference`
writes it anew. [grpc.md](grpc.md) is where to begin.

A field is *required*, or may be left out; what only answers have has no such word. A map, and a list, which is
written `[]`, may be empty.
";

#[test]
fn the_reference_says_what_the_contract_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference.md");
    let text = reference(&DescriptorPool::decode(provost_proto::DESCRIPTORS).unwrap());
    if std::fs::read_to_string(&path).unwrap_or_default() == text {
        return;
    }
    let renew = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    assert!(renew, "docs/reference.md is stale: INSTA_UPDATE=always scripts/test reference");
    std::fs::write(path, text).unwrap();
}

fn reference(contract: &DescriptorPool) -> String {
    let mut text = HEAD.to_owned();
    let methods: Vec<MethodDescriptor> =
        contract.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    // What is shown with the RPC to which it belongs.
    let shown: BTreeSet<String> = methods
        .iter()
        .flat_map(|rpc| [rpc.input(), rpc.output()])
        .map(|message| message.full_name().to_owned())
        .collect();
    for service in contract.services() {
        let comment = comment(&service.parent_file(), service.path());
        write!(text, "\n## {}\n\n{comment}\n", service.name()).unwrap();
        for rpc in service.methods() {
            text += &one_rpc(&rpc);
        }
    }
    text += "\n## Messages\n";
    let own = |message: &MessageDescriptor| {
        message.package_name() == PACKAGE
            && !message.is_map_entry()
            && !shown.contains(message.full_name())
    };
    let mut messages: Vec<MessageDescriptor> = contract.all_messages().filter(own).collect();
    messages.sort_by_key(|message| message.name().to_owned());
    for message in messages {
        let comment = comment(&message.parent_file(), message.path());
        write!(text, "\n### {}\n\n{comment}\n", message.name()).unwrap();
        text += &fields(&message);
    }
    text += "\n## Words\n";
    let mut enums: Vec<EnumDescriptor> =
        contract.all_enums().filter(|one| one.package_name() == PACKAGE).collect();
    enums.sort_by_key(|one| one.name().to_owned());
    for one in enums {
        let about = comment(&one.parent_file(), one.path());
        write!(text, "\n### {}\n\n{about}\n\n| Value | Meaning |\n|---|---|\n", one.name())
            .unwrap();
        for value in one.values() {
            let meaning = in_a_row(&comment(&one.parent_file(), value.path()));
            writeln!(text, "| `{}` | {meaning} |", value.name()).unwrap();
        }
    }
    text
}

fn one_rpc(rpc: &MethodDescriptor) -> String {
    let comment = comment(&rpc.parent_file(), rpc.path());
    let mut text = format!("\n### {}\n\n{comment}\n", rpc.name());
    let answers = if rpc.is_server_streaming() { "Each answer of the stream" } else { "Answer" };
    for (title, message) in [("Request", rpc.input()), (answers, rpc.output())] {
        let name = message.name();
        if message.fields().len() == 0 {
            write!(text, "\n{title}: `{name}`, without a field.\n").unwrap();
        } else {
            write!(text, "\n{title}: `{name}`\n{}", fields(&message)).unwrap();
        }
    }
    text
}

/// The table of a message; empty for one without fields.
fn fields(message: &MessageDescriptor) -> String {
    let mut text = String::new();
    for field in message.fields() {
        if text.is_empty() {
            text += "\n| Field | Type | Meaning |\n|---|---|---|\n";
        }
        let choice =
            field.containing_oneof().filter(|_| !field.field_descriptor_proto().proto3_optional());
        let choice = choice.map(|choice| format!("One of `{}`. ", choice.name()));
        let needed = if is_required(&field) { ", *required*" } else { "" };
        let meaning = in_a_row(&comment(&message.parent_file(), field.path()));
        let row = format!(
            "| `{}` | {}{needed} | {}{meaning} |",
            field.name(),
            type_of(&field),
            choice.unwrap_or_default()
        );
        writeln!(text, "{row}").unwrap();
    }
    text
}

fn is_required(field: &FieldDescriptor) -> bool {
    let pool = field.parent_pool();
    let behavior = pool.get_extension_by_name("google.api.field_behavior").unwrap();
    let options = field.options();
    let values = options.get_extension(&behavior);
    let values = values.as_list().unwrap();
    // `REQUIRED` in google/api/field_behavior.proto.
    values.contains(&Value::EnumNumber(2))
}

fn type_of(field: &FieldDescriptor) -> String {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { unreachable!() };
        let value = entry.map_entry_value_field();
        return format!("map of text to {}", kind(&value.kind()));
    }
    let brackets = if field.is_list() { "[]" } else { "" };
    format!("{}{brackets}", kind(&field.kind()))
}

fn kind(kind: &Kind) -> String {
    let (name, package) = match kind {
        Kind::Message(message) => (message.name(), message.package_name()),
        Kind::Enum(one) => (one.name(), one.package_name()),
        scalar => return format!("{scalar:?}").to_lowercase(),
    };
    match package {
        PACKAGE => format!("[{name}](#{})", name.to_lowercase()),
        other => format!("{other}.{name}"),
    }
}

/// The comment above what is at this path of the file.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref().unwrap();
    let location = info.location.iter().find(|location| location.path == path).unwrap();
    let lines = location.leading_comments().lines().map(str::trim);
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn in_a_row(comment: &str) -> String {
    comment.replace('\n', " ").replace('|', "\\|")
}
