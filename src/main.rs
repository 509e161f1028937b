//! The binary: an enum of commands and one match.

use std::process::ExitCode;

use provost::cli::{self, Cli, CliCommand};
use provost::mode::Mode;
use provost::process;
use provost::runtime::wait;

/// The allocator: requests are many small buffers, which the system's own is slower at. On Linux it
/// also serves SQLite.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { flags, command } = Cli::read();
    let outcome = match command.unwrap_or(CliCommand::Serve) {
        CliCommand::Serve => process::until_told(Mode::AllInOne, &flags.inputs()),
        CliCommand::Core => process::until_told(Mode::Core, &flags.inputs()),
        CliCommand::Gateway => process::until_told(Mode::Gateway, &flags.inputs()),
        CliCommand::Console => process::until_told(Mode::Console, &flags.inputs()),
        CliCommand::Migrate => wait(cli::migrate::run(&flags)),
        CliCommand::Site(command) => wait(cli::site::run(command, &flags)),
        CliCommand::Connection(command) => wait(cli::connection::run(command, &flags)),
        CliCommand::Service(command) => wait(cli::service::run(command, &flags)),
        CliCommand::Token(command) => wait(cli::token::run(command, &flags)),
        CliCommand::User(command) => wait(cli::user::run(command, &flags)),
        CliCommand::Group(command) => wait(cli::group::run(command, &flags)),
        CliCommand::Status(args) => wait(cli::status::run(args, &flags)),
        CliCommand::Ledger(command) => wait(cli::ledger::run(command, &flags)),
        CliCommand::SignInLink(args) => wait(cli::sign_in_link::run(args, &flags)),
        CliCommand::Doctor(args) => wait(cli::doctor::run(args)),
        CliCommand::Config(command) => cli::settings::run(&command, &flags),
        CliCommand::Completions { shell } => cli::completions(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
