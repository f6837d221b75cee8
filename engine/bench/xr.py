"""Everything that is measured about headsets, each in a process of its own, on one machine in one run.

    python -m engine.bench.xr
    python -m tests.monado -- sensorama bench xr      # with a runtime and the peers, no headset needed
    python -m engine.bench.xr --quick

- `xr_peers`: our layer's frame less drawing, next to other people's (needs a runtime);
- `xr_frame`: the same of ours alone, on the runtime that answers (needs one);
- `xr_stereo`: what the second eye costs;
- `xr_gil`: how long a thread of 2 kHz waits while eyes are drawn;
- `xr_mirror`: what the operator's mirror costs the headset's frames;
- `xr_motion`: what is left of a seat's motion in the guest's view;
- `xr_gc`: frames beside a million live objects, ten minutes.

Where no runtime answers, those that need one are left out, and a line says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from engine.errors import SensoramaError
from engine.xr.openxr import OpenXrRuntime
from engine.xr.runtime import InstanceWish

#: Name: arguments of a full run, of a short look, and whether it needs a runtime.
PARTS: Mapping[str, tuple[Sequence[str], Sequence[str], bool]] = {
    "xr_frame": (("--frames", "200"), ("--frames", "40"), True),
    "xr_peers": ((), ("--rounds", "2", "--frames", "30"), True),
    "xr_stereo": ((), ("--frames", "45"), False),
    "xr_gil": ((), ("--rounds", "2", "--seconds", "0.5"), False),
    "xr_mirror": ((), ("--rounds", "2"), False),
    "xr_motion": ((), (), False),
    "xr_gc": ((), ("--minutes", "0.3"), False),
}


def runtime_missing() -> str:
    """Why no runtime answers; "" where one does and has a headset."""
    try:
        instance = OpenXrRuntime().open(InstanceWish())
        try:
            instance.system()
        finally:
            instance.close()
    except SensoramaError as error:
        return str(error)
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m engine.bench.xr", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look at each")
    options = parser.parse_args(arguments)
    missing = runtime_missing()
    failed = 0
    for name, (full, quick, needs_runtime) in PARTS.items():
        if missing and needs_runtime:
            where = "python -m tests.monado -- sensorama bench xr"
            print(
                json.dumps({"bench": name, "left_out": f"{missing}. Without a headset: {where}"}), flush=True
            )
            continue
        command = [sys.executable, "-m", f"engine.bench.{name}", *(quick if options.quick else full)]
        failed |= subprocess.run(command, check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
