"""Twin of a force-feedback device: the kernel's timer and two motors, or a coil that plays a sine.

Has: effects that end by themselves, change while they play, lag. Has not: envelopes, triggers, several effects mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.evdev_rumble.codec import MAX_RUMBLE, MAX_SINE, EffectError, Rumble, decode
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig

_MOTORS = ("strong", "weak", "sine")


def make_twin(config: DeviceConfig) -> EvdevTwin:
    """A device at rest."""
    return EvdevTwin(config)


class EvdevTwin:
    """A pad in software.

    Attributes
    ----------
    frames, refused : int
        Effects played, bytes that were none.
    """

    def __init__(self, config: DeviceConfig) -> None:
        latency = config.latency
        self._levels = {
            name: LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns) for name in _MOTORS
        }
        self._ends_ns: int | None = None
        self._period_ms = 0.0
        self.frames = self.refused = 0

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take an effect; it plays from now on."""
        try:
            effect = decode(data)
        except EffectError:
            self.refused += 1
            return ()
        self._hush(at_ns)
        self.frames += 1
        self._ends_ns = at_ns + effect.length_ms * 1_000_000
        if isinstance(effect, Rumble):
            wanted = (effect.strong / MAX_RUMBLE, effect.weak / MAX_RUMBLE, 0.0)
        else:
            wanted = (0.0, 0.0, effect.magnitude / MAX_SINE)
            self._period_ms = float(effect.period_ms)
        for value, level in zip(self._levels.values(), wanted, strict=True):
            value.command(level, at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Levels of both motors and of the sine, 0..1, and the sine's period in ms."""
        self._hush(at_ns)
        return {
            **{name: value.at(at_ns) for name, value in self._levels.items()},
            "period_ms": self._period_ms,
        }

    def _hush(self, at_ns: int) -> None:
        if self._ends_ns is not None and at_ns >= self._ends_ns:
            ends_ns, self._ends_ns = self._ends_ns, None
            for value in self._levels.values():
                value.command(0.0, ends_ns)
