//! `provost user batch`: what is to become of many users, from the lines of a file.
//!
//! Must never know who may ask for it, nor what comes of it.

use std::io::{self, Read as _};
use std::path::PathBuf;

use clap::Args;
use provost_proto::limits::MAX_BATCH;
use provost_proto::v1::batch_change_result::Result as Became;
use provost_proto::v1::{
    BatchChangeResult, BatchChangeUsersRequest, Change, Decision, ForgetSubject, LiftHold,
    PlaceHold, Role, SetRole, UserChanges, change,
};
use strum::IntoEnumIterator as _;
use tonic_types::RpcStatusExt as _;

use super::super::core::{Form, RemoteCore, WriteFlags};
use super::{find, view};
use crate::run_error::RunError;

/// The hold of `provost user deactivate`.
const MANUAL: &str = "manual";

/// What the file may say.
const LINES: &str = "\
A line is one of these; empty lines and those behind # say nothing:
  activate WHO
  deactivate WHO
  set-role WHO ROLE
  hold WHO NAME
  lift WHO NAME
  forget-subject WHO

WHO is a user name or an id; who has spaces in the name is named by the id.";

/// Which changes, and how they hang together.
#[derive(Debug, Args)]
#[command(after_help = LINES)]
pub struct BatchArgs {
    /// A file with a line for each change; - is the standard input
    file: PathBuf,
    /// Change all or nobody, in one transaction; otherwise each line is decided by itself
    #[arg(long)]
    all_or_nothing: bool,
    #[command(flatten)]
    write: WriteFlags,
}

/// A line of the file.
#[derive(Debug, PartialEq)]
pub struct BatchLine {
    number: usize,
    who: String,
    change: change::Change,
}

/// What became of a line.
pub struct LineResult {
    /// Its number in the file, from 1 on.
    pub number: usize,
    /// The user as the file names them.
    pub who: String,
    /// What was decided, or why nothing was done.
    pub became: Result<Decision, LineRefusal>,
}

/// Why nothing was done.
pub struct LineRefusal {
    /// For people.
    pub message: String,
    /// As published.
    pub reason: Option<String>,
}

/// Asks for what the file says, and shows what became of each line.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    args: BatchArgs,
    form: Form,
) -> Result<(), RunError> {
    let lines = read_lines(&read_file(&args.file)?).map_err(RunError::Usage)?;
    let mut results = Vec::new();
    let mut items = Vec::new();
    for BatchLine { number, who, change } in lines {
        match find(core, &site, &who).await {
            Ok(user) => {
                let changes = vec![Change { change: Some(change) }];
                items.push((
                    number,
                    who,
                    UserChanges { user_id: user.id, changes, expected_version: None },
                ));
            }
            Err(RunError::Refused { message, reason }) if !args.all_or_nothing => {
                let became = Err(LineRefusal { message, reason });
                results.push(LineResult { number, who, became });
            }
            Err(error) => return Err(error),
        }
    }
    let options = args.write.into_options();
    // One that is too large to be all or nothing is refused by the core, with words.
    let at_once = if args.all_or_nothing { items.len().max(1) } else { MAX_BATCH };
    for piece in items.chunks(at_once) {
        let request = core.request(BatchChangeUsersRequest {
            site: site.clone(),
            items: piece.iter().map(|(.., item)| item.clone()).collect(),
            return_partial_success: !args.all_or_nothing,
            omit_users: false,
            options: options.clone(),
        });
        let answered = core.users.batch_change_users(request).await;
        let answers = match core.answer(answered) {
            Ok(answer) => answer.results,
            Err(error) => {
                // What was done before that stays done.
                if !results.is_empty() {
                    view::say_batch(results, form)?;
                }
                return Err(error);
            }
        };
        let became = piece.iter().zip(answers).map(|((number, who, _), answer)| LineResult {
            number: *number,
            who: who.clone(),
            became: became(answer),
        });
        results.extend(became);
    }
    results.sort_by_key(|result| result.number);
    let all = results.len();
    let refused = results.iter().filter(|result| result.became.is_err()).count();
    view::say_batch(results, form)?;
    if refused == 0 {
        return Ok(());
    }
    let message = format!("{refused} of {all} lines were refused; each says why");
    Err(RunError::Refused { message, reason: None })
}

fn became(answer: BatchChangeResult) -> Result<Decision, LineRefusal> {
    match answer.result {
        Some(Became::Status(status)) => {
            let reason = status.get_details_error_info().map(|info| info.reason);
            Err(LineRefusal { message: status.message, reason })
        }
        Some(Became::Decision(decision)) => Ok(decision),
        None => Ok(Decision::default()),
    }
}

fn read_file(file: &PathBuf) -> Result<String, RunError> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    read.map_err(|error| {
        let file = file.display();
        RunError::Usage(format!("{file} can't be read ({error}): name a file of text"))
    })
}

fn read_lines(text: &str) -> Result<Vec<BatchLine>, String> {
    let said = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let said = said.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let read = said.map(|(line, number)| {
        let words: Vec<_> = line.split_whitespace().collect();
        let (who, change) = match words[..] {
            ["activate", who] => (who, lift(MANUAL)),
            ["deactivate", who] => (who, hold(MANUAL)),
            ["set-role", who, role] => (who, set_role(number, role)?),
            ["hold", who, name] => (who, hold(name)),
            ["lift", who, name] => (who, lift(name)),
            ["forget-subject", who] => (who, change::Change::ForgetSubject(ForgetSubject {})),
            _ => {
                return Err(format!(
                    "line {number} of the file can't be read; see `provost user batch --help` for \
                     what it may say"
                ));
            }
        };
        Ok(BatchLine { number, who: who.to_owned(), change })
    });
    read.collect()
}

fn set_role(number: usize, word: &str) -> Result<change::Change, String> {
    let is_named = |role: &Role| {
        let name: &str = (*role).into();
        *role != Role::Unspecified && name.eq_ignore_ascii_case(word)
    };
    let Some(role) = Role::iter().find(is_named) else {
        return Err(format!(
            "line {number} of the file names no role; say Registered, Moderator or Admin"
        ));
    };
    Ok(change::Change::SetRole(SetRole { role: role.into() }))
}

fn hold(name: &str) -> change::Change {
    change::Change::PlaceHold(PlaceHold { name: name.to_owned(), ..PlaceHold::default() })
}

fn lift(name: &str) -> change::Change {
    change::Change::LiftHold(LiftHold { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_change_of_a_user() {
        let text =
            "# who left\n\n deactivate ada@example.com\r\nset-role bob aDMIN\nlift c security";
        let line = |number, who: &str, change| BatchLine { number, who: who.to_owned(), change };
        let expected = [
            line(3, "ada@example.com", hold("manual")),
            line(4, "bob", set_role(4, "Admin").unwrap()),
            line(5, "c", lift("security")),
        ];
        assert_eq!(read_lines(text).unwrap(), expected);
    }

    #[test]
    fn what_cant_be_read_is_told_by_its_line() {
        for text in ["deactivate", "\ndelete ada", "activate ada bob", "set-role ada", "hold ada"] {
            let problem = read_lines(text).unwrap_err();
            assert!(problem.contains("of the file can't be read"), "{problem}");
        }
        let problem = read_lines("activate ada\nset-role ada unspecified").unwrap_err();
        assert!(problem.starts_with("line 2 of the file names no role"), "{problem}");
    }
}
