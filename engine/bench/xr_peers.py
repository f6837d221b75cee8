"""Our headset layer's frame next to other people's, on the same runtime, in one run.

    python -m tests.monado -- python -m engine.bench.xr_peers
    python -m tests.monado -- python -m engine.bench.xr_peers --rounds 7 --frames 100

Each program runs by itself for so many frames, all in turns, so that whatever else the machine does meets all of them alike:

- `sensorama`: as a show's headset runs, with recovery, hands, presence, multisampling, depth and hidden areas;
- `sensorama_alike`: without what the others do not do (multisampling, depth, hidden areas);
- `panda3d_openxr`: panda3d-openxr 0.1.2, the other OpenXR layer for Panda3D, patched no further than to start;
- `pyopenxr_plain`: pyopenxr's own OpenGL loop, which draws two clears and knows no hands.

What is compared is the time from the return of `xrWaitFrame` to that of `xrEndFrame` less drawing (`engine.bench.xr_meter`): the
processor time of the thread, and the host's clock. Ratios are medians over the rounds of ours over the peer's. The peers are
in a checkout's ``tests/monado/peers``. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.bench.xr_meter import share_of

_ROOT = Path(__file__).resolve().parents[2]
_OURS: Mapping[str, tuple[str, ...]] = {
    "sensorama": ("engine.bench.xr_frame", "--raw"),
    "sensorama_alike": ("engine.bench.xr_frame", "--raw", "--alike"),
}
_PEERS: Mapping[str, tuple[str, ...]] = {
    "panda3d_openxr": ("tests.monado.peers.panda3d_openxr",),
    "pyopenxr_plain": ("tests.monado.peers.plain_gl",),
}
_TIMEOUT_S = 120

Frames = dict[str, list[float]]


class ProgramFailed(RuntimeError):
    """A program under measurement gave no figures."""


def measure(*, rounds: int, frames: int, warm: int, nodes: int) -> dict[str, object]:
    """Run all programs in turns.

    Parameters
    ----------
    rounds : int
        How often each runs.
    frames, warm : int
        Of each run, and before them.
    nodes : int
        Boxes drawn, where boxes are.

    Returns
    -------
    dict
        Per program medians and 99th percentiles in milliseconds; ratios of ours over each peer's.

    Raises
    ------
    ProgramFailed
        With what it said.
    """
    told = ("--frames", str(frames), "--warm", str(warm), "--nodes", str(nodes))
    programs = {**_OURS, **_PEERS}
    runs: dict[str, list[Frames]] = {name: [] for name in programs}
    for number in range(rounds):
        # The order turns, too: none of them always runs in another's wake.
        names = list(programs)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            runs[name].append(_run(name, [sys.executable, "-m", *programs[name], *told]))
    found: dict[str, object] = {
        "bench": "xr_peers",
        "rounds": rounds,
        "frames": rounds * frames,
        "nodes": nodes,
    }
    for name, mine in runs.items():
        found[name] = {
            f"{kind}_{word}_ms": round(
                share_of([value for run in mine for value in run[f"{kind}_ms"]], share), 3
            )
            for kind in ("cpu", "host", "drawing", "cpu_copying")
            for word, share in (("median", 0.5), ("p99", 0.99))
        }
    for ours in _OURS:
        for peer in _PEERS:
            found[f"{ours}_over_{peer}"] = {
                kind: round(statistics.median(_ratios(runs[ours], runs[peer], f"{kind}_ms")), 3)
                for kind in ("cpu", "host")
            }
    found["python"] = platform.python_version()
    return found


def _ratios(ours: Sequence[Frames], theirs: Sequence[Frames], kind: str) -> list[float]:
    return [
        statistics.median(one[kind]) / statistics.median(other[kind])
        for one, other in zip(ours, theirs, strict=True)
    ]


def _run(name: str, command: Sequence[str]) -> Frames:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, cwd=_ROOT)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"program"')]
    if not lines:
        raise ProgramFailed(
            f"{name} ended with status {done.returncode}:\n{(done.stderr or done.stdout)[-2000:]}"
        )
    frames: Frames = json.loads(lines[-1])
    return frames


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr_peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=60, help="of each program in a round")
    parser.add_argument("--warm", type=int, default=20, help="before them")
    parser.add_argument("--nodes", type=int, default=100, help="boxes before the eyes")
    options = parser.parse_args(arguments)
    try:
        result = measure(rounds=options.rounds, frames=options.frames, warm=options.warm, nodes=options.nodes)
    except (ProgramFailed, subprocess.TimeoutExpired) as error:
        print(
            f"xr_peers: {error}\nIt needs an OpenXR runtime and the peers: python -m tests.monado -- sensorama bench xr_peers",
            file=sys.stderr,
        )
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
