"""What stands in the chunks of a WAV, RF64 or BW64 file: values and their bytes, no files.

EBU Tech 3285 (WAV), EBU Tech 3306 (RF64), ITU-R BS.2088-1 (BW64). All numbers are little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

Coding = Literal["pcm", "float"]

PCM, FLOAT, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
MOST_CHANNELS = 1024
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 768_000
_GUID_TAIL = bytes.fromhex("000010008000" + "00aa00389b71")
"""After the format tag: KSDATAFORMAT_SUBTYPE_PCM and ..._IEEE_FLOAT."""
_AMB_TAIL = bytes.fromhex("00002107d31186" + "44c8c1ca000000")
"""SUBTYPE_AMBISONIC_B_FORMAT_PCM and ..._IEEE_FLOAT (Dobson, the AMB format): Furse-Malham channels."""
_BITS = {"pcm": (8, 16, 24, 32), "float": (32, 64)}
_CHNA_ROW = struct.Struct("<H12s14s11sx")


@dataclass(frozen=True, slots=True)
class WaveFormat:
    """The chunk ``fmt ``.

    Attributes
    ----------
    channels : int
        1 to 1024.
    rate_hz : int
    bits : int
        Of a sample as stored: 8, 16, 24, 32 (PCM), 32, 64 (float).
    coding : {"pcm", "float"}
    mask : int
        Which loudspeakers the channels are for (WAVEFORMATEXTENSIBLE); 0: not said.
    fuma : bool
        An .amb file: Furse-Malham B-format.
    """

    channels: int
    rate_hz: int
    bits: int
    coding: Coding = "pcm"
    mask: int = 0
    fuma: bool = False

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class ChnaRow:
    """One row of the chunk ``chna`` (BS.2088-1, 8): which track is which part of the ADM.

    Attributes
    ----------
    track : int
        Channel of the file, from 1.
    uid : str
        ``ATU_00000001``.
    track_format : str
        ``AT_00031001_01``, or since BS.2088-1 ``AC_00031001`` with ``_00``.
    pack_format : str
        ``AP_00031001``; may be empty.
    """

    track: int
    uid: str
    track_format: str
    pack_format: str = ""


def parse_format(data: bytes) -> WaveFormat:
    """The chunk ``fmt ``.

    Raises
    ------
    ValueError
        When it is too short, compressed, or holds what no file can mean; the text says which and what is allowed.
    """
    if len(data) < 16:
        raise ValueError(f"its format chunk has {len(data)} bytes, at least 16 are needed")
    tag, channels, rate_hz, _, align, bits = struct.unpack_from("<HHIIHH", data)
    mask, fuma = 0, False
    if tag == EXTENSIBLE:
        if len(data) < 40:
            raise ValueError(f"its extensible format chunk has {len(data)} bytes, 40 are needed")
        _, mask = struct.unpack_from("<HI", data, 18)
        tag = struct.unpack_from("<H", data, 24)[0]
        tail = data[26:40]
        fuma = tail == _AMB_TAIL
        if not fuma and tail[2:] != _GUID_TAIL:
            raise ValueError(f"its coding is {data[24:40].hex()}, which is neither PCM nor float; convert it")
    if tag not in (PCM, FLOAT):
        raise ValueError(
            f"its coding is 0x{tag:04x}; PCM (0x0001) and float (0x0003) can be read; convert it"
        )
    coding: Coding = "pcm" if tag == PCM else "float"
    if not 1 <= channels <= MOST_CHANNELS:
        raise ValueError(
            f"it says it has {channels} channels; 1 to {MOST_CHANNELS} are allowed; export it again"
        )
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise ValueError(
            f"it says it has {rate_hz} samples a second; {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} are allowed; export it again"
        )
    if align and align % channels == 0:
        # Containers are whole bytes: 20 bits lie in 24.
        bits = max(bits + -bits % 8, align // channels * 8)
    if bits not in _BITS[coding]:
        allowed = ", ".join(map(str, _BITS[coding]))
        raise ValueError(f"its samples have {bits} bits ({coding}); {allowed} are allowed; export it again")
    return WaveFormat(channels, rate_hz, bits, coding, mask, fuma)


def format_bytes(form: WaveFormat) -> bytes:
    """The chunk ``fmt `` for a format; extensible only where a mask is said."""
    tag = PCM if form.coding == "pcm" else FLOAT
    rest = (form.rate_hz, form.rate_hz * form.frame_bytes, form.frame_bytes, form.bits)
    if not form.mask:
        return struct.pack("<HHIIHH", tag, form.channels, *rest)
    head = struct.pack("<HHIIHH", EXTENSIBLE, form.channels, *rest)
    return head + struct.pack("<HHIH", 22, form.bits, form.mask, tag) + b"\0\0" + _GUID_TAIL


def parse_chna(data: bytes) -> tuple[ChnaRow, ...]:
    """The chunk ``chna``; rows of zeros, which are kept for later, are left out.

    Raises
    ------
    ValueError
        When it is cut off or a text is not ASCII.
    """
    if len(data) < 4:
        raise ValueError(f"its chna chunk has {len(data)} bytes, at least 4 are needed")
    count = struct.unpack_from("<H", data, 2)[0]
    room = (len(data) - 4) // _CHNA_ROW.size
    if count > room:
        raise ValueError(f"its chna chunk announces {count} tracks and holds {room}")
    found = []
    # Some writers leave the count at that of the used rows, some at that of all; zeros mean unused either way.
    for number in range(room):
        track, *texts = _CHNA_ROW.unpack_from(data, 4 + number * _CHNA_ROW.size)
        if not track:
            continue
        try:
            uid, track_format, pack = (text.rstrip(b"\0 ").decode("ascii") for text in texts)
        except UnicodeDecodeError as error:
            raise ValueError(f"its chna chunk names row {number + 1} by bytes that are no ASCII") from error
        found.append(ChnaRow(track, uid, track_format, pack))
    return tuple(found)


def chna_bytes(rows: tuple[ChnaRow, ...]) -> bytes:
    """The chunk ``chna``."""
    head = struct.pack("<HH", len({row.track for row in rows}), len(rows))
    return head + b"".join(
        _CHNA_ROW.pack(row.track, row.uid.encode(), row.track_format.encode(), row.pack_format.encode())
        for row in rows
    )
