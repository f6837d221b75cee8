"""``sensorama check X --certificate`` from end to end: certified, refused with the path, and what a kiosk makes of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from engine.cli import main
from engine.experience.package import load_package
from engine.experience.rig import find_rig, load_rig
from engine.safety.certificate.document import read_certificate
from engine.safety.certificate.gate import admit
from engine.safety.certificate.signing import key_folder, own_keys
from tests.experience.packages import good_package

SITE = """\
sensorama_profile: 1
name: {en: Test site, zh: 测试场地}
limits: {tilt: %s, acceleration_x: 0.5, vdv_z: 4, duration: %s, true_peak: -1}
"""
SILENT = ["--no-picture", "--no-sound", "--quiet", "--headless", "--choices", "-"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package without sound, whose picture nobody has to draw."""
    folder = good_package(tmp_path_factory.mktemp("show"))
    for scene in (folder / "scenes").glob("*.yaml"):
        kept = [
            row for row in scene.read_text().splitlines() if not re.match(r"\s*- \{kind: (line|audio)", row)
        ]
        scene.write_text("\n".join(kept) + "\n")
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "config"))


def site(folder: Path, tilt: str = "12", duration: str = "60") -> Path:
    path = folder / "site.yaml"
    path.write_text(SITE % (tilt, duration), encoding="utf-8")
    return path


def check(show: Path, profile: Path, out: Path, *more: str) -> int:
    words = [
        "check",
        str(show),
        "--certificate",
        "--profile",
        str(profile),
        "--picture-hz",
        "0",
        "--out",
        str(out),
    ]
    return main([*words, *more])


def test_a_show_within_its_limits_is_certified_and_a_kiosk_plays_it(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = tmp_path / "kiosk.yaml"
    text = find_rig("studio").read_text(encoding="utf-8")
    rig.write_text(
        f"{text}\ncertificate: {{required: true, file: c.json, profile: site.yaml}}\n", encoding="utf-8"
    )
    profile = site(tmp_path)
    play = ["play", str(made), "--rig", str(rig), *SILENT]
    assert main([*play, "--out", str(tmp_path / "refused")]) == 3
    assert check(made, profile, tmp_path / "c.json", "--rig", str(rig)) == 0
    said = capsys.readouterr().out
    assert "CERTIFIED: small" in said and "signed by: " in said
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "Certified for this rig and profile" in page and "已通过" in page
    assert main([*play, "--out", str(tmp_path / "run")]) == 0
    header = json.loads((tmp_path / "run/journal.jsonl").read_text(encoding="utf-8").splitlines()[0])
    found = read_certificate(tmp_path / "c.json")
    assert found.certified and header["doses"], "the bus keeps what was certified"
    assert main(["replay", str(tmp_path / "run/journal.jsonl")]) == 0


def test_it_is_about_this_package_this_rig_and_this_engine(made: Path, tmp_path: Path) -> None:
    from engine import __version__

    assert check(made, site(tmp_path), tmp_path / "c.json") == 0
    found = read_certificate(tmp_path / "c.json")
    package, rig = load_package(made), load_rig(None)
    assert (found.package.hash, found.rig.hash, found.tool_version) == (package.hash, rig.hash, __version__)
    assert {finding.measure: finding.limit for finding in found.findings}["tilt"] == 12.0
    bounds = {finding.measure: finding.bound for finding in found.findings}
    assert bounds["duration"] == pytest.approx(30.0, abs=5.0)
    asked = own_rig(tmp_path, "c.json")
    keys = own_keys(key_folder())
    with pytest.raises(Exception, match="another rig"):
        admit(package, asked, keys)
    changed = tmp_path / "changed"
    shutil.copytree(made, changed)
    scene = changed / "scenes/lamp.yaml"
    scene.write_text(scene.read_text() + "# a word\n", encoding="utf-8")
    assert load_package(changed).hash != package.hash


def own_rig(folder: Path, file: str):  # type: ignore[no-untyped-def]
    path = folder / "asking.yaml"
    text = find_rig("studio").read_text(encoding="utf-8")
    path.write_text(f"{text}\ncertificate: {{required: true, file: {file}}}\n", encoding="utf-8")
    return load_rig(path)


@pytest.mark.parametrize(("tilt", "duration", "measure"), [("0.1", "60", "tilt"), ("12", "20", "duration")])
def test_a_limit_that_breaks_refuses_with_the_path_and_the_first_scene(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tilt: str, duration: str, measure: str
) -> None:
    assert check(made, site(tmp_path, tilt, duration), tmp_path / "c.json") == 3
    said = capsys.readouterr()
    (refusal,) = [row for row in said.err.splitlines() if row.startswith("REFUSED")]
    assert measure in refusal and "allowed" in refusal and "quay" in refusal
    found = read_certificate(tmp_path / "c.json")
    (broken,) = found.broken
    assert broken.measure == measure and not found.certified
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "Refused" in page and "未通过" in page


def test_a_limit_on_what_was_not_measured_refuses(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = site(tmp_path)
    profile.write_text(
        profile.read_text(encoding="utf-8").replace("{tilt", "{flashes: 3, tilt"), encoding="utf-8"
    )
    assert check(made, profile, tmp_path / "c.json") == 3
    assert "REFUSED: flashes: limited by the profile and not measured" in capsys.readouterr().err


def test_a_story_that_goes_round_without_end_is_refused_by_name(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = tmp_path / "endless"
    shutil.copytree(made, endless)
    story = endless / "story.ink.json"
    text = story.read_text(encoding="utf-8-sig")
    assert text.count('"end"') == 2
    story.write_text(text.replace('"end"', '{"->":"quay"}'), encoding="utf-8")
    status = check(endless, site(tmp_path), tmp_path / "c.json")
    said = capsys.readouterr()
    assert status == 3 and "REFUSED" in said.err and "quay" in said.err
    assert not (tmp_path / "c.json").exists()


def test_mistakes_of_a_profile_are_told_together_and_nothing_is_written(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text(
        "sensorama_profile: 1\nname: {en: x}\nlimits:\n  tilt: -3\n  wobble: 2\n", encoding="utf-8"
    )
    assert check(made, profile, tmp_path / "c.json") == 2
    said = capsys.readouterr().err
    assert "site.yaml:4" in said and "site.yaml:5" in said
    assert not (tmp_path / "c.json").exists()
