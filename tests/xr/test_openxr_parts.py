"""What needs no runtime: results, extensions, axes, time, bindings without a context."""

from __future__ import annotations

import ctypes
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MissingExtra
from engine.xr.faults import InstanceLost, SessionLost, XrRefused, XrUnavailable
from engine.xr.openxr import convert, extensions, library, results
from engine.xr.openxr.binding import binding_for
from engine.xr.openxr.hosttime import Guess, PerformanceCounter, counter_ns
from engine.xr.openxr.spaces import located
from engine.xr.poses import applied
from engine.xr.values import Fov, Pose


def xr_pose(
    x: float = 0.0, y: float = 0.0, z: float = 0.0, turn: tuple[float, ...] = (0, 0, 0, 1)
) -> SimpleNamespace:
    qx, qy, qz, qw = turn
    return SimpleNamespace(
        position=SimpleNamespace(x=x, y=y, z=z), orientation=SimpleNamespace(x=qx, y=qy, z=qz, w=qw)
    )


@pytest.mark.parametrize(
    ("result", "opening", "family"),
    [
        (-13, False, InstanceLost),
        (-13, True, XrUnavailable),
        (-17, False, SessionLost),
        (-35, False, XrUnavailable),
        (-51, True, XrUnavailable),
        (-2, True, XrUnavailable),
        (-2, False, XrRefused),
        (-1, False, XrRefused),
        (-1000, False, XrRefused),
    ],
)
def test_a_result_belongs_to_what_helps(result: int, opening: bool, family: type[Exception]) -> None:
    error = results.fault("xrSomething", result, "ERROR_NAME", opening=opening)
    assert type(error) is family
    assert str(error).startswith("xrSomething: ERROR_NAME")


def test_a_result_that_pyopenxr_does_not_know_keeps_its_number() -> None:
    xr = library.load()
    assert library.result_name(xr, -13) == "ERROR_INSTANCE_LOST"
    assert library.result_name(xr, -999_999) == "XrResult -999999"


def test_numbers_are_those_of_the_header() -> None:
    """Ours stand in tables that must not need pyopenxr; here they are held against its generated enums."""
    xr = library.load()
    for name in dir(results):
        if name.isupper() and not name.startswith("_"):
            value = getattr(results, name)
            assert value == getattr(xr.Result, name if value >= 0 else f"ERROR_{name}"), name


def test_without_pyopenxr_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xr", None)
    with pytest.raises(MissingExtra, match=r"sensorama\[xr\]"):
        library.load()


def test_a_pyopenxr_too_old_names_the_one_that_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xr", SimpleNamespace(__version__="1.1.4501"))
    with pytest.raises(XrUnavailable, match=r"1\.1\.4501 is installed; 1\.1\.6301 or newer"):
        library.load()
    monkeypatch.setitem(sys.modules, "xr", SimpleNamespace(__version__="1.1.6301"))
    assert library.load().__version__ == "1.1.6301"


def test_a_version_is_its_leading_numbers() -> None:
    assert library.version_of("1.1.6501a2") == (1, 1, 6501)
    assert library.version_of("1.0.3401") < library.OLDEST < library.version_of("1.2.1")


def test_extensions_that_need_another_are_not_taken_alone() -> None:
    offered = ("XR_KHR_opengl_enable", "XR_EXT_hand_tracking_data_source", "XR_EXT_debug_utils")
    assert extensions.choose("glx", offered) == ("XR_KHR_opengl_enable",)
    assert "XR_EXT_hand_tracking_data_source" in extensions.choose(
        "glx", (*offered, extensions.HAND_TRACKING)
    )
    assert extensions.choose("glx", offered, debug=True)[-1] == "XR_EXT_debug_utils"


def test_egl_needs_both_of_its_extensions() -> None:
    with pytest.raises(XrUnavailable, match="XR_MNDX_egl_enable"):
        extensions.choose("egl", ("XR_KHR_opengl_enable",))


def test_every_extension_of_ours_is_one_that_exists() -> None:
    xr = library.load()
    names = {getattr(xr, name) for name in dir(xr) if name.endswith("_EXTENSION_NAME")}
    windows_only = {extensions.PERFORMANCE_COUNTER}
    assert set(extensions.WELCOME) - windows_only <= names


def test_forward_up_and_right_keep_their_meaning() -> None:
    assert convert.pose(xr_pose(1.0, 2.0, 3.0)).position_m == (1.0, -3.0, 2.0)
    half = math.sqrt(0.5)
    left = convert.pose(xr_pose(turn=(0.0, half, 0.0, half)))  # a quarter turn to the left about OpenXR's up
    assert applied(left, (0.0, 1.0, 0.0)) == pytest.approx((-1.0, 0.0, 0.0))
    up = convert.pose(xr_pose(turn=(half, 0.0, 0.0, half)))  # nose up about right
    assert applied(up, (0.0, 1.0, 0.0)) == pytest.approx((0.0, 0.0, 1.0))


@given(st.tuples(*[st.floats(-50, 50)] * 3), st.tuples(*[st.floats(-1, 1)] * 4))
def test_a_pose_survives_the_way_there_and_back(
    place: tuple[float, float, float], turn: tuple[float, float, float, float]
) -> None:
    length = math.sqrt(sum(each * each for each in turn))
    if length < 0.1:
        return
    pose = Pose(place, tuple(each / length for each in turn))  # type: ignore[arg-type]
    written = xr_pose()
    convert.write_pose(written, pose)
    back = convert.pose(written)
    assert back.position_m == pytest.approx(pose.position_m)
    assert back.turn == pytest.approx(pose.turn)


def test_a_quaternion_a_little_off_is_made_whole_and_none_at_all_is_no_turn() -> None:
    assert convert.pose(xr_pose(turn=(0.0, 0.0, 0.0, 1.009))).turn == (0.0, 0.0, 0.0, 1.0)
    assert convert.pose(xr_pose(1.0, 0.0, 0.0, (0.0, 0.0, 0.0, 0.0))) == Pose((1.0, 0.0, 0.0))
    assert convert.pose(xr_pose(turn=(math.nan, 0.0, 0.0, 1.0))).turn == (0.0, 0.0, 0.0, 1.0)


def test_angles_pass_unchanged() -> None:
    angles = SimpleNamespace(angle_left=0.0, angle_right=0.0, angle_up=0.0, angle_down=0.0)
    fov = Fov(-0.8, 0.7, 0.6, -0.5)
    convert.write_fov(angles, fov)
    assert convert.fov(angles) == fov


def test_flags_say_what_may_be_used() -> None:
    found = located(2 | 8, xr_pose(1.0, 2.0, 3.0, (0.0, 1.0, 0.0, 0.0)))
    assert found.pose == Pose((1.0, -3.0, 2.0))
    assert (found.turn_valid, found.position_valid, found.tracked) == (False, True, False)


def test_a_guess_holds_still_while_waits_jitter() -> None:
    rng = np.random.default_rng(4)
    guess, period_ns, epoch_ns = Guess(), 11_111_111, 7_000_000
    shown = []
    for frame in range(500):
        xr_time = frame * period_ns
        late_ns = int(rng.exponential(300_000))
        shown.append(guess.display_ns(xr_time, xr_time - 5_000_000 + epoch_ns + late_ns, period_ns) - xr_time)
    settled = np.array(shown[50:])
    assert np.ptp(settled) < 60_000
    assert abs(settled.mean() - (epoch_ns - 5_000_000 + period_ns)) < 60_000
    assert guess.xr_time(shown[-1] + 99) == 99


def test_a_guess_before_any_frame_is_refused() -> None:
    with pytest.raises(XrRefused, match="converts no times"):
        Guess().xr_time(5)


def test_a_performance_counter_of_years_keeps_its_nanoseconds() -> None:
    assert counter_ns(10_000_000 * 86_400 * 3650 + 1, 10_000_000) == 86_400 * 3650 * 1_000_000_000 + 100


@pytest.mark.parametrize("graphics", ["glx", "egl", "wgl"])
def test_without_a_context_the_next_step_is_named(graphics: str) -> None:
    # A context is current in one thread; what other tests have drawn here before is not in a new one.
    with ThreadPoolExecutor(1) as fresh:
        asked = fresh.submit(binding_for(graphics).info, SimpleNamespace())  # type: ignore[arg-type]
    with pytest.raises(XrUnavailable, match=r"context is current|cannot be loaded|choose glx or egl"):
        asked.result()


def test_without_graphics_nothing_is_chained() -> None:
    assert binding_for("headless").info(SimpleNamespace()) is None  # type: ignore[arg-type]


class Windows:
    """The three things that pyopenxr has on Windows only, and a counter of 10 MHz that says XrTime / 100."""

    def __init__(self) -> None:
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_int64))
        self.xr = SimpleNamespace(
            PFN_xrConvertTimeToWin32PerformanceCounterKHR=kind, GraphicsBindingOpenGLWin32KHR=WglStruct
        )
        self.instance = None
        self.lost = False
        self.result = 0

    def ask(self, name: str, _instance: object, xr_time: int, count: Any) -> int:
        assert name == "xrConvertTimeToWin32PerformanceCounterKHR"
        count[0] = xr_time // 100
        return self.result

    def __call__(self, name: str, _instance: object, count: Any, found: Any) -> int:
        assert name == "xrConvertWin32PerformanceCounterToTimeKHR"
        found._obj.value = count[0] * 100
        return 0

    def fault(self, name: str, result: int) -> Exception:
        return results.fault(name, result, "ERROR_TIME_INVALID")


class WglStruct(ctypes.Structure):
    _fields_ = [("h_dc", ctypes.c_void_p), ("h_glrc", ctypes.c_void_p)]


def test_a_performance_counter_says_when_the_frame_is_seen() -> None:
    offsets_ns = iter([1_000_000, 9_000_000, 3_000_000, 9_000_000])
    windows = Windows()
    time = PerformanceCounter(windows, 10_000_000, lambda: next(offsets_ns))  # type: ignore[arg-type]
    assert time.display_ns(50_000_000, 0, 0) == 51_000_000
    assert time.display_ns(60_000_000, 0, 0) == 69_000_000
    assert (
        time.display_ns(70_000_000, 0, 0) == 79_000_000
    )  # a coarse clock that stood still: the largest counts
    assert time.xr_time(79_000_000) == 70_000_000


def test_a_time_that_windows_will_not_convert_is_guessed() -> None:
    windows = Windows()
    windows.result = -30
    time = PerformanceCounter(windows, 10_000_000, lambda: 0)  # type: ignore[arg-type]
    assert time.display_ns(123, 1_000, 500) == 1_500


def test_the_current_wgl_context_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    class Function:
        restype: Any = ctypes.c_int

        def __init__(self, value: int) -> None:
            self.value = value

        def __call__(self) -> int:
            return int(self.restype(self.value).value)  # cut to 32 bits unless told that it is a pointer

    library_names: list[str] = []

    def opened(name: str) -> Any:
        library_names.append(name)
        return SimpleNamespace(
            wglGetCurrentDC=Function(0x7FFF_0000_1234), wglGetCurrentContext=Function(0x10001)
        )

    monkeypatch.setattr(ctypes, "WinDLL", ctypes.CDLL, raising=False)
    monkeypatch.setattr("engine.xr.openxr.binding._library", opened)
    struct = binding_for("wgl").info(Windows())  # type: ignore[arg-type]
    assert library_names == ["opengl32"]
    assert (struct.h_dc, struct.h_glrc) == (0x7FFF_0000_1234, 0x10001)


def test_clearing_errors_ends_even_when_they_never_do(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [0x0500, 0x0502]
    asked = []

    def error() -> int:
        asked.append(1)
        return left.pop() if left else 0

    monkeypatch.setattr("engine.xr.openxr.binding._library", lambda _name: SimpleNamespace(glGetError=error))
    binding_for("glx").clear_errors()
    assert len(asked) == 3
    monkeypatch.setattr(
        "engine.xr.openxr.binding._library",
        lambda _name: SimpleNamespace(glGetError=lambda: asked.append(1) or 1),
    )
    binding_for("egl").clear_errors()
    assert len(asked) < 50
