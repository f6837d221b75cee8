"""Axis strings: templates, golden frames, the header guard, many seats at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.amc.codec import encode_axes as encode_amc
from devices.motion4sim import create
from devices.motion4sim.codec import (
    BITS,
    FORMS,
    LETTERS,
    AxisStringError,
    FrameCutter,
    Template,
    decode_axes,
    encode_axes,
    guard,
    guard_batch,
    read_template,
)
from devices.motion4sim.driver import PRESETS
from devices.sim.motion4sim import SILENCE_NS, AxisStringTwin
from engine.bus.driver import Batched, DeviceConfig, Driver, SettingError, park_frames
from engine.units import MOTION_AXES
from tests.devices.seats import MS, S, play, seat

TEXTS = {
    "whole": "<255><255><Axis1a><Axis2a><Axis1b><10><13>",
    "msb": "<255><255><Axis1a><Axis1b><Axis2a><Axis2b><10><13>",
    "decimal": "A<Axis1a>~B<Axis2a>~",
    "hex": "<Axis1a><Axis2a>;",
}
TEMPLATES = [
    read_template(TEXTS["whole"], 16),
    read_template(TEXTS["whole"], 24),
    read_template(TEXTS["whole"], 8),
    read_template(TEXTS["msb"], 16, letters="msb"),
    read_template(TEXTS["msb"], 12, letters="lsb"),
    read_template(TEXTS["decimal"], 10, "decimal"),
    read_template(TEXTS["hex"], 12, "hex"),
]


@st.composite
def frames(draw: st.DrawFn) -> tuple[Template, list[int]]:
    template = draw(st.sampled_from(TEMPLATES))
    return template, [guard(template, draw(st.integers(0, template.full))) for _ in template.names]


class TestCodec:
    def test_simtools_string_for_amc_boards_gives_amc_frames(self) -> None:
        preset = PRESETS["simtools"]
        template = read_template(preset.template, preset.bits, "binary", preset.letters)
        raw = [0x0102, 0x0304, 0x0506, 0x0708, 0x090A, 0x0B0C, 0x0D0E, 0x0F10]
        assert encode_axes(template, raw) == encode_amc(raw)

    @pytest.mark.parametrize(
        ("text", "bits", "form", "letters", "golden"),
        [
            ("<255><Axis1a><Axis1b><Axis1c><13>", 24, "binary", "msb", b"\xff\x12\x34\x56\x0d"),
            ("<255><Axis1a><Axis1b><Axis1c><13>", 24, "binary", "lsb", b"\xff\x56\x34\x12\x0d"),
            ("<255><Axis1a><13>", 24, "binary", "whole", b"\xff\x12\x34\x56\x0d"),
            ("X<Axis1a><10>", 24, "decimal", "whole", b"X1193046\n"),
            ("X<axis1a>", 24, "hex", "whole", b"X123456"),
        ],
    )
    def test_golden_values(self, text: str, bits: int, form: str, letters: str, golden: bytes) -> None:
        template = read_template(text, bits, form, letters)  # type: ignore[arg-type]
        assert encode_axes(template, [0x123456]) == golden
        assert decode_axes(template, golden) == (0x123456,)

    @given(frames())
    def test_round_trip(self, made: tuple[Template, list[int]]) -> None:
        template, raw = made
        assert decode_axes(template, encode_axes(template, raw)) == tuple(raw)

    @given(
        template=st.sampled_from(TEMPLATES),
        count=st.integers(1, 4),
        data=st.data(),
        noise=st.binary(max_size=7),
    )
    def test_frames_are_found_in_any_stream(
        self, template: Template, count: int, data: st.DataObject, noise: bytes
    ) -> None:
        noise = bytes(byte & 0x1F for byte in noise)  # nothing a frame begins with
        if template.form == "hex":
            noise = noise.replace(b"\x0a", b"")
        sent = [
            tuple(guard(template, data.draw(st.integers(0, template.full))) for _ in template.names)
            for _ in range(count)
        ]
        stream = noise + b"".join(encode_axes(template, raw) for raw in sent)
        cutter, found, position = FrameCutter(template), [], 0
        for size in [*data.draw(st.lists(st.integers(1, 9), max_size=8)), len(stream)]:
            found += list(cutter.feed(stream[position : position + size]))
            position += size
        assert found == sent and cutter.lost_bytes == len(noise)

    @given(template=st.sampled_from(TEMPLATES), data=st.binary(max_size=80))
    def test_any_bytes(self, template: Template, data: bytes) -> None:
        try:
            assert len(decode_axes(template, data)) == len(template.names)
        except AxisStringError:
            pass
        cutter = FrameCutter(template)
        list(cutter.feed(data * 20))
        assert len(cutter._buffer) < 64

    @given(
        text=st.text(alphabet="<>Axis0123456789ab,;é", max_size=40),
        bits=st.sampled_from(BITS),
        form=st.sampled_from(FORMS),
        letters=st.sampled_from(LETTERS),
    )
    def test_any_template_is_read_or_refused(self, text: str, bits: int, form: str, letters: str) -> None:
        try:
            template = read_template(text, bits, form, letters)  # type: ignore[arg-type]
        except ValueError:
            return
        raw = [0] * len(template.names)
        assert decode_axes(template, encode_axes(template, raw)) == tuple(raw)

    @pytest.mark.parametrize(
        ("text", "bits", "form", "letters", "message"),
        [
            ("<255>", 16, "binary", "whole", "names 0 axes"),
            ("<300><Axis1a>", 16, "binary", "whole", "<300> is no byte"),
            ("<Axis1a><oops>", 16, "binary", "whole", "'<oops>' in the template is neither"),
            ("<Axis1a>", 16, "binary", "msb", "leaves bytes out: each axis has 2"),
            ("<Axis1c>", 16, "binary", "msb", "bytes a to b"),
            ("<Axis1a><Axis1a>", 16, "binary", "whole", "the same value twice"),
            ("<Axis1a><Axis2a>;", 16, "decimal", "whole", "something that is no digit must follow"),
            ("<Axis1a>;", 9, "decimal", "whole", "bits is 9; allowed: 8, 10"),
            ("é<Axis1a>", 16, "binary", "whole", "is not ASCII"),
        ],
    )
    def test_wrong_templates(self, text: str, bits: int, form: str, letters: str, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            read_template(text, bits, form, letters)  # type: ignore[arg-type]

    @given(st.sampled_from((8, 16, 24, 32)), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
    def test_no_value_looks_like_a_header_and_few_are_changed(self, bits: int, one: int, two: int) -> None:
        template = read_template("<255><255><Axis1a><Axis2a><10><13>", bits)
        raw = [guard(template, value >> (32 - bits)) for value in (one, two)]
        assert encode_axes(template, raw).find(b"\xff\xff", 1) == -1
        for value, kept in zip((one, two), raw, strict=True):
            assert 0 <= (value >> (32 - bits)) - kept <= 2 ** (bits - 8) + 2 ** max(bits - 15, 0)
        batch = guard_batch(template, np.array([[one >> (32 - bits), two >> (32 - bits)]]))
        assert batch.tolist() == [raw]


class TestDriver:
    @pytest.mark.parametrize("preset", PRESETS)
    def test_presets_are_drivers(self, preset: str) -> None:
        driver = create(seat(*MOTION_AXES, preset=preset))
        assert isinstance(driver, Driver) and isinstance(driver, Batched)
        assert decode_axes(driver.template, park_frames(driver)[0])[:6] == (driver.mid,) * 6

    def test_ranges_fill_the_bits(self) -> None:
        driver = create(
            seat(
                "roll",
                "heave",
                template="<Axis1a><Axis2a><Axis3a>",
                bits=16,
                letters="whole",
                unused="middle",
            )
        )
        assert driver.encode((0.0, 0.0, 0.05, -10.0, 0.0, 0.0)) == (b"\x00\x01\xff\xff\x80\x00",)
        assert driver.encode((0.0, 0.0, -0.05, 5.0, 0.0, 0.0)) == (b"\xc0\x00\x00\x01\x80\x00",)

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (seat("roll", preset="dbox"), "preset is 'dbox'; allowed: motion4sim, flypt, simtools"),
            (seat("roll", template=5), "template is 5; write text"),
            (seat("roll", template="<Axis1a"), "template: '<Axis1a' in the template"),
            (seat("roll", port="udp://"), "port is 'udp://'; allowed: twin, or udp"),
            (DeviceConfig("s"), "no limits for surge, sway, heave, roll, pitch, yaw"),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            create(config)

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"preset": "flypt", "inverted": ["roll"]},
            {"preset": "simtools"},
            {"letters": "lsb", "unused": "middle"},
        ],
    )
    def test_many_seats_at_once_get_the_same_bytes(self, settings: dict[str, object]) -> None:
        driver = create(seat("heave", "roll", "pitch", **settings))
        values = np.random.default_rng(3).uniform(-0.06, 0.06, (50, 6)) * (1, 1, 1, 200, 200, 200)
        frames = driver.batch([driver] * 50).encode(values)
        assert frames.flags.c_contiguous
        assert [bytes(row) for row in frames] == [driver.encode(row)[0] for row in values.tolist()]

    def test_text_frames_vary_in_length_and_form_no_fleet(self) -> None:
        assert create(seat("roll", template="<Axis1a>;", form="decimal")).batch_key is None


class TestTwin:
    def test_a_fleet_in_memory_plays_as_one_seat_does(self) -> None:
        one, fleet = (play(create, seat("heave", "roll"), count=count) for count in (1, 14))
        for bus in (one, fleet):
            bus.run_until(S // 5)
        assert fleet.core.values("seat 13") == one.core.values("seat")
        assert fleet.twins["seat 13"].state_at(S // 5) == one.twins["seat"].state_at(S // 5)

    @pytest.mark.parametrize("settings", [{}, {"template": TEXTS["decimal"], "form": "decimal", "bits": 10}])
    def test_a_whole_show_in_memory(self, settings: dict[str, object]) -> None:
        config = seat("roll", "pitch", **settings)
        bus = play(create, config)
        twin = bus.twins["seat"]
        assert isinstance(twin, AxisStringTwin)
        bus.run_until(S)
        assert (twin.frames, twin.lost_bytes) == (102, 0)
        raw = decode_axes(create(config).template, create(config).encode(bus.core.values("seat"))[0])
        full = create(config).template.full
        assert list(twin.state_at(S).values()) == pytest.approx(raw[:2], abs=full * 0.05)
        bus.finish()
        middle = create(config).mid
        assert list(twin.state_at(bus.core.next_due_ns() + S).values()) == [middle, middle]

    def test_it_parks_when_commands_stop(self) -> None:
        config = seat("roll", park={"roll": "-5deg"})
        twin, driver = AxisStringTwin(config), create(config)
        twin.receive(driver.encode((0.0,) * 6)[0], 0)
        assert list(twin.state_at(SILENCE_NS).values()) == [driver.mid]
        assert list(twin.state_at(SILENCE_NS + 600 * MS).values()) == [
            decode_axes(driver.template, park_frames(driver)[0])[0]
        ]
