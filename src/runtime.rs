//! The threads of a process, before anything runs on them.
//!
//! Owns how many there are. Must never know what they do.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

use crate::config::{Config, ConfigError};
use crate::mode::Mode;
use crate::run_error::RunError;

/// The variable that tells tokio how many threads to use; whoever sets it knows better. It is read here,
/// because tokio panics at a value that it can't use.
const VARIABLE: &str = "TOKIO_WORKER_THREADS";
/// The most threads, more than any machine has use for; far beyond, the system refuses to start them.
const MOST: usize = 1024;

/// For a service: a thread for each core of the machine, or for half of them where gateway and
/// core are two processes of the same machine. With twice as many threads as cores, each request
/// would wait several times until its next thread is let onto one.
pub fn of_service(mode: Mode, config: &Config) -> Result<Runtime, RunError> {
    let threads = match std::env::var_os(VARIABLE) {
        Some(number) => asked_for(&number)?,
        None => fit_for_cores(mode, config),
    };
    Ok(of(threads).enable_all().build()?)
}

fn asked_for(number: &OsStr) -> Result<usize, ConfigError> {
    let number = number.to_string_lossy();
    let threads = number.parse().ok().filter(|threads| (1..=MOST).contains(threads));
    threads.ok_or_else(|| {
        let problem = format!(
            "is not a number of threads from 1 to {MOST}: correct it, or leave the variable unset to \
             have as many threads as cores"
        );
        ConfigError::new(VARIABLE, &format!("\"{number}\""), "the environment", &problem)
    })
}

fn fit_for_cores(mode: Mode, config: &Config) -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    if shares_cores(mode, config) { cores.div_ceil(2) } else { cores }
}

/// One thread needs nothing that moves tasks between threads. It also runs whatever is ready before
/// a connection is written to, so that answers leave together.
fn of(threads: usize) -> Builder {
    if threads == 1 {
        return Builder::new_current_thread();
    }
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads);
    builder
}

/// Does what a command does: one thing after the other.
pub fn wait<T>(command: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Whether the other half of the service seems to be on the same machine: a core that listens on
/// the loopback only, or a gateway that dials it there.
fn shares_cores(mode: Mode, config: &Config) -> bool {
    match mode {
        Mode::AllInOne => false,
        Mode::Core => config.grpc.listen.ip().is_loopback(),
        Mode::Gateway | Mode::Console => config.core_address().host().is_some_and(is_loopback),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::RuntimeFlavor;

    use super::*;

    #[test]
    fn what_is_asked_for_is_what_comes() {
        for (number, flavour) in
            [("1", RuntimeFlavor::CurrentThread), ("3", RuntimeFlavor::MultiThread)]
        {
            let threads = asked_for(OsStr::new(number)).unwrap();
            let runtime = of(threads).build().unwrap();
            assert_eq!(runtime.handle().runtime_flavor(), flavour);
            assert_eq!(runtime.metrics().num_workers().to_string(), number);
        }
    }

    #[test]
    fn wrong_numbers_are_a_sentence() {
        for number in ["", "0", "-1", "two", "1.5", "1025"] {
            let sentence = asked_for(OsStr::new(number)).unwrap_err().to_string();
            let begin =
                format!("TOKIO_WORKER_THREADS = \"{number}\", set by the environment, is not");
            assert!(sentence.starts_with(&begin), "{sentence}");
        }
    }

    #[test]
    fn halves_of_one_machine_share_its_cores() {
        let mut config = Config::embedded().unwrap();
        let shared = |config: &Config| {
            [Mode::AllInOne, Mode::Core, Mode::Gateway].map(|mode| shares_cores(mode, config))
        };
        assert_eq!(shared(&config), [false, true, true]);
        config.grpc.listen = "0.0.0.0:50051".parse().unwrap();
        for (address, near) in [
            ("http://localhost:50051", true),
            ("http://[::1]:50051", true),
            ("http://127.0.0.2:50051", true),
            ("http://core.example:50051", false),
            ("http://10.0.0.7:50051", false),
        ] {
            config.core.address = address.parse().ok();
            assert_eq!(shared(&config), [false, false, near], "{address}");
        }
    }
}
