//! Values that may be of a person: they have no form in which they could be written into a log.

/// Gives types a form for debugging that has their name only, or a type one that shows these of its fields and
/// no other: one that is added is not shown either.
macro_rules! unspoken {
    ($type:ident: $($shown:ident),+) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut form = f.debug_struct(stringify!($type));
                $(form.field(stringify!($shown), &self.$shown);)+
                form.finish_non_exhaustive()
            }
        }
    };
    ($($type:ident $(<$life:lifetime>)?),+) => {
        $(impl $(<$life>)? std::fmt::Debug for $type $(<$life>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        })+
    };
}
pub(crate) use unspoken;

#[cfg(test)]
mod tests {
    use crate::{
        Caller, Change, Command, Comparison, ConnectionPolicy, ExternalId, Filter, GroupId,
        GroupKey, GroupTest, Hold, HoldName, HoldNote, KeyField, ListedMember, MemberTest,
        MetadataKey, Notice, Reason, RecordedNotice, RecordedReason, RecordedRefusal, Refusal,
        RefusedRequest, RequestId, Role, SiteId, StandingChange, Subject, TextOperator, Timestamp,
        UnreadDocument, UserGroupTest, UserId, UserName, UserSnapshot, UserTest, Value,
    };
    use std::fmt::Debug;
    use uuid::Uuid;

    fn ada() -> String {
        "ada@example.com".to_owned()
    }

    #[test]
    fn nothing_of_a_person_is_written() {
        let name = UserName::as_stored(ada());
        let list = Value::List(vec![Value::Text(ada())]);
        let shown = format!(
            "{name:?} {:?} {:?} {:?} {list:?}",
            name.key(),
            ExternalId::as_stored(ada()),
            Subject::as_stored(ada()),
        );
        assert_eq!(shown, "UserName(…) UserNameKey(…) ExternalId(…) Subject(…) Value(…)");
    }

    /// What holds such values beside others shows the others.
    #[test]
    fn what_is_not_of_a_person_is_written() {
        let refusal = Refusal::about(Reason::UserNameTaken, "user_name", ada())
            .naming(MetadataKey::UserName, &ada());
        let shown = "{ reason: UserNameTaken, attribute: \"user_name\", .. }";
        assert_eq!(format!("{refusal:?}"), format!("Refusal {shown}"));
        assert_eq!(refusal.to_string(), "refused: USER_NAME_TAKEN");
        let notice = Notice::from(refusal);
        assert_eq!(format!("{notice:?}"), format!("Notice {shown}"));
        let test = UserTest::Key(KeyField::UserName, TextOperator::Equal, ada());
        let filter = Filter::Is(test);
        assert_eq!(format!("{filter:?}"), "Is(Key(UserName, Equal))");
        assert_eq!(format!("{:?}", filter.look_up()), "LookUp(…)");
        let test = GroupTest::Key(GroupKey::ExternalId, TextOperator::Equal, ada());
        assert_eq!(format!("{test:?}"), "Key(ExternalId, Equal)");
    }

    #[test]
    fn what_holds_something_of_a_person_does_not_write_it() {
        let hold = Hold {
            name: HoldName::manual(),
            owner: "operator".to_owned(),
            note: ada(),
            placed_at: Timestamp(1),
            expires_at: None,
        };
        let snapshot = UserSnapshot {
            user_name: Some(ada()),
            external_id: Some(ada()),
            subject: Some(ada()),
            ..UserSnapshot::default()
        };
        let user = UserId(Uuid::nil());
        let group = GroupId(Uuid::nil());
        let mut command = Command::lift_expired_holds(SiteId(1), user);
        command.reason = Some(ada());
        let change = StandingChange { user_name: ada(), role: Some(Role::Admin), active: None };
        let notice = RecordedNotice {
            reason: RecordedReason::Known(Reason::UserNameTaken),
            attribute: String::new(),
            message: ada(),
        };
        let expiration = None;
        let placed =
            Change::PlaceHold { name: HoldName::manual(), note: HoldNote(ada()), expiration };
        let refused = RefusedRequest {
            id: Uuid::nil(),
            site: SiteId(1),
            at: Timestamp(1),
            caller: "operator".to_owned(),
            operation: "POST /Users".to_owned(),
            status: 400,
            reason: "VALUE_INVALID".to_owned(),
            sentence: ada(),
            trace_id: None,
            left_out: 0,
        };
        let shown: [&dyn Debug; 16] = [
            &refused,
            &RequestId::as_stored(ada()),
            &UserGroupTest::Display(TextOperator::Equal, ada()),
            &RecordedRefusal(RecordedReason::Known(Reason::ValueInvalid), ada()),
            &placed,
            &hold,
            &snapshot,
            &command,
            &change,
            &notice,
            &ListedMember { group, user, display: ada() },
            &ConnectionPolicy { protected: vec![ada()], ..ConnectionPolicy::default() },
            &Comparison::Text(TextOperator::Equal, ada()),
            &MemberTest::Display(TextOperator::Equal, ada()),
            &UnreadDocument(ada()),
            &Change::Ignored(Notice::from(Refusal::new(Reason::RoleUnknown, ada()))),
        ];
        for shown in shown {
            let (short, long) = (format!("{shown:?}"), format!("{shown:#?}"));
            assert!(!short.contains("ada@") && !long.contains("ada@"), "{short}");
        }
        assert!(format!("{command:?}").contains(&format!("{:?}", Caller::Core)));
    }
}
