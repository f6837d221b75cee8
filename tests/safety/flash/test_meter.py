"""The meter: what counts as a flash in a guest's view."""

import math

import numpy as np
import pytest

from engine.errors import InputError
from engine.safety.flash import BT1702, FlashMeter, FlashResult, LampTrack, eye_view, strobe_lamp, worst_of
from engine.safety.flash.view import EyeView
from engine.time.flicks import FLICKS_PER_SECOND as SECOND
from tests.safety.flash.seen import HEIGHT, SCREEN, SMALL, WIDTH, at_frame, filled, shown, square

BLACK, WHITE = filled(0), filled(255)


def disc(
    x_deg: float, y_deg: float, radius_deg: float, level: int = 255, size: tuple[int, int] = (450, 800)
) -> np.ndarray:
    """A disc of a true angle on the screen, drawn by the angle of every pixel from its middle."""
    height, width = size
    x = (np.arange(width) + 0.5) / width * (SCREEN.right - SCREEN.left) + SCREEN.left
    y = SCREEN.up - (np.arange(height) + 0.5) / height * (SCREEN.up - SCREEN.down)
    across, up = np.meshgrid(x, y)
    ahead = np.stack([across, np.ones_like(across), up], axis=-1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    middle = np.array([math.tan(math.radians(x_deg)), 1.0, math.tan(math.radians(y_deg))])
    frame = np.zeros((height, width, 3), dtype=np.uint8)
    frame[ahead @ (middle / np.linalg.norm(middle)) > math.cos(math.radians(radius_deg))] = level
    return frame


@pytest.mark.parametrize(("hz", "transitions", "result"), [(2, 4, 1), (3, 6, 1), (4, 8, 3), (10, 20, 3)])
def test_a_steady_flicker_is_counted_by_the_second(hz: int, transitions: int, result: int) -> None:
    summary = shown(FlashMeter(SMALL), [BLACK, WHITE], square(hz, 150))
    assert (summary.general_transitions, summary.red_transitions, summary.result) == (transitions, 0, result)
    assert summary.flashes == transitions // 2


def test_the_first_too_many_is_the_seventh_and_when_it_was_is_told() -> None:
    meter = FlashMeter(SMALL)
    results = [
        meter.push(at_frame(index), (BLACK, WHITE)[which]) for index, which in enumerate(square(5, 150))
    ]
    first = next(frame for frame in results if frame.result is FlashResult.FAIL)
    assert first.general_transitions == 7
    assert first.at_fl == at_frame(7 * 6)
    span = next(one for one in meter.summary().spans if one.result is FlashResult.FAIL)
    assert (span.kind, span.from_fl, span.to_fl) == ("general", first.at_fl, at_frame(149))


def test_a_still_picture_never_flashes_and_four_seconds_of_little_are_too_long() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    assert shown(FlashMeter(SMALL), [noise], [0] * 90).result is FlashResult.PASS
    summary = shown(FlashMeter(SMALL), [BLACK, WHITE], square(2.5, 6 * 20, 20), 20)
    assert summary.result is FlashResult.EXTENDED
    assert not summary.passed
    assert [span.result for span in summary.spans] == [FlashResult.WARNING, FlashResult.EXTENDED]
    held = summary.spans[1].from_fl - summary.spans[0].from_fl
    assert held == pytest.approx(4 * SECOND, abs=SECOND // 10)


def test_halves_that_flash_against_each_other_do_not_cancel() -> None:
    one = BLACK.copy()
    one[:, : WIDTH // 2] = 255
    assert shown(FlashMeter(SMALL), [one, one[:, ::-1]], square(4, 90)).result is FlashResult.FAIL


@pytest.mark.parametrize("where", [(0.4, 0.3), (-21.4, 10.2)])
def test_the_area_that_counts_is_six_thousandths_of_a_steradian_wherever_it_is(
    where: tuple[float, float],
) -> None:
    worst = {}
    for area_sr in (0.0048, 0.0072):
        radius_deg = math.degrees(math.acos(1 - area_sr / (2 * math.pi)))
        frames = [disc(0, 0, 0, 0), disc(*where, radius_deg)]
        # An edge tile counts when a tenth of it is lit: only what is lit by less can tell.
        worst[area_sr] = shown(FlashMeter(SCREEN, tile_deg=0.5), frames, [0, 1] * 4, 10).general_transitions
    assert worst == {0.0048: 0, 0.0072: 7}


def test_areas_of_one_field_add_up_and_those_of_two_do_not() -> None:
    near = [disc(0, 0, 0, 0), np.maximum(disc(-2.5, 0, 2.0), disc(2.5, 0, 2.0))]
    far = [disc(0, 0, 0, 0), np.maximum(disc(-12, 0, 2.0), disc(12, 0, 2.0))]
    assert shown(FlashMeter(SCREEN), near, [0, 1] * 4, 10).result is FlashResult.FAIL
    assert shown(FlashMeter(SCREEN), far, [0, 1] * 4, 10).result is FlashResult.PASS


def test_the_same_film_on_a_smaller_screen_may_pass() -> None:
    frames = [BLACK, BLACK.copy()]
    frames[1][:30, :40] = 255
    near, far = FlashMeter(SCREEN), FlashMeter(EyeView(-0.1, 0.1, -0.056, 0.056))
    assert shown(near, frames, square(5, 60)).result is FlashResult.FAIL
    assert shown(far, frames, square(5, 60)).result is FlashResult.PASS


def test_light_that_jumps_from_place_to_place_counts_though_no_place_does() -> None:
    frames = [disc(x, 0, 3.0) for x in (-4, 4, -3.5, 3.5, -4.5, 4.5)]
    # Every frame for a tenth of a second, each place once in 0.6 s.
    summary = shown(FlashMeter(SCREEN), frames, [index // 6 % 6 for index in range(60)])
    assert summary.general_transitions > 6


@pytest.mark.parametrize(("low", "high", "expected"), [(232, 255, 0), (231, 255, 8), (0, 90, 8), (0, 89, 0)])
def test_ten_percent_of_the_luminance_and_a_darker_state_below_eighty(
    low: int, high: int, expected: int
) -> None:
    # Of full luminance sRGB 232 is 0.807 and 231 is 0.799, 90 is 0.102 and 89 is 0.0999.
    assert (
        shown(FlashMeter(SMALL), [filled(low), filled(high)], square(4, 90)).general_transitions == expected
    )


def test_red_of_one_luminance_flashes_red_only() -> None:
    red, green = BLACK.copy(), BLACK.copy()
    red[:] = (255, 0, 0)
    green[:] = (0, 127, 0)  # 0.2126 of full luminance as well
    summary = shown(FlashMeter(SMALL), [red, green], square(4, 90))
    assert (summary.general_transitions, summary.red_transitions) == (0, 8)
    pale = [np.full_like(BLACK, 200), np.full_like(BLACK, 200)]
    pale[1][:] = (255, 180, 180)
    assert shown(FlashMeter(SMALL), pale, square(4, 90)).red_transitions == 0


def test_blue_first_frames_are_read_as_such() -> None:
    red = BLACK.copy()
    red[..., 2] = 255
    assert shown(FlashMeter(SMALL, order="bgr"), [BLACK, red], square(4, 90)).red_transitions == 8
    assert shown(FlashMeter(SMALL), [BLACK, red], square(4, 90)).red_transitions == 0


def test_a_picture_in_candela() -> None:
    # 25 cd/m^2 of a display of 1000 are no tenth of it, and are more than BT.1702 allows.
    low, high = (np.full((HEIGHT, WIDTH, 3), level, dtype=np.float32) for level in (5.0, 30.0))
    for profile, expected in ((None, 0), (BT1702, 8)):
        chosen = {} if profile is None else {"profile": profile}
        meter = FlashMeter(SMALL, hdr=True, peak_cd_m2=1000.0, **chosen)
        for index, which in enumerate(square(4, 90)):
            meter.push(at_frame(index), (low, high)[which])
        assert meter.summary().general_transitions == expected


def test_a_quarter_of_the_picture_is_what_counts_under_bt1702() -> None:
    for columns, expected in ((38, 0), (44, 8)):
        frame = BLACK.copy()
        frame[:, :columns] = 255
        assert (
            shown(FlashMeter(SCREEN, profile=BT1702), [BLACK, frame], square(4, 90)).general_transitions
            == expected
        )


def strobe(instants_s: list[float], **seen: object) -> LampTrack:
    """A lamp that goes on and off by turns at these instants."""
    at = np.array([0, *(round(one * SECOND) for one in instants_s)])
    levels = np.arange(len(at)) % 2
    return LampTrack(
        "strobe", at, np.repeat(levels[:, None], 3, axis=1).astype(float), **(seen or {"field_share": 1.0})
    )  # type: ignore[arg-type]


def test_a_strobe_alone_is_counted_at_its_own_instants() -> None:
    instants = [1 + index / 8 for index in range(24)]
    meter = FlashMeter(None, lamps=[strobe(instants)])
    meter.advance(6 * SECOND)
    summary = meter.summary()
    # A second is half open: the ninth transition comes exactly one second after the first.
    assert (summary.general_transitions, summary.general_at_fl) == (8, round((1 + 7 / 8) * SECOND))
    fails = [span for span in summary.spans if span.result is FlashResult.FAIL]
    assert fails[0].from_fl == round((1 + 6 / 8) * SECOND)
    assert meter.advance(8 * SECOND).general_transitions == 0


def test_a_lamp_that_is_small_or_dim_or_elsewhere_does_not_count() -> None:
    instants = [index / 8 for index in range(1, 24)]
    for seen in ({"solid_sr": 0.005}, {"field_share": 0.2}, {"solid_sr": 0.02, "white": 0.09}):
        meter = FlashMeter(None, lamps=[strobe(instants, **seen)])
        assert meter.advance(4 * SECOND).general_transitions == 0
        assert meter.summary().general_transitions == 0
    two = [strobe(instants, solid_sr=0.004, direction_deg=(x, 0.0)) for x in (-8.0, 8.0)]
    apart, together = (
        FlashMeter(None, lamps=two),
        FlashMeter(None, lamps=[strobe(instants, solid_sr=0.004)] * 2),
    )
    apart.advance(3 * SECOND)
    together.advance(3 * SECOND)
    assert (apart.summary().general_transitions, together.summary().general_transitions) == (0, 8)


def test_a_strobe_between_the_flashes_of_a_picture_is_one_count() -> None:
    # Each by itself flashes three times a second for a thirtieth of it; together it is six.
    order = [int(index % 20 in (10, 11)) for index in range(120)]
    pulses = [at for index in range(1, 6) for at in (index / 3, index / 3 + 1 / 30)]
    alone = shown(FlashMeter(SMALL), [BLACK, WHITE], order)
    lamp = FlashMeter(None, lamps=[strobe(pulses)])
    lamp.advance(3 * SECOND)
    both = shown(FlashMeter(SMALL, lamps=[strobe(pulses)]), [BLACK, WHITE], order)
    assert alone.general_transitions == lamp.summary().general_transitions == 6
    assert both.general_transitions == 12


def test_half_of_the_area_from_a_lamp_and_half_from_the_picture() -> None:
    frame = disc(0, 0, 2.0)  # 0.0038 sr
    instants = [index / 8 for index in range(1, 12)]
    frames, order = [disc(0, 0, 0, 0), frame], [0, 1] * 6
    for direction, expected in (((3.0, 0.0), 8), ((20.0, 0.0), 0)):
        lamp = strobe(instants, solid_sr=0.004, direction_deg=direction)
        assert shown(FlashMeter(SCREEN, lamps=[lamp]), frames, order, 8).general_transitions == expected


def test_snow_is_light_that_does_not_change_where_enough_of_it_is_looked_at() -> None:
    random = np.random.default_rng(8)
    frames = [random.integers(0, 2, (500, 500, 1), dtype=np.uint8).repeat(3, axis=2) * 255 for _ in range(4)]
    few, many = FlashMeter(SMALL, samples=3), FlashMeter(SMALL, samples=16)
    assert shown(few, frames, [0, 1, 2, 3] * 4).result is FlashResult.FAIL
    assert shown(many, frames, [0, 1, 2, 3] * 4).general_transitions == 0
    with pytest.raises(ValueError, match="2 to 32"):
        FlashMeter(SMALL, samples=1)


def stripes(pairs: float, level: int = 255, angle_deg: float = 0.0) -> np.ndarray:
    x, y = np.meshgrid(np.arange(320) / 320, np.arange(180) / 320)
    wave = np.sin(
        2 * math.pi * pairs * (x * math.cos(math.radians(angle_deg)) + y * math.sin(math.radians(angle_deg)))
    )
    return np.repeat(np.where(wave > 0, level, 0).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("pairs", "level", "angle_deg", "harmful"), [
    (12, 255, 0, True), (25, 255, 30, True), (8, 255, 0, True), (4, 255, 0, False), (12, 60, 0, False)
])  # fmt: skip
def test_stripes(pairs: float, level: int, angle_deg: float, harmful: bool) -> None:
    frame = stripes(pairs, level, angle_deg)
    meter = FlashMeter(SMALL)
    results = [meter.push(at_frame(index), frame).pattern for index in range(40)]
    assert (results[-1] is FlashResult.FAIL) is harmful
    if harmful:
        first = results.index(FlashResult.FAIL)
        assert 30 <= first <= 35
        assert set(results[:first]) == {FlashResult.WARNING}
        gone = [meter.push(at_frame(40 + index), np.zeros_like(frame)).pattern for index in range(6)]
        assert gone[-1] is FlashResult.PASS


def test_what_is_no_pattern() -> None:
    random = np.random.default_rng(5)
    noise = random.integers(0, 256, (180, 320, 3), dtype=np.uint8)
    gradient = np.repeat(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], 180, axis=0).repeat(
        3, axis=2
    )
    for frame in (noise, gradient):
        meter = FlashMeter(SMALL)
        assert all(meter.push(at_frame(index), frame).pattern is FlashResult.PASS for index in range(8))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (np.zeros((4, 4), dtype=np.uint8), r"has the shape \(4, 4\)"),
        (np.zeros((HEIGHT, WIDTH + 1, 3), dtype=np.uint8), "one meter takes frames of one size"),
        (np.full((HEIGHT, WIDTH, 3), math.nan), "holds values from nan"),
        (np.full((HEIGHT, WIDTH, 3), math.inf), "to inf"),
        (np.full((HEIGHT, WIDTH, 3), -0.5), "light is 0 or more"),
        (np.zeros((HEIGHT, WIDTH, 3), dtype=np.int32), "a frame of int32"),
    ],
)
def test_frames_that_are_wrong(frame: np.ndarray, said: str) -> None:
    meter = FlashMeter(SMALL)
    meter.push(0, BLACK)
    with pytest.raises(InputError, match=said):
        meter.push(at_frame(1), frame)
    # Nothing of it has moved the meter.
    assert meter.push(at_frame(1), WHITE).general_transitions == 1


def test_instants_that_do_not_rise_and_meters_that_see_nothing() -> None:
    meter = FlashMeter(SMALL)
    meter.push(10, BLACK)
    with pytest.raises(InputError, match="instants have to rise"):
        meter.push(10, BLACK)
    with pytest.raises(InputError, match="instants have to rise"):
        meter.advance(9)
    with pytest.raises(InputError, match="has no picture"):
        FlashMeter(None, lamps=[strobe([1.0])]).push(0, BLACK)
    with pytest.raises(ValueError, match="at least one lamp"):
        FlashMeter(None)
    with pytest.raises(ValueError, match="above 0"):
        FlashMeter(SMALL, peak_cd_m2=0.0)
    with pytest.raises(ValueError, match="record=True"):
        meter.ends()


def test_a_headset_has_fields_enough() -> None:
    meter = FlashMeter(eye_view(-52, 45, -50, 47))
    assert meter.fields.cells > 9_000
    assert meter.fields.fields < 3_000
    assert shown(meter, [BLACK, WHITE], square(4, 40)).general_transitions >= 5


def test_each_eye_is_judged_for_itself_and_the_worse_one_stands() -> None:
    left, right = FlashMeter(SMALL), FlashMeter(SMALL)
    for index, (one, other) in enumerate(zip(square(2, 90), square(4, 90), strict=True)):
        left.push(at_frame(index), (BLACK, WHITE)[one])
        right.push(at_frame(index), (BLACK, WHITE)[other])
    both = worst_of([left.summary(), right.summary()])
    assert (both.result, both.general_transitions) == (FlashResult.FAIL, 8)
    assert both.general_at_fl == right.summary().general_at_fl
    assert set(both.spans) == {*left.summary().spans, *right.summary().spans}
    with pytest.raises(ValueError, match="no summary"):
        worst_of([])


@pytest.mark.parametrize(("rate_hz", "expected"), [(2.0, 4), (3.0, 6), (3.6, 8), (12.5, 26)])
def test_a_fixture_that_strobes_by_itself(rate_hz: float, expected: int) -> None:
    lamp = strobe_lamp("strobe", SECOND, 4 * SECOND, rate_hz, duty=0.1, field_share=1.0)
    meter = FlashMeter(None, lamps=[lamp])
    meter.advance(6 * SECOND)
    assert meter.summary().general_transitions == expected
    assert meter.advance(7 * SECOND).general_transitions == 0
    red = FlashMeter(
        None, lamps=[strobe_lamp("red", 0, 2 * SECOND, rate_hz, rgb=(0.4, 0, 0), field_share=1.0)]
    )
    red.advance(3 * SECOND)
    assert red.summary().general_transitions == 0
    assert red.summary().red_transitions >= expected - 2


@pytest.mark.parametrize("wrong", [{"rate_hz": 0.0}, {"duty": 1.0}, {"to_fl": 0}, {"rate_hz": math.nan}])
def test_strobes_that_cannot_be(wrong: dict[str, float]) -> None:
    right: dict[str, object] = {"from_fl": 0, "to_fl": SECOND, "rate_hz": 5.0, "field_share": 1.0}
    with pytest.raises(ValueError, match="a rate above 0"):
        strobe_lamp("strobe", **(right | wrong))  # type: ignore[arg-type]
