"""From a rig and a package's roles to routes, with the rig's fallbacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.bus.loop import BusDevice
from engine.bus.registry import create_drivers
from engine.bus.setup import bus_devices
from engine.errors import RigError
from engine.experience.resolve import resolve
from engine.experience.rig import Rig, RoleTarget, load_rig
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

ROLES = RoleTable.of(
    (
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
    )
)


def devices_of(rig: Rig) -> dict[str, BusDevice]:
    drivers = create_drivers(rig.devices)
    return {d.driver.name: d for d in bus_devices(drivers, resolve(rig, ROLES), ROLES, rig)}


def test_every_role_reaches_its_device_and_idle_devices_are_there_too() -> None:
    made = devices_of(load_rig("studio"))
    assert [route.role for route in made["seat_a"].routes] == ["seat.motion"]
    assert [(route.start, route.channels) for route in made["lights"].routes] == [(8, (0, 1, 2))]
    assert made["scents"].routes == ()


def test_two_seats_play_their_own_values_and_the_room_its_one() -> None:
    made = devices_of(load_rig("cinema4d"))
    assert made["seat_a"].routes[0].seat == 0 and made["seat_b"].routes[0].seat == 1
    assert made["lights"].routes[0].seat == -1


def test_without_a_moving_seat_the_shaker_rumbles() -> None:
    rig = load_rig("studio")
    still = replace(rig, roles={**rig.roles, "seat.motion": rig.roles["seat.motion"][1:]})
    routes = devices_of(still)["shaker_a"].routes
    assert [(route.role, route.kind) for route in routes] == [
        ("seat.motion", "motion"),
        ("seat.shaker", "haptic"),
    ]


def test_a_group_that_cannot_render_a_role_is_told_with_its_place() -> None:
    rig = load_rig("studio")
    target = rig.roles["light.street"][0]
    wrong = replace(
        rig, roles={**rig.roles, "light.street": (RoleTarget("lights", "chandelier", place=target.place),)}
    )
    with pytest.raises(
        RigError, match=r"studio\.yaml:\d+: light\.street: lights has no group 'chandelier'; it has street"
    ):
        devices_of(wrong)
