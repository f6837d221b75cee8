"""Python's cyclic garbage, collected when nobody waits for a frame.

A full collection looks at every object alive: 213 ms with a million of them, nineteen frames of a headset. So what was loaded is
set aside for good (``gc.freeze``: it is never looked at again), the collector's own timing is switched off, and what a show
leaves since then is collected between two frames, the young often, all of it after a change of scene.
"""

from __future__ import annotations

import gc
import weakref

from engine.time.clocks import Clock, MonotonicClock

#: New objects since the last look before another is worth it; Python's own threshold of generation 0.
_YOUNG = 700
#: So many are looked at whether there is time or not: a few milliseconds, before they become many.
_YOUNG_MOST = 35_000
#: The young are looked at after so many frames in any case: what is freed elsewhere is taken off Python's count of new objects.
_YOUNG_FRAMES = 90
#: Every so often the middle generation is looked at with the young; Python's own threshold of generation 1.
_YOUNG_PER_MIDDLE = 10
#: A collection is begun with this many times its expected length to spare.
_MARGIN = 2
#: A full collection goes through objects that have left the processor's caches; so much slower than when they were new.
_COLD = 2
#: Frames that a full collection waits for enough time, at 90 Hz about 7 s.
_PATIENCE_FRAMES = 600


class Garbage:
    """Collects between frames, for the process whose frames are on time or not at all.

    Parameters
    ----------
    clock : Clock, optional
        Times the collections, so that the next one is begun only where it fits; the machine's unless given.

    Attributes
    ----------
    full_wanted : bool
        Whether a full collection waits for a frame with time to spare.

    Notes
    -----
    For one loop of one process: the collector belongs to the whole process. From here on it runs in `after_frame` only, until
    `close`, or the end of this object. The thread that draws; Panda3D's objects are freed in it.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or MonotonicClock()
        self.full_wanted = False
        # A full collection is thought to take as long as the last one did, and once more for all that was looked at since.
        self._full_ns = 0
        self._looked_ns = 0
        self._young_ns = 0
        self._frames = 0
        self._since_middle = 0
        self._waited_frames = 0
        was_enabled = gc.isenabled()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._undo = weakref.finalize(self, _give_back, was_enabled)

    def scene_changed(self) -> None:
        """Another scene: what the old one held is to go, in one of the next frames."""
        self.full_wanted = True
        self._waited_frames = 0

    def after_frame(self, slack_ns: int) -> None:
        """Collect what fits; called once the frame was handed over.

        Parameters
        ----------
        slack_ns : int
            How long until the thread is needed again (the next `xrWaitFrame`'s return); negative for a late frame.
        """
        self._frames += 1
        if self.full_wanted and self._full(slack_ns):
            return
        young = gc.get_count()[0]
        worth = young >= _YOUNG or self._frames >= _YOUNG_FRAMES
        if not worth or (slack_ns <= _MARGIN * self._young_ns and young < _YOUNG_MOST):
            return
        self._frames = 0
        self._since_middle += 1
        if self._since_middle >= _YOUNG_PER_MIDDLE:
            self._since_middle = 0
            self._looked_ns += self._collect(1)
        else:
            self._young_ns = self._collect(0)
            self._looked_ns += self._young_ns

    def unwatched(self) -> None:
        """Nobody wears the headset (yet): look at everything, also at what was set aside. Takes as long as it takes."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._settled(0)

    def close(self) -> None:
        """Give the collector back to Python as it was; idempotent."""
        self._undo()

    def _full(self, slack_ns: int) -> bool:
        """Do the full collection if it fits; whether this frame's time is spent."""
        if slack_ns > _MARGIN * (self._full_ns + _COLD * self._looked_ns):
            self._settled(self._collect(2))
            return True
        self._waited_frames += 1
        if self._waited_frames > _PATIENCE_FRAMES:
            # It never fits: too much was made since the start. Set aside, unlooked at, it costs memory and no frame, until
            # somebody takes the headset off; and the next one has little to look at.
            gc.freeze()
            self._settled(0)
            return True
        return False

    def _settled(self, full_ns: int) -> None:
        self._full_ns, self._looked_ns = full_ns, 0
        self.full_wanted = False
        self._frames = self._since_middle = 0

    def _collect(self, generation: int) -> int:
        """Look at a generation and all younger ones; nanoseconds it took."""
        begun_ns = self._clock.now_ns()
        gc.collect(generation)
        return self._clock.now_ns() - begun_ns


def _give_back(was_enabled: bool) -> None:
    gc.unfreeze()
    if was_enabled:
        gc.enable()
