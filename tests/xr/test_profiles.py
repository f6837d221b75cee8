"""The action table: every binding is spelled as the specification spells it, and goes where its extension does."""

import re

import pytest

from engine.xr import profiles
from engine.xr.openxr import extensions as wanted
from engine.xr.profiles import ACTIONS, EYES, GAZE, HAND, INDEX, SIMPLE, TOUCH, VIVE, action_table, offered

BINDING = re.compile(r"/user/(hand/(left|right)|eyes_ext)/(input|output)/[a-z0-9_]+(/[a-z0-9_]+)?")
OF_KIND = {
    "pose": r"/pose$",
    "bool": r"/(click|value)$",
    "float": r"/(value|click)$",
    "vector2": r"/(thumbstick|trackpad)$",
    "haptic": r"/output/haptic$",
}
KIND = {spec.name: spec.kind for spec in ACTIONS}
ALL = action_table().profiles


@pytest.mark.parametrize("profile", ALL)
def test_bindings_are_paths_of_their_kind(profile: str) -> None:
    _, bindings = ALL[profile]
    for action, path in bindings:
        assert BINDING.fullmatch(path), path
        assert re.search(OF_KIND[KIND[action]], path), (
            f"{action} is a {KIND[action]} and cannot be bound to {path}"
        )
    assert len(set(bindings)) == len(bindings)


@pytest.mark.parametrize("profile", [path for path in ALL if path not in (HAND, EYES)])
def test_every_controller_can_point_select_and_shake_on_both_sides(profile: str) -> None:
    _, bindings = ALL[profile]
    for side in ("left", "right"):
        have = {action for action, path in bindings if f"/hand/{side}/" in path}
        assert have >= {"grip", "aim", "select", "pull", "haptic"}


def test_names_are_what_paths_may_be() -> None:
    for spec in ACTIONS:
        assert re.fullmatch(r"[a-z0-9_.-]{1,64}", spec.name)
        assert 0 < len(spec.title) < 128
    assert len({spec.name for spec in ACTIONS}) == len({spec.title for spec in ACTIONS}) == len(ACTIONS)


def test_without_extensions_the_core_profiles_stay() -> None:
    table = offered(action_table(), ())
    assert {SIMPLE, TOUCH, VIVE, INDEX} <= set(table.profiles)
    assert HAND not in table.profiles
    assert EYES not in table.profiles
    assert GAZE not in {spec.name for spec in table.actions}
    assert all(not extension for extension, _ in table.profiles.values())


@pytest.mark.parametrize(
    ("extension", "profile"), [("XR_EXT_hand_interaction", HAND), ("XR_EXT_eye_gaze_interaction", EYES)]
)
def test_an_extension_brings_its_profile(extension: str, profile: str) -> None:
    assert profile in offered(action_table(), {extension}).profiles


def test_a_venue_may_leave_eyes_out() -> None:
    table = action_table(eye_gaze=False)
    assert EYES not in table.profiles
    assert GAZE not in {spec.name for spec in table.actions}
    assert "XR_EXT_eye_gaze_interaction" not in profiles.extensions(table)


def test_an_instance_asks_for_every_extension_that_a_profile_needs() -> None:
    assert set(profiles.extensions(action_table())) <= set(wanted.WELCOME)


def test_bare_hands_are_told_from_controllers() -> None:
    assert profiles.is_hand(HAND)
    assert profiles.is_hand("/interaction_profiles/microsoft/hand_interaction")
    assert not any(profiles.is_hand(path) for path in ALL if path != HAND)
