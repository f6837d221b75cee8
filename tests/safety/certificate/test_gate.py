"""What a kiosk plays: certified content on the rig and for the guests that it was certified for, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import __version__
from engine.errors import PackageError, UsageError
from engine.experience import Package, Rig, load_package, load_rig
from engine.experience.certification import CertificatePolicy
from engine.safety.certificate.document import Certificate, Subject, text_of
from engine.safety.certificate.findings import Finding, Step
from engine.safety.certificate.gate import Uncertified, admit
from engine.safety.certificate.profile import load_profile
from engine.safety.certificate.signing import own_keys, public_key, sign, signing_key

SECRET = bytes(range(32))
TRUSTED = (public_key(SECRET),)
TALL = Finding("tilt", "deg", ("a",), 20.0, 15.0, None, (Step("gate", "in"), Step("hall")))


@pytest.fixture(scope="module")
def package() -> Package:
    return load_package("first_light")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return replace(
        load_rig("studio"), certificate=CertificatePolicy(required=True, file=tmp_path / "certificate.json")
    )


def certificate(played: Package, on: Rig, **changed: object) -> Certificate:
    profile = load_profile()
    made = Certificate(
        Subject(played.id, played.hash),
        Subject("studio", on.hash),
        Subject("engineering", profile.hash),
        __version__,
        "",
        (replace(TALL, bound=10.0),),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def admitted(package: Package, rig: Rig, made: Certificate) -> Certificate:
    assert rig.certificate.file is not None
    rig.certificate.file.write_text(text_of(made), encoding="utf-8")
    return admit(package, rig, TRUSTED)


def test_a_certificate_for_this_very_show_lets_it_play(package: Package, rig: Rig) -> None:
    made = sign(certificate(package, rig), SECRET)
    assert admitted(package, rig, made) == made


def test_without_one_nothing_plays_and_both_languages_say_so(package: Package, rig: Rig) -> None:
    with pytest.raises(Uncertified, match=r"no certificate(.|\n)*没有安全证书") as caught:
        admit(package, rig, TRUSTED)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"package": Subject("first_light", "0" * 64)}, "another package"),
        ({"rig": Subject("studio", "0" * 64)}, "another rig"),
        ({"profile": Subject("engineering", "0" * 64)}, "another profile"),
        ({"tool_version": "0.0.0"}, "sensorama 0.0.0"),
        ({"findings": (TALL,)}, r"tilt \(a\) may reach 20 deg, allowed 15: gate -\(in\)-> hall"),
        ({"missing": ("flashes",)}, "refused"),
    ],
)
def test_one_about_something_else_does_not(
    package: Package, rig: Rig, changed: dict[str, object], said: str
) -> None:
    with pytest.raises(Uncertified, match=said):
        admitted(package, rig, sign(certificate(package, rig, **changed), SECRET))


def test_one_that_was_altered_unsigned_or_signed_by_a_stranger_does_not(package: Package, rig: Rig) -> None:
    made = sign(certificate(package, rig), SECRET)
    with pytest.raises(Uncertified, match="altered"):
        admitted(package, rig, replace(made, findings=()))
    with pytest.raises(Uncertified, match="not signed"):
        admitted(package, rig, certificate(package, rig))
    with pytest.raises(Uncertified, match="does not trust"):
        admitted(package, rig, sign(certificate(package, rig), bytes(32)))
    assert rig.certificate.file is not None
    rig.certificate.file.write_text("{", encoding="utf-8")
    with pytest.raises(Uncertified, match="not JSON"):
        admit(package, rig, TRUSTED)


def test_this_machines_key_counts_once_there_is_one(tmp_path: Path) -> None:
    assert own_keys(tmp_path) == ()
    assert own_keys(tmp_path) == () and not list(tmp_path.iterdir())
    secret = signing_key(tmp_path)
    assert own_keys(tmp_path) == (public_key(secret),)


PROFILE = """sensorama_profile: 1
name: {en: Site}
limits: {tilt: 12, vdv_z: 4.5}
low_pass_hz: 5
envelope:
  rows:
    - {axis: z, direction: "-", for_s: 0.5, most_g: 0.3}
    - {axis: x, most_g: 0.4}
"""


def test_a_sites_profile_is_read(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    found = load_profile(path)
    assert found.limits == {"tilt": 12.0, "vdv_z": 4.5} and found.low_pass_hz == 5.0 and found.stem == "site"
    assert [(row.axis, row.sign, row.for_s, row.most_g) for row in found.envelope] == [
        (2, -1, 0.5, 0.3),
        (0, 0, 0.0, 0.4),
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "line", "said"),
    [
        ("tilt: 12", "tlit: 12", 3, "'tlit' is not measured"),
        ("tilt: 12", "tilt: .nan", 3, "finite"),
        ("vdv_z: 4.5", "noise_dose: 50", 3, "how loud full scale is"),
        ("most_g: 0.4", "most_g: -1", 8, "greater than 0"),
        ("axis: x", "axis: w", 8, "one of x, y, z"),
        ("sensorama_profile: 1", "sensorama_profile: 2", 1, "1"),
    ],
)
def test_mistakes_of_a_profile_are_told_with_their_line(
    tmp_path: Path, was: str, becomes: str, line: int, said: str
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(PROFILE.replace(was, becomes), encoding="utf-8")
    with pytest.raises(PackageError) as caught:
        load_profile(path)
    (problem,) = caught.value.problems
    assert problem.place.line == line and said in f"{problem.message} {problem.hint}", problem


def test_a_limit_on_an_envelope_needs_the_envelope_and_a_name_needs_a_file(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("sensorama_profile: 1\nname: {en: S}\nlimits: {envelope: 1}\n", encoding="utf-8")
    with pytest.raises(PackageError, match="share of an envelope is limited"):
        load_profile(path)
    with pytest.raises(UsageError, match="engineering"):
        load_profile("nowhere")
