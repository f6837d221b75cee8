"""Which stretches of a course were how bad."""

from __future__ import annotations

from engine.safety.flash.values import FlashFrame, FlashKind, FlashResult, FlashSpan

_KINDS: tuple[FlashKind, ...] = ("general", "red", "pattern")


class SpanBook:
    """Collects spans from judgements in order of time."""

    def __init__(self) -> None:
        self._done: list[FlashSpan] = []
        self._open: dict[FlashKind, FlashSpan] = {}
        self.worst = FlashResult.PASS

    def note(self, frame: FlashFrame) -> None:
        """Take one judgement."""
        self.worst = max(self.worst, frame.result)
        for kind, result in zip(_KINDS, (frame.general, frame.red, frame.pattern), strict=True):
            last = self._open.get(kind)
            if last is not None and last.result == result:
                self._open[kind] = FlashSpan(kind, result, last.from_fl, frame.at_fl)
                continue
            if last is not None:
                self._done.append(self._open.pop(kind))
            if result > FlashResult.PASS:
                self._open[kind] = FlashSpan(kind, result, frame.at_fl, frame.at_fl)

    def spans(self) -> tuple[FlashSpan, ...]:
        """All of them, those still open ended at the last instant; by their beginning."""
        return tuple(sorted([*self._done, *self._open.values()], key=lambda span: (span.from_fl, span.kind)))
