"""``certificate.json``: what was judged, by which tool, with which result; and who signs for it.

The signature is Ed25519 (RFC 8032) over the canonical text of everything else in the document: keys sorted, no spaces, UTF-8, numbers as
Python writes them shortest. Whoever changes a byte of package, rig or profile has another hash, and the certificate is not theirs any more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError, Place
from engine.safety.certificate.findings import Finding, Step, Witness

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Subject:
    """Something the certificate is about.

    Attributes
    ----------
    name : str
    hash : str
        SHA-256, 64 hexadecimal digits.
    """

    name: str
    hash: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The judgement over a package on a rig for a profile.

    Attributes
    ----------
    package, rig, profile : Subject
    tool_version : str
        Of the engine: another version computes other frames.
    issued : str
        ISO 8601, UTC; empty where nobody asked for the date (then the same input gives the same bytes).
    findings : tuple of Finding
    notes : tuple of str
        What was treated conservatively, counted: computed diverts and the like.
    missing : tuple of str
        Measures that the profile limits and nobody measured: with one of them nothing is certified.
    signature : str
        128 hexadecimal digits; empty before it is signed.
    key : str
        Public key, 64 hexadecimal digits.
    """

    package: Subject
    rig: Subject
    profile: Subject
    tool_version: str
    issued: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    signature: str = ""
    key: str = ""

    @property
    def certified(self) -> bool:
        """Whether every limit is kept on every path, and none left unmeasured."""
        return not self.missing and all(finding.kept for finding in self.findings)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings whose limit some path may break."""
        return tuple(finding for finding in self.findings if not finding.kept)


def body_of(certificate: Certificate) -> bytes:
    """What is signed.

    Raises
    ------
    ValueError
        For a number that is not finite: such a finding proves nothing.
    """
    row = _to_json(certificate)
    del row["signature"], row["key"]
    return json.dumps(
        row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def text_of(certificate: Certificate) -> str:
    """The document's text, for people and programs."""
    return json.dumps(_to_json(certificate), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_certificate(path: Path) -> Certificate:
    """Read a document; its signature is not looked at (`engine.safety.certificate.signing`).

    Raises
    ------
    InputError
        The file cannot be read or is not a certificate of this format.
    """
    place = Place(str(path))
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the certificate cannot be read: {error.strerror}", place) from error
    except ValueError as error:
        raise InputError(
            f"the certificate is not JSON ({error}); make it again with `sensorama check --certificate`",
            place,
        ) from error
    version = row.get("sensorama_certificate") if isinstance(row, dict) else None
    if version != FORMAT:
        raise InputError(
            f"a certificate of format {version!r}; read here is {FORMAT}, make it again with `sensorama check --certificate`",
            place,
        )
    try:
        return _from_json(row)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the certificate is damaged ({type(error).__name__}: {error}); make it again with `sensorama check --certificate`",
            place,
        ) from error


def _to_json(certificate: Certificate) -> dict[str, Any]:
    return {
        "sensorama_certificate": FORMAT,
        "verdict": "certified" if certificate.certified else "refused",
        "package": asdict(certificate.package),
        "rig": asdict(certificate.rig),
        "profile": asdict(certificate.profile),
        "tool_version": certificate.tool_version,
        "issued": certificate.issued,
        "findings": [_finding_json(finding) for finding in certificate.findings],
        "notes": list(certificate.notes),
        "missing": list(certificate.missing),
        "key": certificate.key,
        "signature": certificate.signature,
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    witness = finding.witness
    return {
        "measure": finding.measure,
        "unit": finding.unit,
        "seats": list(finding.seats),
        "bound": finding.bound,
        "limit": finding.limit,
        "kept": finding.kept,
        "witness": None
        if witness is None
        else {
            "value": witness.value,
            "played": witness.played,
            "path": _path_json(witness.path),
            "gap": finding.gap,
        },
        "first": _path_json(finding.first),
        "contributions": dict(finding.contributions),
    }


def _path_json(path: tuple[Step, ...]) -> list[list[str]]:
    return [[step.scene, step.option] for step in path]


def _from_json(row: Mapping[str, Any]) -> Certificate:
    return Certificate(
        package=_subject(row["package"]),
        rig=_subject(row["rig"]),
        profile=_subject(row["profile"]),
        tool_version=_text(row["tool_version"]),
        issued=_text(row["issued"]),
        findings=tuple(_finding(found) for found in row["findings"]),
        notes=tuple(_text(note) for note in row["notes"]),
        missing=tuple(_text(name) for name in row["missing"]),
        signature=_text(row["signature"]),
        key=_text(row["key"]),
    )


def _finding(row: Mapping[str, Any]) -> Finding:
    witness = row["witness"]
    return Finding(
        measure=_text(row["measure"]),
        unit=_text(row["unit"]),
        seats=tuple(_text(seat) for seat in row["seats"]),
        bound=_number(row["bound"]),
        limit=None if row["limit"] is None else _number(row["limit"]),
        witness=None
        if witness is None
        else Witness(_number(witness["value"]), _path(witness["path"]), bool(witness["played"])),
        first=_path(row["first"]),
        contributions={_text(scene): _number(value) for scene, value in row["contributions"].items()},
    )


def _path(rows: Any) -> tuple[Step, ...]:
    return tuple(Step(_text(scene), _text(option)) for scene, option in rows)


def _subject(row: Mapping[str, Any]) -> Subject:
    return Subject(_text(row["name"]), _text(row["hash"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is not a finite number")
    return float(value)
