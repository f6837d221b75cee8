"""MPEG-V in and out: every effect type, exact times, both duration dialects, what real files get wrong, a stable round trip."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PackageError, UsageError
from engine.experience.package import load_package
from engine.experience.scene_writer import duration_text
from engine.experience.sem import export_sem, import_sem
from engine.experience.sem.motion import Units
from engine.experience.sem.names import EFFECT_TYPES
from engine.experience.sem.read import Dialect, read_sem
from engine.experience.sem.tracks import tracks_of
from engine.show.checking import check_command
from engine.time.flicks import FLICKS_PER_SECOND, parse_duration_fl
from engine.timeline.evaluate import Evaluator
from tests.peer_data import peer_files

HEAD = (
    '<sedl:SEM xmlns:sedl="urn:mpeg:mpeg-v:2010:01-SEDL-NS" xmlns:sev="urn:mpeg:mpeg-v:2010:01-SEV-NS" '
    'xmlns:mpeg7="urn:mpeg:mpeg7:schema:2004" xmlns:si="urn:mpeg:mpeg21:2003:01-DIA-XSI-NS" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" si:timeScale="{scale}">'
)
SI = "urn:mpeg:mpeg-v:01-SI"
# One of each kind, in the order of EFFECT_TYPES; times in milliseconds.
ALL = f"""
<sedl:Effect xsi:type="sev:LightType" activate="true" color="{SI}-ColorCS-NS:amber" intensity-value="50" intensity-range="0 100"
  fade="1500" duration="4000" si:pts="333" location="{SI}-LocationCS-NS:left:middle:front"/>
<sedl:Effect xsi:type="sev:FlashType" activate="true" color="#FFFFFF" frequency="4" duration="1000" si:pts="5000" intensity-value="1"
  intensity-range="0 1"/>
<sedl:Effect xsi:type="sev:TemperatureType" activate="true" intensity-value="5" intensity-range="-10 40" si:pts="5500"/>
<sedl:Effect xsi:type="sev:WindType" activate="true" intensity-value="80" intensity-range="0 100" duration="2000" si:pts="6000"/>
<sedl:Effect xsi:type="sev:VibrationType" activate="true" intensity-value="30" intensity-range="0 100" duration="700" si:pts="9001"/>
<sedl:Effect xsi:type="sev:SprayingType" activate="true" sprayingType="{SI}-SprayingTypeCS-NS:purified_water" intensity-value="1"
  intensity-range="0 1" duration="300" si:pts="9500"/>
<sedl:Effect xsi:type="sev:ScentType" activate="true" scent="{SI}-ScentCS-NS:rose" intensity-value="0.5" intensity-range="0 1"
  si:pts="10000"/>
<sedl:Effect xsi:type="sev:FogType" activate="true" intensity-value="0.5" intensity-range="0 1" duration="3000" fade="500" si:pts="11000"/>
<sedl:Effect xsi:type="sev:ColorCorrectionType" activate="true" intensity-value="0.8" intensity-range="0 1" si:pts="15000" duration="1000"/>
<sedl:Effect xsi:type="sev:RigidBodyMotionType" activate="true" si:pts="16000" duration="3000">
  <sev:MoveToward speed="10" directionH="90" distance="5"/>
  <sev:TrajectorySamples mpeg7:dim="2 6">0 0 0 0 0 0 0 0 0.01 0 0 0</sev:TrajectorySamples>
  <sev:Incline pitch="5" roll="-3" pitchSpeed="10"/>
  <sev:Shake direction="{SI}-ShakeDirectionCS-NS:heave" count="6" distance="2" interval="500"/>
  <sev:Wave direction="{SI}-WaveDirectionCS-NS:left-right" startDirection=":WaveStartDirectionCS:down"
    count="3" distance="4" interval="1000"/>
  <sev:Spin direction="{SI}-SpinDirectionCS-NS:ZF" count="1" interval="2000"/>
  <sev:Turn direction="20" speed="10"/><sev:Collide directionH="180" speed="80"/></sedl:Effect>
<sedl:Effect xsi:type="sev:PassiveKinestheticMotionType" activate="true" timeSamples="4" si:pts="30000" duration="1000">
  <sev:TrajectorySamples mpeg7:dim="3 6">0 0 0 0 0 0 0.01 0 0.02 1 0 0 0 0 0 0 0 0</sev:TrajectorySamples></sedl:Effect>
<sedl:Effect xsi:type="sev:PassiveKinestheticForceType" activate="true" timeSamples="10" si:pts="32000" duration="1000">
  <sev:PassiveKinestheticForce mpeg7:dim="3 6">0 0 0 0 0 0 1 0 2 0 0 0 0 0 0 0.5 0 0</sev:PassiveKinestheticForce></sedl:Effect>
<sedl:Effect xsi:type="sev:ActiveKinestheticType" activate="true" si:pts="34000" duration="1000">
  <sev:ActiveKinesthetic fx="1.5" tz="-0.2"/></sedl:Effect>
<sedl:Effect xsi:type="sev:TactileType" activate="true" tactileEffect="{SI}-TactileEffectCS-NS:pressure" timeSamples="20" si:pts="36000"
  duration="1000"><sev:ArrayIntensity mpeg7:dim="3 2">0 0.5 1 0 0.25 0.75</sev:ArrayIntensity></sedl:Effect>
"""


def sem(folder: Path, body: str, scale: int = 1000, name: str = "file.xml") -> Path:
    path = folder / name
    path.write_text(HEAD.format(scale=scale) + body + "</sedl:SEM>", encoding="utf-8")
    return path


def effect(kind: str = "Wind", **more: object) -> str:
    """An effect; attributes as keywords, ``si__pts`` for si:pts and ``intensity_value`` for intensity-value."""
    given = {key.replace("__", ":").replace("_", "-"): value for key, value in more.items()}
    words = {"activate": "true", "intensity-value": 1, "intensity-range": "0 1", **given}
    return (
        f'<sedl:Effect xsi:type="sev:{kind}Type" ' + " ".join(f'{k}="{v}"' for k, v in words.items()) + "/>"
    )


def played(folder: Path, body: str, **more: object):
    """Import, compile as any package, and give a function of (role, seconds)."""
    made = import_sem(sem(folder, body), folder / "made", **more)  # type: ignore[arg-type]
    package = load_package(made.folder)
    show = Evaluator(package.scenes, package.roles)

    def value(role: str, at_s: float) -> list[float]:
        return show.levels_at(0, round(at_s * FLICKS_PER_SECOND))[package.roles.slice_of(role)].tolist()

    return value


# ---- reading -------------------------------------------------------------------------------------------------


def test_every_effect_type_becomes_tracks_of_a_package_that_checks(tmp_path: Path) -> None:
    path = sem(tmp_path, ALL)
    assert [e.kind for e in read_sem(path).effects] == list(EFFECT_TYPES)
    made = import_sem(path, tmp_path / "made")
    package = load_package(made.folder)
    roles = {role.name: role.kind.value for role in package.roles}
    assert roles["light.hero_left_middle_front"] == "color"
    assert roles["light.strike"] == "color"
    assert {
        "air.temperature",
        "air.wind",
        "air.mist",
        "scent.rose",
        "air.fog",
        "look.color_correction",
    } <= set(roles)
    assert roles["seat.motion"] == "motion"
    assert {"hand.force_x", "hand.force_z", "hand.torque_x", "hand.torque_z"} <= set(roles)
    assert roles["hand.tactile_1"] == roles["hand.tactile_2"] == roles["seat.shaker"] == "haptic"
    assert check_command(str(made.folder), None) == 0


@given(st.integers(1, 10**7), st.integers(1, 90_000))
def test_ticks_are_exact_in_the_scenes_own_words(ticks: int, scale: int) -> None:
    exact = ticks * FLICKS_PER_SECOND / scale
    at_fl = round(exact)
    assert parse_duration_fl(duration_text(at_fl)) == at_fl
    if FLICKS_PER_SECOND % scale == 0:
        assert at_fl == ticks * (FLICKS_PER_SECOND // scale)


def test_what_ends_an_effect(tmp_path: Path) -> None:
    value = played(
        tmp_path,
        effect(si__pts=1000, duration=2000)
        + effect(si__pts=5000)
        + effect(si__pts=6000, intensity_value=0.25)
        + effect(si__pts=8000, activate="false")
        + effect("Fog", si__pts=1000, duration=9000)
        + effect("Fog", si__pts=2000, duration=1000, intensity_value=0.5),
    )
    wind = [value("air.wind", at)[0] for at in (0.99, 1.0, 2.99, 3.0, 5.0, 5.99, 6.0, 7.99, 8.0)]
    assert wind == [0, 1, 1, 0, 1, 1, 0.25, 0.25, 0]
    # The longer one was superseded: it does not come back when the shorter one ends.
    assert [value("air.fog", at)[0] for at in (1.5, 2.5, 3.5)] == [1, 0.5, 0]


def test_fades_reach_their_intensity_and_are_cut_by_what_follows(tmp_path: Path) -> None:
    value = played(
        tmp_path,
        effect(si__pts=0, fade=4000)
        + effect(si__pts=2000, intensity_value=0.2, fade=1000)
        + effect("Fog", si__pts=0, fade=1000),
    )
    assert value("air.wind", 1.0)[0] == pytest.approx(0.25)
    assert value("air.wind", 2.0)[0] == pytest.approx(0.5)
    assert value("air.wind", 2.5)[0] == pytest.approx(0.35)
    assert value("air.wind", 9.0)[0] == pytest.approx(0.2)
    assert value("air.fog", 0.5)[0] == pytest.approx(0.5)


def test_both_dialects_of_duration(tmp_path: Path) -> None:
    body = effect(si__pts=90_000, duration=3, fade=45_000)
    path = sem(tmp_path, body, scale=90_000)
    ticks = read_sem(path).effects[0]
    seconds = read_sem(path, Dialect.PLAYSEM_SECONDS).effects[0]
    assert ticks.duration_fl == 3 * FLICKS_PER_SECOND // 90_000
    assert seconds.duration_fl == 3 * FLICKS_PER_SECOND
    assert ticks.fade_fl == seconds.fade_fl == FLICKS_PER_SECOND // 2


def at_seconds(path: Path) -> list[tuple[str, float]]:
    return [(e.kind, e.at_fl / FLICKS_PER_SECOND) for e in read_sem(path).effects]


def test_groups_give_their_instant_and_attributes(tmp_path: Path) -> None:
    body = (
        '<sedl:GroupOfEffects si:pts="2000" duration="500" location="urn:mpeg:mpeg-v:01-SI-LocationCS-NS:left:*:*">'
        + effect()
        + effect("Fog", duration=900)
        + effect("Scent", si__pts=2500)
        + "</sedl:GroupOfEffects>"
    )
    found = read_sem(sem(tmp_path, body)).effects
    assert [(e.kind, e.at_fl, e.duration_fl) for e in found] == [
        ("Wind", 2 * FLICKS_PER_SECOND, FLICKS_PER_SECOND // 2),
        ("Fog", 2 * FLICKS_PER_SECOND, 9 * FLICKS_PER_SECOND // 10),
        ("Scent", 5 * FLICKS_PER_SECOND // 2, FLICKS_PER_SECOND // 2),
    ]
    assert {e.location.rpartition("-NS:")[2] for e in found} == {"left:*:*"}


def test_references_play_what_is_declared_elsewhere(tmp_path: Path) -> None:
    sem(
        tmp_path,
        "<sedl:Declarations>" + effect("Fog", id="far") + "</sedl:Declarations>" + effect(),
        name="other.xml",
    )
    body = (
        "<sedl:Declarations>"
        + effect(id="gust", duration=2000)
        + '<sedl:GroupOfEffects id="storm" si:pts="1000">'
        + effect("Fog")
        + effect("Temperature", si__pts=1500)
        + "</sedl:GroupOfEffects></sedl:Declarations>"
        + '<sedl:ReferenceEffect uri="#gust" si:pts="6000" duration="700"/>'
        + '<sedl:ReferenceEffect uri="#storm" si:pts="8000"/>'
        + '<sedl:ReferenceEffect uri="other.xml#far" si:pts="9000"/>'
        + '<sedl:ReferenceEffect uri="#nothing" si:pts="9000"/>'
        + '<sedl:ReferenceEffect uri="http://example.org/x.xml#far" si:pts="9000"/>'
        + '<sedl:ReferenceEffect uri="../secret.xml#far" si:pts="9000"/>'
    )
    path = sem(tmp_path, body)
    assert at_seconds(path) == [("Wind", 6.0), ("Fog", 8.0), ("Temperature", 8.5), ("Fog", 9.0)]
    found = read_sem(path)
    # What the reference says counts less than what the effect says itself.
    assert found.effects[0].duration_fl == 2 * FLICKS_PER_SECOND
    said = " ".join(str(notice) for notice in found.notices)
    assert "'#nothing' names nothing" in said
    assert said.count("leads to another place") == 2


def test_a_circle_of_references_ends(tmp_path: Path) -> None:
    body = (
        '<sedl:Declarations><sedl:GroupOfEffects id="a"><sedl:ReferenceEffect uri="#b"/>'
        + effect()
        + '</sedl:GroupOfEffects><sedl:GroupOfEffects id="b"><sedl:ReferenceEffect uri="#a"/>'
        + effect("Fog")
        + '</sedl:GroupOfEffects></sedl:Declarations><sedl:ReferenceEffect uri="#a" si:pts="0"/>'
    )
    found = read_sem(sem(tmp_path, body))
    assert any("circle" in notice.message for notice in found.notices)


def test_other_ways_to_say_when(tmp_path: Path) -> None:
    body = (
        effect(si__pts=1000, duration=500, si__anchorElement="true")
        + effect("Fog")
        + effect("Scent", si__ptsDelta=250)
        + effect("Vibration", si__absTime="T00:00:04:500F1000")
    )
    assert at_seconds(sem(tmp_path, body)) == [
        ("Wind", 1.0),
        ("Scent", 1.25),
        ("Fog", 1.5),
        ("Vibration", 4.5),
    ]


def test_flashes_scents_and_places(tmp_path: Path) -> None:
    value = played(
        tmp_path,
        effect("Flash", si__pts=1000, duration=1000, frequency=2, color="#ff0000")
        + effect("Scent", scent=f"{SI}-ScentCS-NS:rose", si__pts=0)
        + effect("Scent", scent=f"{SI}-ScentCS-NS:pine", si__pts=1000)
        + '<sedl:Effect xsi:type="sev:ScentType" activate="false" si:pts="2000"/>'
        + effect(
            "Light",
            color=f"{SI}-ColorCS-NS:blue",
            si__pts=0,
            location=f"{SI}-LocationCS-NS:left:middle:front",
        ),
    )
    assert [value("light.strike", at)[0] for at in (1.0, 1.2, 1.3, 1.6, 1.8, 2.1)] == [1, 1, 0, 1, 0, 0]
    assert [value("scent.rose", at)[0] for at in (0.5, 1.5, 2.5)] == [1, 0, 0]
    assert [value("scent.pine", at)[0] for at in (0.5, 1.5, 2.5)] == [0, 1, 0]
    assert value("light.hero_left_middle_front", 1.0) == [0, 0, 1]


def moved(folder: Path, pattern: str, at_s: float, **more: object) -> list[float]:
    body = f'<sedl:Effect xsi:type="sev:RigidBodyMotionType" activate="true" si:pts="0" duration="2000">{pattern}</sedl:Effect>'
    return played(folder, body, **more)("seat.motion", at_s)


@pytest.mark.parametrize(
    ("pattern", "at_s", "expected"),
    [
        ('<sev:MoveToward distance="5" speed="10"/>', 1.0, {0: 0.05}),
        ('<sev:MoveToward distance="5" speed="10" directionH="90"/>', 1.0, {1: -0.05}),
        ('<sev:MoveToward distance="5" speed="10" directionV="90"/>', 2.6, {}),
        ('<sev:Incline pitch="5" roll="-3" pitchSpeed="10"/>', 1.5, {4: 5.0, 3: -3.0}),
        ('<sev:Shake direction="x-NS:sway" count="2" distance="4" interval="1000"/>', 0.25, {1: 0.02}),
        (
            '<sev:Wave direction="x-NS:front-rear" count="2" distance="4" interval="1000"/>',
            0.5,
            {2: 0.0, 4: -1.1458},
        ),
        ('<sev:Spin direction="x-NS:ZB" count="2" interval="500"/>', 0.5, {5: -360.0}),
        ('<sev:Turn direction="-20" speed="40"/>', 1.0, {5: -20.0}),
        ('<sev:Collide directionH="0" speed="80"/>', 0.1, {0: 0.04}),
        (
            '<sev:TrajectorySamples mpeg7:dim="3 6">0 0 0 0 0 0 0.1 0 0.02 1 0 0 0 0 0 0 0 0</sev:TrajectorySamples>',
            1.0,
            {0: 0.1, 2: 0.02, 3: 1.0},
        ),
    ],
)
def test_every_pattern_of_motion(
    tmp_path: Path, pattern: str, at_s: float, expected: dict[int, float]
) -> None:
    found = moved(tmp_path, pattern, at_s)
    assert found == pytest.approx([expected.get(axis, 0.0) for axis in range(6)], abs=1e-4)


def test_a_motion_ends_at_rest_and_lengths_may_be_metres(tmp_path: Path) -> None:
    pattern = '<sev:MoveToward distance="0.05" speed="0.1"/>'
    assert moved(tmp_path, pattern, 1.0, units=Units(1.0))[0] == pytest.approx(0.05)
    (tmp_path / "again").mkdir()
    assert moved(tmp_path / "again", pattern, 2.9, units=Units(1.0)) == [0.0] * 6


# ---- mending -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (effect("Light", color="red"), "plain word"),
        (effect("Light", color="mauve_taupe"), "not known"),
        (effect("Light", sev__color="#ff0000"), "qualified"),
        ('<sedl:Effect xsi:type="sev:WindType" active="true" si:pts="0"/>', "'active'"),
        ('<sedl:Effect xsi:type="other:WindType" activate="true" si:pts="0"/>', "prefix 'other'"),
        ('<sedl:Effect xsi:type="sev:LaserType" activate="true"/>' + effect(), "none of the 2010 schema"),
        (effect(intensity_value=150, intensity_range="0 100"), "outside"),
        (effect(intensity_range="100 0"), "not two rising numbers"),
        (effect(duration="-4"), "not a whole number above 0"),
        (effect(activate="maybe"), "activate is 'maybe'"),
        (effect(si__pts="abc"), "not a whole number"),
        (f"<sedl:GroupOfEffects>{effect()}</sedl:GroupOfEffects>", "a group of 1"),
        (
            effect("Light", autoExtraction="visual").replace('intensity-value="1" intensity-range="0 1"', ""),
            "autoExtraction visual",
        ),
    ],
)
def test_what_real_files_get_wrong_is_mended_and_said(tmp_path: Path, body: str, says: str) -> None:
    made = import_sem(sem(tmp_path, body), tmp_path / "made")
    assert any(says in str(notice) for notice in made.notices), [str(n) for n in made.notices]
    assert all(notice.place.line for notice in made.notices)
    load_package(made.folder)


def test_escaped_quotes_and_undeclared_prefixes(tmp_path: Path) -> None:
    path = sem(tmp_path, effect(si__pts=10))
    path.write_text(path.read_text().replace('"', '\\"'))
    assert at_seconds(path) == [("Wind", 0.01)]
    path.write_text(sem(tmp_path, effect("Scent", ns3__scent="urn:x-NS:rose")).read_text())
    found = read_sem(path)
    assert found.effects[0].term == "rose"
    assert any("'ns3' is not declared" in notice.message for notice in found.notices)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml at all",
        b"<SEM",
        b"<html/>",
        b"\xff\xfe<",
        b'<!DOCTYPE x [<!ENTITY a "b">]><SEM>&a;</SEM>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><SEM/>',
        b"<a>" * 200 + b"</a>" * 200,
    ],
)
def test_what_is_no_sem_file_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(data)
    with pytest.raises(PackageError) as caught:
        read_sem(path)
    assert caught.value.problems[0].place.path == "bad.xml"


words = st.sampled_from(
    [
        "activate",
        "duration",
        "fade",
        "intensity-value",
        "intensity-range",
        "si:pts",
        "si:ptsDelta",
        "color",
        "location",
        "frequency",
        "timeSamples",
    ]
)
values = st.sampled_from(
    [
        "true",
        "false",
        "0",
        "1",
        "-1",
        "1e9",
        "nan",
        "inf",
        "0 100",
        "",
        "x",
        "99999999999999999999",
        "#ff0000",
        "500",
    ]
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(EFFECT_TYPES), st.dictionaries(words, values, max_size=6)), max_size=8)
)
def test_whatever_attributes_say_tracks_come_out(
    tmp_path_factory: pytest.TempPathFactory, rows: list
) -> None:
    folder = tmp_path_factory.mktemp("sem")
    body = "".join(
        f'<sedl:Effect xsi:type="sev:{kind}Type" '
        + " ".join(f'{key}="{value}"' for key, value in words.items())
        + "/>"
        for kind, words in rows
    )
    found = read_sem(sem(folder, body))
    woven = tracks_of(found.effects)
    assert woven.duration_fl >= 0
    for track in woven.tracks:
        for cue in track.cues:
            assert cue["at"].fl >= 0


# ---- writing -------------------------------------------------------------------------------------------------


def round_trip(path: Path, folder: Path) -> tuple[str, str, str, str]:
    """File and scene after one import and export, and after two."""
    first = import_sem(path, folder / "first")
    export_sem(first.folder, folder / "first.xml")
    second = import_sem(folder / "first.xml", folder / "second")
    export_sem(second.folder, folder / "second.xml")
    scenes = [
        (folder / name / "scenes/main.yaml").read_text().partition("\n")[2] for name in ("first", "second")
    ]
    return (folder / "first.xml").read_text(), (folder / "second.xml").read_text(), scenes[0], scenes[1]


def test_the_round_trip_is_stable(tmp_path: Path) -> None:
    xml_once, xml_twice, _, _ = round_trip(sem(tmp_path, ALL), tmp_path)
    assert xml_once == xml_twice
    again = Counter(e.kind for e in read_sem(tmp_path / "first.xml").effects)
    # Forces are written as samples of one effect; everything else keeps its kind.
    assert set(again) == set(EFFECT_TYPES) - {"ActiveKinesthetic"}


def test_levels_motion_and_flashes_come_back_as_they_were(tmp_path: Path) -> None:
    body = ALL.partition('<sedl:Effect xsi:type="sev:PassiveKinestheticForceType"')[0]
    _, _, before, after = round_trip(sem(tmp_path, body), tmp_path)
    assert after == before


def test_an_edited_motion_is_written_as_samples(tmp_path: Path) -> None:
    pattern = '<sev:MoveToward distance="5" speed="10"/>'
    body = f'<sedl:Effect xsi:type="sev:RigidBodyMotionType" activate="true" si:pts="0" duration="2000">{pattern}</sedl:Effect>'
    made = import_sem(sem(tmp_path, body), tmp_path / "made")
    scene = made.folder / "scenes/main.yaml"
    scene.write_text(scene.read_text().replace("0.05m", "0.04m"))
    export_sem(made.folder, tmp_path / "out.xml")
    text = (tmp_path / "out.xml").read_text()
    assert "MoveToward" not in text
    assert "PassiveKinestheticMotionType" in text
    again = import_sem(tmp_path / "out.xml", tmp_path / "again")
    package = load_package(again.folder)
    show = Evaluator(package.scenes, package.roles)
    assert show.levels_at(0, FLICKS_PER_SECOND)[package.roles.slice_of("seat.motion")][0] == pytest.approx(
        0.04, abs=1e-6
    )


def test_a_bundled_scene_is_exported_within_the_tolerance(tmp_path: Path) -> None:
    export_sem("first_light", tmp_path / "shore.xml", scene="shore")
    package = load_package("first_light")
    show = Evaluator(package.scenes, package.roles)
    index = package.scene_index["shore"]
    back = load_package(import_sem(tmp_path / "shore.xml", tmp_path / "back").folder)
    heard = Evaluator(back.scenes, back.roles)
    for n in range(0, 20 * 50):
        at_fl = n * FLICKS_PER_SECOND // 50
        light = show.levels_at(index, at_fl)[package.roles.slice_of("light.hero")]
        motion = show.levels_at(index, at_fl)[package.roles.slice_of("seat.motion")]
        assert heard.levels_at(0, at_fl)[back.roles.slice_of("light.hero")] == pytest.approx(light, abs=0.012)
        if 0 < n < 990:
            assert heard.levels_at(0, at_fl)[back.roles.slice_of("seat.motion")] == pytest.approx(
                motion, abs=1e-4
            )


def test_targets_are_not_overwritten_and_scenes_are_named(tmp_path: Path) -> None:
    path = sem(tmp_path, effect(si__pts=0))
    import_sem(path, tmp_path / "made")
    with pytest.raises(UsageError, match="there already"):
        import_sem(path, tmp_path / "made")
    with pytest.raises(UsageError, match="knows no branches"):
        export_sem("first_light", tmp_path / "x.xml")
    with pytest.raises(UsageError, match="no such scene"):
        export_sem("first_light", tmp_path / "x.xml", scene="nowhere")
    export_sem("first_light", tmp_path / "x.xml", scene="shore")
    with pytest.raises(UsageError, match="--force"):
        export_sem("first_light", tmp_path / "x.xml", scene="shore")


# ---- files and schemas that nobody here wrote ------------------------------------------------------------------


def test_real_files_are_read_whole_and_come_back(tmp_path: Path) -> None:
    known = {"earth": 36, "formula_1_new": 54, "Snowboard2": 4, "SEM_1": 4, "SEM_PLAY": 1}
    for path in peer_files("sem", "*.xml"):
        folder = tmp_path / path.stem
        folder.mkdir()
        assert len(read_sem(path).effects) == known.get(path.stem, len(read_sem(path).effects))
        xml_once, xml_twice, before, after = round_trip(path, folder)
        assert xml_once == xml_twice
        assert after == before, path.name


@pytest.mark.slow
def test_exports_are_valid_against_the_schemas(tmp_path: Path) -> None:
    import xmlschema

    (xsd,) = peer_files("sem/xsd", "MPEG-V-SEV.xsd")
    schema = xmlschema.XMLSchema(str(xsd), validation="lax")
    sources = [sem(tmp_path, ALL, name="all_kinds.xml"), *peer_files("sem", "*.xml")]
    assert list(schema.iter_errors(str(sources[0]))) == []
    for path in sources:
        folder = tmp_path / f"out_{path.stem.lower()}"
        folder.mkdir()
        round_trip(path, folder)
        errors = [f"{error.path}: {error.reason}" for error in schema.iter_errors(str(folder / "first.xml"))]
        assert errors == [], path.name
    for name in ("shore", "away"):
        export_sem("first_light", tmp_path / f"{name}.xml", scene=name)
        assert list(schema.iter_errors(str(tmp_path / f"{name}.xml"))) == []
