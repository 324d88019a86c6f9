"""What binutils and LLVM say that a native library imports: another road to the same symbols and libraries."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

# Names are kept to so many bytes by Census, and compared to so many.
NAME = 256

# Libraries whose numbers Census gives names: `objdump` shows none.
SOCKETS = {"ws2_32.dll", "wsock32.dll", "oleaut32.dll", "comctl32.dll", "shell32.dll"}


class Imports(NamedTuple):
    """What a library imports and needs."""

    symbols: set[str]
    libraries: set[str]


def output(*command: str | Path) -> str:
    """What a tool prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def elf(path: Path) -> Imports:
    """By `readelf`: undefined names of the dynamic symbols, less their versions, and NEEDED entries."""
    symbols = set()
    for line in output("readelf", "--wide", "--dyn-syms", path).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0].rstrip(":").isdigit() and fields[6] == "UND":
            symbols.add(fields[7].split("@")[0][:NAME])
    libraries = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "--wide", "--dynamic", path))
    return Imports(symbols, set(libraries))


def pe(path: Path) -> Imports:
    """By `objdump`: members of the import table under their library. Imports at first use it does not list."""
    symbols, libraries, library = set(), set(), ""
    for line in output("objdump", "-p", path).splitlines():
        if named := re.match(r"\s*DLL Name: (.*)", line):
            library = named[1]
            libraries.add(library)
        elif line.startswith("\t") and (member := re.match(r"\t[0-9a-f]+\t +[0-9]+  ([^ ]+)", line)):
            symbols.add(f"{library}!{member[1][:NAME]}")
        elif not line.strip():
            library = ""
    return Imports(symbols, libraries)


def mach_o(path: Path) -> Imports:
    """By LLVM: undefined symbols, and the libraries that the load commands name, less the name of the library itself."""
    names = re.findall(r"^\s+(\S.*) \(compatibility", output("llvm-objdump", "--macho", "--dylibs-used", path), re.MULTILINE)
    own = output("llvm-objdump", "--macho", "--dylib-id", path).splitlines()
    return Imports(mach_o_symbols(path, "--undefined-only"), set(names) - set(own))


def mach_o_symbols(path: Path, which: str) -> set[str]:
    """The symbols of one sort, of every architecture."""
    listed = output("llvm-nm", "--arch=all", which, "--extern-only", "--just-symbol-name", path).splitlines()
    return {line.strip().removeprefix("_")[:NAME] for line in listed if line.strip() and not line.endswith(":")}


def is_known(path: Path) -> bool:
    """Whether the tool knows the machine that a PE file is for."""
    return subprocess.run(["objdump", "-f", str(path)], capture_output=True, check=False).returncode == 0


# Of each format the tool's word, and the tools that it takes.
ROADS: dict[str, tuple[Callable[[Path], Imports], tuple[str, ...]]] = {
    "elf": (elf, ("readelf",)),
    "pe": (pe, ("objdump",)),
    "mach-o": (mach_o, ("llvm-nm", "llvm-objdump")),
}


def missing(form: str) -> list[str]:
    """The tools that a format takes and that are not there."""
    return [tool for tool in ROADS[form][1] if shutil.which(tool) is None]
