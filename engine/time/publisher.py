"""The writing side of the transport: fills in what follows from the rows before, and publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from engine.time.profiles import MAX_PROFILED_SEATS, SeatProfile, trimmed
from engine.time.segments import NO_SCENE, Controls, ReactionRow, Segment, SegmentKind, Transport

# Rows kept. At a scrub of 30 rows a second 64 segments are two seconds of past, far more than any follower
# looks back.
MAX_SEGMENTS = 64
MAX_REACTIONS = 64
MAX_CONTROLS = 8
MAX_CANDIDATES = 8


class Block(Protocol):
    """Where a transport is published; `TransportBlock` between processes, `LocalBlock` within one."""

    def publish(self, transport: Transport) -> None:
        """Make `transport` what every reader sees."""
        ...

    def read(self) -> Transport:
        """The last whole transport; never blocks."""
        ...

    def beat(self, now_ns: int) -> None:
        """Say that the writer is alive at `now_ns`."""
        ...

    def heartbeat_ns(self) -> int:
        """Host instant of the last beat; 0 before the first."""
        ...


class TransportWriter:
    """Owns the rows and publishes a new snapshot with every change.

    Parameters
    ----------
    block : Block
        Where to publish.
    transport : Transport or None
        Rows to go on from (a restart from the journal, a hot standby); None begins an empty run.

    Notes
    -----
    One writer per block, one thread. Publish ahead of time: a row whose instant lies behind what followers
    have already played rewrites their past, and they can only jump.
    """

    def __init__(self, block: Block, transport: Transport | None = None) -> None:
        self._block = block
        self._transport = transport if transport is not None else Transport()
        self._next_segment = self._transport.segments[-1].index + 1 if self._transport.segments else 0
        self._next_reaction = self._transport.reactions[-1].index + 1 if self._transport.reactions else 0
        self._next_profile = self._transport.profiles[-1].version + 1 if self._transport.profiles else 0
        self._publish(self._transport)

    @property
    def transport(self) -> Transport:
        """The snapshot published last."""
        return self._transport

    def append(
        self,
        *,
        from_ns: int,
        scene: int,
        at_fl: int = 0,
        rate: Fraction | int = 1,
        kind: SegmentKind = SegmentKind.START,
        beat: int | None = None,
        run_from_fl: int | None = None,
    ) -> Segment:
        """Publish a segment that holds from `from_ns`; index, run time and start of the run are filled in.

        Parameters
        ----------
        from_ns : int
            Host instant, ahead of now.
        scene : int
            Scene index; -1 for nothing.
        at_fl : int, default 0
            Position at that instant.
        rate : Fraction or int, default 1
            Show time per host time; 0 holds.
        kind : SegmentKind
            CONTINUE must stay in the scene in force.
        beat : int or None
            Ordinal of the story beat; None keeps that of the segment before.
        run_from_fl : int or None
            Position from which one-shots count as run across; None: `at_fl`, or for a CONTINUE what the segment before has. A seek
            that enters one-shots still going gives their start.

        Raises
        ------
        ValueError
            For a CONTINUE into another scene.
        """
        before = self._transport.segment_at(from_ns)
        if kind is SegmentKind.CONTINUE and scene != before.scene:
            raise ValueError(
                f"a segment can only continue scene {before.scene}, which is in force; got scene {scene}"
            )
        exact = Fraction(rate)
        if run_from_fl is None:
            run_from_fl = before.run_from_fl if kind is SegmentKind.CONTINUE else at_fl
        segment = Segment(
            index=self._next_segment,
            from_ns=from_ns,
            scene=scene,
            at_fl=at_fl,
            rate_num=exact.numerator,
            rate_den=exact.denominator,
            kind=kind,
            beat=before.beat if beat is None else beat,
            run_fl=before.run_fl_of(from_ns),
            run_from_fl=run_from_fl,
        )
        self._next_segment += 1
        self._publish(replace(self._transport, segments=(*self._transport.segments, segment)[-MAX_SEGMENTS:]))
        return segment

    def set_rate(self, from_ns: int, rate: Fraction | int) -> Segment:
        """Go on from where the show is at `from_ns`, at another rate; 0 is a hold.

        Notes
        -----
        Supersedes segments already published for later: publish those again for their new instants.
        """
        moment = self._transport.at(from_ns)
        return self.append(
            from_ns=from_ns, scene=moment.scene, at_fl=moment.at_fl, rate=rate, kind=SegmentKind.CONTINUE
        )

    def finish(self, from_ns: int) -> Segment:
        """Publish the end: nothing plays from `from_ns` on."""
        return self.append(from_ns=from_ns, scene=NO_SCENE, rate=0, kind=SegmentKind.START)

    def react(self, *, scene: int, reaction: int, seat: int, from_ns: int) -> ReactionRow:
        """Lay a reaction over the show from `from_ns`, for one seat or (-1) the room."""
        row = ReactionRow(
            index=self._next_reaction,
            scene=scene,
            reaction=reaction,
            seat=seat,
            run_fl=self._transport.run_fl(from_ns),
            from_ns=from_ns,
        )
        self._next_reaction += 1
        self._publish(replace(self._transport, reactions=(*self._transport.reactions, row)[-MAX_REACTIONS:]))
        return row

    def control(
        self,
        *,
        from_ns: int,
        stopped: bool | None = None,
        intensities: Sequence[float] | None = None,
        language: int | None = None,
        muted_roles_mask: int | None = None,
    ) -> Controls:
        """Publish a change of the live controls; what is None stays as it was."""
        last = self._transport.controls[-1] if self._transport.controls else Controls()
        controls = Controls(
            version=last.version + 1,
            from_ns=from_ns,
            stopped=last.stopped if stopped is None else stopped,
            intensities=last.intensities if intensities is None else tuple(intensities),
            language=last.language if language is None else language,
            muted_roles_mask=last.muted_roles_mask if muted_roles_mask is None else muted_roles_mask,
        )
        self._publish(
            replace(self._transport, controls=(*self._transport.controls, controls)[-MAX_CONTROLS:])
        )
        return controls

    def profile(
        self,
        seat: int,
        *,
        from_ns: int,
        intensities: Sequence[float] | None = None,
        comfort: int | None = None,
        photosensitive: bool | None = None,
        language: int | None = None,
        present: bool | None = None,
    ) -> SeatProfile:
        """Publish a change of one seat's profile; what is None stays as it was published last.

        Raises
        ------
        ValueError
            When more seats would differ from the default than the transport carries; those that do already keep their rows.
        """
        rows = trimmed(self._transport.profiles, from_ns)
        last = next((row for row in reversed(rows) if row.seat == seat), None)
        if last is None:
            last = SeatProfile(seat, -1, 0)
            seats = {row.seat for row in rows}
            if len(seats) >= MAX_PROFILED_SEATS:
                raise ValueError(
                    f"{len(seats)} seats have profiles of their own, which is the most; seat {seat} plays as authored"
                )
        profile = SeatProfile(
            seat=seat,
            version=self._next_profile,
            from_ns=from_ns,
            intensities=last.intensities if intensities is None else tuple(intensities),
            comfort=last.comfort if comfort is None else comfort,
            photosensitive=last.photosensitive if photosensitive is None else photosensitive,
            language=last.language if language is None else language,
            present=last.present if present is None else present,
        )
        self._next_profile += 1
        self._publish(replace(self._transport, profiles=trimmed((*rows, profile), from_ns)))
        return profile

    def set_candidates(self, candidates: Sequence[int]) -> None:
        """Name the scenes that may come next; at most eight, the likeliest first."""
        self._publish(replace(self._transport, candidates=tuple(candidates)[:MAX_CANDIDATES]))

    def set_generation(self, generation: int) -> None:
        """Tell followers that another version of the package holds from now on."""
        self._publish(replace(self._transport, generation=generation))

    def beat(self, now_ns: int) -> None:
        """Say that the conductor is alive."""
        self._block.beat(now_ns)

    def _publish(self, transport: Transport) -> None:
        self._transport = replace(transport, sequence=transport.sequence + 1)
        self._block.publish(self._transport)
