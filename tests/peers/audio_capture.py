"""Records what another JACK client plays, on the host's clock; run as a program by the tests.

    python -m tests.peers.audio_capture out.npz

It prints a line when it listens, connects itself to the first output that another client of PortAudio opens, and writes what it heard when
its input ends: the samples, and when each call came.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import sounddevice


def unheard(listed: str) -> list[str]:
    """First outputs of PortAudio's clients that the recorder is not connected to yet, from what ``jack_lsp -c`` lists."""
    found: dict[str, bool] = {}
    port = ""
    for line in listed.splitlines():
        if not line.startswith(" "):
            port = line.strip()
            if port.startswith("PortAudio") and port.endswith(":out_0"):
                found[port] = False
        elif line.strip() == "PortAudio:in_0" and port in found:
            found[port] = True
    return [name for name, connected in found.items() if not connected]


def main() -> None:
    heard: list[np.ndarray] = []
    came_ns: list[int] = []

    def listen(data: np.ndarray, frames: int, instants: Any, status: Any) -> None:
        came_ns.append(time.monotonic_ns())
        heard.append(data[:, 0].copy())

    device = next(
        number
        for number, row in enumerate(sounddevice.query_devices())
        if row["name"] == "system" and row["max_input_channels"] > 0
    )
    over = threading.Event()

    def connect() -> None:
        """A device may be opened, closed and opened again under one name; what is connected is asked of the server each time."""
        while not over.wait(0.2):
            listed = subprocess.run(["jack_lsp", "-c"], capture_output=True, text=True, check=False).stdout
            for port in unheard(listed):
                # A client that is not active yet refuses; it is asked again.
                subprocess.run(["jack_connect", port, "PortAudio:in_0"], check=False, capture_output=True)

    with sounddevice.InputStream(
        device=device, channels=2, samplerate=48_000, blocksize=256, dtype="float32", callback=listen
    ):
        subprocess.run(
            ["jack_disconnect", "system:capture_1", "PortAudio:in_0"], check=False, capture_output=True
        )
        threading.Thread(target=connect, daemon=True).start()
        print("ready", flush=True)
        sys.stdin.read()
        over.set()
    np.savez(Path(sys.argv[1]), heard=np.concatenate(heard), came_ns=np.array(came_ns, np.int64))


if __name__ == "__main__":
    main()
