"""What a rig asks of a package before it plays: a certificate, by whom, and for which kind of guest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.experience.certification_model import CertificateDoc


@dataclass(frozen=True, slots=True)
class CertificatePolicy:
    """How strict a rig is.

    Attributes
    ----------
    required : bool
        Whether only certified packages play.
    file : Path or None
        The certificate; None: ``certificate.json`` in the package.
    profile : str
        Name or file of the profile; empty for the engine's own.
    trust : tuple of str
        Public keys of those whose signature counts, 64 hexadecimal digits each. This machine's own key always counts.
    """

    required: bool = False
    file: Path | None = None
    profile: str = ""
    trust: tuple[str, ...] = ()

    def file_for(self, package: Path) -> Path:
        """Where the certificate of a package in this folder is expected."""
        return package / CERTIFICATE_FILE if self.file is None else self.file


#: In a package; no part of its content, so that a certificate may lie beside what it certifies.
CERTIFICATE_FILE = "certificate.json"


def build_certification(doc: CertificateDoc, folder: Path) -> CertificatePolicy:
    """Settle paths: those of a rig are relative to its file."""
    profile = doc.profile
    if profile and (folder / profile).is_file():
        profile = str(folder / profile)
    return CertificatePolicy(
        required=doc.required,
        file=None if doc.file is None else folder / doc.file,
        profile=profile,
        trust=tuple(key.lower() for key in doc.trust),
    )
