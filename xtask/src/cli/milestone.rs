//! What stands after a milestone: its commands and their options.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done about one milestone.
#[derive(Debug, Subcommand)]
pub(crate) enum MilestoneCommand {
    /// Show where the milestone stands; nothing slow is run
    Status(Status),
    /// Run the checks of these tasks, or of all
    Verify(Verify),
    /// Verify the tree that will be committed, and commit it
    Commit(Commit),
    /// Print the completion checklist
    Report(Verdicts),
    /// Show at which commit each criterion held first, broke and came back
    History(HistoryOptions),
    /// Show, check and share what was recorded in the notes
    Evidence(EvidenceOptions),
    /// Accept that a criterion does not hold, with the reason
    Waive(Waive),
    /// Vouch for a criterion that only a person can judge
    Attest(Attest),
}

/// How to judge.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Judging {
    /// Judge without waivers and attestations
    #[arg(long)]
    pub(crate) no_waivers: bool,
    /// Exit with 2 if anything is left to do, also what was skipped or is manual
    #[arg(long)]
    pub(crate) require_done: bool,
    /// Judge this revision instead of the files on disk; no checkout is made or needed, but a
    /// temporary one for the programs of `--full`
    #[arg(long, value_name = "REV")]
    pub(crate) at: Option<String>,
}

/// `status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Compare with what people claim: the ticks of the Markdown plan DOCUMENT and the handoffs
    /// beside it, if it is named, and what commits and notes say
    #[arg(long, value_name = "DOCUMENT", num_args = 0..=1, require_equals = true)]
    pub(crate) claims: Option<Option<String>>,
}

/// The options of `report`, which are those of `verify` without tasks.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Verdicts {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Run programs too: `make`, the interpreter
    #[arg(long)]
    pub(crate) full: bool,
    /// Run programs in a temporary worktree of what lies on disk: your files stay untouched
    #[arg(long, requires = "full")]
    pub(crate) isolated: bool,
    /// Put back the files that programs change; the verdict stays a fail
    #[arg(long, requires = "full")]
    pub(crate) restore: bool,
    /// Run up to N programs of one task side by side, each in a temporary worktree of its own;
    /// wants --isolated or --at
    #[arg(long, value_name = "N", requires = "full")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Run programs again that this machine has proved on this very tree
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Compare with this revision: what held there proves nothing new [default: the plan's
    /// baseline, if it names one]
    #[arg(long, value_name = "REV")]
    pub(crate) against: Option<String>,
    /// Ask this host too where a plan wants an answer over HTTP, and not this machine alone
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
    /// The Python interpreter for probes [default: .venv, else $VIRTUAL_ENV]
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
}

/// `verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The tasks, such as `2.3`; none means everything, the checklist too
    #[arg(value_name = "TASK")]
    pub(crate) tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) verdicts: Verdicts,
    /// Ask nothing more once a box fails
    #[arg(long, overrides_with = "keep_going")]
    pub(crate) fail_fast: bool,
    /// Ask everything, whatever fails; this is the default
    #[arg(long, overrides_with = "fail_fast")]
    pub(crate) keep_going: bool,
    /// Do not plant violations to see whether the checks can fail
    #[arg(long)]
    pub(crate) no_controls: bool,
    /// Write the verdicts to the notes of the commit that was judged; wants a clean work tree
    #[arg(long)]
    pub(crate) record: bool,
}

/// `commit`
#[derive(Debug, Args)]
pub(crate) struct Commit {
    /// The task, such as `2.3`
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
    /// Commit this path too; may be given several times
    #[arg(long, value_name = "PATH", conflicts_with = "all")]
    pub(crate) include: Vec<PathBuf>,
    /// Commit everything that changed
    #[arg(long)]
    pub(crate) all: bool,
    /// The subject of the commit message [default: the plan's]
    #[arg(short = 'm', long, value_name = "SUBJECT")]
    pub(crate) message: Option<String>,
    /// Do not run the task's programs; the trailer `Verified:` says so
    #[arg(long)]
    pub(crate) without_commands: bool,
    /// Run the task's programs in a temporary worktree of the tree that will be committed: other
    /// changes are not in their way, and your files stay untouched
    #[arg(long, conflicts_with = "without_commands")]
    pub(crate) isolated: bool,
    /// Put back the files that programs change; the verdict stays a fail
    #[arg(long, conflicts_with = "without_commands")]
    pub(crate) restore: bool,
    /// Run up to N of the task's programs side by side, each in a temporary worktree of its own
    #[arg(long, value_name = "N", requires = "isolated")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Run programs again that this machine has proved on this very tree
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Commit although a task that comes before is not done
    #[arg(long)]
    pub(crate) out_of_order: bool,
    /// Judge without waivers and attestations
    #[arg(long)]
    pub(crate) no_waivers: bool,
    /// The Python interpreter for probes [default: .venv, else $VIRTUAL_ENV]
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
}

/// `history`
#[derive(Debug, Args)]
pub(crate) struct HistoryOptions {
    /// The commits, `A..B` or the last one [default: all up to HEAD]
    #[arg(value_name = "RANGE")]
    pub(crate) range: Option<String>,
    /// Look at every commit of the range, not only along first parents
    #[arg(long)]
    pub(crate) all: bool,
    /// Draw the picture into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// `evidence`
#[derive(Debug, Args)]
pub(crate) struct EvidenceOptions {
    #[command(subcommand)]
    pub(crate) action: EvidenceAction,
}

/// What can be done with evidence.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceAction {
    /// Show what is recorded about a revision, found by its content
    Show {
        /// The revision
        #[arg(value_name = "REV", default_value = "HEAD")]
        revision: String,
    },
    /// Look whether each record speaks of content that is there and of the plan as it is
    Verify,
    /// Print the git commands that share the records
    Push(Remote),
    /// Print the git commands that take over the records of others
    Fetch(Remote),
}

/// Another repository.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// The remote
    #[arg(value_name = "REMOTE", default_value = "origin")]
    pub(crate) name: String,
}

/// `waive`
#[derive(Debug, Args)]
pub(crate) struct Waive {
    /// The box, such as `2.1.2`
    #[arg(value_name = "CRITERION")]
    pub(crate) criterion: String,
    /// Why it need not hold
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The last day on which the waiver counts, such as `2027-01-31`
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<jiff::civil::Date>,
}

/// `attest`
#[derive(Debug, Args)]
pub(crate) struct Attest {
    /// The box, such as `E2E.3`
    #[arg(value_name = "CRITERION")]
    pub(crate) criterion: String,
    /// What you saw
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
}
