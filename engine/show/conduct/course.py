"""The course of a show: which row of its transport is in force, which is announced, and how rows are put on top of others.

The last row published wins (see `engine.time.segments`), so a hold simply supersedes a commit that was already
announced, and resuming announces it again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction

from engine.experience import Package
from engine.show.conduct.agenda import Planned
from engine.show.conduct.pace import Pace
from engine.show.conduct.terms import LEAD_NS, Ended, Recorder
from engine.time import Moment, Segment, SegmentKind, Transport, TransportWriter
from engine.timeline.program import Program

#: Rows that must both be seen are at least so far apart.
_APART_NS = 1_000_000


class Course(ABC):
    """Rows of one run.

    Parameters
    ----------
    package : Package
        What is played.
    writer : TransportWriter
        Where rows are published.
    record : Recorder
        Takes every event.
    speed : Fraction
        Show seconds per host second while running.
    """

    def __init__(self, package: Package, writer: TransportWriter, record: Recorder, speed: Fraction) -> None:
        self._package = package
        self._writer = writer
        self._record = record
        self._speed = speed
        self._pace = Pace(speed)
        self._segment: Segment | None = None
        self._program: Program | None = None
        self._planned: Planned | None = None
        self._beat_no = -1
        self._epoch_ns = 0
        self._now_ns = 0
        self.ended: Ended | None = None

    @abstractmethod
    def _enter(self, now_ns: int) -> None:
        """The announced segment has come into force."""

    def moment(self, now_ns: int) -> Moment:
        """Where the show is."""
        return self._writer.transport.at(now_ns)

    @property
    def pace(self) -> Pace:
        """Who holds the show and how fast it runs; to be looked at, not changed."""
        return self._pace

    @property
    def transport(self) -> Transport:
        """What was published last."""
        return self._writer.transport

    @property
    def program(self) -> Program | None:
        """The scene that is playing."""
        return self._program

    @property
    def next_scene(self) -> str:
        """The scene that is announced to follow; empty while it is not known, or is the end."""
        planned = self._planned
        return "" if planned is None or planned.scene < 0 else self._package.scenes[planned.scene].id

    def next_commit_ns(self) -> int | None:
        """When the present scene is going to be left, as far as that is known now."""
        if self._segment is None or self._program is None:
            return None
        if self._planned is not None:
            return self._host_ns(self._planned.leave_fl)
        spec = self._program.window
        return self._host_ns(spec.commit_fl if spec else self._program.duration.nominal_fl)

    def take_fast_fl(self) -> int:
        """How far the show has to run up at speed, where it did not jump for its one-shots' sake; asked once."""
        fast_fl, self._pace.fast_fl = self._pace.fast_fl, 0
        return fast_fl

    @property
    def _running(self) -> bool:
        return self._segment is not None and self._segment.rate_num > 0

    def _host_ns(self, at_fl: int) -> int | None:
        """Host instant of a position of the running segment; what it jumped over is due at its beginning."""
        segment = self._segment
        if segment is None or segment.rate_num <= 0:
            return None
        return self._writer.transport.host_ns_of(segment, max(at_fl, segment.at_fl))

    def _append(
        self,
        from_ns: int,
        scene: int,
        at_fl: int,
        rate: Fraction,
        kind: SegmentKind,
        run_from_fl: int | None = None,
    ) -> Segment:
        row = self._writer.append(
            from_ns=from_ns,
            scene=scene,
            at_fl=at_fl,
            rate=rate,
            kind=kind,
            beat=self._beat_no + 1 if kind is SegmentKind.START or self._beat_no < 0 else self._beat_no,
            run_from_fl=run_from_fl,
        )
        self._record(
            "segment",
            self._now_ns,
            index=row.index,
            from_ns=row.from_ns - self._epoch_ns,
            scene=scene,
            at_fl=at_fl,
            rate=[row.rate_num, row.rate_den],
            kind=kind.name.lower(),
            beat=row.beat,
        )
        return row

    def _plan(self, scene: int, leave_fl: int) -> None:
        self._planned = Planned(scene, leave_fl)
        self._announce()

    def _announce(self) -> None:
        """Publish the planned segment ahead of its instant; again after whatever superseded it."""
        if self._planned is None:
            return
        at_ns = self._host_ns(self._planned.leave_fl)
        self._planned.row = None
        if at_ns is not None:
            rate = self._pace.rate if self._planned.scene >= 0 else Fraction(0)
            self._planned.row = self._append(at_ns, self._planned.scene, 0, rate, SegmentKind.START)

    def _settle_entry(self, at_ns: int) -> int:
        """The instant, `at_ns` or a little later, for a row that is put on top of all others.

        If the announced scene begins before it, that has begun. Nor does it cover what takes force at that instant or later (a lap
        of a hold, a seek just made): followers would never learn of it.
        """
        if self._planned is not None and self._planned.row is not None and self._planned.row.from_ns <= at_ns:
            self._enter(self._now_ns)
        if self._segment is not None and self._segment.from_ns >= at_ns and self.ended is None:
            return self._settle_entry(self._segment.from_ns + _APART_NS)
        return at_ns

    def _repace(self, now_ns: int) -> None:
        """Run, or stand, as the pace says now."""
        rate, row = self._pace.now, self._planned.row if self._planned is not None else None
        if self._segment is None and self._planned is not None and row is not None:
            # Before the first frame: that frame is what a hold shows.
            if rate != row.rate:
                self._planned.row = self._append(row.from_ns, row.scene, row.at_fl, rate, row.kind)
                self._record("rate", now_ns, rate=[rate.numerator, rate.denominator])
        elif self._segment is None or self._segment.rate != rate:
            self._rerate(rate, now_ns)

    def _rerate(self, rate: Fraction, now_ns: int) -> None:
        at_ns = self._settle_entry(now_ns + LEAD_NS)
        if self.ended is not None or self._segment is None:
            return
        moment = self.moment(at_ns)
        self._segment = self._append(at_ns, moment.scene, moment.at_fl, rate, SegmentKind.CONTINUE)
        self._record("rate", now_ns, rate=[rate.numerator, rate.denominator])
        self._announce()
