"""Builds a document track by track: ids, references and formats are seen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.audio.adm.common import LABELS, common_channels, hoa_channel, hoa_pack, pack_of_labels
from engine.audio.adm.model import (
    ChannelFormat,
    Content,
    Document,
    Loudness,
    Object,
    ObjectBlock,
    PackFormat,
    ProgrammeFormat,
    SpeakerBlock,
    TrackUid,
)

_FIRST = 0x1001


@dataclass(frozen=True, slots=True)
class Part:
    """What all tracks that belong together share.

    Attributes
    ----------
    name : str
    content : str
        Name of the content they are in: ``Dialogue``.
    language : str
        Of the content; "" for what is in every programme.
    start_s : Fraction
    duration_s : Fraction or None
    labels : mapping of str to str
        Name by language.
    importance : int or None
    """

    name: str
    content: str = "Main"
    language: str = ""
    start_s: Fraction = Fraction(0)
    duration_s: Fraction | None = None
    labels: Mapping[str, str] | None = None
    importance: int | None = None


class Builder:
    """A document in the making.

    Attributes
    ----------
    track_count : int
        Tracks so far; the next addition begins after it. May be set back, where objects that never sound together share a track.
    """

    def __init__(self) -> None:
        self.document = Document()
        self.track_count = 0
        self._contents: dict[tuple[str, str], str] = {}

    def add_object(self, part: Part, blocks: Sequence[ObjectBlock]) -> int:
        """One track that moves; returns its channel in the file, from 0."""
        digits = f"{_FIRST + len(self.document.channels):04x}"
        channel = ChannelFormat(f"AC_0003{digits}", part.name, "Objects", tuple(blocks))
        pack = PackFormat(f"AP_0003{digits}", part.name, "Objects", (channel.id,))
        self.document.channels[channel.id] = channel
        self.document.packs[pack.id] = pack
        return self._add(part, pack.id, [channel.id])

    def add_bed(self, part: Part, labels: Sequence[str]) -> int:
        """Tracks for loudspeakers by their labels of BS.2051; returns the first's channel, the others follow."""
        other = {"LFE1": "LFEL", "LFE2": "LFER"} if "LFE2" in labels else {"LFE1": "LFE"}
        names = [other.get(label, label) for label in labels]
        channels = [LABELS.get(name) or self._own_speaker(name) for name in names]
        pack = pack_of_labels(tuple(names))
        if not pack:
            pack = f"AP_0001{_FIRST + len(self.document.packs):04x}"
            self.document.packs[pack] = PackFormat(pack, part.name, "DirectSpeakers", tuple(channels))
        return self._add(part, pack, channels)

    def add_field(self, part: Part, order: int) -> int:
        """Tracks of an Ambisonic field, ACN and SN3D; returns the first's channel."""
        return self._add(part, hoa_pack(order), [hoa_channel(acn) for acn in range((order + 1) ** 2)])

    def finish(
        self,
        title: str,
        *,
        titles: Mapping[str, str] | None = None,
        languages: Sequence[str] = (),
        duration_s: Fraction | None = None,
        loudness: Loudness | None = None,
    ) -> Document:
        """Adds the programmes and gives the document.

        Parameters
        ----------
        title : str
        titles : mapping of str to str, optional
            By language.
        languages : sequence of str
            One programme each, with the contents of that language and those of none; empty: one programme with everything.
        duration_s : Fraction, optional
        loudness : Loudness, optional
            Of the programme as a whole.
        """
        labels = dict(titles or {})
        for number, language in enumerate(languages or ("",)):
            key = f"APR_{_FIRST + number:04x}"
            own = tuple(
                content.id
                for content in self.document.contents.values()
                if not language or content.language in ("", language)
            )
            self.document.programmes[key] = ProgrammeFormat(
                key, labels.get(language, title), language, own, Fraction(0), duration_s, labels,
                loudness if not number else None,
            )  # fmt: skip
        return self.document

    # ---- inside

    def _own_speaker(self, label: str) -> str:
        key = f"AC_0001{_FIRST + len(self.document.channels):04x}"
        block = SpeakerBlock(None, None, (label,), (0.0, 0.0, 1.0))
        self.document.channels[key] = ChannelFormat(key, label, "DirectSpeakers", (block,))
        return key

    def _add(self, part: Part, pack: str, channels: Sequence[str]) -> int:
        document, first = self.document, self.track_count
        uids = []
        for channel in channels:
            self.track_count += 1
            common = channel in common_channels()
            track_format, stream = f"AT_{channel[3:]}_01", f"AS_{channel[3:]}"
            if not common:
                document.track_formats[track_format] = stream
                document.streams[stream] = channel
            uid = TrackUid(f"ATU_{len(document.uids) + 1:08x}", self.track_count, track_format, "", pack)
            document.uids[uid.id] = uid
            uids.append(uid.id)
        key = f"AO_{_FIRST + len(document.objects):04x}"
        document.objects[key] = Object(
            key, part.name, part.start_s, part.duration_s, (pack,), tuple(uids),
            importance=part.importance, labels=dict(part.labels or {}),
        )  # fmt: skip
        self._into_content(part, key)
        return first

    def _into_content(self, part: Part, key: str) -> None:
        name = (part.content, part.language)
        content = self._contents.get(name)
        if content is None:
            content = self._contents[name] = f"ACO_{_FIRST + len(self._contents):04x}"
            dialogue = 1 if part.content == "Dialogue" else 0
            self.document.contents[content] = Content(content, part.content, part.language, dialogue=dialogue)
        there = self.document.contents[content]
        self.document.contents[content] = replace(there, objects=(*there.objects, key))
