"""``sensorama bench``: runs the benchmarks, each in a process of its own, and passes their JSON lines on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

from engine.errors import UsageError

#: Name, and the arguments of a short look.
BENCHES: Mapping[str, Sequence[str]] = {
    "size": (),
    "start": ("--runs", "2"),
    "frame": ("--frames", "60"),
    "show": ("--frames", "40", "--blocks", "1"),
    "seek": (),
    "bus": ("--seconds", "5"),
    "soak": ("--hours", "0.2"),
}


def bench_command(names: Sequence[str], *, quick: bool) -> int:
    """Run the named benchmarks, or all of them.

    Returns
    -------
    int
        0 when every one of them ran; the figures themselves are never judged here.

    Raises
    ------
    UsageError
        A name is unknown.
    """
    for name in names:
        if name not in BENCHES:
            raise UsageError(f"there is no benchmark {name!r}; there are {', '.join(BENCHES)}")
    failed = 0
    for name in names or BENCHES:
        command = [sys.executable, "-m", f"engine.bench.{name}", *(BENCHES[name] if quick else ())]
        failed |= subprocess.run(command, check=False).returncode
    return 1 if failed else 0
