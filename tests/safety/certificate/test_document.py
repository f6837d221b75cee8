import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InputError, SafetyError
from engine.safety.certificate.document import Certificate, Subject, body_of, read_certificate, text_of
from engine.safety.certificate.findings import Finding, Step, Witness
from engine.safety.certificate.signing import key_folder, public_key, sign, signing_key, verify

SECRET = bytes(range(32))


def certificate(bound: float = 3.0) -> Certificate:
    path = (Step("quay", "moon"), Step("sea"))
    finding = Finding("vdv_z", "m/s^1.75", ("a",), bound, 4.0, Witness(2.5, path, True), (), {"quay": 1.0})
    free = Finding("duration", "s", (), 90.0, None)
    return Certificate(
        Subject("灯街", "a" * 64),
        Subject("studio", "b" * 64),
        Subject("engineering", "c" * 64),
        "0.5",
        "",
        (finding, free),
        ("1 note",),
    )


def test_a_certificate_comes_back_from_its_text(tmp_path: Path) -> None:
    signed = sign(certificate(), SECRET)
    path = tmp_path / "certificate.json"
    path.write_text(text_of(signed), encoding="utf-8")
    assert read_certificate(path) == signed
    assert signed.certified and signed.findings[0].gap == 0.5


def test_a_bound_above_its_limit_refuses() -> None:
    refused = certificate(4.001)
    assert not refused.certified and [finding.measure for finding in refused.broken] == ["vdv_z"]
    assert json.loads(text_of(refused))["verdict"] == "refused"


def test_a_signature_holds_for_exactly_this(tmp_path: Path) -> None:
    signed = sign(certificate(), SECRET)
    verify(signed, [public_key(SECRET)])
    for altered in (
        replace(signed, rig=Subject("studio", "d" * 64)),
        replace(signed, findings=(replace(signed.findings[0], bound=2.9), signed.findings[1])),
        replace(signed, signature="00" * 64),
        replace(signed, signature="zz"),
        replace(signed, key="11" * 32),
    ):
        with pytest.raises(SafetyError, match="altered"):
            verify(altered, [public_key(SECRET), altered.key])
    with pytest.raises(SafetyError, match="not signed"):
        verify(certificate(), [public_key(SECRET)])
    with pytest.raises(SafetyError, match="does not trust"):
        verify(signed, [public_key(bytes(32))])


def test_what_is_not_finite_is_never_signed() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        body_of(certificate(float("inf")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "format None"),
        ('{"sensorama_certificate": 2}', "format 2"),
        ('{"sensorama_certificate": 1}', "damaged"),
    ],
)
def test_what_is_no_certificate_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as error:
        read_certificate(path)
    assert str(path) in str(error.value)
    row = json.loads(text_of(sign(certificate(), SECRET)))
    row["findings"][0]["bound"] = "3"
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(InputError, match="finite number"):
        read_certificate(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_certificate(tmp_path / "none.json")


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    first = signing_key(folder)
    assert signing_key(folder) == first and len(first) == 32
    assert (folder / "certificate.key").stat().st_mode & 0o077 == 0 or key_folder({}).drive
    (folder / "certificate.key").write_text("12", encoding="ascii")
    with pytest.raises(InputError, match="1 bytes"):
        signing_key(folder)
    (folder / "certificate.key").write_text("no key", encoding="ascii")
    with pytest.raises(InputError, match="cannot be read"):
        signing_key(folder)
