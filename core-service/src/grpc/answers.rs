//! What a decision is about, as each kind of call expects it.

use crate::Failure;
use provost_domain::{
    Answer, Connection, ConnectionPolicy, GroupRule, Notice, Reason, Service, ServiceToken,
    Session, Site, Token,
};

pub(super) fn site(answer: Answer) -> Result<Site, Failure> {
    match answer {
        Answer::Site(site) => Ok(site),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn settings(answer: Answer) -> Result<(ConnectionPolicy, i64), Failure> {
    match answer {
        Answer::Settings { policy, version } => Ok((policy, version)),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn group_rule(answer: Answer) -> Result<GroupRule, Failure> {
    match answer {
        Answer::GroupRule(rule) => Ok(rule),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn connection(answer: Answer) -> Result<Connection, Failure> {
    match answer {
        Answer::Connection(connection) => Ok(connection),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn token(answer: Answer) -> Result<Token, Failure> {
    match answer {
        Answer::Token(token) => Ok(token),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn service(answer: Answer) -> Result<Service, Failure> {
    match answer {
        Answer::Service(service) => Ok(service),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn service_token(answer: Answer) -> Result<ServiceToken, Failure> {
    match answer {
        Answer::ServiceToken(token) => Ok(token),
        _ => Err(Failure::OtherAnswer),
    }
}

pub(super) fn session(answer: Answer) -> Result<Session, Failure> {
    match answer {
        Answer::Session(session) => Ok(session),
        _ => Err(Failure::OtherAnswer),
    }
}

/// Whether a token was made, or its value shown, by the same request before.
pub(super) fn is_repeated(notices: &[Notice]) -> bool {
    notices.iter().any(|notice| notice.reason == Reason::TokenValueNotKept)
}
