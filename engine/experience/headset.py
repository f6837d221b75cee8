"""A rig's headsets and guests as values: what `headset_model` reads, with units and defaults settled.

Nothing here knows a runtime or a device. The picture reads `HeadsetSpec`; who sits where, and what is asked when somebody new puts a
headset on, is `GuestPolicy`; what a seat's devices and picture do for its guest begins as `ProfileSpec` and is changed by the guest's
own answers (`engine.show.guests`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.time.flicks import fl_to_ns

if TYPE_CHECKING:
    from engine.experience.headset_model import GuestsDoc, HeadsetDoc

Say = Callable[[Sequence[str | int], str, str], None]

#: Comfort levels in the order of their index, the fullest first. What each does to the senses: `engine.show.guests.comfort`.
COMFORT_LEVELS = ("full", "gentle", "still")
#: What may be done or asked on arrival.
ARRIVAL_STEPS = ("recentre", "calibrate", "language", "comfort")
#: Centre of rotation of a seat's platform, from the guest's resting eye (X right, Y forward, Z up): a seated adult's eye is some 0.8 m
#: above the seat's surface, and the joints of a seat's platform lie a hand below that. Measure it on a real one.
DEFAULT_PIVOT_M = (0.0, 0.0, -0.9)
#: Eye above the floor, where the runtime knows none.
_EYE_HEIGHT_M = {"seated": 1.2, "standing": 1.6}
_LEAST_SETTLE_NS = 100_000_000
_LEAST_ASK_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """How a seat plays for whoever sits on it at first: a comfort level of `COMFORT_LEVELS`, and whether light may flash."""

    comfort: Literal["full", "gentle", "still"] = "full"
    photosensitive: bool = False


@dataclass(frozen=True, slots=True)
class HeadsetSpec:
    """How the picture goes to a headset.

    Attributes
    ----------
    form
        ``seated``: recentring takes the head's place and yaw as the resting eye. ``standing``: heights are real.
    lift_m
        Raises the guest's eye above where it would be, -2..2.
    eye_height_m
        Eye above the floor where the runtime knows no floor.
    samples
        A pixel: 1, 2, 4 or 8.
    scale
        Of the size that the runtime recommends, 0.25..2.
    hdr, depth, mask, quads
        Half floats, depth submission, hidden-area mask, layers of their own for texts: where the runtime has them.
    refresh_hz
        Wanted rate of the display; None: the highest.
    mirror
        The operator's window: the left eye, both, or none.
    steady_ns
        Smoothing of the mirror; 0: as the head moves.
    snap_turn_deg
        A turn by thumbstick; 0: none.
    compensate
        Whether the seat's own motion is taken out of the head's.
    eye_tracking
        Whether an eye tracker may be read at all: where somebody looks is theirs, so a venue says so, and tells its guests.
    """

    form: Literal["seated", "standing"] = "seated"
    lift_m: float = 0.0
    eye_height_m: float = 1.2
    samples: int = 4
    scale: float = 1.0
    hdr: bool = False
    depth: bool = True
    mask: bool = True
    quads: bool = True
    refresh_hz: float | None = None
    mirror: Literal["left", "both", "none"] = "left"
    steady_ns: int = 250_000_000
    snap_turn_deg: float = 30.0
    compensate: bool = True
    eye_tracking: bool = False


@dataclass(frozen=True, slots=True)
class GuestPolicy:
    """What happens when guests come and go.

    Attributes
    ----------
    on_arrival
        Steps of `ARRIVAL_STEPS`, in order, each at most once.
    settle_ns
        How long a headset must be worn before it counts as an arrival; at least 100 ms.
    gone_ns
        How long off before the guest has left.
    empty_seat
        What the devices of a seat do that a guest has left: ``rest``, or ``play`` on as if somebody sat there.
    ask_for_ns
        A question unanswered this long takes its default; at least 2 s.
    """

    on_arrival: tuple[str, ...] = ("recentre", "calibrate")
    settle_ns: int = 1_500_000_000
    gone_ns: int = 4_000_000_000
    empty_seat: Literal["rest", "play"] = "rest"
    ask_for_ns: int = 20_000_000_000


def build_headset(doc: HeadsetDoc) -> HeadsetSpec:
    """Settle units and defaults."""
    height_m = doc.fallback_eye_height
    return HeadsetSpec(
        form=doc.form,
        lift_m=doc.lift,
        eye_height_m=_EYE_HEIGHT_M[doc.form] if height_m is None else height_m,
        samples=doc.samples,
        scale=doc.scale,
        hdr=doc.hdr,
        depth=doc.depth,
        mask=doc.mask,
        quads=doc.quads,
        refresh_hz=doc.refresh,
        mirror=doc.mirror,
        steady_ns=fl_to_ns(doc.steady),
        snap_turn_deg=doc.snap_turn,
        compensate=doc.compensate,
        eye_tracking=doc.eye_tracking,
    )


def build_guests(doc: GuestsDoc, say: Say) -> GuestPolicy:
    """Settle units; tells what only the whole shows to be wrong."""
    at = ("guests",)
    for index, step in enumerate(doc.on_arrival):
        if step in doc.on_arrival[:index]:
            say((*at, "on_arrival", index), f"{step} stands in on_arrival twice", "once is enough")
    settle_ns, ask_ns = fl_to_ns(doc.settle), fl_to_ns(doc.ask_for)
    if settle_ns < _LEAST_SETTLE_NS:
        say(
            (*at, "settle"),
            f"settle is {settle_ns / 1e6:g} ms",
            "100ms or more: a sensor in a hand is no guest",
        )
    if ask_ns < _LEAST_ASK_NS:
        say((*at, "ask_for"), f"ask_for is {ask_ns / 1e9:g} s", "2s or more: a question wants reading")
    return GuestPolicy(tuple(doc.on_arrival), settle_ns, fl_to_ns(doc.gone), doc.empty_seat, ask_ns)
