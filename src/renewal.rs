//! What is made of files, made anew when they change.
//!
//! A file that can't be used changes nothing: what was in force stays, and the log says why. Nor does one that is
//! being written. Must never know what the files hold.

use std::fmt::Display;
use std::panic::resume_unwind;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether files have changed. What is new counts with the second look.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Files, and how what is made of them comes into force.
pub trait KeptFiles: Send + 'static {
    /// What stood in them at one time.
    type Contents: PartialEq + Send + 'static;
    /// The reason why they can't be used.
    type Problem: Display;
    /// What is said where they can't be used: `the certificate before stays in force`.
    const STAYS: &'static str;

    /// Reads all of them.
    fn read(&self) -> Result<Self::Contents, Self::Problem>;

    /// Puts in force what follows from them, and says so.
    fn renew(&self, read: &Self::Contents) -> Result<(), Self::Problem>;
}

/// Looks at files whose contents are in force again and again, until `end`. What they say then comes into force once it
/// is found twice, and at once when SIGHUP comes.
pub fn keep<F: KeptFiles>(files: F, in_force: F::Contents, end: CancellationToken) {
    let renewal = Renewal { files, in_force, found: None, told: None };
    let hangup = signal(SignalKind::hangup());
    tokio::spawn(async move {
        end.run_until_cancelled(renewal.keep(hangup.ok())).await;
    });
}

struct Renewal<F: KeptFiles> {
    files: F,
    in_force: F::Contents,
    /// What was found last and is not in force, or why nothing was.
    found: Option<Result<F::Contents, String>>,
    /// Why something is not in force, as the log says.
    told: Option<String>,
}

impl<F: KeptFiles> Renewal<F> {
    async fn keep(mut self, mut hangup: Option<Signal>) {
        let mut ticks = interval(LOOKED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                () = next(&mut hangup) => true,
            };
            // A file may lie where it takes long to read. Whoever is served meanwhile doesn't wait for it.
            let looked = spawn_blocking(move || {
                self.look(asked);
                self
            });
            self = match looked.await {
                Ok(renewal) => renewal,
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // The process ends.
                    Err(_) => return,
                },
            };
        }
    }

    /// Two files are never written at once, nor is one always written whole, and half of one may be a file that
    /// can be used. So what is found counts when it is found the second time, or to whoever has asked.
    fn look(&mut self, asked: bool) {
        let found = match self.files.read() {
            Ok(read) if read == self.in_force => {
                (self.found, self.told) = (None, None);
                return;
            }
            found => found.map_err(|problem| problem.to_string()),
        };
        let is_settled = asked || self.found.as_ref() == Some(&found);
        if !is_settled {
            self.found = Some(found);
            return;
        }
        let (sentence, found) = match found {
            Ok(read) => match self.files.renew(&read) {
                Ok(()) => {
                    (self.in_force, self.found, self.told) = (read, None, None);
                    return;
                }
                Err(problem) => (problem.to_string(), Ok(read)),
            },
            Err(sentence) => (sentence.clone(), Err(sentence)),
        };
        if asked || self.told.as_ref() != Some(&sentence) {
            tracing::warn!("{}, because {sentence}", F::STAYS);
        }
        (self.found, self.told) = (Some(found), Some(sentence));
    }
}

async fn next(hangup: &mut Option<Signal>) {
    let heard = match hangup {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

/// For tests: so long that whoever looks has looked twice.
#[cfg(test)]
pub(crate) async fn looked_for_changes() {
    tokio::time::sleep(LOOKED_EVERY * 3).await;
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Mutex, mpsc};

    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    /// A file that says one thing after another, the last one for good, and what came into force of it.
    struct WrittenFile {
        says: Mutex<VecDeque<&'static str>>,
        renewed: Mutex<Vec<&'static str>>,
    }

    impl KeptFiles for WrittenFile {
        type Contents = &'static str;
        type Problem = &'static str;
        const STAYS: &'static str = "what was read before stays in force";

        fn read(&self) -> Result<&'static str, &'static str> {
            let mut says = self.says.lock().unwrap();
            let said = if says.len() > 1 { says.pop_front().unwrap() } else { says[0] };
            if said == "gone" { Err("it is gone") } else { Ok(said) }
        }

        fn renew(&self, read: &&'static str) -> Result<(), &'static str> {
            if *read == "broken" {
                return Err("it is broken");
            }
            self.renewed.lock().unwrap().push(read);
            Ok(())
        }
    }

    /// What came into force, and what is told, when somebody has looked so often at a file that says this; and
    /// whether they asked.
    fn looked(says: &[&'static str], looks: &[bool]) -> (Vec<&'static str>, Option<String>) {
        let says = Mutex::new(says.iter().copied().collect());
        let files = WrittenFile { says, renewed: Mutex::default() };
        let mut renewal = Renewal { files, in_force: "old", found: None, told: None };
        for asked in looks {
            renewal.look(*asked);
        }
        (renewal.files.renewed.into_inner().unwrap(), renewal.told)
    }

    #[test]
    fn what_is_being_written_does_not_count() {
        assert_eq!(looked(&["", "half", "whole"], &[false; 3]), (vec![], None));
        assert_eq!(looked(&["", "half", "whole"], &[false; 6]), (vec!["whole"], None));
        assert_eq!(looked(&["half", "old"], &[false; 4]), (vec![], None));
        assert_eq!(looked(&["half", "old", "half", "old"], &[false; 4]), (vec![], None));
    }

    #[test]
    fn whoever_asks_says_that_it_is_whole() {
        assert_eq!(looked(&["new"], &[true]), (vec!["new"], None));
        assert_eq!(looked(&["old"], &[true]), (vec![], None));
        let broken = Some("it is broken".to_owned());
        assert_eq!(looked(&["broken"], &[true]), (vec![], broken));
    }

    #[test]
    fn what_cant_be_used_is_told_when_it_stays_so() {
        for (says, told) in [("broken", "it is broken"), ("gone", "it is gone")] {
            assert_eq!(looked(&[says], &[false]), (vec![], None));
            assert_eq!(looked(&[says], &[false; 4]), (vec![], Some(told.to_owned())));
            assert_eq!(looked(&[says, says, "old"], &[false; 3]), (vec![], None));
            assert_eq!(looked(&[says, says, "new"], &[false; 4]), (vec!["new"], None));
        }
    }

    /// A file that is read until somebody else gets on, and says whether they did.
    struct SlowFile {
        got_on: Mutex<mpsc::Receiver<()>>,
        told: UnboundedSender<Option<bool>>,
    }

    impl KeptFiles for SlowFile {
        type Contents = ();
        type Problem = &'static str;
        const STAYS: &'static str = "nothing changes";

        fn read(&self) -> Result<(), &'static str> {
            self.told.send(None).ok();
            let got_on = self.got_on.lock().unwrap().recv_timeout(Duration::from_secs(10));
            self.told.send(Some(got_on.is_ok())).ok();
            Ok(())
        }

        fn renew(&self, (): &()) -> Result<(), &'static str> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn nobody_waits_while_files_are_read() {
        let (gets_on, got_on) = mpsc::channel();
        let (told, mut tells) = unbounded_channel();
        let end = CancellationToken::new();
        keep(SlowFile { got_on: Mutex::new(got_on), told }, (), end.clone());
        assert_eq!(tells.recv().await, Some(None), "it is being read");
        gets_on.send(()).unwrap();
        assert_eq!(tells.recv().await, Some(Some(true)), "others got on meanwhile");
        end.cancel();
    }
}
