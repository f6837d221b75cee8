"""An audioBlockFormat of BS.2076-2 (5.4), from its element to a value."""

from __future__ import annotations

import math
from fractions import Fraction

from engine.audio.adm.model import Divergence, HoaBlock, ObjectBlock, ScreenLock, SpeakerBlock, Vec3, Zone
from engine.audio.adm.times import parse_time
from engine.audio.adm.xml_tree import Node

_POLAR = ("azimuth", "elevation", "distance")
_CARTESIAN = ("X", "Y", "Z")
_RANGES = {
    "azimuth": (-360.0, 360.0),
    "elevation": (-90.0, 90.0),
    "distance": (0.0, 1000.0),
    **dict.fromkeys(_CARTESIAN, (-1000.0, 1000.0)),
}


def number(text: str | None, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within bounds.

    Raises
    ------
    ValueError
    """
    try:
        value = float(text or "")
    except ValueError:
        raise ValueError(f"{what} is {text!r}, no number") from None
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{what} is {text}; {low:g} to {high:g} is allowed")
    return value


def flag(text: str | None) -> bool:
    """1 or true."""
    return (text or "").strip().lower() in ("1", "true")


def gain_of(node: Node) -> float:
    """A gain element, linear or in dB."""
    if node.attributes.get("gainUnit", "linear").lower() == "db":
        text = node.text.strip().lower()
        return 0.0 if text in ("-inf", "-infinity") else 10 ** (number(text, "gain", -1000, 60) / 20)
    return number(node.text, "gain", 0, 1000)


def object_block(node: Node) -> ObjectBlock:
    """Of an object.

    Raises
    ------
    ValueError
        What is wrong with it.
    """
    rtime, duration = times_of(node)
    place: dict[str, float] = {}
    sizes = {"width": 0.0, "height": 0.0, "depth": 0.0}
    more: dict[str, object] = {}
    for child in node.children:
        name = child.name
        if name == "position":
            coordinate = child.attributes.get("coordinate", "")
            place[coordinate] = _coordinate(coordinate, child.text)
            if "screenEdgeLock" in child.attributes:
                more["screen_lock"] = _lock(more.get("screen_lock"), child.attributes["screenEdgeLock"])
        elif name in sizes:
            sizes[name] = number(child.text, name, 0, 360)
        elif name == "gain":
            more["gain"] = gain_of(child)
        elif name == "jumpPosition":
            if flag(child.text):
                length = child.attributes.get("interpolationLength")
                more["interpolation_s"] = Fraction(0) if length is None else _length(length)
        elif name in _OTHERS:
            _OTHERS[name](child, more)
    cartesian = flag(node.text_of("cartesian")) or ("X" in place and "azimuth" not in place)
    position = _position(place, cartesian)
    if cartesian and max(sizes.values()) > 1:
        raise ValueError(
            f"width, height and depth of a Cartesian block are 0 to 1, here {max(sizes.values()):g}"
        )
    size = (sizes["width"], sizes["height"], sizes["depth"])
    return ObjectBlock(rtime, duration, position, cartesian, size, **more)  # type: ignore[arg-type]


def speaker_block(node: Node) -> SpeakerBlock:
    """Of a loudspeaker's channel."""
    rtime, duration = times_of(node)
    place: dict[str, float] = {}
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    lock: object = None
    gain = 1.0
    for child in node.children:
        if child.name == "position":
            coordinate = child.attributes.get("coordinate", "")
            bound = child.attributes.get("bound", "")
            into = {"min": low, "max": high}.get(bound, place)
            into[coordinate] = _coordinate(coordinate, child.text)
            if "screenEdgeLock" in child.attributes:
                lock = _lock(lock, child.attributes["screenEdgeLock"])
        elif child.name == "gain":
            gain = gain_of(child)
    cartesian = flag(node.text_of("cartesian")) or ("X" in place and "azimuth" not in place)
    names = _CARTESIAN if cartesian else _POLAR
    return SpeakerBlock(
        rtime, duration, tuple(node.texts("speakerLabel")), _position(place, cartesian), cartesian,
        (low.get(names[0]), low.get(names[1]), low.get(names[2])),
        (high.get(names[0]), high.get(names[1]), high.get(names[2])),
        gain, lock if isinstance(lock, ScreenLock) else None,
    )  # fmt: skip


def hoa_block(node: Node) -> HoaBlock:
    """Of an Ambisonic channel."""
    rtime, duration = times_of(node)
    degree = round(number(node.text_of("order"), "order", 0, 30))
    index = round(number(node.text_of("degree"), "degree", -degree, degree))
    gains = [gain_of(child) for child in node.children if child.name == "gain"]
    return HoaBlock(
        rtime, duration, degree, index, node.text_of("normalization") or "", gains[0] if gains else 1.0
    )


def times_of(node: Node) -> tuple[Fraction | None, Fraction | None]:
    """When a block begins and how long it lasts, both or neither where it says."""
    start, length = node.attributes.get("rtime"), node.attributes.get("duration")
    return None if start is None else parse_time(start), None if length is None else parse_time(length)


def _coordinate(name: str, text: str) -> float:
    if name not in _RANGES:
        raise ValueError(f"a position has coordinate {name!r}; {', '.join(_RANGES)} are known")
    return number(text, name, *_RANGES[name])


def _position(place: dict[str, float], cartesian: bool) -> Vec3:
    names = _CARTESIAN if cartesian else _POLAR
    missing = [name for name in names[:2] if name not in place]
    if missing:
        raise ValueError(f"its position has no {' and no '.join(missing)}")
    return place[names[0]], place[names[1]], place.get(names[2], 0.0 if cartesian else 1.0)


def _length(text: str) -> Fraction:
    return (
        parse_time(text)
        if ":" in text
        else Fraction(number(text, "interpolationLength", 0, 1e6)).limit_denominator(10**9)
    )


def _lock(before: object, text: str) -> ScreenLock:
    old = before if isinstance(before, ScreenLock) else ScreenLock()
    if text in ("left", "right"):
        return ScreenLock(text, old.vertical)
    return ScreenLock(old.horizontal, text) if text in ("top", "bottom") else old


def _diffuse(node: Node, more: dict[str, object]) -> None:
    more["diffuse"] = number(node.text, "diffuse", 0, 1)


def _channel_lock(node: Node, more: dict[str, object]) -> None:
    if flag(node.text):
        furthest = node.attributes.get("maxDistance")
        more["lock"] = math.inf if furthest is None else number(furthest, "maxDistance", 0)


def _divergence(node: Node, more: dict[str, object]) -> None:
    value = number(node.text, "objectDivergence", 0, 1)
    if value > 0:
        across, aside = node.attributes.get("azimuthRange"), node.attributes.get("positionRange")
        more["divergence"] = Divergence(
            value,
            None if across is None else number(across, "azimuthRange", 0, 180),
            None if aside is None else number(aside, "positionRange", 0, 1),
        )


def _zones(node: Node, more: dict[str, object]) -> None:
    found = []
    for zone in node.children:
        cartesian = "minX" in zone.attributes
        names = ("X", "Y", "Z") if cartesian else ("Azimuth", "Elevation")
        low, high = (
            tuple(number(zone.attributes.get(f"{end}{name}"), f"{end}{name}") for name in names)
            for end in ("min", "max")
        )
        found.append(Zone(cartesian, low, high))
    more["zones"] = tuple(found)


def _screen_ref(node: Node, more: dict[str, object]) -> None:
    more["screen_ref"] = flag(node.text)


def _head_locked(node: Node, more: dict[str, object]) -> None:
    more["head_locked"] = flag(node.text)


def _importance(node: Node, more: dict[str, object]) -> None:
    more["importance"] = round(number(node.text, "importance", 0, 10))


_OTHERS = {
    "diffuse": _diffuse,
    "channelLock": _channel_lock,
    "objectDivergence": _divergence,
    "zoneExclusion": _zones,
    "screenRef": _screen_ref,
    "headLocked": _head_locked,
    "importance": _importance,
}
