"""From the transport to voices: which sound is heard over which samples, and from which sample of its file.

A voice is a stretch of one file laid on the mixer's sample grid: clip sample 0 sits at grid sample `zero`, so
every sample that is heard follows from one integer and nothing can slip. The plan is made anew whenever the
transport changes, from the whole history the transport keeps; it holds no state. What the transport has forgotten since, of what still
sounds, it takes from the plan before.

Rules
-----
- Media follow the position at speed 1. Up to 0.1 % beside it (a clock is followed) the grid itself bends with the show
  (`engine.audio.grid`), so that they go on as they are and nothing moves. Up to 30 % beside it they still play at speed 1, at the place
  of the show to the nearest 10 ms, and move with a short fade when that is another. At any other speed, and in a hold, they are
  silent, with a short fade; after the hold they go on with the very sample they had reached.
- A one-shot that may ring (`tail`) goes on past its scene on run time: over a branch, a hold loop; never over
  a seek.
- A sound that a branch cuts fades over its own fade-out, at least 20 ms, after the cut. A sound whose `for`
  reaches
  the end of its scene keeps its level up to there, so that beds cross over the seam.
- Entering in the middle (seek, loop, resume) fades in over 5 ms, leaving fades out over 5 ms after the
  instant.
- A loop that steps by whole laps of its file is not touched at all, nor is any loop at a lap of a hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.crossfade import Meeting, Pair, meeting
from engine.audio.grid import FAR_NS, FL_PER_SAMPLE, FOREVER, Grid, bends_the_grid
from engine.audio.sounds import SceneSounds, Sound, SoundBook
from engine.time.segments import NO_SCENE, ROOM, Segment, SegmentKind, Transport

ENTRY_SAMPLES = SAMPLE_RATE_HZ * 5 // 1000
CUT_SAMPLES = SAMPLE_RATE_HZ * 20 // 1000
# A show that follows a clock runs a little beside speed 1 nearly always, by a quarter for a moment when it starts.
_NEAR = 0.3
_STEP_SAMPLES = SAMPLE_RATE_HZ // 100


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """A stretch of a file on the grid.

    Attributes
    ----------
    sound : Sound
    file : str
        The file (of the language, for a line).
    zero : int
        Grid sample of clip sample 0 (skip included).
    begin, end : int
        Heard over [begin, end), then fades over `release` samples more.
    entry : int
        Samples of fade-in at `begin` (0: the sound begins there by itself).
    release : int
    own_begin : int
        Grid sample at which the cue begins; its own fade-in counts from here.
    own_end : int
        Grid sample at which its own fade-out has come to nothing; `FOREVER` when it has none before the cut.
    scene : int
        Whose coordinates its place is in.
    origin : float
        Grid place at which that scene's position is 0.
    meets : tuple of Meeting
        Who comes as it goes, and who goes as it comes.
    laps : tuple of (int, float)
        Where its scene's position steps while it goes on: from that grid sample on, where the position is 0 instead of at `origin`.
    """

    sound: Sound
    file: str
    zero: int
    begin: int
    end: int
    entry: int
    release: int
    own_begin: int
    own_end: int
    scene: int
    origin: float
    meets: tuple[Meeting, ...] = ()
    laps: tuple[tuple[int, float], ...] = ()

    def origin_at(self, sample: int) -> float:
        """Grid place at which its scene's position is 0, as it holds at a grid sample."""
        return next((origin for begin, origin in reversed(self.laps) if begin <= sample), self.origin)

    def cue_samples(self, sample: int) -> float:
        """Its cue's time at a grid sample. It steps with the scene's, but where the file itself holds places over its own time."""
        return (
            sample - self.own_begin - (self.origin_at(sample) - self.origin if self.sound.channel < 0 else 0)
        )

    @property
    def over(self) -> int:
        """First grid sample at which nothing is left of it."""
        return min(self.end + self.release, FOREVER)


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment in force, on the grid. `origin` is None when it runs at no speed a sound can follow."""

    segment: Segment
    begin: int
    end: int
    origin: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything there is to hear, as far as the transport knows."""

    voices: tuple[Voice, ...]
    pieces: tuple[Piece, ...]

    def speech(self) -> list[tuple[int, int]]:
        """Grid intervals in which somebody speaks."""
        return [(voice.begin, voice.end) for voice in self.voices if voice.sound.bus == "voice"]

    def pairs(self) -> list[Pair]:
        """What meets at seams, in order of time."""
        return [
            pair
            for _, pair in sorted({(met.begin, met.pair) for voice in self.voices for met in voice.meets})
        ]


def plan(
    transport: Transport,
    book: SoundBook,
    grid: Grid,
    *,
    seat: int | None = 0,
    since: int = -FOREVER,
    delays: Mapping[int, int] | None = None,
    before: Plan | None = None,
) -> Plan:
    """Lays out every voice of a transport.

    Parameters
    ----------
    transport : Transport
    book : SoundBook
    grid : Grid
    seat : int or None
        Whose reactions are heard besides the room's; None: everybody's.
    since : int
        Voices that are over before this grid sample are left out.
    delays : mapping of int to int, optional
        Samples by which a reaction (by its row's index) starts later than published.
    before : Plan, optional
        What was laid out before, on the same grid as far as it went. A transport forgets its oldest rows: what came of them, the place
        that a loop has reached after a hundred laps, goes on as it was.
    """
    pieces = _pieces(transport, grid, before)
    spoken = (
        {}
        if before is None
        else {(id(v.sound), v.own_begin): v.file for v in before.voices if v.sound.by_language}
    )
    planner = _Planner(transport, book, grid, pieces, seat, spoken)
    planner.lay_scenes(_under_way(before, pieces))
    planner.lay_reactions(delays or {})
    heard = meeting(v for v in planner.voices if v.over > since and v.begin < v.end)
    return Plan(tuple(heard), tuple(pieces))


def _pieces(transport: Transport, grid: Grid, before: Plan | None) -> list[Piece]:
    oldest_ns = transport.oldest_ns
    if oldest_ns is None:
        return []
    known = {} if before is None else {piece.segment: piece.origin for piece in before.pieces}
    found: list[Piece] = []
    for segment, begin_ns, end_ns in transport.pieces(oldest_ns, FAR_NS):
        origin: float | None = None
        if segment.rate_num == segment.rate_den or bends_the_grid(segment):
            origin = grid.place(segment.from_ns) - segment.at_fl / FL_PER_SAMPLE
            origin = _carried(found, segment, origin)
            if all(piece.origin is None for piece in found):  # what it was carried on from may be forgotten
                origin = _or(known.get(segment), origin)
        elif abs(segment.rate_num - segment.rate_den) <= segment.rate_den * _NEAR:
            # Nobody hears where on a grid of 10 ms a show lies; on one, a sound lies still for minutes while a clock is followed.
            exact = grid.place(segment.from_ns) - segment.at_fl / FL_PER_SAMPLE
            origin = round(exact / _STEP_SAMPLES) * float(_STEP_SAMPLES)
        found.append(Piece(segment, grid.first(begin_ns), grid.first(end_ns), origin))
    return found


def _carried(before: list[Piece], segment: Segment, origin: float) -> float:
    """The origin of a run that goes on, from where the run had it, so that rounding cannot move it by a
    sample.

    A position is a whole number of flicks and an instant a whole number of nanoseconds; both may be off by a
    fraction of a sample, which could round the other way after a hold.
    """
    if segment.kind is not SegmentKind.CONTINUE:
        return origin
    for number in range(len(before) - 1, -1, -1):
        piece = before[number]
        if piece.segment.scene != segment.scene:
            break
        if piece.origin is not None:
            held = sum(p.end - p.begin for p in before[number + 1 :])
            carried = piece.origin + held
            return carried if abs(carried - origin) < 1.01 else origin
        if piece.segment.kind is not SegmentKind.CONTINUE or not piece.segment.held:
            break
    return origin


def _or(there: float | None, otherwise: float) -> float:
    return otherwise if there is None else there


def _under_way(before: Plan | None, pieces: list[Piece]) -> list[Voice]:
    """Voices of an earlier plan that go on where what is still known begins."""
    if before is None or not pieces or all(piece.segment != pieces[0].segment for piece in before.pieces):
        return []
    begin = pieces[0].begin
    return [voice for voice in before.voices if voice.begin < begin < voice.end]


def _same_phase(sound: Sound, length: int, a: int, b: int) -> bool:
    return a == b or (sound.loop and (a - b) % max(1, length) == 0)


class _Planner:
    """One pass over the history. `voices[i]` may be replaced by a longer form of itself while it is laid."""

    def __init__(
        self,
        transport: Transport,
        book: SoundBook,
        grid: Grid,
        pieces: list[Piece],
        seat: int | None,
        spoken: Mapping[tuple[int, int], str],
    ) -> None:
        self._seat = seat
        self._spoken = spoken
        self._transport = transport
        self._book = book
        self._grid = grid
        self._pieces = pieces
        self.voices: list[Voice] = []

    # ---- scenes

    def lay_scenes(self, under_way: Iterable[Voice] = ()) -> None:
        open_before: dict[int, int] = {}
        for voice in under_way:
            if voice.scene == self._pieces[0].segment.scene:
                open_before[id(voice.sound)] = len(self.voices)
                self.voices.append(replace(voice, end=self._pieces[0].begin, release=0, meets=(), laps=()))
        for number, piece in enumerate(self._pieces):
            open_now: dict[int, int] = {}
            if piece.segment.scene != NO_SCENE and piece.origin is not None and piece.begin < piece.end:
                scene = self._book.scenes[piece.segment.scene]
                for sound in scene.sounds:
                    index = self._lay(sound, scene, number, open_before)
                    if index is not None:
                        open_now[id(sound)] = index
            open_before = open_now

    def _lay(self, sound: Sound, scene: SceneSounds, number: int, open_before: dict[int, int]) -> int | None:
        """Lays a sound in one piece. Returns the voice that is still open at the piece's end."""
        piece = self._pieces[number]
        if piece.origin is None:
            return None
        own_begin = _nearest(piece.origin + sound.at_fl / FL_PER_SAMPLE)
        # A plan is made where a block is due, over all that is known: nearly every sound is over or to come in nearly every piece.
        if own_begin > piece.end + 1:
            return None
        over = own_begin + sound.length_samples - sound.skip_samples
        if over < piece.begin - 1 and not sound.loop and not sound.by_language:
            return None
        file, length = self._file(sound, own_begin)
        end, fades_at_end, cut_release = _extent(sound, length, own_begin, scene.duration_fl, piece.origin)
        # One sample of slack: the instant of a scene's start need not lie on the grid.
        by_itself = own_begin >= piece.begin - 1
        begin = own_begin if by_itself else piece.begin
        if begin >= min(end, piece.end):
            return None
        zero = own_begin - sound.skip_samples
        earlier = open_before.get(id(sound))
        own_end = end if fades_at_end else FOREVER
        last = min(end, piece.end)
        if earlier is not None and not by_itself:
            before = self.voices[earlier]
            # A loop also goes on as it is through a lap of a hold: its place in the file means nothing there.
            goes_on = sound.loop and piece.segment.kind is SegmentKind.LOOP
            if before.end == piece.begin and (goes_on or _same_phase(sound, length, before.zero, zero)):
                release = 0 if end <= piece.end else cut_release
                steps = abs(before.origin_at(piece.begin) - piece.origin) > 1.01
                laps = (*before.laps, (piece.begin, piece.origin)) if steps else before.laps
                _set(before, end=last, release=release, own_end=own_end, laps=laps)
                return self._closed(earlier, number, end, cut_release)
        if not by_itself and not sound.resume and sound.at_fl < piece.segment.run_from_fl:
            return None
        voice = Voice(
            sound, file, zero, begin, last, 0 if by_itself else ENTRY_SAMPLES, 0, own_begin, own_end,
            piece.segment.scene, piece.origin,
        )  # fmt: skip
        self.voices.append(voice)
        return self._closed(len(self.voices) - 1, number, end, cut_release)

    def _closed(self, index: int, number: int, end: int, cut_release: int) -> int | None:
        """Gives the voice its end in piece `number`: natural, cut, or ringing on."""
        piece = self._pieces[number]
        voice = self.voices[index]
        if end <= piece.end:
            more = voice.own_end == FOREVER and (
                voice.sound.loop or end < voice.zero + voice.sound.length_samples
            )
            release = (
                cut_release if voice.sound.loop and voice.own_end == FOREVER else ENTRY_SAMPLES if more else 0
            )
            _set(voice, release=release)
            return None
        following = self._pieces[number + 1] if number + 1 < len(self._pieces) else None
        if following is None:
            return index
        if following.segment.kind in (SegmentKind.SEEK, SegmentKind.CONTINUE):
            _set(voice, release=ENTRY_SAMPLES)
        elif voice.sound.tail and not voice.sound.loop:
            self._ring(index, number + 1, end, voice.begin)
            return index if following.segment.kind is SegmentKind.LOOP else None
        else:
            _set(voice, release=cut_release)
        return index

    def _ring(self, index: int, number: int, end: int, born: int) -> None:
        """Lets voice `index` sound through the pieces from `number`, on run time, up to grid sample `end`.

        Holds split it, a seek after grid sample `born` ends it.
        """
        voice = self.voices[index]
        held_from: int | None = None
        for piece in self._pieces[number:]:
            if piece.segment.kind is SegmentKind.SEEK and piece.begin > born:
                if held_from is None:
                    self.voices[index] = replace(voice, end=min(end, piece.begin), release=ENTRY_SAMPLES)
                return
            # After the end of the show run time may stand still; what rings then rings out.
            runs = piece.origin is not None or piece.segment.scene == NO_SCENE
            if not runs:
                if held_from is None:
                    if end <= piece.begin:
                        break
                    held_from = piece.begin
                    if voice.begin < held_from:
                        self.voices[index] = replace(voice, end=held_from, release=ENTRY_SAMPLES)
                continue
            if held_from is not None:
                shift = piece.begin - held_from
                begun = voice.begin < held_from
                end += shift
                voice = replace(
                    voice, zero=voice.zero + shift, begin=piece.begin if begun else voice.begin + shift,
                    entry=ENTRY_SAMPLES if begun else voice.entry, own_begin=voice.own_begin + shift,
                    own_end=voice.own_end if voice.own_end == FOREVER else voice.own_end + shift,
                    origin=voice.origin + shift,
                )  # fmt: skip
                if begun:
                    self.voices.append(voice)
                    index = len(self.voices) - 1
                held_from = None
            if end <= piece.end:
                break
        if held_from is not None:
            if voice.begin >= held_from:
                self.voices[index] = replace(voice, begin=0, end=0)  # held before its first sample
            return
        if self.voices[index] is not voice or voice.end != end:
            self.voices[index] = replace(voice, end=end)

    # ---- reactions

    def lay_reactions(self, delays: Mapping[int, int]) -> None:
        for row in self._transport.reactions:
            if self._seat is not None and row.seat not in (ROOM, self._seat):
                continue
            reaction = self._book.scenes[row.scene].reactions[row.reaction]
            started = self._where_run(row.from_ns, row.run_fl)
            if started is None:
                continue
            number, start = started[0], started[1] + delays.get(row.index, 0)
            for sound in reaction.sounds:
                self._lay_reaction(sound, row.scene, number, start, reaction.duration_fl)

    def _where_run(self, from_ns: int, run_fl: int) -> tuple[int, float] | None:
        """The piece in which run time reaches `run_fl`, and where on the grid that is."""
        first = self._grid.first(from_ns)
        for number, piece in enumerate(self._pieces):
            if piece.end <= first or piece.origin is None:
                continue
            start = self._grid.place(piece.segment.from_ns) + (run_fl - piece.segment.run_fl) / FL_PER_SAMPLE
            if start < piece.end:
                # What began before all that is still known has been going on since, and does not begin again.
                forgotten = first < self._pieces[0].begin
                return number, start if forgotten or start >= piece.begin - 1 else float(piece.begin)
        return None

    def _lay_reaction(self, sound: Sound, scene: int, number: int, start: float, duration_fl: int) -> None:
        own_begin = _nearest(start + sound.at_fl / FL_PER_SAMPLE)
        file, length = self._file(sound, own_begin)
        end, fades_at_end, cut_release = _extent(sound, length, own_begin, duration_fl, start)
        release = cut_release if sound.loop and not fades_at_end else 0
        if sound.loop or not sound.tail:
            last = _nearest(start + duration_fl / FL_PER_SAMPLE)
            if end > last:
                end, fades_at_end, release = last, False, cut_release
        voice = Voice(
            sound, file, own_begin - sound.skip_samples, own_begin, end, 0, release, own_begin,
            end if fades_at_end else FOREVER, scene, self._scene_origin(scene, number),
        )  # fmt: skip
        self.voices.append(voice)
        self._ring(len(self.voices) - 1, number, end, math.ceil(start))

    def _scene_origin(self, scene: int, number: int) -> float:
        for piece in reversed(self._pieces[: number + 1]):
            if piece.segment.scene == scene and piece.origin is not None:
                return piece.origin
        return 0.0

    def _file(self, sound: Sound, own_begin: int) -> tuple[str, int]:
        """The file in the language that holds when the sound begins, and its length."""
        if sound.by_language:
            at_ns = self._grid.ns(own_begin)
            transport, seat = self._transport, self._seat
            if transport.controls and transport.controls[0].from_ns > at_ns:
                # Which language held then is forgotten: a line that is being spoken is not changed.
                file = self._spoken.get((id(sound), own_begin))
                known = next((one for one in sound.by_language.values() if one[0] == file), None)
                if known is not None:
                    return known
            controls = transport.controls_at(at_ns) if seat is None else transport.controls_of(seat, at_ns)
            language = controls.language
            if language in sound.by_language:
                return sound.by_language[language]
        return sound.file, sound.length_samples


def _set(voice: Voice, **changes: object) -> None:
    """Changes a voice that nobody but its planner has seen yet; a copy for each of its pieces would take most of a plan's time."""
    for name, value in changes.items():
        object.__setattr__(voice, name, value)


def _nearest(place: float) -> int:
    return math.floor(place + 0.5)


def _extent(
    sound: Sound, length: int, own_begin: int, duration_fl: int, origin: float
) -> tuple[int, bool, int]:
    """Where a sound ends by itself, whether its own fade-out leads there, and its fade when it is cut."""
    cut_release = max(CUT_SAMPLES, sound.fade_out_samples)
    scene_end = _nearest(origin + duration_fl / FL_PER_SAMPLE)
    asked = FOREVER if sound.for_fl is None else own_begin + _nearest(sound.for_fl / FL_PER_SAMPLE)
    if sound.loop:
        if asked >= scene_end - 1:
            return FOREVER if asked == FOREVER else max(asked, scene_end), False, cut_release
        return asked, sound.fade_out_samples > 0, cut_release
    natural = own_begin + length - sound.skip_samples
    if asked >= natural:
        return natural, sound.fade_out_samples > 0, cut_release
    if asked >= scene_end - 1 and sound.tail:
        return natural, False, cut_release
    return asked, sound.fade_out_samples > 0, cut_release
