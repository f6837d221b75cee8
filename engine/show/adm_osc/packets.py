"""Open Sound Control messages and bundles as bytes: the three types that ADM-OSC uses, sent and never read.

"The Open Sound Control 1.0 Specification" (Wright, 2002). (Devices' own codec knows more of it; the engine imports no device.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

Arg = float | int | str
Message = tuple[str, tuple[Arg, ...]]

MOST_BYTES = 1400
"""Of a bundle; with its headers it fits one Ethernet frame, so that nothing of it is lost alone."""
_HEAD = b"#bundle\0" + struct.pack(">Q", 1)
"""With the time tag that says: at once."""


def message_bytes(message: Message) -> bytes:
    """One message."""
    address, args = message
    tags, body = ",", b""
    for arg in args:
        if isinstance(arg, str):
            tags, body = tags + "s", body + _text(arg)
        elif isinstance(arg, int):
            tags, body = tags + "i", body + struct.pack(">i", arg)
        else:
            tags, body = tags + "f", body + struct.pack(">f", arg)
    return _text(address) + _text(tags) + body


def bundles(messages: Iterable[Message]) -> Iterator[bytes]:
    """As few bundles as hold them, each within `MOST_BYTES` (or with one message alone)."""
    packet = _HEAD
    for message in messages:
        one = message_bytes(message)
        if len(packet) > len(_HEAD) and len(packet) + 4 + len(one) > MOST_BYTES:
            yield packet
            packet = _HEAD
        packet += struct.pack(">i", len(one)) + one
    if len(packet) > len(_HEAD):
        yield packet


def _text(text: str) -> bytes:
    """ASCII, as OSC has it: what is not becomes a question mark; ended and padded by zeros."""
    raw = text.encode("ascii", "replace")
    return raw + b"\0" * (4 - len(raw) % 4)
