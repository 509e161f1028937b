//! What is told of a panic: where it was, and not what it says, which may quote a request.
//!
//! Must never know what comes of it.

use std::panic::{self, PanicHookInfo};

/// Has panics written to the log, in the place of the standard library's own words.
pub fn into_log() {
    panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    // What stands in the source as it is holds nothing that somebody sent.
    let words = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(
        location,
        words,
        "a part of the service panicked, which is a fault of Provost's"
    );
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::panic::catch_unwind;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_told_without_what_it_quotes() {
        let written = Written::default();
        let lines = written.clone();
        let subscriber = fmt().with_ansi(false).with_writer(move || lines.clone()).finish();
        let (before, name) = (panic::take_hook(), String::from("lovelace"));
        into_log();
        let panicked = tracing::subscriber::with_default(subscriber, || {
            let quoted = catch_unwind(|| panic!("there is no {name}"));
            [quoted, catch_unwind(|| panic!("as it stands in the source"))]
        });
        panic::set_hook(before);
        let [quoted, _] = panicked.map(Result::unwrap_err);
        assert!(quoted.downcast_ref::<String>().is_some_and(|words| words.contains("lovelace")));
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.matches("panics.rs:").count(), 2, "{log}");
        assert!(log.contains("as it stands in the source") && !log.contains("lovelace"), "{log}");
    }
}
