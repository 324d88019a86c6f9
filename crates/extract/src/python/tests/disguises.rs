use super::check;

#[test]
fn names_in_constants() {
    for source in [
        "import os\ngetattr(os, 'sys' + 'tem')('x')\n",
        "import os\ngetattr(os, 'metsys'[::-1])('x')\n",
        "import os\ngetattr(os, ''.join(reversed('metsys')))('x')\n",
        "import os\ngetattr(os, 'sXstem'.replace('X', 'y'))('x')\n",
        "import os\ngetattr(os, '%s%s' % ('sys', 'tem'))('x')\n",
        "import os\ngetattr(os, '{}{}'.format('sys', 'tem'))('x')\n",
        "import os\ngetattr(os, f'{\"sys\"}tem')('x')\n",
        "import os\ngetattr(os, ''.join(['s', 'ys', 'tem']))('x')\n",
        "import os\ngetattr(os, ''.join(map(chr, [115, 121, 115, 116, 101, 109])))('x')\n",
        "import os\ngetattr(os, ''.join(chr(c ^ 1) for c in [114, 120, 114, 117, 100, 108]))('x')\n",
        "import os\ngetattr(os, chr(115) + 'ystem')('x')\n",
        "import os\ngetattr(os, bytes([115, 121, 115, 116, 101, 109]).decode())('x')\n",
        "import os\ngetattr(os, bytes.fromhex('73797374656d').decode())('x')\n",
        "import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode('utf-8'))('x')\n",
        "import os, codecs\ngetattr(os, codecs.decode('flfgrz', 'rot13'))('x')\n",
        "import os\nvars(os)['system']('x')\n",
        "import os\nos.__dict__['system']('x')\n",
        "import os\nos.__getattribute__('system')('x')\n",
        "import os\nf = getattr(os, 'system')\nf('x')\n",
        "import sys, os\ngetattr(sys.modules['os'], 'system')('x')\n",
        "import os\ng = 'sys'\ng += 'tem'\ngetattr(os, g)('x')\n",
    ] {
        let line = source.lines().count();
        check(source, &[&format!("call os.system module folded {line}")], &["call os.system module resolved"]);
    }
    check("import os\ngetattr(os, name)('x')\ngetattr(os, 'sys' + y)('x')\n", &["call builtins.getattr module resolved 2"], &["call os"]);
}

#[test]
fn modules_in_constants() {
    for source in [
        "__import__('o' + 's').system('x')\n",
        "__import__('o' 's').system('x')\n",
        "import importlib; importlib.import_module('os').system('x')\n",
        "import sys; sys.modules['os'].system('x')\n",
        "import sys; sys.modules.get('os').system('x')\n",
        "getattr(__import__('os'), 'system')('x')\n",
        "__builtins__.__import__('os').system('x')\n",
        "__builtins__['__import__']('os').system('x')\n",
        "globals()['__builtins__'].__import__('os').system('x')\n",
    ] {
        check(source, &["call os.system module folded 1"], &["call os.system module resolved"]);
    }
    check("__import__('os.path').system('x')\n", &["import os.path module folded 1", "call os.system module folded 1"], &[]);
    check("__import__(name).system('x')\n", &["call builtins.__import__ module resolved 1"], &["call os", "import"]);
}

#[test]
fn builtins_in_constants() {
    for source in [
        "globals()['eval'](x)\n",
        "globals()['__builtins__']['eval'](x)\n",
        "__builtins__.__dict__['eval'](x)\n",
        "import builtins; getattr(builtins, 'ev' + 'al')(x)\n",
        "import builtins; builtins.__dict__['eval'](x)\n",
        "getattr(__builtins__, 'eval')(x)\n",
        "vars(__builtins__)['eval'](x)\n",
    ] {
        check(source, &["call builtins.eval module folded 1"], &[]);
    }
    check("import builtins\nbuiltins.eval(x)\n", &["call builtins.eval module resolved 2"], &[]);
}

#[test]
fn payloads_are_seen() {
    // import os; os.system('whoami')
    let call = "call os.system module decoded 2";
    for source in [
        "import base64\nexec(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScp'))\n",
        "import base64\nexec(compile(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScp'), '<s>', 'exec'))\n",
        "import base64 as b\neval(b.b64decode(b'aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScp').decode())\n",
        "import codecs\nexec(codecs.decode('vzcbeg bf; bf.flfgrz(\"jubnzv\")', 'rot13'))\n",
        "x = 1\nexec('import os; os.system(\"whoami\")'[::1])\n",
        "x = 1\nexec(''.join(chr(ord(c) - 1) for c in 'jnqpsu!pt<pt/tztufn)(xipbnj(*'))\n",
    ] {
        check(source, &[call, "command whoami module decoded 2"], &["call os.system module resolved"]);
    }
    check("exec('import os\\nos.system(\"x\")')\n", &["call os.system module folded 1"], &["call os.system module decoded"]);
    check("import os\nexec('os.system(\"x\")')\n", &["call os.system module folded 2"], &[]);
    check("def f():\n    exec('import os\\nos.system(\"x\")')\n", &["call os.system function folded 2"], &[]);
    check("exec('not python at all (')\n", &["call builtins.exec module resolved 1"], &[]);
    check("exec(x + 'import os')\n", &[], &["import os"]);
}

#[test]
fn nested_payloads_are_seen() {
    let inner = "exec(__import__('base64').b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScp'))";
    let hidden = inner.bytes().map(|b| format!("\\x{b:02x}")).collect::<Vec<_>>().concat();
    check(&format!("x = 1\nexec('{hidden}')\n"), &["call os.system module decoded 2", "call builtins.exec module folded 2"], &[]);
}

#[test]
fn lambdas_are_followed() {
    let source = "_ = lambda __: __import__('base64').b64decode(__[::-1])\nexec(_(b'pcSatF2bod3JoU2a'[0:0] + b'pcSatF2bodm0Xc3cvByczBCdy9GctlmI'))\n";
    check(source, &["call base64.b64decode module folded 1", "flow builtins.exec←base64.b64decode module resolved 2"], &[]);
    let hidden: String = "aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3dob2FtaScp".chars().rev().collect();
    check(
        &format!("_ = lambda __: __import__('base64').b64decode(__[::-1])\nexec(_(b'{hidden}'))\n"),
        &["call os.system module decoded 2"],
        &[],
    );
    check(
        &format!("import base64\ndef d(s):\n    return base64.b64decode(s[::-1])\nexec(d('{hidden}'))\n"),
        &["call os.system module decoded 4", "call base64.b64decode module resolved 3"],
        &[],
    );
    check("(lambda f: f('x'))(__import__('os').system)\n", &["call os.system module folded 1"], &[]);
    check("f = lambda x: f(x)\nf(1)\n", &[], &["call"]);
}
