"""From a document to what there is to render: a list of tracks with their metadata (BS.2127-1, 5.2, and its own matching rules).

A programme's contents' objects are walked, each object's packs are matched with its tracks, and every channel of a pack becomes an item.
What cannot be rendered is named in a note and left out; only a document in which nothing can be is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.audio.adm.model import (
    SILENT_UID,
    ChannelFormat,
    Document,
    HoaBlock,
    Object,
    ObjectBlock,
    PackFormat,
    ProgrammeFormat,
    SpeakerBlock,
    TrackUid,
    Vec3,
)
from engine.errors import InputError

_DEEPEST = 32
_EARS = ("M+030", "M-030")


@dataclass(frozen=True, slots=True)
class Common:
    """What all kinds of items have.

    Attributes
    ----------
    name : str
    start_s : Fraction
        When its object begins.
    duration_s : Fraction or None
        None: until the file ends.
    gain : float
        Of the objects it is in, linear; 0 when one is muted.
    importance : int
        0 to 10, the least along the way; 10 where nothing is said.
    """

    name: str
    start_s: Fraction
    duration_s: Fraction | None
    gain: float
    importance: int
    head_locked: bool = False
    offset: Vec3 = (0.0, 0.0, 0.0)
    offset_cartesian: bool = False


@dataclass(frozen=True, slots=True)
class ObjectItem:
    """A track that is an object; `track` counts from 0."""

    common: Common
    track: int
    blocks: tuple[ObjectBlock, ...]


@dataclass(frozen=True, slots=True)
class SpeakerItem:
    """A track that is a loudspeaker's channel.

    Attributes
    ----------
    pack : str
        The innermost pack it is in.
    lfe : bool
        Its channel is cut above 200 Hz (BS.2127-1, 8.2).
    """

    common: Common
    track: int
    blocks: tuple[SpeakerBlock, ...]
    pack: str
    lfe: bool


@dataclass(frozen=True, slots=True)
class HoaItem:
    """Tracks that are an Ambisonic field: one degree, index and gain per track."""

    common: Common
    tracks: tuple[int, ...]
    degrees: tuple[int, ...]
    indices: tuple[int, ...]
    normalization: str
    gains: tuple[float, ...]
    rtime_s: Fraction | None = None
    block_duration_s: Fraction | None = None


Item = ObjectItem | SpeakerItem | HoaItem


@dataclass(frozen=True, slots=True)
class Programme:
    """What is rendered.

    Attributes
    ----------
    id, name : str
        "" where the file has none.
    items : tuple of Item
    notes : tuple of str
        What was left out or mended.
    """

    id: str
    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]


def programme_of(
    document: Document,
    programme: str = "",
    *,
    language: str = "",
    complementary: Sequence[str] = (),
    least_importance: int = 0,
    path: Path | str = "axml",
) -> Programme:
    """What there is to render.

    Parameters
    ----------
    document : Document
    programme : str
        Id or name of the programme; "" the one of `language`, else the one with the lowest id.
    language : str
        ``eng``, ``zho``; the programme of that language, where there are several.
    complementary : sequence of str
        Ids of objects to take in place of the first of their groups.
    least_importance : int
        What is less important is left out.
    path : Path or str
        For messages.

    Raises
    ------
    InputError
        No such programme; nothing in it that could be rendered.
    """
    picked = _picked(document, programme, language, path)
    walk = _Walk(document, set(complementary), least_importance)
    if picked is None and not document.objects:
        walk.tracks_alone()
    else:
        walk.objects(picked)
    if not walk.items:
        reasons = "; ".join(walk.notes) or "it refers to no track"
        raise InputError(f"{path}: nothing in its ADM programme can be rendered: {reasons}")
    return Programme(
        picked.id if picked else "",
        picked.name if picked else "",
        tuple(walk.items),
        (*document.notes, *walk.notes),
    )


def _picked(document: Document, programme: str, language: str, path: Path | str) -> ProgrammeFormat | None:
    all_of_them = document.programmes
    if programme:
        for one in all_of_them.values():
            if programme in (one.id, one.name):
                return one
        known = ", ".join(f"{one.id} {one.name!r}" for one in all_of_them.values()) or "none"
        raise InputError(f"{path}: no ADM programme {programme!r}; there is {known}")
    spoken = [
        one for one in all_of_them.values() if language and one.language.lower().startswith(language.lower())
    ]
    return min(spoken or all_of_them.values(), key=lambda one: one.id, default=None)


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel within a pack, with the packs it was reached by, outermost first."""

    form: ChannelFormat
    packs: tuple[PackFormat, ...]


class _Walk:
    def __init__(self, document: Document, complementary: set[str], least_importance: int) -> None:
        self._document = document
        self._chosen = complementary
        self._least = least_importance
        self.items: list[Item] = []
        self.notes: list[str] = []

    # ---- objects

    def objects(self, programme: ProgrammeFormat | None) -> None:
        document = self._document
        if programme is None:
            inner = {key for one in document.objects.values() for key in one.objects}
            roots = [key for key in document.objects if key not in inner]
        else:
            roots = []
            for key in programme.contents:
                content = document.contents.get(key)
                if content is None:
                    self.notes.append(f"{programme.id} refers to {key}, which is not there")
                else:
                    roots += content.objects
        left_out = self._left_out()
        seen: set[str] = set()
        for key in roots:
            for way in self._ways(key, ()):
                last = way[-1]
                if any(one.id in left_out for one in way) or last.id in seen:
                    continue
                seen.add(last.id)
                self._object(way)

    def _left_out(self) -> set[str]:
        """Of each group of complementary objects, those that were not chosen."""
        found: set[str] = set()
        for one in self._document.objects.values():
            if one.complementary:
                group = [one.id, *one.complementary]
                chosen = next((key for key in group if key in self._chosen), group[0])
                found.update(key for key in group if key != chosen)
        return found

    def _ways(self, key: str, above: tuple[Object, ...]) -> Iterator[tuple[Object, ...]]:
        one = self._document.objects.get(key)
        if one is None:
            self.notes.append(f"object {key} is referred to and not there")
            return
        if one in above or len(above) >= _DEEPEST:
            self.notes.append(f"object {key} is within itself")
            return
        way = (*above, one)
        if one.uids:
            yield way
        for inner in one.objects:
            yield from self._ways(inner, way)

    def _object(self, way: tuple[Object, ...]) -> None:
        one = way[-1]
        importance = min(one.importance if one.importance is not None else 10 for one in way)
        gain = 1.0
        for step in way:
            gain *= 0.0 if step.mute else step.gain
        offset = one.offset
        common = Common(
            one.name, one.start_s, one.duration_s, gain, importance, any(step.head_locked for step in way),
            offset, one.offset_cartesian,
        )  # fmt: skip
        uids = []
        for key in one.uids:
            uid = self._document.uids.get(key)
            if key == SILENT_UID:
                continue
            if uid is None or not uid.track:
                self.notes.append(f"object {one.id} refers to track {key}, which the file has not")
                continue
            uids.append(uid)
        self._allot(common, one.packs, uids, f"object {one.id}")

    def tracks_alone(self) -> None:
        """No objects: the chunk chna says all."""
        uids = list(self._document.uids.values())
        common = Common("", Fraction(0), None, 1.0, 10)
        packs: list[str] = []
        for uid in uids:
            count = sum(1 for pack in packs if pack == uid.pack)
            size = len(list(self._channels_of(uid.pack)))
            if uid.pack and count * max(size, 1) < sum(1 for one in uids if one.pack == uid.pack):
                packs.append(uid.pack)
        self._allot(common, packs, uids, "the chunk chna")

    # ---- packs and tracks

    def _allot(self, common: Common, packs: Sequence[str], uids: list[TrackUid], who: str) -> None:
        free = list(uids)
        wanted = list(packs) or list(dict.fromkeys(uid.pack for uid in uids if uid.pack))
        for key in wanted:
            pack = self._document.packs.get(key)
            if pack is None:
                self.notes.append(f"{who} refers to pack {key}, which is not there")
                continue
            matched: list[tuple[_Channel, TrackUid]] = []
            for channel in self._channels_of(key):
                inside = {one.id for one in channel.packs}
                uid = next(
                    (
                        one
                        for one in free
                        if self._channel_of(one) == channel.form.id and (not one.pack or one.pack in inside)
                    ),
                    None,
                )
                if uid is not None:  # no track: that channel is silent
                    free.remove(uid)
                    matched.append((channel, uid))
            self._add(common, pack, matched, who)
        for uid in free:
            self.notes.append(f"{who}: track {uid.id} belongs to none of its packs")

    def _channels_of(self, key: str, above: tuple[PackFormat, ...] = ()) -> Iterator[_Channel]:
        pack = self._document.packs.get(key)
        if pack is None or pack in above or len(above) >= _DEEPEST:
            return
        way = (*above, pack)
        for inner in pack.packs:
            yield from self._channels_of(inner, way)
        for name in pack.channels:
            form = self._document.channels.get(name)
            if form is None:
                self.notes.append(f"pack {pack.id} refers to channel {name}, which is not there")
            else:
                yield _Channel(form, way)

    def _channel_of(self, uid: TrackUid) -> str:
        if uid.channel:
            return uid.channel
        stream = self._document.track_formats.get(uid.track_format, "")
        channel = self._document.streams.get(stream, "")
        # A common track format is named as its channel is.
        return channel or (f"AC_{uid.track_format[3:11]}" if uid.track_format.startswith("AT_") else "")

    def _add(
        self, common: Common, pack: PackFormat, matched: list[tuple[_Channel, TrackUid]], who: str
    ) -> None:
        if pack.kind == "HOA":
            self._add_hoa(common, pack, matched)
            return
        if pack.kind == "Matrix":
            self.notes.append(
                f"{who}: pack {pack.id} is a matrix, which is not rendered; write the decoded channels instead"
            )
            return
        for number, (channel, uid) in enumerate(matched):
            least = min(one.importance if one.importance is not None else 10 for one in channel.packs)
            here = _with_importance(common, least)
            if here.importance < self._least:
                continue
            form, track = channel.form, uid.track - 1
            if form.kind == "Objects":
                shown = tuple(one for one in form.blocks if isinstance(one, ObjectBlock))
                self.items.append(ObjectItem(here, track, shown))
            elif form.kind == "DirectSpeakers":
                speakers = tuple(one for one in form.blocks if isinstance(one, SpeakerBlock))
                lfe = form.low_pass_hz is not None and form.low_pass_hz <= 200 and form.high_pass_hz is None
                self.items.append(SpeakerItem(here, track, speakers, channel.packs[-1].id, lfe))
            elif form.kind == "Binaural":
                side = 1 if "right" in form.name.lower() or number % 2 else 0
                ear = SpeakerBlock(None, None, (_EARS[side],), (30.0 - 60.0 * side, 0.0, 1.0))
                self.items.append(SpeakerItem(here, track, (ear,), "AP_00010002", False))
                if not side:
                    self.notes.append(f"{who}: its two ears are played as a stereo pair")

    def _add_hoa(self, common: Common, pack: PackFormat, matched: list[tuple[_Channel, TrackUid]]) -> None:
        least = min(
            (one.importance for channel, _ in matched for one in channel.packs if one.importance is not None),
            default=10,
        )
        here = _with_importance(common, least)
        rows = []
        for channel, uid in matched:
            if len(channel.form.blocks) != 1 or not isinstance(channel.form.blocks[0], HoaBlock):
                self.notes.append(
                    f"channel {channel.form.id} has {len(channel.form.blocks)} blocks; an Ambisonic one has one"
                )
                continue
            block = channel.form.blocks[0]
            said = {one.normalization for one in channel.packs if one.normalization}
            rows.append((uid.track - 1, block, block.normalization or next(iter(said), "SN3D")))
        if not rows or here.importance < self._least:
            return
        weights = {row[2] for row in rows}
        if len(weights) > 1 or not weights <= {"SN3D", "N3D", "FuMa"}:
            self.notes.append(
                f"pack {pack.id} is normalised by {', '.join(sorted(weights))}; one of SN3D, N3D, FuMa is needed"
            )
            return
        first = rows[0][1]
        self.items.append(
            HoaItem(
                here, tuple(row[0] for row in rows), tuple(row[1].degree for row in rows),
                tuple(row[1].index for row in rows), weights.pop(), tuple(row[1].gain for row in rows),
                first.rtime_s, first.duration_s,
            )
        )  # fmt: skip


def _with_importance(common: Common, least: int) -> Common:
    from dataclasses import replace

    return common if least >= common.importance else replace(common, importance=least)
