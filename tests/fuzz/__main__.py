"""Coverage-guided fuzzing, bounded: ``python -m tests.fuzz osc --seconds 10``; needs the extra ``fuzz``.

Without names every target is run. ``--replay HEX`` tries one input as it is, which is how a finding is looked into (no extra needed).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.fuzz.target import MAX_INPUT_BYTES

_RSS_LIMIT_MB = 1024
_INPUT_LIMIT_S = 5
#: How often an input that is JSON is changed as such.
_JSON_SHARE = 0.5
_DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)")
_CHATTER = re.compile(r"^(#\d|INFO:|WARNING:).*\n", re.MULTILINE)


def main(arguments: Sequence[str]) -> int:
    """Run, list, or replay."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets; all of them unless given")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--seconds", type=int, default=1, help="for each target (default 1)")
    parser.add_argument(
        "--runs", type=int, default=-1, help="inputs for each target; -1 for as many as the time allows"
    )
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (default 1)")
    parser.add_argument("--replay", metavar="HEX", help="try one input; - reads it from standard input")
    chosen = parser.parse_args(arguments)
    if chosen.replay is not None:
        return _replay(chosen.names, chosen.replay)
    if chosen.list:
        from tests.fuzz.table import TARGETS

        print("\n".join(target.name for target in TARGETS))
        return 0
    return _fuzz(chosen)


def _replay(names: Sequence[str], text: str) -> int:
    from tests.fuzz.table import target_named

    data = bytes.fromhex(sys.stdin.read() if text == "-" else text)
    for name in names:
        understood = target_named(name).try_once(data)
        print(f"{name}: {len(data)} bytes, {'understood' if understood else 'refused'}")
    return 0


def _fuzz(chosen: argparse.Namespace) -> int:
    import atheris

    # Everything is imported and instrumented once; each target then runs in a child of its own, which libFuzzer ends.
    with atheris.instrument_imports(include=["devices", "engine"]):
        from tests.fuzz.table import TARGETS, target_named

        for target in TARGETS:
            target.make()  # imports what is imported on first use
    targets = [target_named(name) for name in chosen.names] or list(TARGETS)
    running: dict[int, tuple[str, Path]] = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for target in targets:
            if len(running) >= max(chosen.jobs, 1):
                _await(running, failed)
            log = Path(folder) / f"{target.name}.log"
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                _child(target.name, chosen, Path(folder), log)
            running[child] = (target.name, log)
        while running:
            _await(running, failed)
    print(
        f"{len(targets)} targets, {len(failed)} with findings" + (f": {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


def _await(running: dict[int, tuple[str, Path]], failed: list[str]) -> None:
    child, status = os.wait()
    name, log = running.pop(child)
    text = log.read_text(encoding="utf-8", errors="replace")
    done = _DONE.findall(text)
    if status or not done:
        failed.append(name)
        print(
            f"{name}: FOUND (exit status {os.waitstatus_to_exitcode(status)})\n{_CHATTER.sub('', text)[-20000:]}",
            flush=True,
        )
        return
    runs, blocks, features, kept = done[-1]
    print(
        f"{name:24} {runs:>7} runs, {blocks:>5} edges, {features:>5} features, {kept:>4} inputs kept",
        flush=True,
    )


def _child(name: str, chosen: argparse.Namespace, folder: Path, log: Path) -> None:
    """Fuzz one target; does not come back."""
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        _guide(name, chosen, folder)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)  # libFuzzer ends the process itself; whoever arrives here has failed


def _guide(name: str, chosen: argparse.Namespace, folder: Path) -> None:
    import atheris

    from tests.fuzz.harness import Lasting, damage_json
    from tests.fuzz.table import target_named

    target = target_named(name)
    corpus = folder / name
    corpus.mkdir()
    for number, seed in enumerate(target.seeds()):
        (corpus / f"{number:03}").write_bytes(seed)
    lasting = Lasting(target)

    def one(data: bytes) -> None:
        try:
            target.try_once(data)
        except BaseException:
            _tell(name, data)
            raise
        try:
            lasting.take(data)
        except BaseException:
            print(f"{name}: after others; the last inputs, oldest first:")
            print("\n".join(f"  {one.hex()}" for one in lasting.history))
            raise

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        changed = damage_json(data, rng) if rng.random() < _JSON_SHARE else None
        return atheris.Mutate(data, most) if changed is None or len(changed) > most else changed

    atheris.Setup(
        [
            "fuzz",
            str(corpus),
            f"-max_len={MAX_INPUT_BYTES}",
            f"-rss_limit_mb={_RSS_LIMIT_MB}",
            f"-timeout={_INPUT_LIMIT_S}",
            f"-max_total_time={chosen.seconds}",
            f"-runs={chosen.runs}",
            f"-seed={chosen.seed}",
            f"-artifact_prefix={folder}/",
            "-print_final_stats=0",
        ],
        one,
        enable_python_coverage=True,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def _tell(name: str, data: bytes) -> None:
    print(f"{name}: input {data.hex()}")
    print(
        f"replay: python -m tests.fuzz {name} --replay {data.hex() if len(data) <= 2000 else '-'}", flush=True
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
