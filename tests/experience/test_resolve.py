"""Roles on a rig: first choices, fallbacks, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

from engine.experience import load_rig, resolve
from engine.experience.resolve import ROOM, Bindings
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable

ROLES = RoleTable.of(
    [
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
        RoleSpec("scent.tea", RoleKind.LEVEL, "room", "scent"),
        RoleSpec("look.exposure", RoleKind.LEVEL, picture_only=True),
    ]
)

HEAD = """\
sensorama_rig: 1
name: {en: Two seats}
seats: {a: {}, b: {}}
devices:
  base_a: {driver: amc, seat: a}
  base_b: {driver: amc, seat: b}
  shaker_a: {driver: shaker, seat: a}
  shaker_b: {driver: shaker, seat: b}
  platform: {driver: amc}
  lights: {driver: artnet}
  spare: {driver: artnet}
"""


def bound(tmp_path: Path, roles: str, unavailable: tuple[str, ...] = ()) -> Bindings:
    path = tmp_path / "rig.yaml"
    path.write_text(f"{HEAD}roles:\n{roles}", encoding="utf-8")
    return resolve(load_rig(path), ROLES, unavailable=unavailable)


def rows(bindings: Bindings, role: str) -> list[tuple[int, str, int]]:
    return [(row.seat, row.device, row.rank) for row in bindings.of_role(role)]


MOTION = (
    "  seat.motion: [{device: base_a}, {device: base_b}, "
    "{device: shaker_a, as: rumble}, {device: shaker_b, as: rumble}, none]\n"
)


def test_each_seat_takes_its_own_device(tmp_path: Path) -> None:
    bindings = bound(tmp_path, MOTION)
    assert rows(bindings, "seat.motion") == [(0, "base_a", 0), (1, "base_b", 0)]
    assert [row.role_index for row in bindings.bindings] == [0, 0]


def test_a_seat_whose_device_is_gone_steps_down_alone(tmp_path: Path) -> None:
    bindings = bound(tmp_path, MOTION, unavailable=("base_b",))
    assert rows(bindings, "seat.motion") == [(0, "base_a", 0), (1, "shaker_b", 1)]
    assert bindings.of_role("seat.motion", 1)[0].rendered_as == "rumble"
    assert [str(notice) for notice in bindings.notices if notice.role == "seat.motion"] == [
        "seat.motion: played by its fallback shaker_b as rumble"
    ]


def test_none_ends_a_list_without_a_word(tmp_path: Path) -> None:
    bindings = bound(tmp_path, MOTION, unavailable=("base_a", "base_b", "shaker_a", "shaker_b"))
    assert rows(bindings, "seat.motion") == []
    assert "seat.motion" not in {notice.role for notice in bindings.notices}


def test_a_list_that_runs_out_is_said_once_for_all_seats(tmp_path: Path) -> None:
    roles = "  seat.motion: [{device: base_a}, {device: base_b}]\n"
    said = [n for n in bound(tmp_path, roles, ("base_a", "base_b")).notices if n.role == "seat.motion"]
    assert [notice.message for notice in said] == ["left out, no device of the rig rig.yaml can play it"]
    said = [n for n in bound(tmp_path, roles, ("base_b",)).notices if n.role == "seat.motion"]
    assert [notice.message for notice in said] == [
        "left out on seat b, no device of the rig rig.yaml can play it"
    ]


def test_a_role_the_rig_never_heard_of_is_said_and_pictures_are_not(tmp_path: Path) -> None:
    bindings = bound(tmp_path, MOTION)
    assert [notice.role for notice in bindings.notices] == ["seat.shaker", "light.street", "scent.tea"]


def test_the_room_plays_once_however_many_seats_there_are(tmp_path: Path) -> None:
    bindings = bound(
        tmp_path, "  light.street: [{device: lights, group: street, gain: 0.5}, {device: spare}]\n"
    )
    assert rows(bindings, "light.street") == [(ROOM, "lights", 0)]
    binding = bindings.of_role("light.street", ROOM)[0]
    assert (binding.group, binding.gain) == ("street", 0.5)


def test_the_room_steps_down_when_its_device_is_gone(tmp_path: Path) -> None:
    roles = "  light.street: [{device: lights}, {device: spare}]\n"
    assert rows(bound(tmp_path, roles, ("lights",)), "light.street") == [(ROOM, "spare", 1)]
    gone = bound(tmp_path, roles, ("lights", "spare"))
    assert rows(gone, "light.street") == []
    assert "left out, no device" in next(n.message for n in gone.notices if n.role == "light.street")


def test_one_platform_can_carry_all_seats(tmp_path: Path) -> None:
    bindings = bound(tmp_path, "  seat.motion: [{device: platform}]\n")
    assert rows(bindings, "seat.motion") == [(ROOM, "platform", 0)]


def test_a_role_of_the_room_can_live_on_the_seats(tmp_path: Path) -> None:
    bindings = bound(tmp_path, "  scent.tea: [{device: shaker_a}, {device: shaker_b}]\n")
    assert rows(bindings, "scent.tea") == [(0, "shaker_a", 0), (1, "shaker_b", 0)]


def test_bindings_are_found_by_device(tmp_path: Path) -> None:
    bindings = bound(
        tmp_path, MOTION + "  light.street: [{device: lights}]\n  scent.tea: [{device: lights}]\n"
    )
    assert [row.role for row in bindings.of_device("lights")] == ["light.street", "scent.tea"]
    assert bindings.devices == ("base_a", "base_b", "lights")


def test_what_plays_a_role_also_plays_it_beside_the_chosen_one(tmp_path: Path) -> None:
    rig = tmp_path / "rig.yaml"
    rig.write_text(
        """
sensorama_rig: 1
name: {en: mirrors}
seats: {a: {}, b: {}}
devices:
  seat_a: {driver: sample, seat: a}
  seat_b: {driver: sample, seat: b}
  tracker_b: {driver: sample, seat: b}
  desk: {driver: sample}
roles:
  seat.motion: [{device: tracker_b, also: true, gain: 0.5}, {device: desk, also: true}, {device: seat_a}, {device: seat_b}]
  air.wind: [{device: desk, also: true}]
"""
    )
    roles = RoleTable.of(
        (
            RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
            RoleSpec("air.wind", RoleKind.LEVEL, "room", "wind"),
        )
    )
    found = resolve(load_rig(rig), roles)
    assert [(b.role, b.device, b.seat, b.gain) for b in found.bindings] == [
        ("seat.motion", "seat_a", 0, 1.0),
        ("seat.motion", "seat_b", 1, 1.0),
        ("seat.motion", "tracker_b", 1, 0.5),
        ("seat.motion", "desk", -1, 1.0),
        ("air.wind", "desk", -1, 1.0),
    ]
    assert found.notices == ()


def test_roles_of_hands_are_a_headset_s_own(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(f"{HEAD}roles: {{}}\n", encoding="utf-8")
    roles = RoleTable.of([RoleSpec("hand.left", RoleKind.HAPTIC, "seat", "haptic")])
    [notice] = resolve(load_rig(path), roles).notices
    assert notice.message == "for a headset's controllers alone, the rig rig.yaml does not map it"
