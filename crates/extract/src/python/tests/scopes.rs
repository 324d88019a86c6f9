use super::check;

#[test]
fn functions_that_the_module_level_calls_run_at_import() {
    let source = "import os\ndef a():\n    b()\ndef b():\n    os.system('x')\ndef c():\n    os.popen('x')\na()\n";
    check(source, &["call os.system module resolved 5", "call os.popen function resolved 7"], &["call os.system function"]);
    check("import os\nclass A:\n    os.system('x')\n", &["call os.system module resolved 3"], &[]);
    check(
        "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        os.system('x')\nA()\n",
        &["call os.system module resolved 6"],
        &[],
    );
    check("import os\nclass A:\n    def go(self):\n        os.system('x')\nA().go()\n", &["call os.system module resolved 4"], &[]);
    check(
        "import os\nclass A:\n    @classmethod\n    def go(cls):\n        os.system('x')\nA.go()\n",
        &["call os.system module resolved 5"],
        &[],
    );
    check("import os\nclass A:\n    def go(self):\n        os.system('x')\n", &["call os.system function resolved 4"], &[]);
    check("import os\ndef deco(f):\n    os.system('x')\n    return f\n@deco\ndef g(): pass\n", &["call os.system module resolved 3"], &[]);
    check(
        "import os, threading\ndef f():\n    os.system('x')\nthreading.Thread(target=f).start()\n",
        &["call os.system module resolved 3"],
        &[],
    );
    check("import os\nf = lambda: os.system('x')\n", &["call os.system function resolved 2"], &["call os.system module"]);
    check("import os\nf = lambda: os.system('x')\nf()\n", &["call os.system module resolved 2"], &["call os.system function"]);
    check("import os\ndef f():\n    def g():\n        os.system('x')\n    g()\nf()\n", &["call os.system module resolved 4"], &[]);
    check("import os\nx = [os.system(y) for y in z]\n", &["call os.system module resolved 2"], &[]);
    check("import os\ndef f(x=os.getcwd()):\n    pass\n", &["call os.getcwd module resolved 2"], &[]);
}

#[test]
fn scripts_and_type_checking() {
    let source = "import os\ndef main():\n    os.popen('x')\nif __name__ == '__main__':\n    os.system('x')\n    main()\n";
    check(source, &["call os.system script resolved 5", "call os.popen function resolved 3"], &[]);
    check("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os\n", &["import os inert resolved 3"], &["import os module"]);
    check(
        "import typing\nif typing.TYPE_CHECKING:\n    import os\nelse:\n    import sys\n",
        &["import os inert resolved 3", "import sys module resolved 5"],
        &[],
    );
}

#[test]
fn what_is_local_is_not_outside() {
    check("def eval(x): pass\neval('1')\n", &[], &["call", "name"]);
    check("import os\ndef f(os):\n    os.system('x')\n", &[], &["call"]);
    check("import os\ndef f():\n    os = g()\n    os.system('x')\n", &[], &["call"]);
    check("import os\nos = None\nos.system('x')\n", &[], &["call"]);
    check("import os\n[os.system(x) for os in y]\n", &[], &["call"]);
    check("import os\nlambda os: os.system(x)\n", &[], &["call"]);
    check("import os\nclass os: pass\nos.system(x)\n", &[], &["call"]);
    check("import os\nwith x as os:\n    os.system(1)\n", &[], &["call"]);
    check("import os\ntry: pass\nexcept E as os:\n    os.system(1)\n", &[], &["call"]);
    check("class A:\n    import os\n    def f(self):\n        os.system('x')\n", &[], &["call"]);
    check("class A:\n    import os\n    os.system('x')\n", &["call os.system module resolved 3"], &[]);
    check("def f():\n    import os\nos.system('x')\n", &["import os function resolved 2"], &["call"]);
    check("def f():\n    global os\n    import os\nf()\ndef g():\n    os.system('x')\n", &["call os.system function resolved 6"], &[]);
    check("def f():\n    import os\n    def g():\n        os.system('x')\n", &["call os.system function resolved 4"], &[]);
    check(
        "def f():\n    g = None\n    def h():\n        nonlocal g\n        import os\n        g = os.system\n    def i():\n        g('x')\n",
        &["call os.system function resolved 8"],
        &[],
    );
    check("def f():\n    later.system('x')\nimport os as later\n", &["call os.system function resolved 2"], &[]);
    check("x.open()\nself.eval('x')\nfoo.system('y')\n", &[], &["call"]);
}
