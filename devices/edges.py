"""Sending states only when they change: between a pure `encode`, which says everything, and a line that wants news.

`encode` gives one frame per entry, always in the same order and empty where there is nothing to say. What goes out is found in
`stamp`, where a driver may remember.
"""

from __future__ import annotations

from collections.abc import Sequence


class Edges:
    """Remembers what each entry last said.

    Parameters
    ----------
    once : sequence of bool
        One per entry. True: the entry *does* something (a cue, a note, a macro) rather than stands for something, so saying it
        twice would do it twice.

    Notes
    -----
    A line that was lost and came back has first the park frames put on it, then what the show has now. For a state both are
    right. An entry that does something must not do it again because of that, so the first frames after `reopened` neither
    fire nor forget such entries; what changed while the line was away is said by the frames after them. The very first frames of
    all are where it stands: parked, or taken over from another machine that has done it.

    What was being said when the line broke counts as said: nobody knows how much of it arrived, and a cue that is given twice is
    worse than one that is missing, which the journal shows.
    """

    def __init__(self, once: Sequence[bool]) -> None:
        self._once = tuple(once)
        self._last: list[bytes | None] = [None] * len(self._once)
        self._fresh = True

    def reopened(self) -> None:
        """The line is new: states are said again, deeds are not done again."""
        self._fresh = True
        for index, once in enumerate(self._once):
            if not once:
                self._last[index] = None

    def news(self, frames: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Which entries have something new to say, as (index, frame).

        Raises
        ------
        ValueError
            When there are not as many frames as entries.
        """
        found: list[tuple[int, bytes]] = []
        for index, (frame, last, once) in enumerate(zip(frames, self._last, self._once, strict=True)):
            if once and self._fresh:
                if last is None:
                    self._last[index] = frame
                continue
            if frame != last:
                self._last[index] = frame
                if frame:
                    found.append((index, frame))
        self._fresh = False
        return found
