"""How a scene's space sounds, as numbers: rooms, air, what stands in the way, and how a single sound stands in it.

Compiled from the scene file (`engine.timeline.model_acoustics`), read by `engine.audio.acoustics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Vec3 = tuple[float, float, float]

OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Octave bands of reverberation times and absorption coefficients."""

WALLS = ("left", "right", "back", "front", "floor", "ceiling")
"""A room's six sides, in the order of every array of walls: -x, +x, -y, +y, -z, +z of the room's own axes."""

Doppler = Literal["off", "pitch", "travel"]


@dataclass(frozen=True, slots=True)
class SoundSpace:
    """How one sound stands in space.

    Attributes
    ----------
    spread_deg : float
        0 a point, 180 all around.
    pattern, sharpness : float
        Directivity ``|1 - pattern + pattern cos|^sharpness``: pattern 0 equal all round, 0.5 a cardioid, 1 a figure of eight.
    behind_hz : float
        Low-pass heard straight behind it; 24000: none.
    facing_deg : float or None
        Heading it faces, + = left, in the frame of its place; None: it faces the guest.
    faces_ahead : bool
        It faces where it moves.
    doppler : str
        ``off``; ``pitch``: the pitch of its movement, in step with the picture where it is nearest; ``travel``: heard as late as
        sound travels.
    reverb_db : float or None
        Level of its part in the room's reflections and reverberation; None: it has none.
    occlude : bool
        What stands in the way is heard.
    reference_m, furthest_m, rolloff : float
        Distance law: full level up to `reference_m`, ``reference / (reference + rolloff (d - reference))`` beyond, no quieter than at
        `furthest_m`.
    """

    spread_deg: float = 0.0
    pattern: float = 0.0
    sharpness: float = 1.0
    behind_hz: float = 24_000.0
    facing_deg: float | None = None
    faces_ahead: bool = False
    doppler: Doppler = "off"
    reverb_db: float | None = 0.0
    occlude: bool = True
    reference_m: float = 1.0
    furthest_m: float = 150.0
    rolloff: float = 1.0


PLAIN = SoundSpace()


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room: a box in which sound comes back.

    Attributes
    ----------
    name : str
    center_m, size_m : Vec3
        In the scene; size along the room's own axes.
    heading_deg : float
        How far its axes are turned, + = left.
    rt60_s : tuple of 7 float, or ()
        Reverberation time by octave of `OCTAVES_HZ`; empty: what the walls give.
    absorption : tuple of 6 tuples of 7 float, or ()
        By wall of `WALLS` and octave, 0..1; 1 at every octave is an opening. Empty: what the reverberation time asks for.
    wet_db, early_db : float
        Added to what the late and the early part of such a room measure.
    order : int
        Of early reflections, 0..2.
    edge_m : float
        Depth of the soft edge at its walls.
    """

    name: str
    center_m: Vec3
    size_m: Vec3
    heading_deg: float
    rt60_s: tuple[float, ...] = ()
    absorption: tuple[tuple[float, ...], ...] = ()
    wet_db: float = 0.0
    early_db: float = 0.0
    order: int = 1
    edge_m: float = 1.0


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """A box that sound does not go through, where the model has none: its middle, its size along its own axes, its heading."""

    center_m: Vec3
    size_m: Vec3
    heading_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class AcousticsSpec:
    """How a scene's space sounds.

    Attributes
    ----------
    rooms : tuple of RoomSpec
        Where they overlap, the first is the one that is heard.
    occluders : tuple of str
        Nodes of the scene's models that stand in the way of sound, with all below them; a name may end in ``*``.
    blocks : tuple of BlockSpec
        More that stands in the way.
    loss_db, loss_hz : float
        What comes straight through them: its level, negative, and a low-pass.
    temperature_c, humidity_percent : float
        Of the air.
    """

    rooms: tuple[RoomSpec, ...] = ()
    occluders: tuple[str, ...] = ()
    blocks: tuple[BlockSpec, ...] = ()
    loss_db: float = -30.0
    loss_hz: float = 500.0
    temperature_c: float = 20.0
    humidity_percent: float = 50.0
