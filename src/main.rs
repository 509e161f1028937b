//! The binary: an enum of roles and one match.

use std::process::ExitCode;

use provost::cli::{self, Cli, Role};
use provost::serve::{self, Shape};

/// Requests are many small buffers, which the system's allocator is slower at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { flags, role } = Cli::read();
    let outcome = match role.unwrap_or(Role::Serve) {
        Role::Serve => serve::until_told(Shape::Joined, &flags.inputs()).await,
        Role::Core => serve::until_told(Shape::Core, &flags.inputs()).await,
        Role::Gateway => serve::until_told(Shape::Gateway, &flags.inputs()).await,
        Role::Migrate => cli::migrate::run(&flags).await,
        Role::Site(command) => cli::site::run(command, &flags).await,
        Role::Connection(command) => cli::connection::run(command, &flags).await,
        Role::Token(command) => cli::token::run(command, &flags).await,
        Role::User(command) => cli::user::run(command, &flags).await,
        Role::Config(command) => cli::settings::run(&command, &flags),
        Role::Completions { shell } => cli::completions(shell),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
