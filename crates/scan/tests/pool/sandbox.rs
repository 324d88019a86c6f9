use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use census_testkit::package::Built;

use crate::{Mirror, config, ends, program, run, secret, wheel};

/// What a worker manages to do that it must not: nothing.
pub(crate) fn attempts() -> Vec<String> {
    let mut done = Vec::new();
    let mut note = |what: &str, worked: bool| {
        if worked {
            done.push(what.to_owned());
        }
    };
    note("read a file", fs::File::open("/etc/hostname").is_ok() || fs::read("/proc/self/maps").is_ok());
    note("listed a directory", fs::read_dir("/").is_ok());
    note("looked at a file", fs::metadata("/").is_ok());
    note("wrote a file", fs::write("/tmp/census-worker-was-here", b"x").is_ok());
    note("removed a file", fs::remove_file("/tmp/census-worker-was-here").is_ok());
    note("connected", TcpStream::connect("127.0.0.1:9").is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused));
    note("listened", TcpListener::bind("127.0.0.1:0").is_ok());
    note("made a datagram socket", UdpSocket::bind("127.0.0.1:0").is_ok());
    note("made a local socket", UnixDatagram::unbound().is_ok() || UnixStream::pair().is_ok());
    note("started a process", Command::new("/bin/true").spawn().is_ok());
    note("forked", fork());
    note("started a thread", std::thread::Builder::new().spawn(|| ()).is_ok());
    note("sent a signal", rustix::process::test_kill_process(rustix::process::getpid()).is_ok());
    note("raised a limit", raise(rustix::process::Resource::Data));
    note("has an environment", std::env::vars_os().next().is_some());
    note("has more than its descriptors", (5..64).any(is_open));
    note("replaced itself", replace());
    done
}

fn raise(resource: rustix::process::Resource) -> bool {
    let none = rustix::process::Rlimit { current: None, maximum: None };
    rustix::process::setrlimit(resource, none).is_ok()
}

/// Whether the process can be doubled; the double, were there one, ends at once.
#[expect(unsafe_code, reason = "nothing safe forks")]
fn fork() -> bool {
    // SAFETY: the child calls nothing but `_exit`.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::_exit(0);
        }
        child > 0
    }
}

fn replace() -> bool {
    use std::os::unix::process::CommandExt;
    // Comes back only where it fails.
    let _error = Command::new("/bin/true").exec();
    false
}

#[expect(unsafe_code, reason = "asks about descriptors that nobody owns")]
fn is_open(fd: i32) -> bool {
    // SAFETY: the descriptor is only asked for its status, through memory that outlives the call.
    unsafe {
        let mut status = std::mem::zeroed::<libc::stat>();
        libc::syscall(libc::SYS_fstat, fd, &raw mut status) == 0
    }
}

pub(crate) fn a_worker_can_do_nothing_but_compute() {
    // The same attempts succeed here, outside: their failure inside is the sandbox's doing.
    assert!(fs::read("/proc/self/maps").is_ok() && UnixStream::pair().is_ok() && fs::metadata(secret()).is_ok());
    let mirror = Mirror::new();
    let leak = rustix::io::fcntl_dupfd_cloexec(fs::File::open(secret()).unwrap(), 20).unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    let work = [mirror.add("p", &wheel("p", 1)), mirror.add("t", &Built::new("try.whl", b"x".to_vec()))];
    let (scanned, summary) = run(&config(1), "worker", &work).unwrap();
    assert_eq!(ends(&scanned), [("ok", ""), ("failed", "nothing worked")]);
    assert!(summary.sandbox.unwrap().is_whole());
}

/// Runs a pool below a kernel that lacks a layer, as a filter makes this one seem, and says what the worker managed to do.
pub(crate) fn lacking(layer: &str) -> ExitCode {
    use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
    let mode = |call| {
        let is = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(libc::PR_SET_SECCOMP.unsigned_abs()));
        if call == libc::SYS_prctl { vec![SeccompRule::new(vec![is.unwrap()]).unwrap()] } else { Vec::new() }
    };
    let calls = if layer == "Landlock" { vec![libc::SYS_landlock_create_ruleset] } else { vec![libc::SYS_seccomp, libc::SYS_prctl] };
    let rules = calls.into_iter().map(|call| (call, mode(call))).collect();
    let refuse = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, std::env::consts::ARCH.try_into().unwrap()).unwrap();
    let program: seccompiler::BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
    let mirror = Mirror::new();
    let work = [mirror.add("t", &Built::new("try.whl", b"x".to_vec())), mirror.add("p", &wheel("p", 1))];
    let (scanned, summary) = run(&config(1), "worker", &work).unwrap();
    let refused = run(&census_scan::Config { require_sandbox: true, ..config(1) }, "worker", &work).unwrap_err();
    crate::say(&format!("{:?}\n{}\n{refused}", ends(&scanned), summary.sandbox.unwrap().missing()));
    ExitCode::SUCCESS
}

pub(crate) fn a_layer_that_is_missing_is_told_or_refused() {
    for layer in ["Landlock", "seccomp"] {
        let ran = Command::new(std::env::current_exe().unwrap()).args(["lacking", layer]).output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert!(ran.status.success() && lines.len() == 3, "{said}{}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(lines[1], layer);
        assert!(lines[2].contains(layer) && lines[2].contains("require_sandbox"), "{}", lines[2]);
        assert!(lines[0].ends_with(r#"("ok", "")]"#), "the next artifact is read all the same: {}", lines[0]);
        // Whichever is left, no file is opened or written, no program started, no peer reached.
        for done in ["read a file", "listed a directory", "wrote a file", "removed a file", "connected", "listened", "started a process"] {
            assert!(!lines[0].contains(done), "without {layer}: {}", lines[0]);
        }
    }
}

/// Runs a pool whose only worker hangs, for the test to kill.
pub(crate) fn hanging_pool(directory: &Path) -> ExitCode {
    let path = directory.join("file");
    fs::write(&path, b"hang").unwrap();
    let sha256 = census_testkit::package::sha256_hex(b"hang");
    let work = census_scan::Work { project: "p".into(), sha256, filename: "hang.whl".into(), path };
    let ended = census_scan::run(&config(1), &program("worker"), "r", &[work], &|_, _| {}, &mut |_| Ok::<_, std::io::Error>(()));
    ExitCode::from(u8::from(ended.is_err()))
}

pub(crate) fn workers_end_with_their_pool() {
    let directory = tempfile::tempdir().unwrap();
    let mut pool = Command::new(std::env::current_exe().unwrap()).arg("hanging-pool").arg(directory.path()).spawn().unwrap();
    let worker = eventually(|| children(pool.id()).first().copied());
    assert!(is_running(worker));
    pool.kill().unwrap();
    pool.wait().unwrap();
    eventually(|| (!is_running(worker)).then_some(()));
}

fn eventually<T>(mut get: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(value) = get() {
            return value;
        }
        assert!(Instant::now() < deadline, "it never happened");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The processes that any thread of a process has started.
fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let texts = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    texts.flat_map(|text| text.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

fn is_running(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
