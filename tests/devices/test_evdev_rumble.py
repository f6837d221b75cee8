"""Force feedback of Linux: the kernel's structure, devices that are found, changed, unplugged."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import evdev_rumble
from devices.evdev_rumble.codec import FF_PERIODIC, FF_RUMBLE, SIZE, EffectError, Rumble, Sine
from devices.evdev_rumble.codec import decode as decode_effect
from devices.evdev_rumble.codec import encode as encode_effect
from devices.evdev_rumble.pad import PadLine
from devices.sim.evdev_rumble import EvdevTwin
from engine.bus.driver import DeviceConfig, SettingError, park_frames
from engine.errors import DeviceBusy, DeviceGone
from tests.devices.seats import MS

ff = pytest.importorskip("evdev", reason="evdev exists for Linux only").ff


class FakePad:
    """A device of the kernel: takes the real structure's bytes."""

    def __init__(self, name: str, offers: tuple[int, ...], free: bool = True) -> None:
        self.name, self.offers, self.free = name, offers, free
        self.playing: dict[int, int] = {}
        self.effects: dict[int, Rumble | Sine] = {}
        self.gain = 0
        self.closed = self.unplugged = False

    def capabilities(self) -> dict[int, list[int]]:
        return {0x15: list(self.offers)} if self.offers else {}

    def upload_effect(self, effect: Any) -> int:
        if self.unplugged:
            raise OSError(19, "No such device")
        made = decode_effect(bytes(memoryview(effect).cast("B")))
        number = len(self.effects) if made.id < 0 else made.id
        self.effects[number] = replace(made, id=number)
        return number

    def write(self, kind: int, code: int, value: int) -> None:
        assert kind == 0x15
        if self.unplugged:
            raise OSError(19, "No such device")
        if code == 0x60:
            self.gain = value
        else:
            self.playing[code] = value

    def erase_effect(self, number: int) -> None:
        del self.effects[number]

    def close(self) -> None:
        self.closed = True


def library(**pads: FakePad) -> Any:
    """The evdev library on a machine that has these devices."""

    def opened(path: str) -> FakePad:
        pad = pads.get(path.removeprefix("/dev/input/"))
        if pad is None:
            raise FileNotFoundError(2, "No such file or directory")
        if not pad.free:
            raise PermissionError(13, "Permission denied")
        return pad

    return SimpleNamespace(
        InputDevice=opened, list_devices=lambda: [f"/dev/input/{name}" for name in pads], ff=ff
    )


class TestEffects:
    def test_the_bytes_are_those_of_the_kernels_structure(self) -> None:
        made = ff.Effect(
            FF_RUMBLE,
            -1,
            0,
            ff.Trigger(0, 0),
            ff.Replay(400, 0),
            ff.EffectType(ff_rumble_effect=ff.Rumble(0x8000, 0x1234)),
        )
        assert encode_effect(Rumble(0x8000, 0x1234, 400)) == bytes(memoryview(made).cast("B"))
        wave = ff.EffectType(ff_periodic_effect=ff.Periodic(0x5A, 25, 0x4000, 0, 0, ff.Envelope(), 0, None))
        made = ff.Effect(FF_PERIODIC, 3, 0, ff.Trigger(0, 0), ff.Replay(400, 0), wave)
        assert encode_effect(Sine(25, 0x4000, 400, 3)) == bytes(memoryview(made).cast("B"))

    @given(
        st.builds(
            Rumble, st.integers(0, 65535), st.integers(0, 65535), st.integers(1, 32767), st.integers(-1, 99)
        )
        | st.builds(
            Sine, st.integers(1, 65535), st.integers(0, 32767), st.integers(1, 32767), st.integers(-1, 99)
        )
    )
    def test_round_trip(self, effect: Rumble | Sine) -> None:
        assert decode_effect(encode_effect(effect)) == effect

    @given(
        st.binary(max_size=50)
        | st.binary(min_size=SIZE - 2, max_size=SIZE - 2).map(lambda b: b"\x51\x00" + b)
    )
    def test_any_bytes(self, data: bytes) -> None:
        try:
            decode_effect(data)
        except EffectError:
            pass
        EvdevTwin(DeviceConfig("p")).receive(data, 0)


class TestEvdevRumble:
    def made(self, pad: FakePad, **settings: object) -> evdev_rumble.EvdevRumbleDriver:
        config = DeviceConfig("p", port="/dev/input/event3", settings=settings)
        return evdev_rumble.EvdevRumbleDriver(config, PadLine("p", config.port, library(event3=pad)))

    def test_one_effect_is_changed_while_it_plays_and_taken_back_at_the_end(self) -> None:
        pad = FakePad("Pad", (FF_RUMBLE, 0x60))
        driver = self.made(pad)
        driver.open()
        assert (pad.gain, driver.health.note) == (0xFFFF, "Pad at /dev/input/event3")
        driver.send(park_frames(driver))
        assert pad.effects == {}  # silence needs no effect
        for amplitude in (0.5, 1.0):
            driver.send(driver.encode((amplitude, 110.0)))
        assert pad.effects == {0: Rumble(32768, 32768, 400, 0)} and pad.playing == {0: 1}
        driver.send(driver.encode((0.0, 110.0)))
        assert pad.playing == {0: 0}
        driver.send(driver.encode((1.0, 40.0)))
        driver.close()
        driver.close()
        assert pad.playing == {0: 0} and pad.effects == {} and pad.closed

    def test_a_sine_where_it_is_offered_else_a_rumble_and_a_word(self) -> None:
        able, unable = FakePad("Coil", (FF_PERIODIC,)), FakePad("Pad", (FF_RUMBLE,))
        for pad, wanted in ((able, Sine(20, 16384, 400, 0)), (unable, Rumble(32769, 0, 400, 0))):
            driver = self.made(pad, effect="sine")
            driver.open()
            driver.send(driver.encode((0.5, 50.0)))
            assert pad.effects == {0: wanted}
            texts = [r.text for _ in range(2) for r in driver.attend(0)]
            assert texts == ([] if pad is able else ["Pad plays no sine; its motors rumble instead"])

    def test_motors_of_their_own(self) -> None:
        pad = FakePad("Pad", (FF_RUMBLE,))
        driver = self.made(pad, motors="split")
        driver.open()
        driver.send(driver.encode((1.0, 40.0, 0.2, 40.0)))
        assert pad.effects == {0: Rumble(65535, 13107, 400, 0)}
        assert [group.name for group in driver.groups] == ["strong", "weak"]

    def test_unplugged(self) -> None:
        pad = FakePad("Pad", (FF_RUMBLE,))
        driver = self.made(pad)
        driver.open()
        driver.send(driver.encode((1.0, 40.0)))
        pad.unplugged = True
        with pytest.raises(DeviceGone, match="Pad went away"):
            driver.send(driver.encode((0.5, 40.0)))
        driver.close()
        assert driver.health.state == "gone" and pad.closed

    @pytest.mark.parametrize(
        ("port", "error", "message"),
        [
            (
                "/dev/input/event9",
                DeviceGone,
                r"no device at /dev/input/event9.*there is Xbox pad \(/dev/input/event3\)",
            ),
            (
                "name:wheel",
                DeviceGone,
                "no device whose name contains 'wheel'; with force feedback there is Xbox pad",
            ),
            ("/dev/input/event1", DeviceGone, "Keyboard at /dev/input/event1 has no force feedback"),
            ("/dev/input/event2", DeviceBusy, "add yourself to the group"),
        ],
    )
    def test_what_cannot_be_opened(self, port: str, error: type[Exception], message: str) -> None:
        there = library(
            event1=FakePad("Keyboard", ()),
            event2=FakePad("Pad", (FF_RUMBLE,), free=False),
            event3=FakePad("Xbox pad", (FF_RUMBLE,)),
        )
        with pytest.raises(error, match=message):
            PadLine("p", port, there).open()

    def test_by_name(self) -> None:
        line = PadLine(
            "p",
            "name:xbox",
            library(event1=FakePad("Keyboard", ()), event3=FakePad("Xbox pad", (FF_RUMBLE,))),
        )
        line.open()
        assert line.name == "Xbox pad"

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (DeviceConfig("p", port="COM3"), "port is 'COM3'; allowed: twin, /dev/input/eventN, or name:"),
            (DeviceConfig("p", settings={"effect": "square"}), "effect is 'square'; allowed: rumble, sine"),
            (
                DeviceConfig("p", settings={"effect": "sine", "motors": "split"}),
                "a sine has no motors of its own",
            ),
            (DeviceConfig("p", settings={"low": "90Hz", "high": "30Hz"}), "low must be lower"),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            evdev_rumble.create(config)

    def test_its_twin_falls_silent_by_itself(self) -> None:
        driver = evdev_rumble.create(DeviceConfig("p"))
        twin = EvdevTwin(driver.config)
        twin.receive(driver.encode((1.0, 40.0))[0], 0)
        assert twin.state_at(399 * MS)["strong"] == 1.0
        assert twin.state_at(400 * MS + 1)["strong"] == 0.0
