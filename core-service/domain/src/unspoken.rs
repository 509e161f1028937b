//! Values that may be of a person: they have no form in which they could be written into a log.

/// Gives types a form for debugging that has their name only.
macro_rules! unspoken {
    ($($type:ident),+) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        })+
    };
}
pub(crate) use unspoken;

#[cfg(test)]
mod tests {
    use crate::{ExternalId, Subject, UserName, Value};

    #[test]
    fn nothing_of_a_person_is_written() {
        let ada = || "ada@example.com".to_owned();
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
}
