//! What a worker may do: compute, use memory up to a bound, and read and write the descriptors it was given. Nothing else.
//!
//! Two layers, either of which alone keeps files and the network closed: Landlock takes every path, TCP port, signal and abstract
//! socket; seccomp allows a short list of system calls and answers `EPERM` to all others, so that no socket, file, process or
//! executable page can be made.

use std::collections::BTreeMap;
use std::io;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
use serde::{Deserialize, Serialize};

/// Which layers hold in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Landlock: no path can be opened.
    pub landlock: bool,
    /// Seccomp: no system call beyond those that computing needs.
    pub seccomp: bool,
}

impl Sandbox {
    /// Whether both layers hold.
    pub fn is_whole(self) -> bool {
        self.landlock && self.seccomp
    }

    /// The layers that hold in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { landlock: self.landlock && other.landlock, seccomp: self.seccomp && other.seccomp }
    }

    /// The layers that do not hold, in words.
    pub fn missing(self) -> &'static str {
        match (self.landlock, self.seccomp) {
            (true, true) => "nothing",
            (false, true) => "Landlock",
            (true, false) => "seccomp",
            (false, false) => "Landlock and seccomp",
        }
    }
}

/// Descriptors a worker may have open: its three, the socket once more, the scratch file, the artifact, and two to spare.
const DESCRIPTORS: u64 = 8;

/// Ties the process to its parent's life and closes all but its three standard descriptors. Must come before it opens any.
pub(crate) fn detach() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    close_inherited()
}

/// Gives up everything that reading an artifact does not need, for good. Says which layers the kernel provides.
///
/// # Errors
///
/// Where a resource limit cannot be set: a worker without its memory bound must not read anything.
pub(crate) fn enter(memory_bytes: u64) -> io::Result<Sandbox> {
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, DESCRIPTORS)?;
    limit(Resource::Data, memory_bytes)?;
    // The slates are all that a worker writes to a file, and no larger.
    limit(Resource::Fsize, crate::slate::SIZE as u64)?;
    let landlock = enter_landlock();
    let seccomp = seccomp_filter().is_ok_and(|program| seccompiler::apply_filter(&program).is_ok());
    Ok(Sandbox { landlock, seccomp })
}

/// Bounds the processor time from now on; what exceeds it dies of `SIGXCPU`.
pub(crate) fn limit_cpu(seconds: u64) -> io::Result<()> {
    let limit = used_cpu_seconds().saturating_add(1).saturating_add(seconds);
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(limit), maximum: None })?)
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

fn used_cpu_seconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "rustix offers this clock only with a feature the workspace does without")]
    // SAFETY: the pointer is to a timespec that outlives the call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if status == 0 { u64::try_from(time.tv_sec).unwrap_or(0) } else { 0 }
}

fn close_inherited() -> io::Result<()> {
    #[expect(unsafe_code, reason = "no safe wrapper closes a range of descriptors")]
    // SAFETY: the worker calls it before it opens anything: no live value owns a descriptor above the three standard ones.
    let status = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Every right of the newest ABI is taken and none given back; an older kernel takes those it knows.
fn enter_landlock() -> bool {
    let abi = ABI::V6;
    let restrict = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .restrict_self()
    };
    restrict().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// The system calls that computing needs. `open`, `socket`, `clone`, `execve`, `ptrace`, `kill` and all others are not here.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_recvmsg,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn seccomp_filter() -> Result<seccompiler::BpfProgram, seccompiler::BackendError> {
    let equal = |at, value| SeccompCondition::new(at, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value);
    let without = |at, bits: i32| {
        let mask = u64::from(bits.unsigned_abs());
        SeccompCondition::new(at, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), 0)
    };
    let own = u64::from(std::process::id());
    let mut rules: Rules = ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![without(2, libc::PROT_EXEC)?])?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![without(2, libc::PROT_EXEC)?])?]);
    // Aborting raises a signal in the worker itself; its own processor limit is renewed for each artifact.
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![equal(0, own)?])?]);
    let cpu = u64::from(libc::RLIMIT_CPU);
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![equal(0, 0)?, equal(1, cpu)?])?]);
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    filter.try_into()
}
