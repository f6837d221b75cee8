"""``sensorama check X --certificate`` from end to end: certified, refused with the path, and what a kiosk makes of it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import __version__
from engine.cli import main
from engine.errors import SafetyError, UsageError
from engine.experience import load_package, load_rig
from engine.safety.certificate.contributions import sound
from engine.safety.certificate.document import read_certificate
from engine.safety.certificate.findings import Finding, Step
from engine.safety.certificate.gate import Uncertified, admit
from engine.safety.certificate.profile import load_profile
from engine.safety.certificate.signing import key_folder, own_keys, verify
from engine.show.certify import pictures
from engine.show.certify.command import certificate_command
from tests.show.certify.shows import Strobe, check, lead_back, make_rig, make_show, make_site
from tests.show.runs import play_offline

STAY = (Step("quay", "stay"), Step("water"))


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes into this one."""
    return make_show(tmp_path_factory.mktemp("show"))


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key and a cache of the test's own."""
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "config"))


@pytest.fixture
def strobe(monkeypatch: pytest.MonkeyPatch) -> type[Strobe]:
    monkeypatch.setattr(Strobe, "drawn", [])
    monkeypatch.setattr(pictures, "Viewer", Strobe)
    return Strobe


def found_by(file: Path) -> dict[str, Finding]:
    return {finding.measure: finding for finding in read_certificate(file).findings}


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that refuses."""
    (line,) = [row for row in capsys.readouterr().err.splitlines() if row.startswith("REFUSED")]
    return line


class TestCertified:
    @pytest.mark.slow
    def test_the_bundled_show_is_within_the_limits_of_a_site(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Its lines have no recordings: half a minute of silence in two languages need not be rendered.
        monkeypatch.setattr(sound, "_rendered", lambda *_: sound.Heard(np.zeros(1), np.zeros(1), 0.0))
        out = tmp_path / "first.json"
        assert check("first_light", make_site(tmp_path), out) == 0
        said = capsys.readouterr().out
        assert f"CERTIFIED: first_light on {read_certificate(out).rig.name} for site" in said
        found = found_by(out)
        assert found["duration"].bound == pytest.approx(32.0)
        assert found["tilt"].bound == pytest.approx(0.4, rel=1e-3)
        assert all(
            row.witness is not None and row.witness.played and row.witness.value <= row.bound
            for row in found.values()
        )

    def test_it_is_signed_and_about_this_package_this_rig_this_profile_and_this_engine(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site, out = make_site(tmp_path), tmp_path / "c.json"
        assert check(show, site, out) == 0
        found, keys = read_certificate(out), own_keys(key_folder())
        verify(found, keys)
        assert f"signed by: {keys[0]}" in capsys.readouterr().out
        assert found.package.hash == load_package(show).hash and found.rig.hash == load_rig(None).hash
        assert found.profile.hash == load_profile(site).hash and found.tool_version == __version__
        text = out.read_text(encoding="utf-8")
        assert check(show, site, tmp_path / "again.json") == 0
        again = read_certificate(tmp_path / "again.json")
        assert replace(again, issued="", signature="") == replace(found, issued="", signature="")
        assert '"limit": 12.0' in text
        out.write_text(text.replace('"limit": 12.0', '"limit": 14.0'), encoding="utf-8")
        with pytest.raises(SafetyError, match="altered"):
            verify(read_certificate(out), keys)

    def test_into_a_folder_that_is_there_with_its_page_beside_it(self, show: Path, tmp_path: Path) -> None:
        folder = tmp_path / "venue"
        folder.mkdir()
        assert check(show, make_site(tmp_path), folder) == 0
        assert sorted(file.name for file in folder.iterdir()) == ["certificate.html", "certificate.json"]
        page = (folder / "certificate.html").read_text(encoding="utf-8")
        assert "Certified for this rig and profile" in page and "已通过" in page
        assert load_package(show).hash[:16] in page and "quay -(follow)-&gt; lamp" in page
        assert "<script" not in page and "http" not in page

    def test_a_loop_with_a_limit_is_gone_round_as_often(self, show: Path, tmp_path: Path) -> None:
        bounded = Path(shutil.copytree(show, tmp_path / "bounded"))
        lead_back(bounded, visits=3)
        assert check(bounded, make_site(tmp_path), tmp_path / "c.json") == 0
        # Three quays of 2 s, and a lamp of 3 s after each: after the third nothing more may be visited.
        assert found_by(tmp_path / "c.json")["duration"].bound == pytest.approx(15.0)


class TestRefused:
    @pytest.mark.parametrize(
        ("tilt", "duration", "measure", "bound", "path"),
        [
            (0.7, 60.0, "tilt", 1.2, (Step("quay"),)),
            (1.0, 60.0, "tilt", 1.2, STAY),
            (12.0, 4.5, "duration", 5.0, (Step("quay", "follow"), Step("lamp"))),
        ],
    )
    def test_the_line_names_measure_limit_and_the_way_to_the_first_scene_that_breaks_it(
        self,
        show: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        tilt: float,
        duration: float,
        measure: str,
        bound: float,
        path: tuple[Step, ...],
    ) -> None:
        assert check(show, make_site(tmp_path, tilt, duration), tmp_path / "c.json") == 3
        line = refusal(capsys)
        way = " -> ".join(f"{step.scene} -({step.option})" if step.option else step.scene for step in path)
        assert line.startswith(f"REFUSED: {measure} ") and line.endswith(f": {way.replace(') ->', ')->')}")
        assert f", allowed {min(tilt, duration):g}" in line
        found = read_certificate(tmp_path / "c.json")
        (broken,) = found.broken
        assert not found.certified and (broken.measure, broken.first) == (measure, path)
        assert broken.bound == pytest.approx(bound, rel=0.02)
        page = (tmp_path / "c.html").read_text(encoding="utf-8")
        assert "Refused" in page and "未通过" in page and page.count("BROKEN") == 1

    def test_a_loop_without_a_limit_is_named_and_nothing_is_written(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        endless = Path(shutil.copytree(show, tmp_path / "endless"))
        lead_back(endless, visits=None)
        assert check(endless, make_site(tmp_path), tmp_path / "c.json") == 3
        line = refusal(capsys)
        assert "quay -> lamp -> quay" in line or "lamp -> quay -> lamp" in line
        assert "water" not in line and "# visits: N" in line
        assert not (tmp_path / "c.json").exists() and not (tmp_path / "c.html").exists()

    def test_a_limit_on_what_was_not_measured(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert check(show, make_site(tmp_path, more=", flashes: 3"), tmp_path / "c.json") == 3
        assert refusal(capsys) == "REFUSED: flashes: limited by the profile and not measured"
        assert read_certificate(tmp_path / "c.json").missing == ("flashes",)

    def test_a_picture_that_flashes_in_one_scene(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], strobe: type[Strobe]
    ) -> None:
        site = make_site(tmp_path, more=", flashes: 3, red_flashes: 3")
        assert check(show, site, tmp_path / "c.json", picture_hz=10.0) == 3
        assert refusal(capsys).endswith(": quay -(stay)-> water")
        found = found_by(tmp_path / "c.json")
        # Five flashes in a second; a window of one second that touches both its ends sees one transition more.
        assert 5.0 <= found["flashes"].bound <= 5.5 and found["flashes"].first == STAY
        assert found["red_flashes"].kept
        assert strobe.drawn[-1] == ("closed", -1), "the graphics are given back"
        page = (tmp_path / "c.html").read_text(encoding="utf-8")
        assert "data:image/png;base64," in page and "flashes in a second" in page


class TestBadInput:
    def test_mistakes_of_a_profile_are_told_together_with_their_lines_and_nothing_is_written(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site = tmp_path / "site.yaml"
        site.write_text(
            "sensorama_profile: 1\nname: {en: x}\nlimits:\n  tilt: -3\n  wobble: 2\nlow_pass_hz: none\n",
            encoding="utf-8",
        )
        assert check(show, site, tmp_path / "c.json") == 2
        said = capsys.readouterr().err
        assert [line for line in range(1, 8) if f"{site}:{line}" in said] == [4, 5, 6]
        assert "Traceback" not in said and not (tmp_path / "c.json").exists()

    def test_a_mistake_of_the_package_comes_before_any_judgement(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = Path(shutil.copytree(show, tmp_path / "broken"))
        (broken / "scenes/lamp.yaml").write_text("duration: 3\n", encoding="utf-8")
        assert check(broken, make_site(tmp_path), tmp_path / "c.json") == 2
        assert "lamp.yaml:1" in capsys.readouterr().err and not (tmp_path / "c.json").exists()

    @pytest.mark.parametrize("hz", [-1.0, float("nan"), float("inf"), 1e9])
    def test_a_rate_that_is_none(self, show: Path, tmp_path: Path, hz: float) -> None:
        with pytest.raises(UsageError, match=rf"--picture-hz {re.escape(f'{hz:g}')}: 0 to 240"):
            certificate_command(str(show), None, None, tmp_path / "c.json", picture_hz=hz)


class TestWhere:
    def test_the_page_never_takes_the_certificates_place(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert check(show, make_site(tmp_path), tmp_path / "c.html") == 2
        assert "c.html" in capsys.readouterr().err and not (tmp_path / "c.html").exists()

    def test_what_cannot_be_written_leaves_nothing_half_done(
        self, show: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "out/c.html").mkdir(parents=True)
        assert check(show, make_site(tmp_path), tmp_path / "out/c.json") == 1
        assert "c.html: cannot be written" in capsys.readouterr().err
        assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["c.html", "c.json"]


class TestKiosk:
    @pytest.fixture
    def kiosk(self, tmp_path: Path) -> Path:
        return make_rig(tmp_path, "required: true, file: c.json, profile: site.yaml")

    @pytest.mark.slow
    def test_it_plays_what_is_certified_and_nothing_else(
        self, show: Path, tmp_path: Path, kiosk: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = (str(show), "--rig", str(kiosk))
        site = make_site(tmp_path)
        assert play_offline(tmp_path / "refused", *words).status == 3
        assert "has no certificate" in capsys.readouterr().err and not (tmp_path / "refused").exists()
        told = play_offline(tmp_path / "told", *words, "--uncertified")
        assert told.status == 0 and header(told.folder)["certificate"] == "none"
        assert check(show, site, tmp_path / "c.json", "--rig", str(kiosk)) == 0
        certified = play_offline(tmp_path / "certified", *words, "--choices", "stay")
        assert certified.status == 0
        row = header(certified.folder)
        assert row["certificate"] == read_certificate(tmp_path / "c.json").signature
        assert row["doses"], "the bus keeps what was certified"
        assert main(["replay", str(tmp_path / "certified/journal.jsonl")]) == 0

    def test_a_change_to_show_rig_profile_or_certificate_ends_it(
        self, show: Path, tmp_path: Path, kiosk: Path
    ) -> None:
        site = make_site(tmp_path)
        assert check(show, site, tmp_path / "c.json", "--rig", str(kiosk)) == 0
        package, rig, keys = load_package(show), load_rig(kiosk), own_keys(key_folder())
        found = admit(package, rig, keys)
        assert found.certified
        changed = Path(shutil.copytree(show, tmp_path / "changed"))
        scene = changed / "scenes/lamp.yaml"
        scene.write_text(scene.read_text(encoding="utf-8").replace("0.6deg", "9deg"), encoding="utf-8")
        with pytest.raises(Uncertified, match="another package"):
            admit(load_package(changed), rig, keys)
        kiosk.write_text(kiosk.read_text(encoding="utf-8") + "# a word\n", encoding="utf-8")
        with pytest.raises(Uncertified, match="another rig"):
            admit(package, load_rig(kiosk), keys)
        site.write_text(site.read_text(encoding="utf-8").replace("60", "61"), encoding="utf-8")
        with pytest.raises(Uncertified, match="another profile"):
            admit(package, rig, keys)

    def test_a_refusal_lies_where_the_rig_looks_judged_by_the_rigs_own_profile_and_is_no_certificate(
        self, show: Path, tmp_path: Path, kiosk: Path
    ) -> None:
        make_site(tmp_path, duration=4.0)
        assert main(["check", str(show), "--certificate", "--rig", str(kiosk), "--picture-hz", "0"]) == 3
        assert found_by(tmp_path / "c.json")["duration"].limit == 4.0
        with pytest.raises(Uncertified, match=r"duration may reach 5 s, allowed 4: quay -\(follow\)-> lamp"):
            admit(load_package(show), load_rig(kiosk), own_keys(key_folder()))


def header(run: Path) -> dict[str, object]:
    row: dict[str, object] = json.loads((run / "journal.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return row
