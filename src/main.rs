//! The binary: an enum of roles and one match.

use std::process::ExitCode;

use provost::cli::{self, Cli, Role};
use provost::mode::Mode;
use provost::process;
use provost::runtime::wait;

/// The allocator: requests are many small buffers, which the system's own is slower at. On Linux it
/// also serves SQLite.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { flags, role } = Cli::read();
    let outcome = match role.unwrap_or(Role::Serve) {
        Role::Serve => process::until_told(Mode::AllInOne, &flags.inputs()),
        Role::Core => process::until_told(Mode::Core, &flags.inputs()),
        Role::Gateway => process::until_told(Mode::Gateway, &flags.inputs()),
        Role::Migrate => wait(cli::migrate::run(&flags)),
        Role::Site(command) => wait(cli::site::run(command, &flags)),
        Role::Connection(command) => wait(cli::connection::run(command, &flags)),
        Role::Token(command) => wait(cli::token::run(command, &flags)),
        Role::User(command) => wait(cli::user::run(command, &flags)),
        Role::Config(command) => cli::settings::run(&command, &flags),
        Role::Completions { shell } => cli::completions(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
