//! The limits that `docs/errors.md` names: at the limit a request is answered, one beyond it is
//! refused with the documented reason. Owns the list of what the page says and how each is shown;
//! must never know where a limit is kept.

mod page;
mod requests;
mod sign_on;
mod sites;
mod users;

use tonic::{Code, Status};

use crate::support::{House, Site, in_every_house, reason};

in_every_house!(what_the_page_says_of_limits_is_true);

/// What the page says, each shown by an arm of the story below.
const SHOWN_HERE: [&str; 29] = [
    "at most ten in an answer",
    "A user name and an external id have at most 512 bytes",
    "a token that somebody chooses 512 characters",
    "the note of a hold and the reason of a write 1024 bytes",
    "a word that events are looked for by 256",
    "names of sites, connections and holds have at most 63 characters",
    "those of tokens 128 bytes",
    "A value has at most 4096 bytes",
    "a list 100 elements",
    "all that is known of a user 65,536 bytes",
    "A user has at most 32 holds",
    "a site protects at most 100 users",
    "A `subject` has at most 512 bytes, the name of an assertion 256",
    "A ledger is kept for at most 36500 days",
    "lies within the years 1 to 9999",
    "Of a request there are at most 1000 changes",
    "A filter has at most 100 conditions, 20 of them on lists",
    "have at most 500",
    "A filter is at most 80 levels deep",
    "more than 20000 elements of lists",
    "At least 24 visible ASCII characters, 10 different ones",
    "larger than 1048576 bytes",
    "The PATCH request has 1001 operations",
    "The bulk request has 1001 operations",
    "The request has more than 1000 changes",
    "emails has 101 elements",
    "The filter is 4097 bytes long",
    "nests more than 32 parentheses and brackets",
    "URL and headers have 128 KiB together",
];

/// What can't be driven from outside without waiting, without a crowd or without another setting,
/// and the test nearer to it that does.
const SHOWN_ELSEWHERE: [(&str, &str); 43] = [
    (
        "Up to 256 operations that follow one another are one call of the core",
        "gateway/tests/http/bulk.rs::operations_are_sent_as_many_at_a_time_as_are_decided_together",
    ),
    // Nearer to where groups are.
    (
        "The display name of a group has at most 256 characters",
        "core-service/tests/calls/groups.rs::a_display_name_belongs_to_one_group_of_the_site",
    ),
    (
        "a group with more than 1000 members among whom a condition is to pick some",
        "core-service/domain/src/tests/selected_members.rs::a_group_that_is_too_large_is_not_gone_through",
    ),
    (
        "one request names at most 50,000 members of a group",
        "core-service/tests/calls/groups.rs::more_members_than_may_be_are_refused",
    ),
    (
        "A site has at most 100 rules from groups to roles",
        "core-service/tests/calls/groups/rules.rs::no_more_rules_than_a_hundred",
    ),
    // Tens of thousands of users.
    (
        "at most 50000 are sorted",
        "core-service/tests/calls/sorting.rs::more_than_may_be_sorted_are_refused",
    ),
    // Tens of thousands of members.
    (
        "The body of a group may be eight times as large as that of a user",
        "gateway/tests/http/groups.rs::bodies_of_groups_have_a_limit_of_their_own",
    ),
    (
        "The answer would have more than 50000 members",
        "gateway/tests/http/groups.rs::more_members_than_an_answer_has_are_refused",
    ),
    (
        "members has 50001 elements",
        "gateway/tests/http/groups.rs::\
         more_members_than_one_request_names_are_refused_before_they_are_sent",
    ),
    // A thousand services.
    (
        "There are at most 1000 services, each with at most 100 grants, 100 tokens that open something, \
         and 100 certificates",
        "core-service/tests/calls/services.rs::there_are_so_many_services_tokens_and_grants_and_no_more",
    ),
    // No answer tells what is kept in mind; the law's own state does.
    (
        "the first 32 are kept in mind",
        "core-service/domain/src/tests/whole.rs::what_is_recorded_of_refusals_has_an_end",
    ),
    // A second that passes between two requests gives one more.
    (
        "60 wrong ones at once",
        "src/serve/failed_tokens.rs::an_address_has_so_many_at_once_and_then_one_each_second",
    ),
    // Whether a write waits depends on how fast those before it are.
    (
        "At most 1024 writes of a site wait",
        "core-service/src/writer/queue/tests.rs::a_site_has_room_for_so_much_and_others_have_theirs",
    ),
    // A body of that size is refused before, unless a setting is raised.
    (
        "more than the 4194304 bytes that are read",
        "gateway/tests/http/bodies.rs::a_body_that_says_more_than_the_core_reads_is_refused",
    ),
    // Time, which those tests let pass without waiting.
    (
        "The body paused for 15 seconds, or took more than a minute",
        "gateway/tests/http/slow_bodies.rs::a_body_has_a_time_for_its_pauses_and_one_for_all_of_it",
    ),
    ("within 75 seconds", "src/serve/tests.rs::who_connects_and_says_nothing_is_not_kept"),
    // A connection of its own each.
    (
        "may have 1,000 calls open at once",
        "src/serve/tests.rs::a_connection_has_so_many_calls_open_and_the_next_one_waits",
    ),
    (
        "The metadata of a call have at most 64 KiB",
        "src/serve/tests.rs::metadata_that_are_too_large_are_refused_by_their_status",
    ),
    (
        "less than 8 KiB a second in the long run",
        "src/serve/write_timeout.rs::who_takes_a_byte_now_and_then_is_not_waited_for_either",
    ),
    // What is in flight at one moment, which needs a crowd that stands still.
    (
        "more than 16 KiB, or that come slowly, are counted: a site may have eight of the largest \
         size at once, all sites 32",
        "gateway/tests/http/slow_bodies.rs::a_site_holds_its_share_of_the_bytes_and_no_more",
    ),
    (
        "of bodies of groups, which take none of that, two and eight",
        "gateway/tests/http/slow_bodies.rs::bodies_of_groups_have_a_share_of_their_own",
    ),
    (
        "of those that say at their beginning that they are larger than 16 KiB",
        "src/serve/message_limits.rs::messages_of_a_caller_have_room_until_they_are_answered",
    ),
    (
        "the ones of a token have 32 MiB until they are answered, all of them 128 MiB",
        "src/serve/message_shares.rs::a_caller_uses_up_its_own_share_and_gives_it_back",
    ),
    (
        "Answers of more than 256 KiB",
        "gateway/tests/http/large_answers.rs::whoever_reads_gives_the_share_back",
    ),
    (
        "over HTTP/2 16 KiB",
        "gateway/tests/http/large_answers.rs::over_http_2_small_pages_that_nobody_reads_count_too",
    ),
    (
        "have 32 MiB of memory for each site",
        "gateway/tests/http/large_answers.rs::\
         who_does_not_read_uses_up_the_share_of_their_site_and_not_for_ever",
    ),
    // Of writes over gRPC, which can be repeated under an id.
    (
        "Ids are 1 to 64 visible characters of ASCII",
        "core-service/tests/calls/repeated.rs::an_id_is_short_and_visible",
    ),
    (
        "One key of 1 to 64 visible characters",
        "gateway/tests/http/idempotency.rs::a_key_that_cannot_be_read_is_told_and_nothing_is_done",
    ),
    (
        "A watch names at most 100 sites and 32 kinds of events",
        "core-service/tests/calls/watches.rs::what_is_no_watch_is_refused_with_words",
    ),
    // Ten thousand sites.
    (
        "one of all sites is about at most 10,000",
        "core-service/tests/calls/watches/endings.rs::so_many_ledgers_are_followed_and_no_more",
    ),
    (
        "A ledger has at most 100 consumers",
        "core-service/tests/calls/cutoff/refusals.rs::a_ledger_has_so_many_consumers",
    ),
    (
        "a caller has at most 8 of these",
        "core-service/tests/calls/cutoff/refusals.rs::a_caller_has_so_many_consumers",
    ),
    (
        "the caller has 128 watches",
        "core-service/tests/calls/watches/endings.rs::a_caller_has_so_many_watches",
    ),
    // A crowd.
    (
        "so many at one core, and all callers together 1024, of which services have 1008",
        "core-service/src/watches/places.rs::a_caller_has_so_many_and_all_together_so_many",
    ),
    (
        "a batch names at most 1000 users and has at most 3000 changes",
        "core-service/tests/calls/batches.rs::a_batch_is_within_its_limits",
    ),
    (
        "`BatchWrite` has at most 1000 writes",
        "core-service/tests/calls/batch_writes.rs::so_many_writes_and_no_more",
    ),
    (
        "with 3000 changes of users in all",
        "core-service/tests/calls/batch_writes.rs::so_many_changes_and_no_more",
    ),
    // Of single operations.
    (
        "The bulkId of the operation is longer than 256 bytes",
        "gateway/scim/src/bulk/tests.rs::what_is_wrong_with_an_operation_is_told_of_that_one",
    ),
    (
        "The path of the operation is longer than 256 bytes",
        "gateway/scim/src/bulk/tests.rs::what_is_wrong_with_an_operation_is_told_of_that_one",
    ),
    (
        "of bulk requests again two and eight",
        "gateway/tests/http/slow_bodies.rs::bulk_requests_have_a_share_of_their_own",
    ),
    (
        "The body may be eight times as large as that of a user",
        "gateway/tests/http/bulk.rs::what_is_no_bulk_request_is_refused_as_a_whole",
    ),
    // A share of the work above, which is driven.
    (
        "it counts once more for each 128 bytes",
        "core-service/domain/src/tests/work.rs::to_look_through_long_texts_counts_by_their_length",
    ),
    (
        "`Retry-After: 5`",
        "gateway/tests/http/failures.rs::a_core_that_never_answers_is_waited_for_until_the_deadline",
    ),
];

/// Numbers that are no limits, or say one of the above again as an example.
const NO_LIMITS: [&str; 5] = [
    "emails has more than 100 elements",
    "use at least 24 characters",
    "The filter has more than 100 conditions",
    "All selectors of the request together have more than 500 conditions",
    "The request goes through more than 20000 elements of lists",
];

async fn what_the_page_says_of_limits_is_true(house: &House) {
    let site = Site::new(house, "acme").await;
    for says in SHOWN_HERE {
        match says {
            "at most ten in an answer" => requests::notices(&site).await,
            "A user name and an external id have at most 512 bytes" => users::names(&site).await,
            "a token that somebody chooses 512 characters" => sites::long_tokens(&site).await,
            "the note of a hold and the reason of a write 1024 bytes" => {
                users::texts_for_people(&site).await;
            }
            "a word that events are looked for by 256" => sites::words_of_events(&site).await,
            "names of sites, connections and holds have at most 63 characters" => {
                sites::names(&site).await;
            }
            "those of tokens 128 bytes" => sites::token_names(&site).await,
            "A value has at most 4096 bytes" => users::value(&site).await,
            "a list 100 elements" => users::list(&site).await,
            "all that is known of a user 65,536 bytes" => users::profile(&site).await,
            "A user has at most 32 holds" => users::holds(&site).await,
            "a site protects at most 100 users" => sites::protected(&site).await,
            "A `subject` has at most 512 bytes, the name of an assertion 256" => {
                sign_on::subject(&site).await;
                sign_on::assertion(&site).await;
            }
            "A ledger is kept for at most 36500 days" => sites::retention(&site).await,
            "lies within the years 1 to 9999" => sites::points_in_time(&site).await,
            "Of a request there are at most 1000 changes" => requests::changes(&site).await,
            "A filter has at most 100 conditions, 20 of them on lists" => {
                requests::conditions(&site).await;
            }
            "have at most 500" => requests::selectors(&site).await,
            "A filter is at most 80 levels deep" => requests::levels(&site).await,
            "more than 20000 elements of lists" => users::work(&site).await,
            "At least 24 visible ASCII characters, 10 different ones" => {
                sites::typed_tokens(&site).await;
            }
            "larger than 1048576 bytes" => requests::body(&site).await,
            "The PATCH request has 1001 operations" => requests::operations(&site).await,
            "The bulk request has 1001 operations" => requests::bulk(&site).await,
            "The request has more than 1000 changes" => requests::members(&site).await,
            "emails has 101 elements" => users::long_list(&site).await,
            "The filter is 4097 bytes long" => requests::filter_length(&site).await,
            "nests more than 32 parentheses and brackets" => requests::nesting(&site).await,
            "URL and headers have 128 KiB together" => requests::head(&site).await,
            other => panic!("nothing shows {other:?}"),
        }
    }
}

/// A refusal of the core for bad input, for this reason.
#[track_caller]
fn is_refused_with<T: std::fmt::Debug>(answer: Result<T, Status>, expected: &str) {
    let status = answer.expect_err("one beyond the limit");
    assert_eq!(reason(&status), (Code::InvalidArgument, expected.to_owned()), "{status:?}");
}
