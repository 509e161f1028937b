//! What the settings of a site may be.

use super::court::*;
use crate::{
    Action, Answer, AssertionName, Caller, ConnectionPolicy, Context, EventBody, LedgerRetention,
    Loaded, MetadataKey, Needs, Reason, Refusal, SettingsChange, State, Timestamp, decide,
};

/// The settings that a change leads to.
fn update(
    policy: &ConnectionPolicy,
    change: SettingsChange,
) -> Result<(ConnectionPolicy, Option<EventBody>), Refusal> {
    let site = Court::with(policy.clone()).site;
    let mut state = State::default();
    state.take_in(Needs::default(), Loaded { sites: vec![site], ..Loaded::default() });
    let context = Context { now: NOW, fresh_id: &|| id(99).0 };
    let command = ask(&Caller::Operator, Action::UpdateSettings(change));
    let answer = decide(&mut state, &context, &command)?.answer;
    let Answer::Settings { policy, .. } = answer else { panic!("{answer:?}") };
    Ok((policy, state.into_changes().events.pop().map(|event| event.body)))
}

fn policy((enabled, single_sign_on): (bool, bool)) -> ConnectionPolicy {
    ConnectionPolicy { enabled, single_sign_on, ..ConnectionPolicy::default() }
}

fn asking((enabled, single_sign_on): (Option<bool>, Option<bool>)) -> SettingsChange {
    SettingsChange { enabled, single_sign_on, ..SettingsChange::default() }
}

#[test]
fn connections_are_on_only_where_single_sign_on_is_set_up() {
    for (before, asked, outcome) in [
        ((false, false), (Some(true), None), Err("enabled")),
        ((false, false), (Some(true), Some(false)), Err("enabled")),
        ((false, false), (Some(true), Some(true)), Ok((true, true))),
        ((false, false), (None, Some(true)), Ok((false, true))),
        ((false, true), (Some(true), None), Ok((true, true))),
        ((false, true), (Some(true), Some(false)), Err("enabled")),
        ((true, true), (None, Some(false)), Err("single_sign_on")),
        ((true, true), (Some(false), Some(false)), Ok((false, false))),
        ((true, true), (Some(true), Some(true)), Ok((true, true))),
        // What a core of another version left may stay, and can be mended.
        ((true, false), (None, None), Ok((true, false))),
        ((true, false), (None, Some(true)), Ok((true, true))),
        ((true, false), (Some(false), None), Ok((false, false))),
    ] {
        let answer = update(&policy(before), asking(asked));
        match (answer, outcome) {
            (Ok((after, _)), Ok(expected)) => {
                assert_eq!((after.enabled, after.single_sign_on), expected, "{before:?} {asked:?}");
            }
            (Err(refusal), Err(attribute)) => {
                assert_eq!(refusal.reason, Reason::SingleSignOnRequired);
                assert_eq!(refusal.attribute, attribute, "{before:?} {asked:?}");
                let setting = (MetadataKey::Setting, "single_sign_on".to_owned());
                assert_eq!(refusal.metadata, [setting]);
            }
            (answer, outcome) => panic!("{before:?} {asked:?} {answer:?} {outcome:?}"),
        }
    }
}

#[test]
fn the_name_of_the_assertion_is_kept_until_another_is_told() {
    let named = |text: &str| SettingsChange {
        user_name_assertion: Some(AssertionName::parse(text).unwrap()),
        ..SettingsChange::default()
    };
    let before = ConnectionPolicy::default();
    let (after, event) = update(&before, named("NameID")).unwrap();
    assert_eq!(after.user_name_assertion.as_str(), "NameID");
    assert_eq!(event, Some(EventBody::SettingsChanged { before, after: after.clone() }));
    assert_eq!(update(&after, named("NameID")).unwrap(), (after.clone(), None));
    assert_eq!(update(&after, SettingsChange::default()).unwrap(), (after.clone(), None));
    assert_eq!(update(&after, named("")).unwrap().0, ConnectionPolicy::default());
}

#[test]
fn a_ledger_is_kept_for_some_days_or_for_ever() {
    let days = |days| LedgerRetention::of_days(days);
    for (asked, reason) in [(-1, Reason::ValueInvalid), (36_501, Reason::LimitExceeded)] {
        assert_eq!(days(asked).unwrap_err().reason, reason);
    }
    let day = Timestamp(86_400_000_000);
    assert_eq!(days(30).unwrap().days(), 30);
    assert_eq!(days(0).unwrap().oldest_kept(day), None);
    assert_eq!(days(1).unwrap().oldest_kept(day), Some(Timestamp(0)));
    assert!(days(36_500).unwrap().oldest_kept(Timestamp(i64::MIN)).is_some());
}
