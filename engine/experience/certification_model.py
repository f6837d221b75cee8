"""The rig's `certificate:` as authored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.experience.manifest import Strict


class CertificateDoc(Strict):
    """Whether only certified packages play here."""

    required: bool = Field(default=False, description="Refuse a package without a valid certificate.")
    file: str | None = Field(
        default=None,
        min_length=1,
        description="Beside the rig file; default certificate.json in the package.",
    )
    profile: str = Field(default="", description="Name or file (beside the rig) of what this site allows.")
    trust: list[Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]] = Field(
        default_factory=list,
        description="Public keys of those whose signature counts, besides this machine's own.",
    )
