"""Time: flicks, exact rates, timecode, clocks and the transport; above errors and units only."""

from engine.time.clocks import Clock, ManualClock, MonotonicClock, asleep_ns, wall_offset_ns, wall_time_iso
from engine.time.flicks import (
    FLICKS_PER_SECOND,
    NS_PER_SECOND,
    Flicks,
    fl_to_ns,
    fl_to_seconds,
    format_fl,
    ns_to_fl,
    parse_duration_fl,
    seconds_to_fl,
)
from engine.time.profiles import SeatProfile
from engine.time.publisher import Block, TransportWriter
from engine.time.rates import RATES, FrameRate, rate_named
from engine.time.segments import (
    BEFORE_START,
    NO_SCENE,
    ROOM,
    Controls,
    Moment,
    Overlay,
    OverlaySpan,
    ReactionRow,
    Segment,
    SegmentKind,
    Span,
    Transport,
)
from engine.time.shared import LocalBlock, TransportBlock
from engine.time.timecode import (
    Timecode,
    frames_per_day,
    parse_timecode,
    timecode_from_fl,
    timecode_from_index,
)
from engine.units import MODALITIES

__all__ = [
    "BEFORE_START",
    "FLICKS_PER_SECOND",
    "MODALITIES",
    "NO_SCENE",
    "NS_PER_SECOND",
    "RATES",
    "ROOM",
    "Block",
    "Clock",
    "Controls",
    "Flicks",
    "FrameRate",
    "LocalBlock",
    "ManualClock",
    "Moment",
    "MonotonicClock",
    "Overlay",
    "OverlaySpan",
    "ReactionRow",
    "SeatProfile",
    "Segment",
    "SegmentKind",
    "Span",
    "Timecode",
    "Transport",
    "TransportBlock",
    "TransportWriter",
    "asleep_ns",
    "fl_to_ns",
    "fl_to_seconds",
    "format_fl",
    "frames_per_day",
    "ns_to_fl",
    "parse_duration_fl",
    "parse_timecode",
    "rate_named",
    "seconds_to_fl",
    "timecode_from_fl",
    "timecode_from_index",
    "wall_offset_ns",
    "wall_time_iso",
]
