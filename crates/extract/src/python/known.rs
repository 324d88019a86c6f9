//! What is known of names outside: which calls create processes, where data comes from and goes, what a call gives.
//!
//! This is knowledge about interfaces, needed to read arguments rightly. What a call *means* for a report is the rules' affair.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What is known of one name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Calls that are worked out, not only noted.
    pub(super) special: Option<Special>,
    /// How a call takes the program it starts.
    pub(super) process: Option<Process>,
    /// The bit of a source of data, 0 for none.
    pub(super) source: u128,
    /// Whether data that reaches it is worth a `flow`.
    pub(super) sink: bool,
    /// The type of what a call gives, where its name does not tell.
    pub(super) returns: Option<&'static str>,
    /// Positional arguments that count like keywords: place and name.
    pub(super) positional: &'static [(usize, &'static str)],
    /// Which positional argument is a host, or a pair of host and port.
    pub(super) host: Option<usize>,
    /// Which positional argument is an environment variable's name.
    pub(super) env: Option<usize>,
    /// A function that calls the functions it is given, at once.
    pub(super) runs: bool,
}

/// Calls that are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// `getattr(object, name)`.
    Getattr,
    /// `importlib.import_module(name)`: gives the module.
    ImportModule,
    /// `__import__(name)`: gives the first part's module.
    Import,
    /// `globals()`, `locals()`, `vars()`.
    Namespace,
    /// `functools.partial(function, …)` and its like: gives the function.
    Partial,
    /// `exec`, `eval`, `compile`.
    Execute,
    /// A constructor or function that hands its first argument through: `os.fspath`, `os.path.expanduser`.
    Same,
    /// `os.path.join`.
    JoinPath,
    /// `map(function, values)` of a function that folds.
    Map,
    /// Computed from its arguments: see `fold::call`.
    Fold,
}

/// How a call takes the program it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// A command line or a vector, in argument 0.
    Either,
    /// A command line, in this argument.
    Line(usize),
    /// The program in this argument, its vector in the next (which repeats the program).
    Vector(usize),
    /// The program in this argument, its own arguments from the next on (the first of which repeats the program).
    Words(usize),
    /// The program in this argument, its arguments behind it.
    Spread(usize),
    /// The program in this argument alone.
    Program(usize),
}

/// Sources of data, a bit each in order.
pub(super) const SOURCES: &[&str] = &[
    "base64.b64decode",
    "base64.urlsafe_b64decode",
    "base64.standard_b64decode",
    "base64.decodebytes",
    "base64.decodestring",
    "base64.b32decode",
    "base64.b16decode",
    "base64.b85decode",
    "base64.a85decode",
    "binascii.unhexlify",
    "binascii.a2b_base64",
    "binascii.a2b_hex",
    "builtins.bytes.fromhex",
    "builtins.bytearray.fromhex",
    "codecs.decode",
    "zlib.decompress",
    "gzip.decompress",
    "bz2.decompress",
    "lzma.decompress",
    "marshal.loads",
    "pickle.loads",
    "builtins.compile",
    "builtins.chr",
    "builtins.input",
    "builtins.open",
    "pathlib.Path.read_text",
    "pathlib.Path.read_bytes",
    "requests.get",
    "requests.post",
    "requests.request",
    "requests.Session.get",
    "requests.Session.post",
    "requests.Session.request",
    "httpx.get",
    "httpx.post",
    "httpx.Client.get",
    "httpx.AsyncClient.get",
    "aiohttp.ClientSession.get",
    "aiohttp.ClientSession.post",
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "urllib2.urlopen",
    "urllib.urlopen",
    "urllib3.request",
    "urllib3.PoolManager.request",
    "http.client.HTTPConnection.getresponse",
    "http.client.HTTPSConnection.getresponse",
    "wget.download",
    "socket.socket.recv",
    "socket.socket.recvfrom",
    "os.environ",
    "os.environ.get",
    "os.environ.copy",
    "os.environ.items",
    "os.getenv",
    "os.getlogin",
    "os.uname",
    "os.listdir",
    "os.getcwd",
    "os.walk",
    "platform.node",
    "platform.platform",
    "platform.system",
    "platform.uname",
    "socket.gethostname",
    "socket.gethostbyname",
    "getpass.getuser",
    "getpass.getpass",
    "uuid.getnode",
    "subprocess.check_output",
    "subprocess.run",
    "subprocess.Popen",
    "subprocess.getoutput",
    "os.popen",
    "pyperclip.paste",
    "PIL.ImageGrab.grab",
    "keyring.get_password",
    "win32crypt.CryptUnprotectData",
    "sys.argv",
    "cryptography.fernet.Fernet.decrypt",
    "winreg.QueryValueEx",
    "importlib.resources.read_text",
    "importlib.resources.read_binary",
    "pkgutil.get_data",
    "sqlite3.Cursor.fetchall",
];

const SINKS: &[&str] = &[
    "builtins.exec",
    "builtins.eval",
    "builtins.compile",
    "builtins.__import__",
    "importlib.import_module",
    "types.FunctionType",
    "types.CodeType",
    "marshal.loads",
    "marshal.load",
    "pickle.loads",
    "pickle.load",
    "cPickle.loads",
    "dill.loads",
    "cloudpickle.loads",
    "joblib.load",
    "torch.load",
    "yaml.load",
    "yaml.unsafe_load",
    "ctypes.CDLL",
    "ctypes.memmove",
    "ctypes.windll.kernel32.RtlMoveMemory",
    "builtins.open.write",
    "builtins.open.writelines",
    "pathlib.Path.write_bytes",
    "pathlib.Path.write_text",
    "requests.post",
    "requests.put",
    "requests.get",
    "requests.request",
    "requests.Session.post",
    "requests.Session.put",
    "httpx.post",
    "httpx.put",
    "httpx.Client.post",
    "aiohttp.ClientSession.post",
    "urllib.request.urlopen",
    "urllib.request.Request",
    "urllib2.urlopen",
    "urllib2.Request",
    "http.client.HTTPConnection.request",
    "http.client.HTTPSConnection.request",
    "socket.socket.send",
    "socket.socket.sendall",
    "socket.socket.sendto",
    "smtplib.SMTP.sendmail",
    "smtplib.SMTP_SSL.sendmail",
    "socket.gethostbyname",
    "socket.getaddrinfo",
];

const PROCESSES: &[(&str, Process)] = &[
    ("os.system", Process::Line(0)),
    ("os.popen", Process::Line(0)),
    ("os.popen2", Process::Line(0)),
    ("os.popen3", Process::Line(0)),
    ("os.popen4", Process::Line(0)),
    ("os.startfile", Process::Program(0)),
    ("platform.popen", Process::Line(0)),
    ("popen2.popen2", Process::Line(0)),
    ("popen2.popen3", Process::Line(0)),
    ("commands.getoutput", Process::Line(0)),
    ("commands.getstatusoutput", Process::Line(0)),
    ("subprocess.run", Process::Either),
    ("subprocess.Popen", Process::Either),
    ("subprocess.call", Process::Either),
    ("subprocess.check_call", Process::Either),
    ("subprocess.check_output", Process::Either),
    ("subprocess.getoutput", Process::Line(0)),
    ("subprocess.getstatusoutput", Process::Line(0)),
    ("psutil.Popen", Process::Either),
    ("gevent.subprocess.Popen", Process::Either),
    ("trio.run_process", Process::Either),
    ("anyio.run_process", Process::Either),
    ("anyio.open_process", Process::Either),
    ("asyncio.create_subprocess_exec", Process::Spread(0)),
    ("asyncio.create_subprocess_shell", Process::Line(0)),
    ("os.execl", Process::Words(0)),
    ("os.execle", Process::Words(0)),
    ("os.execlp", Process::Words(0)),
    ("os.execlpe", Process::Words(0)),
    ("os.execv", Process::Vector(0)),
    ("os.execve", Process::Vector(0)),
    ("os.execvp", Process::Vector(0)),
    ("os.execvpe", Process::Vector(0)),
    ("os.spawnl", Process::Words(1)),
    ("os.spawnle", Process::Words(1)),
    ("os.spawnlp", Process::Words(1)),
    ("os.spawnlpe", Process::Words(1)),
    ("os.spawnv", Process::Vector(1)),
    ("os.spawnve", Process::Vector(1)),
    ("os.spawnvp", Process::Vector(1)),
    ("os.spawnvpe", Process::Vector(1)),
    ("os.posix_spawn", Process::Vector(0)),
    ("os.posix_spawnp", Process::Vector(0)),
    ("pty.spawn", Process::Either),
    ("pexpect.spawn", Process::Line(0)),
    ("pexpect.spawnu", Process::Line(0)),
    ("pexpect.run", Process::Line(0)),
    ("pexpect.popen_spawn.PopenSpawn", Process::Line(0)),
    ("winpty.PtyProcess.spawn", Process::Either),
    ("distutils.spawn.spawn", Process::Either),
    ("distutils.spawn.find_executable", Process::Program(0)),
    ("shutil.which", Process::Program(0)),
    ("invoke.run", Process::Line(0)),
    ("invoke.sudo", Process::Line(0)),
    ("invoke.Context.run", Process::Line(0)),
    ("fabric.Connection.run", Process::Line(0)),
    ("fabric.Connection.sudo", Process::Line(0)),
    ("fabric.Connection.local", Process::Line(0)),
    ("fabric.api.run", Process::Line(0)),
    ("fabric.api.local", Process::Line(0)),
    ("fabric.api.sudo", Process::Line(0)),
    ("paramiko.SSHClient.exec_command", Process::Line(0)),
    ("paramiko.client.SSHClient.exec_command", Process::Line(0)),
    ("win32api.WinExec", Process::Line(0)),
    ("win32api.ShellExecute", Process::Program(2)),
    ("win32process.CreateProcess", Process::Line(1)),
    ("ctypes.windll.shell32.ShellExecuteW", Process::Program(2)),
    ("ctypes.windll.shell32.ShellExecuteA", Process::Program(2)),
    ("ctypes.windll.kernel32.WinExec", Process::Line(0)),
    ("sh.Command", Process::Program(0)),
    ("plumbum.local.get", Process::Program(0)),
    ("plumbum.local.which", Process::Program(0)),
];

const SPECIALS: &[(&str, Special)] = &[
    ("builtins.getattr", Special::Getattr),
    ("builtins.object.__getattribute__", Special::Getattr),
    ("inspect.getattr_static", Special::Getattr),
    ("importlib.import_module", Special::ImportModule),
    ("pydoc.locate", Special::ImportModule),
    ("pkgutil.resolve_name", Special::ImportModule),
    ("builtins.__import__", Special::Import),
    ("importlib.__import__", Special::Import),
    ("builtins.globals", Special::Namespace),
    ("builtins.locals", Special::Namespace),
    ("builtins.vars", Special::Namespace),
    ("functools.partial", Special::Partial),
    ("functools.wraps", Special::Partial),
    ("functools.partialmethod", Special::Partial),
    ("builtins.staticmethod", Special::Partial),
    ("builtins.classmethod", Special::Partial),
    ("builtins.exec", Special::Execute),
    ("builtins.eval", Special::Execute),
    ("builtins.compile", Special::Execute),
    ("os.fspath", Special::Same),
    ("os.fsencode", Special::Same),
    ("os.path.expanduser", Special::Same),
    ("os.path.expandvars", Special::Same),
    ("os.path.abspath", Special::Same),
    ("os.path.realpath", Special::Same),
    ("os.path.normpath", Special::Same),
    ("shlex.split", Special::Same),
    ("textwrap.dedent", Special::Same),
    ("builtins.map", Special::Map),
    ("os.path.join", Special::JoinPath),
    ("posixpath.join", Special::JoinPath),
    ("ntpath.join", Special::JoinPath),
];

/// Calls that are computed where all they are given is known: see `fold::call`.
pub(super) const FOLDED: &[&str] = &[
    "base64.b64decode",
    "base64.standard_b64decode",
    "base64.urlsafe_b64decode",
    "base64.decodebytes",
    "base64.b32decode",
    "base64.b16decode",
    "base64.b85decode",
    "base64.a85decode",
    "binascii.a2b_base64",
    "binascii.unhexlify",
    "binascii.a2b_hex",
    "builtins.bytes.fromhex",
    "builtins.bytearray.fromhex",
    "zlib.decompress",
    "gzip.decompress",
    "codecs.decode",
    "codecs.encode",
    "builtins.chr",
    "builtins.ord",
    "builtins.str",
    "builtins.bytes",
    "builtins.bytearray",
    "builtins.memoryview",
    "builtins.reversed",
    "builtins.list",
    "builtins.tuple",
    "builtins.int",
    "builtins.len",
    "urllib.parse.unquote",
];

const RETURNS: &[(&str, &str)] = &[
    ("builtins.open", "builtins.open"),
    ("io.open", "builtins.open"),
    ("codecs.open", "builtins.open"),
    ("pathlib.Path.open", "builtins.open"),
    ("pathlib.Path.home", "pathlib.Path"),
    ("pathlib.Path.cwd", "pathlib.Path"),
    ("pathlib.Path.resolve", "pathlib.Path"),
    ("pathlib.Path.absolute", "pathlib.Path"),
    ("pathlib.Path.expanduser", "pathlib.Path"),
    ("pathlib.Path.joinpath", "pathlib.Path"),
    ("pathlib.Path.with_name", "pathlib.Path"),
    ("pathlib.Path.with_suffix", "pathlib.Path"),
    ("pathlib.Path.relative_to", "pathlib.Path"),
    ("pathlib.Path.parent", "pathlib.Path"),
    ("socket.socket", "socket.socket"),
    ("socket.create_connection", "socket.socket"),
    ("socket.create_server", "socket.socket"),
    ("socket.fromfd", "socket.socket"),
    ("ssl.wrap_socket", "socket.socket"),
    ("ssl.create_default_context", "ssl.SSLContext"),
    ("ssl.SSLContext.wrap_socket", "socket.socket"),
    ("requests.session", "requests.Session"),
    ("requests.sessions.Session", "requests.Session"),
    ("tarfile.open", "tarfile.TarFile"),
    ("zipfile.ZipFile", "zipfile.ZipFile"),
    ("sqlite3.connect", "sqlite3.Connection"),
    ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
    ("urllib.request.build_opener", "urllib.request.OpenerDirector"),
    ("asyncio.get_event_loop", "asyncio.AbstractEventLoop"),
    ("asyncio.get_running_loop", "asyncio.AbstractEventLoop"),
    ("asyncio.new_event_loop", "asyncio.AbstractEventLoop"),
    ("mmap.mmap", "mmap.mmap"),
    ("telnetlib.Telnet", "telnetlib.Telnet"),
    ("boto3.session.Session", "boto3.Session"),
    ("pexpect.spawn", "pexpect.spawn"),
];

const POSITIONAL: &[(&str, &[(usize, &str)])] = &[
    ("builtins.open", &[(1, "mode")]),
    ("io.open", &[(1, "mode")]),
    ("codecs.open", &[(1, "mode")]),
    ("gzip.open", &[(1, "mode")]),
    ("bz2.open", &[(1, "mode")]),
    ("lzma.open", &[(1, "mode")]),
    ("tarfile.open", &[(1, "mode")]),
    ("zipfile.ZipFile", &[(1, "mode")]),
    ("shelve.open", &[(1, "flag")]),
    ("pathlib.Path.open", &[(0, "mode")]),
    ("os.fdopen", &[(1, "mode")]),
    ("os.open", &[(2, "mode")]),
    ("os.chmod", &[(1, "mode")]),
    ("os.fchmod", &[(1, "mode")]),
    ("os.lchmod", &[(1, "mode")]),
    ("os.mkdir", &[(1, "mode")]),
    ("os.makedirs", &[(1, "mode")]),
    ("os.mkfifo", &[(1, "mode")]),
    ("os.mknod", &[(1, "mode")]),
    ("os.umask", &[(0, "mask")]),
    ("os.setuid", &[(0, "uid")]),
    ("os.setgid", &[(0, "gid")]),
    ("os.kill", &[(1, "sig")]),
    ("pathlib.Path.chmod", &[(0, "mode")]),
    ("pathlib.Path.mkdir", &[(0, "mode")]),
    ("pathlib.Path.touch", &[(0, "mode")]),
    ("subprocess.Popen", &[(1, "bufsize"), (8, "shell")]),
    ("hashlib.new", &[(0, "name")]),
    ("builtins.compile", &[(2, "mode")]),
    ("time.sleep", &[(0, "secs")]),
];

const HOSTS: &[(&str, usize)] = &[
    ("socket.socket.connect", 0),
    ("socket.socket.connect_ex", 0),
    ("socket.socket.bind", 0),
    ("socket.socket.sendto", 1),
    ("socket.create_connection", 0),
    ("socket.create_server", 0),
    ("socket.gethostbyname", 0),
    ("socket.gethostbyname_ex", 0),
    ("socket.getaddrinfo", 0),
    ("asyncio.open_connection", 0),
    ("asyncio.start_server", 1),
    ("asyncio.AbstractEventLoop.create_connection", 1),
    ("http.client.HTTPConnection", 0),
    ("http.client.HTTPSConnection", 0),
    ("httplib.HTTPConnection", 0),
    ("httplib.HTTPSConnection", 0),
    ("http.server.HTTPServer", 0),
    ("socketserver.TCPServer", 0),
    ("smtplib.SMTP", 0),
    ("smtplib.SMTP_SSL", 0),
    ("imaplib.IMAP4", 0),
    ("imaplib.IMAP4_SSL", 0),
    ("poplib.POP3", 0),
    ("poplib.POP3_SSL", 0),
    ("ftplib.FTP", 0),
    ("ftplib.FTP_TLS", 0),
    ("telnetlib.Telnet", 0),
    ("paramiko.SSHClient.connect", 0),
    ("paramiko.client.SSHClient.connect", 0),
    ("paramiko.Transport", 0),
    ("fabric.Connection", 0),
    ("dns.resolver.resolve", 0),
    ("dns.resolver.query", 0),
    ("redis.Redis", 0),
    ("pymysql.connect", 0),
];

const ENVS: &[(&str, usize)] = &[
    ("os.getenv", 0),
    ("os.getenvb", 0),
    ("os.putenv", 0),
    ("os.unsetenv", 0),
    ("os.environ.get", 0),
    ("os.environ.pop", 0),
    ("os.environ.setdefault", 0),
    ("os.environ.__getitem__", 0),
    ("os.environ.__setitem__", 0),
    ("os.environb.get", 0),
    ("environs.Env.str", 0),
    ("decouple.config", 0),
];

const RUNS: &[&str] = &[
    "builtins.map",
    "builtins.filter",
    "builtins.sorted",
    "builtins.max",
    "builtins.min",
    "functools.reduce",
    "threading.Thread",
    "threading.Timer",
    "_thread.start_new_thread",
    "multiprocessing.Process",
    "asyncio.run",
    "asyncio.ensure_future",
    "asyncio.create_task",
    "contextvars.copy_context",
    "timeit.timeit",
    "concurrent.futures.ThreadPoolExecutor.submit",
    "concurrent.futures.ThreadPoolExecutor.map",
    "concurrent.futures.ProcessPoolExecutor.submit",
];

/// Functions of `builtins` that say something about a program; the others are everywhere and say nothing.
const TELLING: &[&str] = &[
    "__import__",
    "breakpoint",
    "compile",
    "delattr",
    "dir",
    "eval",
    "exec",
    "execfile",
    "exit",
    "getattr",
    "globals",
    "help",
    "input",
    "locals",
    "memoryview",
    "open",
    "print",
    "quit",
    "raw_input",
    "reload",
    "setattr",
    "vars",
    "chr",
    "bytearray",
    "id",
];

/// All other names that `builtins` gives: what is known not to come from a star import.
const PLAIN: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytes",
    "callable",
    "classmethod",
    "complex",
    "copyright",
    "credits",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "hasattr",
    "hash",
    "hex",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
    "NotImplemented",
    "Ellipsis",
    "basestring",
    "buffer",
    "cmp",
    "file",
    "long",
    "reduce",
    "unichr",
    "unicode",
    "xrange",
    "WindowsError",
    "BaseException",
    "Exception",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "GeneratorExit",
    "KeyboardInterrupt",
    "SystemExit",
    "StopIteration",
    "StopAsyncIteration",
    "DeprecationWarning",
    "Warning",
];

/// Whether `builtins` has this name.
pub(super) fn is_builtin(name: &str) -> bool {
    static ALL: LazyLock<std::collections::HashSet<&str>> = LazyLock::new(|| TELLING.iter().chain(PLAIN).copied().collect());
    ALL.contains(name) || ((name.ends_with("Error") || name.ends_with("Warning")) && name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether the use of `builtins.name` is worth a fact.
pub(super) fn is_telling(name: &str) -> bool {
    TELLING.contains(&name)
}

/// What is known of a dotted name.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    static TABLE: LazyLock<HashMap<&str, Known>> = LazyLock::new(table);
    TABLE.get(name)
}

fn table() -> HashMap<&'static str, Known> {
    let mut table: HashMap<&'static str, Known> = HashMap::new();
    for (bit, &name) in SOURCES.iter().enumerate() {
        table.entry(name).or_default().source = 1 << bit;
    }
    for &name in SINKS {
        table.entry(name).or_default().sink = true;
    }
    for &(name, process) in PROCESSES {
        let known = table.entry(name).or_default();
        known.process = Some(process);
        known.sink = !matches!(process, Process::Program(_)) || name == "os.startfile";
    }
    for &name in FOLDED {
        table.entry(name).or_default().special = Some(Special::Fold);
    }
    for &(name, special) in SPECIALS {
        table.entry(name).or_default().special = Some(special);
    }
    for &(name, returns) in RETURNS {
        table.entry(name).or_default().returns = Some(returns);
    }
    for &(name, positional) in POSITIONAL {
        table.entry(name).or_default().positional = positional;
    }
    for &(name, host) in HOSTS {
        table.entry(name).or_default().host = Some(host);
    }
    for &(name, env) in ENVS {
        table.entry(name).or_default().env = Some(env);
    }
    for &name in RUNS {
        table.entry(name).or_default().runs = true;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_bit() {
        assert!(SOURCES.len() <= 128);
        assert_eq!(
            SOURCES.iter().map(|name| find(name).unwrap().source).fold(0, |all, bit| all | bit).count_ones() as usize,
            SOURCES.len()
        );
    }
}
