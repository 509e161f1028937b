//! A number that no enum of the contract has: each field of each request refuses it.

use super::fixture::{Fixture, OPERATOR, SITE, on_both_databases};
use http_body_util::Full;
use prost::Message as _;
use prost::bytes::Bytes;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use provost_proto::v1;
use std::collections::BTreeMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

/// No enum will have as many values.
const UNKNOWN: u64 = 7_777;

/// The contract: the messages by their names, and the path of each call with its request.
struct Contract {
    messages: BTreeMap<String, DescriptorProto>,
    calls: Vec<(String, String)>,
}

impl Contract {
    fn read() -> Self {
        let mut contract = Self { messages: BTreeMap::new(), calls: Vec::new() };
        let files = FileDescriptorSet::decode(provost_proto::DESCRIPTORS).unwrap().file;
        for file in files {
            let package = format!(".{}", file.package());
            for message in file.message_type {
                contract.add(&package, message);
            }
            for service in &file.service {
                let path = |method: &str| {
                    format!("/{}.{}/{method}", file.package.as_ref().unwrap(), service.name())
                };
                let calls = service.method.iter();
                contract.calls.extend(
                    calls.map(|method| (path(method.name()), method.input_type().to_owned())),
                );
            }
        }
        contract
    }

    fn add(&mut self, outer: &str, message: DescriptorProto) {
        let name = format!("{outer}.{}", message.name());
        for nested in &message.nested_type {
            self.add(&name, nested.clone());
        }
        self.messages.insert(name, message);
    }

    /// The ways to each enum within a message, once through every message on the way.
    fn enums<'a>(&'a self, message: &'a str, above: &[&str]) -> Vec<Vec<&'a FieldDescriptorProto>> {
        let mut found = Vec::new();
        if above.contains(&message) {
            return found;
        }
        let within = [above, &[message]].concat();
        for field in &self.messages[message].field {
            match field.r#type() {
                Type::Enum => found.push(vec![field]),
                Type::Message => {
                    let ways = self.enums(field.type_name(), &within);
                    found.extend(ways.into_iter().map(|way| [vec![field], way].concat()));
                }
                _ => {}
            }
        }
        found
    }
}

/// A request with the unknown number at the end of this way. Whatever texts of it are known name
/// something that there is, so that nothing else is wrong with it.
fn request(
    contract: &Contract,
    name: &str,
    way: &[&FieldDescriptorProto],
    texts: &[(&str, &str)],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let [field, rest @ ..] = way else { return bytes };
    let tag = field.number().unsigned_abs();
    if rest.is_empty() {
        encode_key(tag, WireType::Varint, &mut bytes);
        encode_varint(UNKNOWN, &mut bytes);
    } else {
        write(tag, &request(contract, field.type_name(), rest, texts), &mut bytes);
    }
    for field in &contract.messages[name].field {
        if let Some((_, text)) = texts.iter().find(|(name, _)| *name == field.name()) {
            write(field.number().unsigned_abs(), text.as_bytes(), &mut bytes);
        }
    }
    bytes
}

fn write(tag: u32, content: &[u8], bytes: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

async fn ask(fixture: &Fixture, path: &str, message: &[u8]) -> Option<Status> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&[0][..], &length, message].concat();
    let request = http::Request::post(format!("http://core{path}"))
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {OPERATOR}"))
        .body(tonic::body::Body::new(Full::new(Bytes::from(framed))))
        .unwrap();
    let answer = fixture.core.services().oneshot(request).await.unwrap();
    Status::from_header_map(answer.headers())
}

async fn an_unknown_number_is_refused_by_the_name_of_its_field(fixture: Fixture) {
    let user = fixture.user("ada", v1::Role::Registered).await.id;
    let texts = |path: &str| {
        let list = if path.contains("GroupService") { "members" } else { "emails" };
        let own = [("site", SITE), ("user_name", "bob"), ("list", list)];
        own.into_iter().chain([("user_id", user.as_str()), ("group_id", user.as_str())])
    };
    let contract = Contract::read();
    let mut asked = 0;
    for (path, name) in &contract.calls {
        // Each of its writes is answered by itself, which `batch_writes` tries.
        if path.ends_with("/BatchWrite") {
            continue;
        }
        for way in contract.enums(name, &[]) {
            let message = request(&contract, name, &way, &texts(path).collect::<Vec<_>>());
            let names: Vec<_> = way.iter().map(|field| field.name()).collect();
            let Some(status) = ask(&fixture, path, &message).await else {
                panic!("{path} took {names:?}");
            };
            assert_eq!(status.code(), Code::InvalidArgument, "{path} {names:?}: {status:?}");
            let violations = status.get_details_bad_request();
            let violations = violations
                .unwrap_or_else(|| panic!("{path} {names:?}: {status:?}"))
                .field_violations;
            assert_eq!(Some(&violations[0].field.as_str()), names.last(), "{path} {names:?}");
            asked += 1;
        }
    }
    assert!(asked >= 10, "{asked}");
}

on_both_databases!(an_unknown_number_is_refused_by_the_name_of_its_field);
