"""What a headset's frame costs beside its drawing, measured the same way in any program.

From the return of `xrWaitFrame` to the return of `xrEndFrame`, less drawing: culling, draw calls and the wait for their pixels,
whatever the program draws. What is left is what the program's headset layer does: views, poses, swapchain images, copies,
the calls of the runtime and the language between them. Copies are told apart, too: a graphics card makes them by itself, a
software renderer on the processor. Both in the thread's own processor time and on the host's clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.time.clocks import MonotonicClock, thread_cpu_ns

_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class FrameMeter:
    """Takes the instants of one program's frames. One thread.

    Parameters
    ----------
    warm : int
        Frames before the first that counts: shaders are compiled and caches filled in them.
    frames : int
        That count.
    """

    warm: int
    frames: int
    host_ns: list[int] = field(default_factory=list)
    cpu_ns: list[int] = field(default_factory=list)
    drawing_ns: list[int] = field(default_factory=list)
    copying_ns: list[int] = field(default_factory=list)
    _clock: MonotonicClock = field(default_factory=MonotonicClock)
    _seen: int = 0
    _drawn: bool = False
    _awake: tuple[int, int] | None = None
    _drawing: tuple[int, int] | None = None
    _host_drawing_ns: int = 0
    _cpu_drawing_ns: int = 0
    _copying: int = 0
    _cpu_copying_ns: int = 0

    @property
    def done(self) -> bool:
        """Whether all frames were counted."""
        return len(self.host_ns) >= self.frames

    def awake(self) -> None:
        """`xrWaitFrame` returned."""
        self._host_drawing_ns = self._cpu_drawing_ns = self._cpu_copying_ns = 0
        self._drawn = False
        self._drawing = None
        self._awake = self._now()

    def draw(self) -> None:
        """Drawing begins, or goes on."""
        self._drawn = True
        self._drawing = self._now()

    def drawn(self) -> None:
        """Drawing ends, or is interrupted; its pixels have been waited for. Nothing when none was begun."""
        if self._drawing is not None:
            host_ns, cpu_ns = self._now()
            self._host_drawing_ns += host_ns - self._drawing[0]
            self._cpu_drawing_ns += cpu_ns - self._drawing[1]
            self._drawing = None

    def copy(self) -> None:
        """Copying a finished picture into the runtime's image begins. It counts as our work, and is told apart as well."""
        self._copying = self._now()[1]

    def copied(self) -> None:
        """The copy is made."""
        self._cpu_copying_ns += self._now()[1] - self._copying

    def ended(self) -> None:
        """`xrEndFrame` returned. Frames in which nothing was drawn (the runtime asked for none) are left out."""
        host_ns, cpu_ns = self._now()
        if self._awake is None or not self._drawn:
            return
        self._seen += 1
        if self._seen > self.warm and not self.done:
            self.host_ns.append(host_ns - self._awake[0] - self._host_drawing_ns)
            self.cpu_ns.append(cpu_ns - self._awake[1] - self._cpu_drawing_ns)
            self.drawing_ns.append(self._host_drawing_ns)
            self.copying_ns.append(self._cpu_copying_ns)
        self._awake = None

    def line(self, name: str) -> str:
        """All frames as one JSON line, in milliseconds."""
        return json.dumps(
            {
                "program": name,
                "host_ms": [value / _NS_PER_MS for value in self.host_ns],
                "cpu_ms": [value / _NS_PER_MS for value in self.cpu_ns],
                "drawing_ms": [value / _NS_PER_MS for value in self.drawing_ns],
                "cpu_copying_ms": [value / _NS_PER_MS for value in self.copying_ns],
            }
        )

    def summary(self) -> dict[str, object]:
        """Medians and 99th percentiles in milliseconds."""
        return {
            "frames": len(self.host_ns),
            **{
                f"{name}_{word}_ms": round(share_of(values, share) / _NS_PER_MS, 3)
                for name, values in (
                    ("cpu", self.cpu_ns),
                    ("host", self.host_ns),
                    ("drawing", self.drawing_ns),
                )
                for word, share in (("median", 0.5), ("p99", 0.99))
            },
        }

    def _now(self) -> tuple[int, int]:
        return self._clock.now_ns(), thread_cpu_ns()


def share_of(values: Sequence[float], share: float) -> float:
    """The value that this share of all lies below; 0.5 is the median."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
