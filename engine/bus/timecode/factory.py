"""From a wire and a port to the endpoint that serves it."""

from __future__ import annotations

from engine.bus.timecode.ports import PortName, Reader, Writer, parse_port
from engine.errors import UsageError
from engine.time.clocks import Clock
from engine.time.codes.word import Wire
from engine.time.rates import FrameRate, rate_named

_READS = {
    Wire.LTC: {"audio", "file"},
    Wire.CINEMA: {"audio", "file"},
    Wire.MTC: {"midi", "serial"},
    Wire.ARTNET: {"udp"},
}
_HINTS = {
    Wire.LTC: "LTC is sound: audio:NAME[/CHANNEL] or a sound file",
    Wire.CINEMA: "digital-cinema sync is sound: audio:NAME[/CHANNEL] or a sound file",
    Wire.MTC: "MIDI timecode needs midi:NAME or serial:DEVICE",
    Wire.ARTNET: "Art-Net timecode needs udp://HOST[:PORT]",
}

_NO_LIVE_FILE = "timecode is not led into a file as it happens; make {port} with: sensorama timecode generate"


def _checked(
    wire: str | Wire, port: str, rate: str | FrameRate | None
) -> tuple[Wire, PortName, FrameRate | None]:
    try:
        kind = Wire(wire)
    except ValueError:
        names = ", ".join(item.value for item in Wire)
        raise UsageError(f"there is no timecode wire {wire!r}; allowed: {names}") from None
    try:
        where = parse_port(port)
        counted = rate_named(rate) if isinstance(rate, str) else rate
    except ValueError as error:
        raise UsageError(str(error)) from None
    if where.kind not in _READS[kind]:
        raise UsageError(f"port {port!r} does not carry {kind.value}; {_HINTS[kind]}")
    limit = 120 if kind is Wire.CINEMA else 30
    if counted is not None and counted.count > limit:
        raise UsageError(
            f"{kind.value} cannot count {counted.label} frames a second; allowed up to {limit}. A higher rate travels as its "
            "base rate plus a phase: give the base rate"
        )
    return kind, where, counted


def check_port(wire: str | Wire, port: str, rate: str | FrameRate | None, *, sends: bool) -> None:
    """Whether a port can carry a wire; opens nothing.

    Raises
    ------
    UsageError
        What `open_reader` (or, for what `sends`, `open_writer`) would say.
    """
    _, where, _ = _checked(wire, port, rate)
    if sends and where.kind == "file":
        raise UsageError(_NO_LIVE_FILE.format(port=port))


def open_reader(wire: str | Wire, port: str, rate: str | FrameRate | None, clock: Clock) -> Reader:
    """A reader for a port; nothing is opened before its `open`.

    Parameters
    ----------
    wire : {"ltc", "mtc", "artnet", "cinema"}
    port : str
        See `engine.bus.timecode.ports.parse_port`.
    rate : str, FrameRate or None
        The source's rate, up to 30. None: taken from the wire. Needed for LTC at 23.976 and 29.97 non-drop, which the wire does
        not tell from 24 and 30.
    clock : Clock
        Host clock of the stamps.

    Raises
    ------
    UsageError
        A port that does not carry this wire, an unknown rate; says what is allowed.
    """
    kind, where, counted = _checked(wire, port, rate)
    if kind is Wire.MTC:
        from engine.bus.timecode.midi import MtcReader

        return MtcReader(port, where, counted, clock)
    if kind is Wire.ARTNET:
        from engine.bus.timecode.sockets import ArtnetReader

        return ArtnetReader(port, where, counted, clock)
    from engine.bus.timecode.hearing import decoder_for

    if where.kind == "file":
        from engine.bus.timecode.files import FileReader

        return FileReader(kind, port, where, decoder_for(kind, counted), clock)
    from engine.bus.timecode.audio import AudioReader

    return AudioReader(kind, port, where, decoder_for(kind, counted), clock)


def open_writer(
    wire: str | Wire,
    port: str,
    rate: str | FrameRate,
    clock: Clock,
    *,
    uuid: str = "",
    level_db: float = -6.0,
) -> Writer:
    """A writer for a port; nothing is opened before its `open`.

    Parameters
    ----------
    wire, port, clock
        As for `open_reader`. A file takes no live writer: `sensorama timecode generate --to FILE` makes one.
    rate : str or FrameRate
        Rate of the labels, up to 30 (digital-cinema sync: 24 to 120).
    uuid : str, default ""
        Digital-cinema sync only: the track's UUID; empty is all zeros.
    level_db : float, default -6.0
        Level of LTC in dBFS (peak).

    Raises
    ------
    UsageError
        A port that does not carry this wire, a rate it does not know; says what is allowed.
    """
    kind, where, counted = _checked(wire, port, rate)
    if counted is None:
        raise UsageError("a writer needs a rate, as 25")
    if kind is Wire.MTC:
        from engine.bus.timecode.midi import MtcWriter

        return MtcWriter(port, where, counted, clock)
    if kind is Wire.ARTNET:
        from engine.bus.timecode.sockets import ArtnetWriter

        return ArtnetWriter(port, where, counted, clock)
    if where.kind == "file":
        raise UsageError(_NO_LIVE_FILE.format(port=port))
    from engine.bus.timecode.audio import AudioWriter
    from engine.bus.timecode.sounding import voice_for

    return AudioWriter(kind, port, where, voice_for(kind, counted, uuid=uuid, level_db=level_db), clock)
