"""Twin of an SMC3 controller with its three motors, firmware 0.60.

Has: the firmware's packet buffer with its resynchronisation, clipping of targets, motors that switch off beyond the cutoff and
stay off until enabled, all parameters with reading back, version, monitoring codes. Has not: the PID loop itself (a first-order
lag with the same largest speed stands for it), EEPROM across starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.sim.physics import LaggedValue
from devices.smc3.codec import (
    DEFAULT_CLIP,
    DEFAULT_CUTOFF,
    MAX_TARGET,
    MOTORS,
    PAIRS,
    TARGETS,
    WORDS,
    Packet,
    PacketCutter,
    encode_packet,
)
from devices.smc3.driver import Smc3Driver
from engine.bus.driver import DeviceConfig, park_frames

VERSION = 60
_DEFAULTS = {"kp": 420, "ki": 40, "kd": 40, "ks": 1, "pwm": 50 << 8 | 100, "dead_zone": 200}
# At the default PWM limit of 100 of 255 a wiper motor with the usual lever crosses its range in about 0.6 s.
_COUNTS_PER_S_AT_FULL_PWM = 4200.0


def make_twin(config: DeviceConfig) -> Smc3Twin:
    """A controller with its motors where the device parks them."""
    return Smc3Twin(config)


class _Motor:
    """One motor: where it is, whether it is on, how far it may go."""

    def __init__(self, start: int, dead_ns: int, lag_ns: int) -> None:
        self.rate = _COUNTS_PER_S_AT_FULL_PWM * 100 / 255
        self._latency = (dead_ns, lag_ns)
        self._value = LaggedValue(float(start), dead_ns=dead_ns, lag_ns=lag_ns, rate=self.rate)
        self.target = start
        self.off = True
        self.cutoff, self.clip = DEFAULT_CUTOFF, DEFAULT_CLIP

    def at(self, at_ns: int) -> float:
        """Position; passing the cutoff on the way switches the motor off there."""
        position = self._value.at(at_ns)
        low, high = self.cutoff - 1, MAX_TARGET + 1 - self.cutoff
        if not self.off and (position <= low or position >= high):
            position = float(low if position <= low else high)
            self.off = True
            self.place(position)
        return position

    def place(self, position: float) -> None:
        """Be at `position`, at rest."""
        dead_ns, lag_ns = self._latency
        self._value = LaggedValue(position, dead_ns=dead_ns, lag_ns=lag_ns, rate=self.rate)

    def go(self, target: int, at_ns: int) -> None:
        self.at(at_ns)
        # The firmware's integers have 16 bits: what a host sends beyond 32767 is negative to it.
        signed = target - 0x10000 if target > 0x7FFF else target
        self.target = min(max(signed, self.clip), MAX_TARGET - self.clip)
        if not self.off:
            self._value.command(float(self.target), at_ns)

    def enable(self, at_ns: int) -> None:
        position = self.at(at_ns)
        self.off = False
        if position < self.cutoff or position > MAX_TARGET - self.cutoff:
            self.off = True  # still beyond it: the next pass of the loop switches it off again
            return
        self._value.command(float(self.target), at_ns)

    def power(self, largest: int, at_ns: int) -> None:
        position = self.at(at_ns)
        self.rate = max(_COUNTS_PER_S_AT_FULL_PWM * largest / 255, 1e-3)
        self.place(position)
        if not self.off:
            self._value.command(float(self.target), at_ns)


class Smc3Twin:
    """A controller in software.

    Parameters
    ----------
    config : DeviceConfig
        Of the seat; its latency is how late the motors are.

    Attributes
    ----------
    packets : int
        Packets understood.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = Smc3Driver(config)
        latency = config.latency
        self._cutter = PacketCutter()
        parked = [packet.word for packet in PacketCutter().feed(park_frames(driver)[0])]
        parked += [(MAX_TARGET + 1) // 2] * (MOTORS - len(parked))
        self._motors = [_Motor(raw, latency.dead_ns, latency.lag_ns) for raw in parked]
        self._used = driver.motors
        self._values = {
            code: _DEFAULTS[name]
            for name, codes in (*WORDS.items(), *PAIRS.items())
            if name in _DEFAULTS
            for code in codes
        }
        self.saved: Mapping[int, int] = {}
        self.packets = 0

    @property
    def errors(self) -> int:
        """Stray bytes and packets without an end."""
        return self._cutter.errors

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes; give the answers to what was asked."""
        replies = []
        for packet in self._cutter.feed(data):
            reply = self._obey(packet, at_ns)
            if reply is not None:
                replies.append(encode_packet(reply))
        return replies

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Position 0..1023 of each motor in use and whether it is on (1) or off (0)."""
        state: dict[str, float] = {}
        for index, motor in enumerate(self._motors[: self._used]):
            state[f"motor_{index + 1}"] = motor.at(at_ns)
            state[f"motor_{index + 1}.on"] = 0.0 if motor.off else 1.0
        return state

    def _obey(self, packet: Packet, at_ns: int) -> Packet | None:
        code = packet.code
        self.packets += 1
        if code in TARGETS:
            self._motors[TARGETS.index(code)].go(packet.word, at_ns)
        elif code in PAIRS["limits"]:
            motor = self._motors[PAIRS["limits"].index(code)]
            motor.at(at_ns)
            motor.cutoff, motor.clip = packet.first, packet.second
        elif code in self._values:
            self._values[code] = packet.word
            if code in PAIRS["pwm"]:
                self._motors[PAIRS["pwm"].index(code)].power(packet.second, at_ns)
        else:
            return self._speak(bytes((code, packet.first, packet.second)), at_ns)
        return None

    def _speak(self, word: bytes, at_ns: int) -> Packet | None:
        if word == b"ena":
            for motor in self._motors:
                motor.enable(at_ns)
        elif word[:2] == b"en" and word[2:] in (b"1", b"2", b"3"):
            self._motors[word[2] - ord("1")].enable(at_ns)
        elif word == b"sav":
            self.saved = dict(self._values)
        elif word == b"ver":
            return Packet(ord("v"), VERSION >> 8, VERSION & 0xFF)
        elif word[:2] == b"rd":
            return self._read(word[2], at_ns)
        else:
            self.packets -= 1
        return None

    def _read(self, code: int, at_ns: int) -> Packet | None:
        if code in TARGETS:
            motor = self._motors[TARGETS.index(code)]
            return Packet(code, int(motor.at(at_ns)) // 4, motor.target // 4)
        if code in PAIRS["limits"]:
            motor = self._motors[PAIRS["limits"].index(code)]
            return Packet(code, motor.cutoff, motor.clip)
        if code in self._values:
            value = self._values[code]
            return Packet(code, value >> 8, value & 0xFF)
        if code in b"Yabc":
            for motor in self._motors:
                motor.at(at_ns)
            off = sum(1 << index for index, motor in enumerate(self._motors) if motor.off)
            return Packet(code, 16 | off, 0)
        return None
