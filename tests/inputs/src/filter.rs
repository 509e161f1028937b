//! Filters: of lists, of everything, and as a part of a query.

use crate::told::is_a_refusal;
use prost::Message as _;
use provost_gateway::translate::{self, Vocabulary};
use provost_proto::v1;
use provost_scim::{FilterError, Query, ResourceType, ScimFilter, group, strict, user};

/// Reads a filter. What is read is printed and read again as the same, and what is let through is
/// decoded at the other end as it was sent.
pub fn filter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    of(Vocabulary::user(), text);
    of(Vocabulary::group(), text);
    if let Err(error) = ScimFilter::parse_among(&[user(), group()], text) {
        is_a_refusal(error);
    }
    if let Err(error) = strict::filter(&[user(), group()], text) {
        is_a_refusal(error);
    }
    match Query::read(&format!("filter={text}")) {
        Ok(query) => read(&query),
        Err(error) => is_a_refusal(error),
    }
}

fn of(vocabulary: &Vocabulary<'static>, text: &str) {
    match ScimFilter::parse(vocabulary.resource_type, text) {
        Ok(filter) => {
            is_read_again(vocabulary.resource_type, &filter);
            is_decoded(translate::filter(vocabulary, &filter));
        }
        Err(error) => is_a_refusal(error),
    }
}

/// What is printed may be longer and deeper than what was written.
fn is_read_again(resource_type: &ResourceType, filter: &ScimFilter<'_>) {
    let printed = filter.to_string();
    match ScimFilter::parse(resource_type, &printed) {
        Ok(again) => assert_eq!(again, *filter, "{printed}"),
        Err(FilterError::TooLong { .. } | FilterError::TooDeep { .. }) => {}
        Err(error) => panic!("{printed}: {error}"),
    }
}

fn is_decoded(filter: v1::Filter) {
    if let Err(error) = translate::check_filter(&filter) {
        return is_a_refusal(error);
    }
    let request = v1::ListUsersRequest { filter: Some(filter), ..v1::ListUsersRequest::default() };
    let decoded = v1::ListUsersRequest::decode(&*request.encode_to_vec());
    assert_eq!(decoded, Ok(request));
}

fn read(query: &Query) {
    for resource_type in [user(), group()] {
        let filter = query.filter.as_ref().map(|filter| filter.read(resource_type).map(drop));
        if let Some(Err(error)) = filter {
            is_a_refusal(error);
        }
        let sort = query.sort.as_ref().map(|sort| sort.read(resource_type).map(drop));
        if let Some(Err(error)) = sort {
            is_a_refusal(error);
        }
        let projection = query.projection.read(resource_type);
        assert!(resource_type.lists().filter(|list| projection.shows(list)).count() < 100);
    }
}
