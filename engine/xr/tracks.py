"""Pose tracks: what a guest's head and hands did, to be played again. Pure; `engine.xr.track_files` reads and writes them.

    player = PosePlayer(read_track(Path("poses.jsonl")), loop=True)
    tracked = player.sample(display_ns)          # the first instant asked for is the track's start

A track holds the poses as `Tracked` says them, so it stands in for a headset anywhere: a test, a demonstration without a guest, a
look again at what somebody saw.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from engine.errors import InputError
from engine.xr.angles import turn_of_deg
from engine.xr.values import Hand, Pose, Quaternion, Tracked, Vector


@dataclass(frozen=True, slots=True)
class PoseTrack:
    """Poses by instant.

    Attributes
    ----------
    samples : tuple of Tracked
        At least one; `at_ns` counts from the track's start and grows.
    extra : mapping
        Fields of the file's first line that this version does not know; they survive a round trip.
    """

    samples: tuple[Tracked, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    _instants: tuple[int, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not self.samples:
            raise InputError("a pose track without a sample. Record one frame at least")
        instants = tuple(sample.at_ns for sample in self.samples)
        for before, after in pairwise(instants):
            if after <= before:
                raise InputError(f"a pose at {after} ns after one at {before} ns: instants must grow")
        object.__setattr__(self, "_instants", instants)

    @property
    def duration_ns(self) -> int:
        """Instant of the last sample, from the track's start."""
        return self._instants[-1]

    def at(self, at_ns: int, *, loop: bool = False) -> Tracked:
        """The poses at an instant, between samples interpolated.

        Places and ratios go straight from one sample to the next, turns by the shortest way at even speed (slerp); what is either so
        or not so (a press, validity, presence, a hand's kind) holds until the next sample says otherwise.

        Parameters
        ----------
        at_ns : int
            From the track's start. Before the first sample the first holds, after the last one the last.
        loop : bool
            Begin again after the last sample, without a pause; end a track as it began, or the head jumps there.

        Returns
        -------
        Tracked
            With `at_ns` as asked.
        """
        inside = at_ns % self.duration_ns if loop and self.duration_ns > 0 else at_ns
        number = bisect.bisect_right(self._instants, inside)
        if number == 0:
            return replace(self.samples[0], at_ns=at_ns)
        before = self.samples[number - 1]
        if number == len(self.samples) or before.at_ns == inside:
            return replace(before, at_ns=at_ns)
        after = self.samples[number]
        share = (inside - before.at_ns) / (after.at_ns - before.at_ns)
        return replace(_tracked_between(before, after, share), at_ns=at_ns)


class PosePlayer:
    """Plays a track from the first instant it is asked for.

    Parameters
    ----------
    track : PoseTrack
    loop : bool
        See `PoseTrack.at`.
    start_ns : int, optional
        Host instant of the track's start; default the first one that `sample` gets.
    """

    def __init__(self, track: PoseTrack, *, loop: bool = False, start_ns: int | None = None) -> None:
        self._track = track
        self._loop = loop
        self._start_ns = start_ns

    def sample(self, at_ns: int) -> Tracked:
        """The guest at a host instant."""
        if self._start_ns is None:
            self._start_ns = at_ns
        return replace(self._track.at(at_ns - self._start_ns, loop=self._loop), at_ns=at_ns)


# ---- between samples


def slerped(a: Quaternion, b: Quaternion, share: float) -> Quaternion:
    """The turn on the shortest way from `a` to `b` at even speed; `share` 0..1. Both of unit length.

    Source: K. Shoemake, Animating rotation with quaternion curves, SIGGRAPH 1985.
    """
    dot = sum(p * q for p, q in zip(a, b, strict=True))
    sign = 1.0 if dot >= 0.0 else -1.0
    # Of nearly equal quaternions acos tells the angle badly and its sine is next to nothing; the half chord tells it well.
    chord = math.sqrt(sum((p - sign * q) ** 2 for p, q in zip(a, b, strict=True)))
    angle = 2.0 * math.asin(min(chord / 2.0, 1.0))
    if angle < 1e-9:
        return a
    one, two = (
        math.sin((1.0 - share) * angle) / math.sin(angle),
        sign * math.sin(share * angle) / math.sin(angle),
    )
    x, y, z, w = (one * p + two * q for p, q in zip(a, b, strict=True))
    return (x, y, z, w)


def pose_between(a: Pose, b: Pose, share: float) -> Pose:
    """The pose on the way from `a` to `b`: the place straight, the turn by `slerped`."""
    x, y, z = (p + (q - p) * share for p, q in zip(a.position_m, b.position_m, strict=True))
    return Pose((x, y, z), slerped(a.turn, b.turn, share))


def _tracked_between(a: Tracked, b: Tracked, share: float) -> Tracked:
    left, right = (_hand_between(p, q, share) for p, q in zip(a.hands, b.hands, strict=True))
    head = pose_between(a.head, b.head, share) if a.head_valid and b.head_valid else a.head
    return replace(a, head=head, hands=(left, right), gaze=_maybe_between(a.gaze, b.gaze, share))


def _maybe_between(a: Pose | None, b: Pose | None, share: float) -> Pose | None:
    return a if a is None or b is None else pose_between(a, b, share)


def _hand_between(a: Hand, b: Hand, share: float) -> Hand:
    if a.kind != b.kind or a == b:
        return a
    joints = a.joints
    if len(a.joints) == len(b.joints):
        joints = tuple(pose_between(p, q, share) for p, q in zip(a.joints, b.joints, strict=True))
    return replace(
        a,
        grip=_maybe_between(a.grip, b.grip, share),
        aim=_maybe_between(a.aim, b.aim, share),
        select_ratio=a.select_ratio + (b.select_ratio - a.select_ratio) * share,
        squeeze_ratio=a.squeeze_ratio + (b.squeeze_ratio - a.squeeze_ratio) * share,
        stick=(
            a.stick[0] + (b.stick[0] - a.stick[0]) * share,
            a.stick[1] + (b.stick[1] - a.stick[1]) * share,
        ),
        joints=joints,
    )


# ---- made by hand


@dataclass(frozen=True, slots=True)
class HeadKey:
    """Where a scripted head is at an instant: seconds from the start, metres, degrees (yaw + = left, pitch + = up)."""

    at_s: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    position_m: Vector = (0.0, 0.0, 0.0)


def scripted(keys: Sequence[HeadKey]) -> PoseTrack:
    """A head that goes from key to key, for tests and demonstrations; never more than half a turn between two keys."""
    return PoseTrack(
        tuple(
            Tracked(
                at_ns=round(key.at_s * 1e9),
                head=Pose(key.position_m, turn_of_deg(key.yaw_deg, key.pitch_deg, key.roll_deg)),
                present=True,
            )
            for key in keys
        )
    )
