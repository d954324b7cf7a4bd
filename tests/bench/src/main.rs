//! Measures the receiver against the limit of HTTP, the limit of the broker and a straightforward receiver, all in one run and interleaved; then importing,
//! against the fewest calls, the limits of the ledger and of the broker, and a small ledger; then the ledger with many dead letters.
//!
//! Every part that is measured is a process of its own, so that its CPU time and memory are its own: the real `crossdock`
//! binary, and this binary under one of its hidden commands.

mod command_line;
mod dead_letters;
mod figures;
mod flood;
mod import;
mod library;
mod load;
mod noop;
mod pace;
mod plain;
mod plan;
mod process;
mod stage;
mod summary;
mod table;
mod targets;

use std::process::ExitCode;

use clap::Parser as _;

use command_line::{Command, CommandLine, Options, Part};

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let done = match line.command {
        Some(Command::Noop(options)) => noop::run(&options),
        Some(Command::Plain(options)) => plain::run(&options),
        Some(Command::Library(options)) => library::run(&options),
        Some(Command::Load(options)) => load::run(&options),
        None => measure(line.options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Everything is taken down again, also after a failure, a panic of a fixture, or Ctrl-C.
fn measure(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut measuring = tokio::spawn(run(options));
        tokio::select! {
            done = &mut measuring => done?,
            _ = tokio::signal::ctrl_c() => {
                measuring.abort();
                let _ = measuring.await;
                anyhow::bail!("interrupted")
            }
        }
    })
}

async fn run(options: Options) -> anyhow::Result<()> {
    if options.wants_any(&Part::RECEIVER) {
        plan::run(options.clone()).await?;
    }
    if options.wants_any(&Part::IMPORTING) {
        import::run(&options).await?;
    }
    if options.wants(Part::DeadLetters) {
        dead_letters::run().await?;
    }
    Ok(())
}
