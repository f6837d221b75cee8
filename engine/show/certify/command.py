"""``sensorama check X --certificate``: judge, sign, show."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.errors import UsageError
from engine.experience.certification import CERTIFICATE_FILE
from engine.safety.certificate.document import Certificate, text_of
from engine.safety.certificate.findings import Finding
from engine.safety.certificate.gate import broken_line
from engine.safety.certificate.profile import load_profile
from engine.safety.certificate.signing import key_folder, sign, signing_key
from engine.safety.paths.graph import Unbounded
from engine.show.certify.evidence import page_of
from engine.show.certify.judging import certify
from engine.show.certify.material import material_of
from engine.show.certify.page import render_certificate
from engine.show.certify.pictures import RATE_HZ
from engine.show.folder import explain
from engine.time import wall_time_iso

CERTIFIED, REFUSED = 0, 3
MOST_HZ = 240


def certificate_command(
    experience: str, rig: str | None, profile: str | None, out: Path | None, *, picture_hz: float = RATE_HZ
) -> int:
    """Judge a package over every branch and write certificate and report.

    Parameters
    ----------
    experience : str
        Name or folder.
    rig : str or None
        Name or file.
    profile : str or None
        Name or file; None: the rig's own, else the engine's.
    out : Path or None
        The certificate's file, or a folder that is there; None: where the rig looks for it, else ``certificate.json`` in the package.
    picture_hz : float
        How often the picture is drawn in a second of show; 0: not at all, and a limit on flashes is left unmeasured.

    Returns
    -------
    int
        0 certified, 3 refused.

    Raises
    ------
    InputError
        A file is wrong.
    OutputError
        The certificate cannot be written.
    """
    if not 0.0 <= picture_hz <= MOST_HZ:
        raise UsageError(f"--picture-hz {picture_hz:g}: 0 to {MOST_HZ} is allowed")
    made = material_of(experience, rig)
    target = _target(
        out if out is not None else made.material.rig.certificate.file_for(made.material.package.path)
    )
    limits = load_profile(profile if profile is not None else made.material.rig.certificate.profile or None)
    try:
        judged = certify(made, limits, picture_hz=picture_hz, tell=_tell)
    except Unbounded as error:
        print(f"REFUSED: {made.material.package.id}: {error}", file=sys.stderr)
        return REFUSED
    found = sign(replace(judged.certificate, issued=wall_time_iso()), signing_key(key_folder()))
    page = target.with_suffix(".html")
    _write(target, text_of(found))
    _write(page, render_certificate(page_of(made, judged, found)))
    _print(found)
    print(f"certificate: {target}\nreport: {page}\nsigned by: {found.key}")
    return CERTIFIED if found.certified else REFUSED


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what} ...", end="", file=sys.stderr, flush=True)


def _target(wanted: Path) -> Path:
    """The certificate's file; its page lies beside it and has another name."""
    target = wanted / CERTIFICATE_FILE if wanted.is_dir() else wanted
    if target.suffix.lower() == ".html":
        raise UsageError(
            f"{target}: the report's page has that name; give the certificate another, {CERTIFICATE_FILE}"
        )
    return target


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise explain(error, path) from error


def _print(found: Certificate) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    for line in _table(found.findings):
        print(line)
    for name in found.missing:
        print(f"not measured, though limited: {name}")
    for note in found.notes:
        print(f"note: {note}")
    if found.certified:
        print(
            f"CERTIFIED: {found.package.name} on {found.rig.name} for {found.profile.name}; no path breaks a limit"
        )
        return
    for finding in found.broken:
        print(f"REFUSED: {broken_line(finding)}", file=sys.stderr)
    if found.missing:
        print(
            f"REFUSED: {', '.join(found.missing)}: limited by the profile and not measured", file=sys.stderr
        )


def _table(findings: Sequence[Finding]) -> list[str]:
    rows = [("measure", "seats", "bound", "witness", "allowed", "unit")]
    for finding in findings:
        witness = (
            "-"
            if finding.witness is None
            else f"{finding.witness.value:.4g}{'' if finding.witness.played else '*'}"
        )
        limit = "" if finding.limit is None else f"{finding.limit:g}{'' if finding.kept else ' !'}"
        seats = (
            "-"
            if not finding.seats
            else finding.seats[0] + (f" +{len(finding.seats) - 1}" if len(finding.seats) > 1 else "")
        )
        rows.append((finding.measure, seats, f"{finding.bound:.4g}", witness, limit, finding.unit))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
