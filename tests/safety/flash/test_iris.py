"""IRIS' rules, on frames made here; its own films are compared in tests/peers/test_flash.py."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.safety.flash.iris import IrisMeter, IrisSettings, parse_iris_csv, read_iris_settings
from engine.safety.flash.values import FlashResult


def judged(levels: list[int], rate_hz: float) -> list[tuple[int, int, FlashResult]]:
    meter = IrisMeter(rate_hz)
    frames = {level: np.full((4, 4, 3), level, dtype=np.uint8) for level in set(levels)}
    rows = [meter.push(frames[level]) for level in levels]
    return [(row.luminance_transitions, row.luminance_extended, row.luminance_result) for row in rows]


def test_seven_transitions_in_a_second_fail_and_the_eighth_frame_after_a_second_has_left() -> None:
    rows = judged([0, 255] * 4 + [255] * 12, 10)
    assert [row[0] for row in rows[:9]] == [0, 1, 2, 3, 4, 5, 6, 7, 7]
    assert rows[7][2] is FlashResult.FAIL
    assert rows[6][2] is FlashResult.WARNING
    # The first transition was at frame 1: ten frames on it has left the second.
    assert [row[0] for row in rows[10:13]] == [7, 6, 5]


def test_four_seconds_of_two_flashes_fail_by_the_extended_rule() -> None:
    # A change every quarter of a second: four transitions in every second from the fourth on.
    levels = [0] + [255 if (frame // 2) % 2 == 0 else 0 for frame in range(48)]
    rows = judged(levels, 8)
    first = next(index for index, row in enumerate(rows) if row[2] is FlashResult.EXTENDED)
    assert rows[first][1] == 32
    assert first == next(index for index, row in enumerate(rows) if row[0] >= 4) + 31


def test_a_bright_grey_that_turns_white_is_no_flash() -> None:
    assert max(row[0] for row in judged([235, 255] * 10, 25)) == 0


def test_a_slow_rise_is_one_transition_and_a_change_of_tendency_another() -> None:
    rows = judged([*range(0, 250, 10), *range(250, 0, -10)], 25)
    assert rows[24][0] == 1
    assert max(row[0] for row in rows) == 2


def test_opposite_halves_cancel_here() -> None:
    one = np.zeros((4, 4, 3), dtype=np.uint8)
    one[:, :2] = 255
    meter = IrisMeter(25)
    assert all(meter.push(frame).luminance_transitions == 0 for frame in [one, one[:, ::-1]] * 20)


def test_saturated_red_counts_and_pink_does_not() -> None:
    meter, pale = IrisMeter(25), IrisMeter(25)
    black = np.zeros((2, 2, 3), dtype=np.uint8)
    red, pink = (
        black + np.array([250, 10, 10], dtype=np.uint8),
        black + np.array([250, 200, 200], dtype=np.uint8),
    )
    assert [meter.push(frame).red_transitions for frame in (black, red, black, red)] == [0, 1, 2, 3]
    assert max(pale.push(frame).red_transitions for frame in (black, pink) * 4) == 0


def test_settings_with_remarks(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        '{"Luminance": {"RelativeLuminanceFlashThreshold": 0.2, // http://here\n "Note": "a // b"},\n "Other": 1}'
    )
    assert read_iris_settings(path) == IrisSettings(luminance_change=0.2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"Luminance": \n {]}', r"settings.json:2: this is not JSON"),
        ('{"TransitionTracker": {"MaxTransitions": -1}}', "MaxTransitions is -1; a number above 0"),
        ('{"TransitionTracker": {"MaxTransitions": "six"}}', "MaxTransitions is 'six'"),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_iris_settings(path)


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_iris_settings(tmp_path / "none.json")


def test_rows_with_nul_bytes_and_either_time_stamp() -> None:
    data = (
        b"Frame,TimeStamp,x\r\n"
        b"1,00:00.2,0.5,0.25,-0.1,-0.2,1,0,2,3,0,4,5,6,7,1,3,0\r\n"
        b"2,00:00:00.040000,0.5,0.25,-0.1,-0.2,1,0,2,3,0,4,5,6,7,0,2,0\0\r\n"
    )
    one, two = parse_iris_csv(data)
    assert (one.frame, one.luminance_run, one.red_transitions, one.red_extended) == (1, -0.2, 5, 7)
    assert (one.luminance_result, two.red_result) == (FlashResult.WARNING, FlashResult.EXTENDED)


@pytest.mark.parametrize(
    ("row", "said"),
    [(b"1,2,3", "rows.csv:2: 3 columns"), (b"1,t," + b"0," * 14 + b"x", "rows.csv:2: a cell is no number")],
)
def test_rows_that_are_wrong(row: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_iris_csv(b"Frame\n" + row, "rows.csv")


def test_no_rate() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        IrisMeter(0.2)
