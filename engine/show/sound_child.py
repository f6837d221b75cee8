"""The audio process as the supervisor's children are: one pipe, an end when told or when the parent is gone."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Any

from engine.audio.process import AudioConfig, audio_main
from engine.errors import SensoramaError


class _Say:
    """The line the audio process speaks on; its first word says what plays, which is when it is ready."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._spoken = False

    def put(self, text: str) -> None:
        """Pass one line on; a parent that is gone does not hear it."""
        kind = "say" if self._spoken else "ready"
        self._spoken = True
        try:
            self._pipe.send((kind, text.replace("audio: ", "sound: ", 1)))
        except (OSError, ValueError):
            pass  # the listener below sees the same end of the pipe and stops the sound


def sound_main(config: AudioConfig, pipe: Connection) -> None:
    """Run until told to retire or until the parent is gone. The target of the spawned process."""
    stop = threading.Event()

    def listen() -> None:
        try:
            while pipe.recv()[0] != "retire":
                pass
        except (EOFError, OSError):
            pass  # the parent is gone
        stop.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()
    say: Any = _Say(pipe)
    stopped: Any = stop
    try:
        audio_main(config, stopped, say)
    except SensoramaError as error:
        pipe.send(("failed", str(error)))
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows
