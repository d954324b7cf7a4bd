//! The one binary, `crossdock`. The only place that picks implementations and reads the environment.

mod await_ledger;
mod check;
mod command_line;
mod configuration;
mod dead_letters;
mod exit;
mod listing;
mod new_credentials;
mod orders;
mod parts;
mod progress;
mod run;
mod sandbox;
mod signals;
mod stock;
mod webhooks;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clap_complete::Shell;
use crossdock_telemetry::logs;

use command_line::{Command, CommandLine, Orders, Stock, Webhooks};
use exit::Exit;

/// A request is many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let filter = std::env::var("RUST_LOG").ok();
    logs::start(line.log_format.into(), filter.as_deref().or(line.command.log_filter()));
    parts::use_one_tls_provider();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Exit::Failed.tell(&anyhow::Error::new(error).context("could not start the runtime"));
        }
    };
    let done = runtime.block_on(carry_out(line));
    // What still runs after its limit is cut off, not waited for.
    runtime.shutdown_background();
    match done {
        Ok(exit) => exit.into(),
        Err(error) => Exit::of(&error).tell(&error),
    }
}

async fn carry_out(line: CommandLine) -> anyhow::Result<Exit> {
    let config = line.config;
    match line.command {
        Command::Run(roles) => run::run(&config, &roles.chosen(), roles.health()).await,
        Command::Check(options) => check::check(&config, options.online, options.json).await,
        Command::Orders(Orders::List(wanted)) => orders::list(&config, &wanted).await,
        Command::Orders(Orders::Show { order, json }) => orders::show(&config, &order, json).await,
        Command::Orders(Orders::Import(wanted)) => orders::import(&config, &wanted).await,
        Command::Orders(Orders::Rejudge(wanted)) => orders::rejudge(&config, &wanted).await,
        Command::Orders(Orders::Retry(wanted)) => orders::retry(&config, &wanted).await,
        Command::Orders(Orders::Proof(wanted)) => orders::proof(&config, &wanted).await,
        Command::Stock(Stock::Show(wanted)) => stock::show(&config, &wanted).await,
        Command::Stock(Stock::Push(wanted)) => stock::push(&config, &wanted).await,
        Command::Webhooks(Webhooks::List(wanted)) => webhooks::list(&config, &wanted).await,
        Command::Webhooks(Webhooks::Sync(wanted)) => webhooks::sync(&config, &wanted).await,
        Command::Webhooks(Webhooks::Remove(wanted)) => webhooks::remove(&config, &wanted).await,
        Command::DeadLetters(command) => dead_letters::dead_letters(&config, command).await,
        Command::Sandbox(options) => sandbox::sandbox(&config, &options).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "crossdock", &mut script);
    listing::say(String::from_utf8(script)?.trim_end());
    Ok(Exit::Done)
}
