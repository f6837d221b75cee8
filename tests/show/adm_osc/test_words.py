"""What is said of objects, and when."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.block import RESTING, Head
from engine.audio.told import HeardObject, NamedObject
from engine.show.adm_osc.packets import Message
from engine.show.adm_osc.words import AGAIN_NS, ALL_AGAIN_NS, Words

OBJECTS = (NamedObject(1, "gate/bell"), NamedObject(2, "gate/boat"))
MS = 1_000_000


def said(messages: list[Message], address: str) -> tuple[float | int | str, ...]:
    found = [args for where, args in messages if where == address]
    assert len(found) == 1, (address, messages)
    return found[0]


def addresses(messages: list[Message]) -> set[str]:
    return {address for address, _ in messages}


def test_it_begins_with_names_and_who_is_silent() -> None:
    first = Words(OBJECTS, 2.5).of({}, "gate", RESTING, 0)
    assert said(first, "/adm/obj/1/name") == ("gate/bell",)
    assert said(first, "/adm/obj/2/dmax") == (2.5,)
    assert said(first, "/adm/obj/2/mute") == (1,)
    assert said(first, "/adm/env/change") == ("gate",)
    assert said(first, "/adm/lis/ypr") == (0, 0, 0)
    assert "/adm/obj/1/aed" not in addresses(first)


def test_places_are_polar_left_positive_and_within_range() -> None:
    words = Words(OBJECTS, 2.0)
    heard = {1: HeardObject((-1.0, 1.0, 0.0), 0.25, 45.0), 2: HeardObject((0.0, -30.0, 0.0), 2.0, 0.0)}
    messages = words.of(heard, "", RESTING, 0)
    assert said(messages, "/adm/obj/1/aed") == pytest.approx((45, 0, math.sqrt(2) / 2), abs=1e-3)
    assert said(messages, "/adm/obj/1/w") == pytest.approx((0.25,))
    assert said(messages, "/adm/obj/1/gain") == pytest.approx((0.25,))
    azimuth, elevation, distance = said(messages, "/adm/obj/2/aed")
    assert (abs(float(azimuth)), elevation, distance) == (180, 0, 1)
    assert said(messages, "/adm/obj/2/mute") == (0,)


def test_only_what_changes_is_said_again_and_all_of_it_now_and_then() -> None:
    words = Words(OBJECTS)
    heard = {1: HeardObject((0.0, 2.0, 0.0), 1.0, 0.0)}
    words.of(heard, "gate", RESTING, 0)
    assert words.of(heard, "gate", RESTING, 20 * MS) == []
    moved = {1: HeardObject((0.1, 2.0, 0.0), 1.0, 0.0)}
    assert addresses(words.of(moved, "gate", RESTING, 40 * MS)) == {"/adm/obj/1/aed"}
    assert words.of({}, "gate", RESTING, 60 * MS) == [("/adm/obj/1/mute", (1,))]
    assert addresses(words.of(heard, "garden", RESTING, 80 * MS)) == {
        *("/adm/env/change", "/adm/obj/1/aed", "/adm/obj/1/mute")
    }
    assert addresses(words.of(heard, "garden", RESTING, AGAIN_NS)) == {
        f"/adm/obj/1/{what}" for what in ("aed", "w", "gain", "mute")
    }
    everything = addresses(words.of(heard, "garden", RESTING, ALL_AGAIN_NS))
    assert {
        "/adm/obj/1/name",
        "/adm/obj/2/name",
        "/adm/obj/2/mute",
        "/adm/obj/1/aed",
        "/adm/lis/xyz",
    } <= everything


@pytest.mark.parametrize(
    ("axis", "degrees", "ypr"),
    [("z", 30, (30, 0, 0)), ("x", 20, (0, 20, 0)), ("y", 10, (0, 0, 10))],
)
def test_the_head_turns_left_up_and_right_over(axis: str, degrees: float, ypr: tuple[float, ...]) -> None:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rows = {
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
    }
    head = Head((0.1, 0.0, 0.0), tuple(np.array(rows[axis], float).ravel().tolist()))
    messages = Words(OBJECTS, 2.0).of({}, "", head, 0)
    assert said(messages, "/adm/lis/ypr") == pytest.approx(ypr, abs=0.01)
    assert said(messages, "/adm/lis/xyz") == pytest.approx((0.05, 0, 0))


def test_what_is_no_number_is_not_told() -> None:
    messages = Words(OBJECTS).of({1: HeardObject((math.nan, 0.0, 0.0), 1.0, 0.0)}, "", RESTING, 0)
    assert "/adm/obj/1/aed" not in addresses(messages)
    assert said(messages, "/adm/obj/1/mute") == (0,)


def test_the_last_words_mute_everything() -> None:
    assert Words(OBJECTS).silence() == [("/adm/obj/1/mute", (1,)), ("/adm/obj/2/mute", (1,))]
