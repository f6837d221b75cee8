"""A room as a JACK client, run as a program: what comes in on channel k goes out to the microphone late, quieter, or turned round.

    python jack_room.py '[[delay samples, gain], ...]'

A negative gain turns round. It prints a line when it runs, and ends with its input.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import sounddevice


def main() -> None:
    rows = json.loads(sys.argv[1])
    longest = max(int(delay) for delay, _ in rows)
    past = np.zeros((longest, len(rows)), np.float32)

    def called(heard: np.ndarray, out: np.ndarray, frames: int, _instants: object, _status: object) -> None:
        nonlocal past
        line = np.concatenate([past, np.nan_to_num(heard)])
        total = np.zeros(frames, np.float32)
        for k, (delay, gain) in enumerate(rows):
            start = longest - int(delay)
            total += np.float32(gain) * line[start : start + frames, k]
        out[:, 0] = total
        past = line[frames:]

    jack = next(
        index
        for index, row in enumerate(sounddevice.query_devices())
        if row["name"] == "system" and sounddevice.query_hostapis(row["hostapi"])["name"].startswith("JACK")
    )
    with sounddevice.Stream(
        device=(jack, jack), channels=(len(rows), 1), samplerate=48000, dtype="float32", callback=called
    ):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
