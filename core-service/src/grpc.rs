//! The door: `provost.identity.v1` over gRPC.
//!
//! Owns the translation between messages and the domain's values, and between failures and
//! statuses. Must never decide anything.

mod admission;
mod answers;
mod batch_writes;
mod batches;
mod call;
mod consumers;
mod deadline;
mod decode;
mod decode_access;
mod decode_change;
mod decode_comparison;
mod decode_events;
mod decode_expiration;
mod decode_filter;
mod decode_group_filter;
mod decode_groups;
mod decode_sites;
mod decode_sort;
mod decode_users;
mod encode;
mod encode_access;
mod encode_events;
mod encode_group_rules;
mod encode_groups;
mod encode_sites;
mod explain;
mod group_rules;
mod groups;
mod held_turn;
mod ledger;
mod next_sync;
mod operations;
mod paging;
mod refused_requests;
mod rpcs;
mod services;
mod sessions;
mod sign_in;
mod sites;
mod status;
mod submission;
#[cfg(test)]
mod tests;
mod token_first;
mod token_values;
mod user_groups;
mod user_lists;
mod users;
mod watches;

pub use status::{
    message_took_too_long, published_metadata, published_reasons, too_many_failed_tokens,
    too_many_large_messages,
};

pub(crate) use watches::ToldEvent;

use crate::AppState;
use provost_proto::limits::{MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES};
use provost_proto::v1::access_service_server::AccessServiceServer;
use provost_proto::v1::group_service_server::GroupServiceServer;
use provost_proto::v1::ledger_service_server::LedgerServiceServer;
use provost_proto::v1::operations_service_server::OperationsServiceServer;
use provost_proto::v1::session_service_server::SessionServiceServer;
use provost_proto::v1::site_service_server::SiteServiceServer;
use provost_proto::v1::user_service_server::UserServiceServer;
use std::sync::Arc;
use token_first::TokenFirst;
use tonic::service::Routes;

/// The names of all reasons, in the order of the law's vocabulary.
pub(crate) fn reason_names() -> Vec<&'static str> {
    published_reasons().into_iter().map(|(_, _, reason)| reason.name()).collect()
}

/// The services of the contract. Called as a tower service in process, or served over a socket.
pub fn routes(state: &Arc<AppState>) -> Routes {
    let users = UserServiceServer::new(users::UserHandlers(Arc::clone(state)));
    let sites = SiteServiceServer::new(sites::SiteHandlers(Arc::clone(state)));
    let services = AccessServiceServer::new(services::AccessHandlers(Arc::clone(state)));
    let services = services
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let users = users
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let sites = sites
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let ledgers = LedgerServiceServer::new(ledger::LedgerHandlers(Arc::clone(state)));
    let ledgers = ledgers
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let operations =
        OperationsServiceServer::new(operations::OperationsHandlers(Arc::clone(state)));
    let operations = operations
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let groups = GroupServiceServer::new(groups::GroupHandlers(Arc::clone(state)));
    let groups = groups
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let sessions = SessionServiceServer::new(sessions::SessionHandlers(Arc::clone(state)));
    let sessions = sessions
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let authenticator = &state.authenticator;
    Routes::new(TokenFirst::new(authenticator, users))
        .add_service(TokenFirst::new(authenticator, groups))
        .add_service(TokenFirst::new(authenticator, sites))
        .add_service(TokenFirst::new(authenticator, ledgers))
        .add_service(TokenFirst::new(authenticator, services))
        .add_service(TokenFirst::new(authenticator, operations))
        .add_service(TokenFirst::new(authenticator, sessions))
}
