"""Whether a package may play on a rig: what a kiosk asks of its certificate."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine import __version__
from engine.errors import InputError, SafetyError
from engine.experience import Package, Rig
from engine.safety.certificate.document import Certificate, read_certificate
from engine.safety.certificate.findings import Finding, Step
from engine.safety.certificate.profile import Profile, load_profile
from engine.safety.certificate.signing import verify


class Uncertified(SafetyError):
    """A package may not play here; nothing has moved."""

    exit_status = 3


def admit(package: Package, rig: Rig, trusted: Collection[str]) -> Certificate:
    """Give the certificate by which this very package may play on this very rig.

    Parameters
    ----------
    package : Package
        With its hash.
    rig : Rig
        Its `certificate` says where the certificate lies and which profile counts.
    trusted : collection of str
        Public keys whose signature counts.

    Raises
    ------
    Uncertified
        There is none, or it is about something else, altered, unsigned, or a refusal; in English and Chinese.
    """
    path = rig.certificate.file_for(package.path)
    again = "sensorama check EXPERIENCE --certificate --rig RIG"
    if not path.is_file():
        raise Uncertified(
            f"{package.id} has no certificate ({path}), and this rig asks for one. Make it: {again}\n"
            f"{package.id} 没有安全证书，而本设备要求证书。请运行：{again}"
        )
    try:
        found = read_certificate(path)
        verify(found, trusted)
    except (InputError, SafetyError) as error:
        raise Uncertified(
            f"{package.id} may not play here: {error}\n{package.id} 不能在此播放：证书无效"
        ) from error
    wrong = _differences(found, package, rig, load_profile(rig.certificate.profile or None), path)
    if wrong:
        raise Uncertified(
            f"{package.id} may not play here: its certificate is about {'; '.join(wrong)}. Make it again: {again}\n"
            f"{package.id} 不能在此播放：证书与当前内容、设备或规定不符。请运行：{again}"
        )
    if not found.certified:
        said = "; ".join(broken_line(finding) for finding in found.broken)
        raise Uncertified(
            f"{package.id} was refused a certificate: {said}\n{package.id} 未通过安全检查：{said}"
        )
    return found


def _differences(found: Certificate, package: Package, rig: Rig, profile: Profile, path: Path) -> list[str]:
    wrong = []
    for what, subject, real in (
        ("another package", found.package, package.hash),
        ("another rig", found.rig, rig.hash),
        ("another profile", found.profile, profile.hash),
    ):
        if subject.hash != real:
            wrong.append(f"{what} ('{subject.name}', {subject.hash[:12]}; here {real[:12]})")
    if found.tool_version != __version__:
        wrong.append(f"sensorama {found.tool_version} (here {__version__})")
    return wrong


def broken_line(finding: Finding) -> str:
    """What is broken, by how much, and on which way, in a line."""
    seats = (
        f" ({', '.join(finding.seats[:3])}{', ...' if len(finding.seats) > 3 else ''})"
        if finding.seats
        else ""
    )
    limit = "" if finding.limit is None else f", allowed {finding.limit:g}"
    return f"{finding.measure}{seats} may reach {finding.bound:.3g} {finding.unit}{limit}: {path_line(finding.first)}"


def path_line(path: tuple[Step, ...]) -> str:
    """``gate -(in)-> hall``; long ones by their beginning and end."""
    words: list[str] = []
    shown = path if len(path) <= 12 else (*path[:5], Step("..."), *path[-6:])
    for step in shown:
        words.append(f"{step.scene} -({step.option})->" if step.option else f"{step.scene} ->")
    return " ".join(words).removesuffix(" ->") if words else "from the beginning"
