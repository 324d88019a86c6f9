"""Which projects show which behaviors, worked out a second time and by another road: Python's own parser and nothing else.

Written from the design and not from the scanner, for ten behaviors and two dozen calls besides, where they are plain to see: a
function that is named where it is called, through imports, their aliases and attribute chains. No disguises, no types of receivers.

    python independent.py MIRROR < artifacts.json

`artifacts.json` is a list of objects with `project`, `filename` and `sha256`; a file lies at `MIRROR/ab/cd/<sha256>`.
Prints a list of objects: behavior (null for a call that is looked for by itself), project, filename, path, line, call.
"""

from __future__ import annotations

import ast
import builtins
import io
import json
import re
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

# What each behavior is called by. Chosen by hand: names of functions and classes that a program can call as they stand.
NAMES: dict[str, frozenset[str]] = {
    "execution/create-process": frozenset({
        "subprocess.Popen", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
        "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput", "commands.getstatusoutput", "os.system",
        "os.fork", "os.forkpty", "os.startfile", "pty.fork", "pty.spawn", "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell", "asyncio.subprocess.create_subprocess_exec",
        "asyncio.subprocess.create_subprocess_shell", "anyio.run_process", "anyio.open_process", "trio.run_process",
        "gevent.subprocess.Popen", "gevent.subprocess.check_output", "eventlet.green.subprocess.Popen",
        "distutils.spawn.spawn", "psutil.Popen", "pexpect.spawn", "pexpect.run", "pexpect.popen_spawn.PopenSpawn",
        "invoke.run", "_winapi.CreateProcess", "_posixsubprocess.fork_exec", "win32process.CreateProcess",
        "win32api.ShellExecute", "win32api.WinExec",
    }),
    "execution/evaluate-code": frozenset({"builtins.eval", "builtins.exec", "builtins.execfile", "code.interact"}),
    "execution/unpickle": frozenset({
        "pickle.load", "pickle.loads", "pickle.Unpickler", "_pickle.load", "_pickle.loads", "_pickle.Unpickler",
        "cPickle.load", "cPickle.loads", "cPickle.Unpickler", "six.moves.cPickle.load", "six.moves.cPickle.loads",
        "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads", "joblib.load", "pandas.read_pickle",
        "jsonpickle.decode", "shelve.open",
    }),
    "execution/import-by-name": frozenset({
        "importlib.import_module", "builtins.__import__", "importlib.util.spec_from_file_location",
        "importlib.machinery.SourceFileLoader", "runpy.run_path", "runpy.run_module", "imp.load_source", "imp.load_module",
        "imp.load_compiled", "pkgutil.find_loader", "pydoc.locate", "werkzeug.utils.import_string",
        "django.utils.module_loading.import_string",
    }),
    "permissions/change-permissions": frozenset({
        "os.chmod", "os.fchmod", "os.lchmod", "posix.chmod", "posix.fchmod", "shutil.copymode",
        "win32security.SetFileSecurity", "win32security.SetNamedSecurityInfo",
    }),
    "file/delete": frozenset({
        "os.remove", "os.unlink", "send2trash.send2trash", "aiofiles.os.remove", "aiofiles.os.unlink", "win32file.DeleteFile",
        "win32api.DeleteFile",
    }),
    "file/temporary": frozenset({
        "tempfile.mkstemp", "tempfile.mkdtemp", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile",
        "tempfile.TemporaryDirectory", "tempfile.SpooledTemporaryFile",
    }),
    "network/socket": frozenset({
        "socket.socket", "socket.create_connection", "socket.socketpair", "socket.fromfd", "asyncio.open_connection",
        "asyncio.open_unix_connection", "anyio.connect_tcp", "trio.open_tcp_stream", "gevent.socket.socket",
        "eventlet.green.socket.socket",
    }),
    "network/http-client": frozenset({
        "requests.get", "requests.post", "requests.put", "requests.patch", "requests.delete", "requests.head",
        "requests.options", "requests.request", "requests.Session", "requests.session", "requests.sessions.Session",
        "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.build_opener", "urllib2.urlopen",
        "urllib.urlopen", "urllib.urlretrieve", "six.moves.urllib.request.urlopen", "six.moves.urllib.request.urlretrieve",
        "http.client.HTTPConnection", "http.client.HTTPSConnection", "httplib.HTTPConnection", "httplib.HTTPSConnection",
        "httpx.get", "httpx.post", "httpx.put", "httpx.request", "httpx.stream", "httpx.Client", "httpx.AsyncClient",
        "aiohttp.ClientSession", "aiohttp.request", "urllib3.PoolManager", "urllib3.ProxyManager", "urllib3.request",
        "httplib2.Http", "pycurl.Curl", "niquests.get", "niquests.Session", "curl_cffi.requests.get",
        "curl_cffi.requests.Session", "wget.download", "tornado.httpclient.AsyncHTTPClient", "tornado.httpclient.HTTPClient",
        "twisted.web.client.Agent", "treq.get",
    }),
    "registry/open-keys": frozenset({
        "winreg.OpenKey", "winreg.OpenKeyEx", "winreg.ConnectRegistry", "_winreg.OpenKey", "_winreg.OpenKeyEx",
        "_winreg.ConnectRegistry", "six.moves.winreg.OpenKey", "six.moves.winreg.OpenKeyEx", "win32api.RegOpenKey",
        "win32api.RegOpenKeyEx",
    }),
}

# What the rules name besides: patterns, and methods, whose calls name a variable and not the class.
LEFT_OUT: dict[str, frozenset[str]] = {
    "execution/create-process": frozenset({
        "os.popen*", "os.spawn*", "os.posix_spawn*", "ptyprocess.PtyProcess.spawn", "ptyprocess.PtyProcessUnicode.spawn",
        "winpty.PtyProcess.spawn", "plumbum.local",
    }),
    "execution/evaluate-code": frozenset({"code.InteractiveInterpreter.runsource", "code.InteractiveInterpreter.runcode"}),
    "permissions/change-permissions": frozenset({"pathlib.Path.chmod", "pathlib.Path.lchmod", "pathlib.PosixPath.chmod"}),
    "file/delete": frozenset({"pathlib.Path.unlink", "pathlib.PosixPath.unlink"}),
    "network/http-client": frozenset({"requests.Session.get", "requests.Session.post", "requests.Session.request"}),
}

# Calls besides, each by itself: from all over what a program can do, and common enough to be in the sample.
CALLS = frozenset({
    "atexit.register", "builtins.compile", "builtins.globals", "builtins.input", "ctypes.CDLL", "ctypes.util.find_library",
    "getpass.getuser", "hashlib.md5", "hashlib.sha1", "marshal.loads", "os.getenv", "os.kill", "os.makedirs", "os.rename",
    "os.symlink", "platform.system", "shutil.copyfile", "shutil.move", "shutil.rmtree", "shutil.which", "signal.signal",
    "socket.gethostbyname", "sqlite3.connect", "ssl.create_default_context", "tarfile.open", "threading.Thread", "time.sleep",
    "zipfile.ZipFile", "zlib.decompress",
})

BUILTINS = frozenset(dir(builtins)) | {"execfile"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
FARTHEST = 500  # steps from a name to what it stands for, nearest first: `node = node.parent` goes on for ever


# ---- what an artifact holds


def members(name: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, and of the archives inside it as `outer!/inner`."""
    for path, content in zip_members(data) if name.endswith((".whl", ".zip", ".egg")) else tar_members(data):
        yield path, content
        if depth < 2 and path.endswith((".whl", ".zip", ".egg", ".tar.gz", ".tgz")):
            try:
                yield from ((f"{path}!/{inner}", deep) for inner, deep in members(path, content, depth + 1))
            except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError):
                continue


def zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from ((entry.filename, archive.read(entry)) for entry in archive.infolist() if not entry.is_dir())


def tar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            if entry.isfile():
                yield entry.name.removeprefix("./"), archive.extractfile(entry).read()


ASIDE = frozenset(
    "test tests doc docs documentation example examples demo demos sample samples benchmark benchmarks bench tutorial tutorials "
    "notebooks typeshed".split()
)
SERVICES = frozenset({".github", ".gitlab", ".circleci", ".azure-pipelines", ".ci", "ci"})


def counts(path: str, is_sdist: bool) -> bool:
    """Whether a file is there to run: not a test, documentation, an example, a stub or data.

    The top folder of a wheel is the name of the package, whatever it sounds like; that of a source distribution is no part of it.
    """
    top, *folders, name = PurePosixPath(path.lower()).parts if "/" in path else ("", path.lower())
    if ASIDE & {folder.removesuffix("!") for folder in folders} or top.endswith("-stubs"):
        return False
    if is_sdist and folders and folders[0] in SERVICES or ".data/data/" in path:
        return False
    return not re.fullmatch(r"test_.*|.*_test\.py|conftest\.py|.*\.pyi", name)


def python(path: str, content: bytes) -> bytes | None:
    """The Python source in a file, if that is what it is."""
    if path.endswith((".py", ".pyw")):
        return content
    if path.endswith(".pth"):
        return b"\n".join(line if line.startswith((b"import ", b"import\t")) else b"" for line in content.splitlines())
    shebang = re.match(rb"#![^\n]*python", content)
    return content if shebang else None


# ---- names and what they stand for


@dataclass
class Scope:
    """Names bound in a module, class or function. A name stands for dotted names or expressions; for neither: an empty list."""

    parent: Scope | None
    is_class: bool = False
    bound: dict[str, list[str | ast.expr]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)

    def root(self) -> Scope:
        return self.parent.root() if self.parent else self

    def bind(self, name: str, *stands_for: str | ast.expr) -> None:
        scope = self.root() if name in self.elsewhere else self
        scope.bound.setdefault(name, []).extend(stands_for)

    def holder(self, name: str) -> Scope | None:
        """The innermost scope that binds the name, as code in this one sees it."""
        if name in self.bound:
            return self
        outer = self.parent
        while outer and outer.is_class:
            outer = outer.parent
        return outer.holder(name) if outer else None


class Reader(ast.NodeVisitor):
    """One walk over a module: its scopes, and its calls with the scope they stand in."""

    def __init__(self, package: list[str]) -> None:
        self.package = package
        self.scope = self.module = Scope(None)
        self.calls: list[tuple[ast.Call, Scope]] = []

    def inside(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        outer, self.scope = self.scope, scope
        for node in nodes:
            self.visit(node)
        self.scope = outer

    def visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        a = node.args
        outside = [*a.defaults, *(d for d in a.kw_defaults if d), *getattr(node, "decorator_list", [])]
        for part in outside:
            self.visit(part)
        if not isinstance(node, ast.Lambda):
            self.scope.bind(node.name)
        scope = Scope(self.scope)
        for parameter in (*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))):
            scope.bind(parameter.arg)
        self.inside(scope, [node.body] if isinstance(node, ast.Lambda) else node.body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self.scope.bind(node.name)
        self.inside(Scope(self.scope, is_class=True), node.body)

    def visit_comprehension_expression(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.inside(Scope(self.scope), ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_comprehension_expression

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.elsewhere.update(node.names)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.scope.bind(alias.asname or top, alias.name if alias.asname else top)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self.package[: len(self.package) - node.level + 1] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            if alias.name == "*":
                self.scope.stars.append(source)
            else:
                self.scope.bind(alias.asname or alias.name, f"{source}.{alias.name}")

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name) and chain(node.value):
                self.scope.bind(target.id, node.value)
            else:
                self.visit(target)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.scope.bind(node.id)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.scope.bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.scope.bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_Call(self, node: ast.Call) -> None:
        self.calls.append((node, self.scope))
        self.generic_visit(node)


def chain(node: ast.expr) -> tuple[str, tuple[str, ...]] | None:
    """`a.b.c` as its first name and the rest."""
    rest: tuple[str, ...] = ()
    while isinstance(node, ast.Attribute):
        rest = (node.attr, *rest)
        node = node.value
    return (node.id, rest) if isinstance(node, ast.Name) else None


# ---- an artifact's modules, read together: a name that another module of it passes on is followed


@dataclass
class Artifact:
    """The Python of an artifact by dotted module name."""

    modules: dict[str, tuple[str, Reader]] = field(default_factory=dict)
    tops: set[str] = field(default_factory=set)

    def add(self, path: str, source: bytes, is_sdist: bool) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        name = module_name(path, is_sdist)
        is_package = path.endswith("/__init__.py")
        reader = Reader(name if is_package else name[:-1])
        reader.visit(tree)
        dotted = ".".join(name)
        self.tops.add(name[0])
        self.modules[dotted if dotted not in self.modules else path] = (path, reader)

    def meanings(self, node: ast.expr, scope: Scope) -> set[str]:
        """The outside names that an expression can stand for: every end of the ways through aliases, imports and own modules."""
        found: set[str] = set()
        todo = [(scope, *chain(node))] if chain(node) else []
        been = set()
        while todo and len(been) < FARTHEST:
            scope, first, rest = todo.pop(0)
            if (id(scope), first, rest) in been:
                continue
            been.add((id(scope), first, rest))
            holder = scope.holder(first)
            if holder:
                for stands_for in holder.bound[first]:
                    if isinstance(stands_for, str):
                        todo += self.follow(stands_for, rest, found)
                    else:
                        name, more = chain(stands_for)
                        todo.append((holder, name, (*more, *rest)))
            elif first in BUILTINS:
                found.add(".".join(["builtins", first, *rest]))
            else:
                for source in scope.root().stars:
                    todo += self.follow(f"{source}.{first}", rest, found)
        return found

    def follow(self, dotted: str, rest: tuple[str, ...], found: set[str]) -> list[tuple[Scope, str, tuple[str, ...]]]:
        """Where an imported name leads: to the outside, then it is found; or on into a module of this artifact; or nowhere."""
        parts = (*dotted.split("."), *rest)
        if parts[0] not in self.tops:
            found.add(".".join(parts))
            return []
        for end in range(len(parts) - 1, 0, -1):
            module = self.modules.get(".".join(parts[:end]))
            if module:
                scope, name = module[1].module, parts[end]
                return [(scope, name, parts[end + 1 :])] if name in scope.bound or scope.stars else []
        return []

    def seen(self) -> Iterator[tuple[str, int, str]]:
        """Every call of an outside name: path, line, name."""
        for path, reader in self.modules.values():
            for call, scope in reader.calls:
                for name in self.meanings(call.func, scope):
                    yield path, call.lineno, name


def module_name(path: str, is_sdist: bool) -> list[str]:
    """The dotted name that a path would be imported by."""
    parts = list(PurePosixPath(path.rpartition("!/")[2]).with_suffix("").parts)
    if is_sdist or parts[0].endswith(".data"):
        parts = parts[2:] if parts[0].endswith(".data") else parts[1:]
    if len(parts) > 1 and parts[0] in {"src", "lib"}:
        parts = parts[1:]
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def read(filename: str, data: bytes) -> Artifact:
    """An artifact's Python that is there to run."""
    artifact = Artifact()
    is_sdist = not filename.endswith((".whl", ".egg"))
    for path, content in members(filename, data):
        source = python(path, content) if counts(path, is_sdist) else None
        if source is not None:
            artifact.add(path, source, is_sdist)
    return artifact


def shown(mirror: Path, artifacts: Iterable[dict]) -> Iterator[dict]:
    """Every sight of a behavior, or of one of the calls besides, in the artifacts of a mirror."""
    sys.setrecursionlimit(100_000)  # sums of thousands of strings are nested as deep
    behaviors = {name: [b for b, names in NAMES.items() if name in names] for names in NAMES.values() for name in names}
    behaviors |= {name: [None] for name in CALLS}
    for row in artifacts:
        sha256 = row["sha256"]
        data = (mirror / sha256[:2] / sha256[2:4] / sha256).read_bytes()
        for path, line, call in read(row["filename"], data).seen():
            for behavior in behaviors.get(call, ()):
                yield {"behavior": behavior, "project": row["project"], "filename": row["filename"], "path": path, "line": line, "call": call}


if __name__ == "__main__":
    json.dump(list(shown(Path(sys.argv[1]), json.load(sys.stdin))), sys.stdout, indent=1)
