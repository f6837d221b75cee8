"""Compiling ink source to the JSON that the runtime reads, by whichever compiler this machine has.

Tried in this order, since the first two are what writers have and the third needs nothing but Python:

1. ``inklecate``, ink's own compiler, on PATH;
2. ``node`` on PATH with the package ``inkjs`` where Node would find it from the story's folder;
3. the Python package ``quickjs-ng`` with the single file ``ink-full.js`` of inkjs.

inkjs is looked for in ``node_modules`` of the story's folder and all folders above it, of the current folder,
in the folders of NODE_PATH, and beside Node itself (a global installation). SENSORAMA_INKJS may name an
``ink-full.js`` directly.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.errors import InputError, PackageError, Place, Problem

HOW_TO_GET_ONE = (
    "no ink compiler found. Get one of these:\n"
    "  Node:       npm install inkjs@2.4.0        (in the story's folder or any folder above it)\n"
    "  Python:     pip install 'sensorama[compile]', and ink-full.js from the npm package inkjs 2.4.0,\n"
    "              its path in the environment variable SENSORAMA_INKJS\n"
    "  inklecate:  github.com/inkle/ink/releases, put on PATH"
)

_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class CompiledInk:
    """What a compiler made of a story.

    Parameters
    ----------
    text : str
        The compiled JSON, without a byte order mark, ending in a newline.
    compiler : str
        Which compiler did it, for the log.
    warnings : tuple of Problem
        The compiler's own warnings and our findings (float literals), with their places.
    """

    text: str
    compiler: str
    warnings: tuple[Problem, ...] = ()


class Compiler(Protocol):
    """Turns ink source into JSON text."""

    @property
    def name(self) -> str:
        """What it is and where, for the log."""
        ...

    def compile(self, source: Path, files: Mapping[str, str]) -> tuple[str | None, list[str]]:
        """Compile.

        Parameters
        ----------
        source : Path
            The main file.
        files : mapping of str to str
            Text of the main file (under its name) and of every file it includes (under the name it is
            included by).

        Returns
        -------
        tuple
            JSON text, or None when there were errors; and the compiler's messages as ink words them.
        """
        ...


def compile_ink(source: Path, *, compiler: Compiler | None = None) -> CompiledInk:
    """Compile a story.

    Parameters
    ----------
    source : Path
        The main ``.ink`` file; INCLUDEs are read from its folder.
    compiler : Compiler or None
        None takes the first one `find_compiler` finds.

    Raises
    ------
    InputError
        When the file cannot be read or no compiler is found (with what to install).
    PackageError
        When the story has mistakes: all of them, as file and line.
    """
    files = gather_sources(source)
    chosen = compiler if compiler is not None else find_compiler(source)
    text, messages = chosen.compile(source, files)
    problems = [_problem(message, source) for message in messages]
    if text is None or any(problem.severity == "error" for problem in problems):
        fallback = Problem(Place(str(source)), f"{chosen.name} gave no result", "run it by hand to see why")
        raise PackageError(problems or [fallback])
    for name, content in files.items():
        problems += float_literals(content, str(source.parent / name))
    return CompiledInk(text.removeprefix("\ufeff").rstrip() + "\n", chosen.name, tuple(problems))


_INCLUDE = re.compile(r"^\s*INCLUDE\s+(\S.*?)\s*$", re.MULTILINE)


def gather_sources(source: Path) -> dict[str, str]:
    """Texts of a story's main file and of everything it includes, by the name it is included under.

    Raises
    ------
    InputError
        For a file that is missing or not UTF-8, with the line that includes it.
    """
    files: dict[str, str] = {}
    waiting: list[tuple[str, Place]] = [(source.name, Place(str(source)))]
    while waiting:
        name, place = waiting.pop()
        if name in files:
            continue
        path = source.parent / name
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}", place) from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8", place) from error
        files[name] = text
        for found in _INCLUDE.finditer(text):
            waiting.append((found.group(1), Place(str(path), text.count("\n", 0, found.start(1)) + 1)))
    return files


_MESSAGE = re.compile(
    r"(ERROR|WARNING|TODO|AUTHOR)\s*:?\s*(?:'([^']*)'\s*)?(?:line (\d+)\s*:\s*)?(.*)\Z", re.DOTALL
)


def _problem(message: str, source: Path) -> Problem:
    """ink's ``ERROR: 'hall.ink' line 7: text`` as a problem."""
    match = _MESSAGE.match(message.strip())
    if match is None:
        return Problem(Place(str(source)), message.strip(), code="ink")
    kind, name, line, text = match.groups()
    place = Place(str(source.parent / name) if name else str(source), int(line) if line else None)
    return Problem(place, text.strip(), severity="error" if kind == "ERROR" else "warning", code="ink")


_FLOAT_LITERAL = re.compile(r"(?<![\w.])\d+\.0+(?![\w.])")
_LOGIC_LINE = re.compile(r"\s*(~|VAR\b|CONST\b|temp\b)")


def float_literals(text: str, path: str) -> list[Problem]:
    """Literals like ``3.0`` in a story's logic, as warnings with their places.

    Notes
    -----
    inkjs compiles ``3.0`` to the whole number 3, so that ``{7/3.0}`` prints 2 (inkjs issue 934). Numbers with
    other decimals are safe, and so is ``FLOAT(3)``.
    """
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.split("//", 1)[0]
        if not _LOGIC_LINE.match(code):
            code = " ".join(re.findall(r"\{[^{}]*\}?", code))
        for literal in _FLOAT_LITERAL.findall(code):
            whole = literal.split(".")[0]
            problems.append(
                Problem(
                    Place(path, number),
                    f"the literal {literal} is compiled by inkjs to the whole number {whole}",
                    f"write FLOAT({whole})",
                    severity="warning",
                    code="float-literal",
                )
            )
    return problems


def find_compiler(source: Path, environ: Mapping[str, str] | None = None) -> Compiler:
    """The first compiler this machine has.

    Parameters
    ----------
    source : Path
        The story, from whose folder Node's packages are looked for.
    environ : mapping or None
        Environment to look in; None is the process's own.

    Raises
    ------
    InputError
        When there is none, with what to install.
    """
    env = os.environ if environ is None else environ
    inklecate = shutil.which("inklecate", path=env.get("PATH"))
    if inklecate is not None:
        return Inklecate(Path(inklecate))
    node = shutil.which("node", path=env.get("PATH"))
    inkjs = _find_inkjs(source, Path(node) if node else None, env)
    if inkjs is not None and node is not None:
        return NodeInkjs(Path(node), inkjs)
    if inkjs is not None and QuickjsInkjs.available():
        return QuickjsInkjs(inkjs)
    raise InputError(HOW_TO_GET_ONE)


def _find_inkjs(source: Path, node: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file ``ink-full.js``, or None."""
    named = env.get("SENSORAMA_INKJS")
    if named:
        if not Path(named).is_file():
            raise InputError(f"SENSORAMA_INKJS names {named}, which is no file; give the path of ink-full.js")
        return Path(named)
    folder = source.resolve().parent
    roots = [parent / "node_modules" for parent in (folder, *folder.parents)]
    roots.append(Path.cwd() / "node_modules")
    roots += [Path(entry) for entry in env.get("NODE_PATH", "").split(os.pathsep) if entry]
    if node is not None:  # npm's global folder: beside node on Windows, in ../lib elsewhere
        home = node.resolve().parent
        roots += [home / "node_modules", home.parent / "lib" / "node_modules"]
    for root in roots:
        for name in ("ink-full.js", "ink-full-es2015.js"):
            if (root / "inkjs" / "dist" / name).is_file():
                return root / "inkjs" / "dist" / name
    return None


# Runs in Node and in QuickJS: `inkjs` is the library, `job` the JSON text of {main, files}; gives JSON text.
_DRIVER = """
function compileJob(inkjs, job) {
  const {main, files} = JSON.parse(job);
  const messages = [];
  const handler = {
    ResolveInkFilename: (name) => name,
    LoadInkFileContents: (name) => {
      if (!(name in files)) throw new Error("cannot include " + name);
      return files[name];
    },
  };
  const options = new inkjs.CompilerOptions(main, [], false, (text) => messages.push(text), handler);
  let text = null;
  try {
    text = new inkjs.Compiler(files[main], options).Compile().ToJson();
  } catch (error) {
    if (messages.length === 0) messages.push("ERROR: " + error.message);
  }
  return JSON.stringify({text, messages});
}
"""

_NODE_MAIN = """
const fs = require("fs");
process.stdout.write(compileJob(require(process.argv[1]), fs.readFileSync(0, "utf8")));
"""


def _job(source: Path, files: Mapping[str, str]) -> str:
    return json.dumps({"main": source.name, "files": dict(files)})


def _answer(output: str, name: str) -> tuple[str | None, list[str]]:
    try:
        answer = json.loads(output)
    except ValueError:
        raise InputError(f"{name} answered {output[:200]!r}; is it inkjs 2.x? Install it again") from None
    return answer["text"], answer["messages"]


@dataclass(frozen=True, slots=True)
class NodeInkjs:
    """inkjs, run by Node."""

    node: Path
    library: Path

    @property
    def name(self) -> str:
        """What it is and where."""
        return f"inkjs by Node ({self.library})"

    def compile(self, source: Path, files: Mapping[str, str]) -> tuple[str | None, list[str]]:
        """Compile; see `Compiler`."""
        output = _run([str(self.node), "-e", _DRIVER + _NODE_MAIN, str(self.library)], _job(source, files))
        if output.returncode:
            raise InputError(f"{self.name} failed: {output.stderr.strip()[-400:]}")
        return _answer(output.stdout, self.name)


@dataclass(frozen=True, slots=True)
class QuickjsInkjs:
    """inkjs, run by the Python package quickjs-ng."""

    library: Path

    @property
    def name(self) -> str:
        """What it is and where."""
        return f"inkjs by quickjs-ng ({self.library})"

    @staticmethod
    def available() -> bool:
        """Whether the package is installed."""
        from importlib.util import find_spec

        return find_spec("quickjs") is not None

    def compile(self, source: Path, files: Mapping[str, str]) -> tuple[str | None, list[str]]:
        """Compile; see `Compiler`."""
        import quickjs

        context = quickjs.Context()
        context.set_max_stack_size(16 * 1024 * 1024)
        # The file is an UMD module: without `exports` it would look for a global of the browser.
        context.eval("var exports = {}; var module = {exports};")
        context.eval(self.library.read_text(encoding="utf-8"))
        context.eval(_DRIVER)
        context.set("job", _job(source, files))
        return _answer(str(context.eval("compileJob(exports, job)")), self.name)


@dataclass(frozen=True, slots=True)
class Inklecate:
    """ink's own compiler."""

    path: Path

    @property
    def name(self) -> str:
        """What it is and where."""
        return f"inklecate ({self.path})"

    def compile(self, source: Path, files: Mapping[str, str]) -> tuple[str | None, list[str]]:
        """Compile; see `Compiler`. inklecate reads the files itself."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "story.ink.json"
            output = _run([str(self.path), "-o", str(target), source.name], "", cwd=source.parent)
            shown = (output.stdout + "\n" + output.stderr).splitlines()
            messages = [line.strip() for line in shown if re.match(r"\s*(ERROR|WARNING|TODO|AUTHOR)\b", line)]
            text = target.read_text(encoding="utf-8-sig") if target.is_file() else None
            if text is None and not messages:
                messages = [f"ERROR: {' '.join(shown).strip() or f'exit status {output.returncode}'}"]
        return text, messages


def _run(command: list[str], stdin: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            input=stdin,
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        raise InputError(f"{command[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise InputError(f"{command[0]} gave no answer within {_TIMEOUT_S:g} s") from None
