"""Reads an ADM document: the chunks axml and chna of a BW64 file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

from engine.audio.adm import blocks
from engine.audio.adm.blocks import flag, gain_of, number
from engine.audio.adm.common import common_channels, common_packs
from engine.audio.adm.model import (
    KINDS,
    SILENT_UID,
    Block,
    ChannelFormat,
    Content,
    Document,
    Kind,
    Loudness,
    Object,
    PackFormat,
    ProgrammeFormat,
    TrackUid,
)
from engine.audio.adm.times import parse_time
from engine.audio.adm.xml_tree import BadXml, Node, read_trees
from engine.audio.formats import ChnaRow
from engine.errors import InputError

_MOST_TOLD = 20
_PREFIXES = ("APR_", "ACO_", "AO_", "AP_", "AC_", "AS_", "AT_", "ATU_", "AB_")


def clean_id(text: str | None) -> str:
    """An id as we compare it: its letters large, its digits small, nothing around."""
    prefix, mark, rest = (text or "").strip().partition("_")
    return f"{prefix.upper()}{mark}{rest.lower()}"


def read_document(axml: bytes | None, chna: Iterable[ChnaRow] = (), *, path: Path | str = "axml") -> Document:
    """A document with the tracks of its file.

    Parameters
    ----------
    axml : bytes or None
        None: the tracks refer to common definitions alone.
    chna : iterable of ChnaRow
    path : Path or str
        Where it comes from, for messages.

    Returns
    -------
    Document
        What it does not say is as BS.2076-2 has it by default; the common definitions are in it.

    Raises
    ------
    InputError
        No XML, no ADM in it, values that no ADM has: all of it at once, by line.
    """
    reader = _Reader()
    if axml:
        try:
            taken = read_trees(axml, reader.takers())
        except BadXml as error:
            raise InputError(f"{path}: its ADM document is no XML that we read: {error}") from error
        if not taken:
            raise InputError(f"{path}: its ADM document holds no audioFormatExtended; export it again")
    reader.link(chna)
    if reader.wrong:
        told = reader.wrong[:_MOST_TOLD]
        if len(reader.wrong) > len(told):
            told.append(f"... and {len(reader.wrong) - len(told)} more")
        raise InputError("\n".join(f"{path}: {one}" for one in told))
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = Document()
        self.wrong: list[str] = []
        self._nodes: list[Node] = []
        self.found.channels.update(common_channels())
        self.found.packs.update(common_packs())

    def takers(self) -> dict[str, Callable[[Node], None]]:
        takers = {
            "audioProgramme": self._programme,
            "audioContent": self._content,
            "audioObject": self._object,
            "audioPackFormat": self._pack,
            "audioChannelFormat": self._channel,
            "audioStreamFormat": self._stream,
            "audioTrackFormat": self._track_format,
            "audioTrackUID": self._uid,
        }
        kept = {name: self._guarded(taker) for name, taker in takers.items()}
        # Its channel, which says what it is, ends after it.
        kept["audioBlockFormat"] = self._block
        return kept

    def _block(self, node: Node) -> None:
        self._nodes.append(node)

    def _guarded(self, taker: Callable[[Node], None]) -> Callable[[Node], None]:
        def guarded(node: Node) -> None:
            try:
                taker(node)
            except ValueError as error:
                self.wrong.append(f"axml line {node.line}: {node.name} {_id_of(node)}: {error}")

        return guarded

    def link(self, chna: Iterable[ChnaRow]) -> None:
        """Which channel of the file each track is."""
        for row in chna:
            key = clean_id(row.uid)
            known = self.found.uids.get(key)
            form = clean_id(row.track_format)
            channel = form[:11] if form.startswith("AC_") else ""
            self.found.uids[key] = TrackUid(
                key,
                row.track,
                (known.track_format if known else "") or ("" if channel else form),
                (known.channel if known else "") or channel,
                (known.pack if known else "") or clean_id(row.pack_format),
            )

    # ---- elements

    def _programme(self, node: Node) -> None:
        end = node.attributes.get("end")
        one = ProgrammeFormat(
            _id(node, "audioProgrammeID", "APR_"),
            node.attributes.get("audioProgrammeName", ""),
            node.attributes.get("audioProgrammeLanguage", ""),
            _refs(node, "audioContentIDRef"),
            _time(node, "start") or Fraction(0),
            None if end is None else parse_time(end),
            _labels(node, "audioProgrammeLabel"),
            _loudness(node),
        )
        self.found.programmes[one.id] = one

    def _content(self, node: Node) -> None:
        dialogue = node.text_of("dialogue")
        one = Content(
            _id(node, "audioContentID", "ACO_"),
            node.attributes.get("audioContentName", ""),
            node.attributes.get("audioContentLanguage", ""),
            _refs(node, "audioObjectIDRef"),
            None if dialogue is None else round(number(dialogue, "dialogue", 0, 2)),
            _labels(node, "audioContentLabel"),
            _loudness(node),
        )
        self.found.contents[one.id] = one

    def _object(self, node: Node) -> None:
        importance = node.attributes.get("importance")
        gains = [gain_of(child) for child in node.children if child.name == "gain"]
        offset, cartesian = [0.0, 0.0, 0.0], False
        names = {"azimuth": 0, "elevation": 1, "distance": 2, "X": 0, "Y": 1, "Z": 2}
        for child in node.children:
            if child.name == "positionOffset" and child.attributes.get("coordinate") in names:
                coordinate = child.attributes["coordinate"]
                cartesian = coordinate in ("X", "Y", "Z")
                offset[names[coordinate]] = number(child.text, "positionOffset", -360, 360)
        one = Object(
            _id(node, "audioObjectID", "AO_"),
            node.attributes.get("audioObjectName", ""),
            _time(node, "start") or Fraction(0),
            _time(node, "duration"),
            _refs(node, "audioPackFormatIDRef"),
            _refs(node, "audioTrackUIDRef"),
            _refs(node, "audioObjectIDRef"),
            _refs(node, "audioComplementaryObjectIDRef"),
            None if importance is None else round(number(importance, "importance", 0, 10)),
            gains[0] if gains else 1.0,
            flag(node.text_of("mute")),
            flag(node.text_of("headLocked")),
            (offset[0], offset[1], offset[2]),
            cartesian,
            _labels(node, "audioObjectLabel"),
        )
        self.found.objects[one.id] = one

    def _pack(self, node: Node) -> None:
        importance = node.attributes.get("importance")
        key = _id(node, "audioPackFormatID", "AP_")
        if key in common_packs():
            return  # some files carry the common definitions along
        self.found.packs[key] = PackFormat(
            key,
            node.attributes.get("audioPackFormatName", ""),
            _kind(node, key),
            _refs(node, "audioChannelFormatIDRef"),
            _refs(node, "audioPackFormatIDRef"),
            node.text_of("normalization") or "",
            None if importance is None else round(number(importance, "importance", 0, 10)),
        )

    def _channel(self, node: Node) -> None:
        made, self._nodes = self._nodes, []
        key = _id(node, "audioChannelFormatID", "AC_")
        if key in common_channels():
            return
        kind = _kind(node, key)
        parsers: dict[str, Callable[[Node], Block]] = {
            "Objects": blocks.object_block,
            "DirectSpeakers": blocks.speaker_block,
            "HOA": blocks.hoa_block,
        }
        parse = parsers.get(kind)
        found: list[Block] = []
        for block in made:
            if parse is None:
                break
            try:
                found.append(parse(block))
            except ValueError as error:
                name = block.attributes.get("audioBlockFormatID", "")
                self.wrong.append(f"axml line {block.line}: audioBlockFormat {name}: {error}")
        if parse is not None and not made:
            raise ValueError("it has no audioBlockFormat; each channel has at least one")
        low = high = None
        for child in node.children:
            if child.name == "frequency":
                hz = number(child.text, "frequency", 0, 1e6)
                if child.attributes.get("typeDefinition") == "lowPass":
                    low = hz
                else:
                    high = hz
        name = node.attributes.get("audioChannelFormatName", "")
        self.found.channels[key] = ChannelFormat(key, name, kind, tuple(found), low, high)

    def _stream(self, node: Node) -> None:
        refs = _refs(node, "audioChannelFormatIDRef") or _refs(node, "audioPackFormatIDRef")
        key = _id(node, "audioStreamFormatID", "AS_")
        if refs:
            self.found.streams[key] = refs[0]
        # BS.2076-1 lets either of the two point at the other.
        for track in _refs(node, "audioTrackFormatIDRef"):
            self.found.track_formats.setdefault(track, key)

    def _track_format(self, node: Node) -> None:
        refs = _refs(node, "audioStreamFormatIDRef")
        if refs:
            self.found.track_formats[_id(node, "audioTrackFormatID", "AT_")] = refs[0]

    def _uid(self, node: Node) -> None:
        key = _id(node, "UID", "ATU_")
        if key == SILENT_UID:
            raise ValueError(f"{SILENT_UID} stands for silence and cannot be a track")
        first = {name: (_refs(node, name) or ("",))[0] for name in _UID_REFS}
        self.found.uids[key] = TrackUid(key, 0, *(first[name] for name in _UID_REFS))


_UID_REFS = ("audioTrackFormatIDRef", "audioChannelFormatIDRef", "audioPackFormatIDRef")


def _id_of(node: Node) -> str:
    return next((value for value in node.attributes.values() if value.startswith(_PREFIXES)), "without an id")


def _id(node: Node, name: str, prefix: str) -> str:
    key = clean_id(node.attributes.get(name))
    # Older documents have other prefixes; what counts is that it is there.
    if not key or len(key) > 64:
        raise ValueError(f"{name} is {node.attributes.get(name)!r}; an id like {prefix}1001 is needed")
    return key


def _refs(node: Node, name: str) -> tuple[str, ...]:
    return tuple(clean_id(text) for text in node.texts(name) if text)


def _time(node: Node, name: str) -> Fraction | None:
    text = node.attributes.get(name)
    return None if text is None else parse_time(text)


def _kind(node: Node, key: str) -> Kind:
    name = node.attributes.get("typeDefinition", "")
    label = node.attributes.get("typeLabel") or key[3:7]
    for kind in KINDS.values():
        if name == kind:
            return kind
    if label not in KINDS:
        raise ValueError(f"its type is {name or label!r}; {', '.join(KINDS.values())} are known")
    return KINDS[label]


def _labels(node: Node, name: str) -> dict[str, str]:
    return {
        child.attributes.get("language", ""): child.text.strip()
        for child in node.children
        if child.name == name
    }


def _loudness(node: Node) -> Loudness | None:
    for child in node.children:
        if child.name == "loudnessMetadata":
            names = ("integratedLoudness", "loudnessRange", "maxTruePeak", "maxMomentary", "maxShortTerm")
            texts = [child.text_of(name) for name in names]
            return Loudness(
                *(
                    None if text is None else number(text, name)
                    for text, name in zip(texts, names, strict=True)
                )
            )
    return None
