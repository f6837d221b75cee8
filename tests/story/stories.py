"""Random ink stories with every construct that moves the flow, and random plays of them.

The compiled forms in ``data/generated.jsonl.gz`` are made from here (``python -m tests.story.stories``, with a compiler at hand), one
line a story: ``{"seed": ..., "ink": source, "compiled": ...}``. Nobody wrote these stories and no play of them makes sense; many
break off with a fault, as a story may.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.story.compile import compile_ink

GENERATED = Path(__file__).parent / "data" / "generated.jsonl.gz"
SHIPPED = 120
LONGEST = 5_500
"""Characters of the compiled form, so that the tests over all of them stay quick."""


@dataclass
class _Writer:
    draw: random.Random
    out: list[str] = field(default_factory=list)
    options: int = 0
    lines: int = 0
    labels: list[str] = field(default_factory=list)
    knots: list[str] = field(default_factory=list)
    tunnels: list[str] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    knot: str = ""
    level: str = "knot"
    shown: bool = True

    def story(self) -> str:
        draw = self.draw
        self.knots = [f"k{number}" for number in range(draw.randint(2, 5))]
        self.tunnels = [f"t{number}" for number in range(draw.randint(0, 2))]
        self.threads = [f"h{number}" for number in range(draw.randint(0, 2))]
        self.out += ["VAR n = 0", "VAR lit = false", f"VAR aim = -> {draw.choice(self.knots)}"]
        if self.tunnels:
            self.out.append(f"VAR way = -> {draw.choice(self.tunnels)}")
        self.out.append("-> k0")
        for name in self.knots:
            self.begin(name, "knot", scene=draw.random() < 0.97)
            self.body(0, self.onward())
        for name in self.tunnels:
            self.begin(name, "tunnel", scene=draw.random() < 0.7)
            self.body(0, "->->" if draw.random() < 0.85 else f"->-> {draw.choice(self.knots)}", bare=True)
        for name in self.threads:
            self.begin(name, "thread", scene=draw.random() < 0.3)
            self.body(0, "-> DONE" if draw.random() < 0.85 else self.onward())
        self.out += ["=== function up(x)", "~ n = n + x", "{n > 4: many|few}", "~ return n"]
        self.out += ["=== function deep(x)", "{x > 0:", "  ~ deep(x - 1)", "}", "~ return x"]
        return "\n".join(self.out) + "\n"

    def begin(self, name: str, level: str, *, scene: bool) -> None:
        self.knot, self.level = name, level
        self.shown = scene or level == "thread"
        self.out.append(f"=== {name}")
        if scene:
            visits = f" # visits: {self.draw.randint(1, 3)}" if self.draw.random() < 0.15 else ""
            self.out.append(f"# scene: {name}{visits}")
        if self.draw.random() < 0.9:
            self.say("")

    def say(self, indent: str) -> None:
        self.lines += 1
        self.out.append(f"{indent}Line {self.lines}. # id: l{self.lines}")

    def onward(self) -> str:
        """A divert that leads towards the end, so that a turn does not run in a circle too often."""
        if self.draw.random() < 0.1:
            return f"-> {self.draw.choice(self.knots)}"
        later = [name for name in self.knots if name > self.knot] if self.level == "knot" else self.knots[-1:]
        return f"-> {self.draw.choice(later)}" if later and self.draw.random() < 0.8 else "-> END"

    def somewhere(self) -> str:
        """A divert after an option: anywhere that a divert may go from here."""
        draw = self.draw
        roll = draw.random()
        if roll < 0.05:
            return "-> END"
        if roll < 0.08:
            return "-> DONE"
        if roll < 0.18:
            return "-> aim"
        if roll < 0.25 and self.labels:
            return f"-> {draw.choice(self.labels)}"
        if self.level == "tunnel" and roll < 0.75:
            return "->->"
        return f"-> {draw.choice(self.knots)}"

    def body(self, depth: int, last: str, *, bare: bool = False) -> None:
        draw = self.draw
        indent = "  " * depth
        for _ in range(draw.randint(0, 2)):
            self.statement(indent, depth)
        shown = depth > 0 or self.shown
        if draw.random() < ((0.5 if bare else 0.85) if depth == 0 else 0.4) * (1.0 if shown else 0.1):
            if depth > 0 and draw.random() < 0.95:
                self.options += 1
                self.out.append(f"{indent}# scene: s{self.options}")
                self.say(indent)
            gather = self.choices(depth)
            if not gather:
                if draw.random() < 0.2 and depth == 0:
                    self.out.append("- -> DONE")
                return
            if draw.random() < 0.4:
                self.say(indent)
            if draw.random() < 0.4:
                self.statement(indent, depth)
        self.out.append(f"{indent}{last if depth == 0 else self.somewhere()}")

    def statement(self, indent: str, depth: int) -> None:
        draw, out = self.draw, self.out
        match draw.randint(0, 11):
            case 0:
                out.append(f"{indent}~ n = n + {draw.randint(1, 2)}")
            case 1:
                out.append(
                    f"{indent}~ lit = {draw.choice(('not lit', 'n > 2', 'true', 'RANDOM(0, 1) == 1'))}"
                )
            case 2:
                out.append(f"{indent}~ aim = -> {draw.choice(self.knots)}")
            case 3:
                out.append(f"{indent}{draw.choice(('~ up(2)', '{up(1)} of them.', '~ deep(2)'))}")
            case 4 if self.tunnels and self.level != "thread":
                name = draw.choice(self.tunnels) if draw.random() < 0.8 else "way"
                further = f" -> {draw.choice(self.tunnels)}" if draw.random() < 0.2 else ""
                out.append(f"{indent}-> {name}{further} ->")
            case 5 if self.threads:
                out.append(f"{indent}<- {draw.choice(self.threads)}")
            case 6:
                kind = draw.choice(("", "&", "!", "~"))
                pieces = [self.onward() if draw.random() < 0.3 else "word" for _ in range(3)]
                out.append(f"{indent}{{{kind}{'|'.join(pieces)}}}")
            case 7:
                out.append(f"{indent}{{{self.condition()}: {self.onward()} | word}}")
            case 8:
                out += [f"{indent}{{{self.condition()}:", f"{indent}  ~ n = n + 1"]
                self.say(indent + "  ")
                out += [f"{indent}- else:", f"{indent}  {self.onward()}", f"{indent}}}"]
            case 9 if depth == 0:
                out.append(f"{indent}{{{self.condition()}:")
                self.option(indent + "  ", "*" if draw.random() < 0.5 else "+", f" {self.somewhere()}")
                out.append(f"{indent}}}")
            case 10 if self.level == "knot" and draw.random() < 0.3:
                self.say(indent)
                out.append(f"{indent}# scene: {self.knot}_{draw.randint(0, 1)}")
                self.say(indent)
            case _:
                self.say(indent)

    def condition(self) -> str:
        return self.draw.choice(
            ("lit", "not lit", "n > 3", "n % 2 == 0", f"{self.draw.choice(self.knots)} > 1", "up(1) > 3")
        )

    def option(self, indent: str, mark: str, after: str) -> None:
        draw = self.draw
        self.options += 1
        number = self.options
        name = f"o{number}" if draw.random() < 0.95 or number == 1 else f"o{number - 1}"
        condition = f"{{{self.condition()}}} " if draw.random() < 0.25 else ""
        label = ""
        if draw.random() < 0.15 and indent == "":
            label = f"(b{number}) "
            self.labels.append(f"{self.knot}.b{number}")
        text = f"[Go {number} # id: {name}]" if draw.random() < 0.8 else f"Go {number} # id: {name}"
        self.out.append(f"{indent}{mark} {label}{condition}{text}{after if text.startswith('[') else ''}")
        if after and not text.startswith("["):
            self.out.append(f"{indent}  {after.strip()}")

    def choices(self, depth: int) -> bool:
        """A few options, and whether a gather follows them."""
        draw = self.draw
        indent = "  " * depth
        marks = depth + 1
        for _ in range(draw.randint(1, 3)):
            mark = ("*" if draw.random() < 0.45 else "+") * marks
            if draw.random() < 0.55:
                self.option(indent, mark, f" {self.somewhere()}")
                continue
            self.option(indent, mark, "")
            if draw.random() < 0.35:
                self.options += 1
                self.out.append(f"{indent}  # scene: s{self.options}")
                self.say(indent + "  ")
            if depth < 1:
                self.body(depth + 1, "")  # ends with a divert, or with options
            else:
                self.say(indent + "  ")
                if draw.random() < 0.95:
                    self.out.append(f"{indent}  {self.somewhere()}")
        if draw.random() < 0.4:
            self.out.append(
                f"{indent}{('*' if draw.random() < 0.5 else '+') * marks} -> {draw.choice(self.knots)}"
            )
        if draw.random() < 0.5:
            self.out.append(f"{indent}{'-' * marks} {f'(g{self.options}) ' if depth == 0 else ''}")
            if depth == 0:
                self.labels.append(f"{self.knot}.g{self.options}")
            return True
        return False


def write_story(seed: int) -> str:
    """The ink source of a random story."""
    return _Writer(random.Random(f"story/{seed}")).story()


def shipped_stories() -> list[tuple[int, str]]:
    """Seed and compiled form of the stories in the data."""
    with gzip.open(GENERATED, "rt", encoding="utf-8") as rows:
        return [(data["seed"], data["compiled"]) for data in map(json.loads, rows)]


def compiled_stories(seeds: Iterable[int], folder: Path) -> Iterator[tuple[int, str, str]]:
    """Seed, source and compiled form of random stories.

    Raises
    ------
    InputError
        When there is no compiler, with how to get one.
    """
    for seed in seeds:
        source = folder / f"{seed}.ink"
        source.write_text(write_story(seed), encoding="utf-8")
        yield seed, source.read_text(encoding="utf-8"), compile_ink(source).text


def main() -> None:
    """Write the data anew: the first stories of a handy size."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed, source, compiled in compiled_stories(itertools.count(), Path(folder)):
            if len(compiled) <= LONGEST:
                rows.append(
                    json.dumps({"seed": seed, "ink": source, "compiled": compiled}, ensure_ascii=False) + "\n"
                )
            if len(rows) == SHIPPED:
                break
    GENERATED.write_bytes(gzip.compress("".join(rows).encode(), mtime=0))


if __name__ == "__main__":
    main()
