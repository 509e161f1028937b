//! The threads of a process, before anything runs on them.
//!
//! Owns how many there are. Must never know what they do.

use std::net::IpAddr;
use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

use crate::config::Config;
use crate::failure::Failure;
use crate::serve::Shape;

/// By which tokio is told how many threads to use; whoever sets it knows better.
const VARIABLE: &str = "TOKIO_WORKER_THREADS";

/// For a service: a thread for each core of the machine, or for half of them where gateway and
/// core are two processes of the same machine. With twice as many threads as cores, each request
/// would wait several times until its next thread is let onto one.
pub fn of_service(shape: Shape, config: &Config) -> Result<Runtime, Failure> {
    let mut builder = if std::env::var_os(VARIABLE).is_some() {
        Builder::new_multi_thread()
    } else {
        let cores = available_parallelism().map_or(1, NonZero::get);
        of(if shares_cores(shape, config) { cores.div_ceil(2) } else { cores })
    };
    Ok(builder.enable_all().build()?)
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
pub fn wait<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Whether the other half of the service seems to be on the same machine: a core that listens on
/// the loopback only, or a gateway that dials it there.
fn shares_cores(shape: Shape, config: &Config) -> bool {
    match shape {
        Shape::Joined => false,
        Shape::Core => config.grpc.listen.ip().is_loopback(),
        Shape::Gateway => config.core.address.host().is_some_and(is_loopback),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_one_machine_share_its_cores() {
        let mut config = Config::embedded().unwrap();
        let shared = |config: &Config| {
            [Shape::Joined, Shape::Core, Shape::Gateway].map(|shape| shares_cores(shape, config))
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
            config.core.address = address.parse().unwrap();
            assert_eq!(shared(&config), [false, false, near], "{address}");
        }
    }
}
