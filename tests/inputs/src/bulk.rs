//! Bodies of bulk requests, and the writes that their operations become.

use crate::told::is_a_refusal;
use prost::Message as _;
use provost_gateway::translate::{BulkWrite, Collection, Vocabulary};
use provost_proto::v1;
use provost_scim::bulk::BulkAsked;
use provost_scim::limits::MAX_BULK_OPERATIONS;
use provost_scim::{BulkMethod, BulkRequest, ScimError, strict};

const ID: &str = "0197a1b2-0000-7000-8000-000000000000";

/// Reads a body as a bulk request. Each operation that is let through refers to nothing any more once its references
/// are filled in, and is decoded at the other end as it was sent.
pub fn bulk(input: &[u8]) {
    if let Err(error) = strict::bulk(input) {
        is_a_refusal(error);
    }
    let request = match BulkRequest::read(input) {
        Ok(request) => request,
        Err(error) => return is_a_refusal(error),
    };
    assert!(request.operations.len() <= MAX_BULK_OPERATIONS);
    assert_ne!(request.fail_on_errors, Some(0));
    for operation in request.operations {
        match operation.asked {
            Ok(asked) => is_sent(asked),
            Err(error) => is_a_refusal(error),
        }
    }
}

fn is_sent(asked: BulkAsked<'_>) {
    let mut write = match write(asked) {
        Ok(write) => write,
        Err(error) => return is_a_refusal(error),
    };
    let names = write.references();
    write.fill_in(&|name| {
        assert!(names.contains(name), "{name} is filled in, but was not referred to");
        Some(ID.to_owned())
    });
    assert!(write.references().is_empty(), "{:?} of {names:?} are left", write.references());
    let message = write.into_message();
    assert_eq!(v1::BatchWrite::decode(&*message.encode_to_vec()), Ok(message));
}

fn write(asked: BulkAsked<'_>) -> Result<BulkWrite, ScimError> {
    let BulkAsked { method, path, version: _, data } = asked;
    let (collection, vocabulary) = if path.starts_with("/Groups") {
        (Collection::Groups, Vocabulary::group())
    } else {
        (Collection::Users, Vocabulary::user())
    };
    match data {
        Some(data) if method == BulkMethod::Post => {
            BulkWrite::creation(collection, vocabulary, data)
        }
        data => {
            let id = path.rsplit('/').next().unwrap_or_default().to_owned();
            BulkWrite::change((collection, id), method, vocabulary, data, Vec::new())
        }
    }
}
