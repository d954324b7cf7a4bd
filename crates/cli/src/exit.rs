//! Exit statuses, and the last words that go with them.

use std::io::Write as _;
use std::process::ExitCode;

use crossdock_settings::Problems;

/// Not used by clap or a shell for anything else: `EX_CONFIG` of BSD's sysexits.
const CONFIGURATION: u8 = 78;

/// How a command ended. A wrong command line is 2, by clap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0
    Done,
    /// 1
    Failed,
    /// 78: the configuration has to be mended first.
    Configuration,
}

impl Exit {
    /// The status for an error.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<Problems>() { Self::Configuration } else { Self::Failed }
    }

    /// Says on standard error what went wrong.
    pub(crate) fn tell(self, error: &anyhow::Error) -> ExitCode {
        let chain = crossdock_telemetry::chain(error.as_ref());
        // A list of problems, one a line, stands by itself.
        let name = if self == Self::Configuration { "" } else { "crossdock: " };
        let _ = writeln!(anstream::stderr(), "{name}{chain}");
        self.into()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::FAILURE,
            Exit::Configuration => Self::from(CONFIGURATION),
        }
    }
}
