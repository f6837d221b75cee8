"""What goes into the testbed: a pinned Debian release with Monado, and the checkout's own Python dependencies."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: The first Debian release that packages Monado 25 (with its null compositor and its remote driver).
SUITE = "trixie"
MIRROR = "http://deb.debian.org/debian"
LEAST_MONADO = 25

PACKAGES: Sequence[str] = (
    "monado-service",
    "monado-cli",
    "libopenxr1-monado",
    "libopenxr-loader1",
    "openxr-layer-corevalidation",
    "mesa-vulkan-drivers",  # lavapipe: Monado's compositor is Vulkan
    "libgl1-mesa-dri",  # llvmpipe: ours is OpenGL
    "libgl1",
    "libegl1",
    "xvfb",
    "xauth",
    "python3",
    "python3-venv",
)

#: Of the checkout's extra `test`: what the tests that run inside need.
TEST_TOOLS = ("pytest", "hypothesis")
#: Measured against by `sensorama bench xr`; nothing of ours imports it.
PEERS = ("panda3d-openxr==0.1.2",)

#: Raised when what `build` makes of the same lists changes.
_REVISION = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what the testbed's folders hold.

    Attributes
    ----------
    suite : str
        Debian release.
    packages : tuple of str
        Of that release.
    project : str
        What of pyproject.toml reaches an installed checkout, as canonical JSON.
    requirements : tuple of str
        Installed beside the checkout with its extra `xr`.
    """

    suite: str
    packages: tuple[str, ...]
    project: str
    requirements: tuple[str, ...]

    @property
    def system_key(self) -> str:
        """Names the system's folder."""
        return _digest(_REVISION, platform.machine(), self.suite, sorted(self.packages))

    @property
    def python_key(self) -> str:
        """Names the folder of Python packages; another one for another system, whose Python they are for."""
        return _digest(self.system_key, self.project, sorted(self.requirements))


def recipe_of(checkout: Path) -> Recipe:
    """Read what a checkout needs.

    Raises
    ------
    ValueError
        Its pyproject.toml has no extra `test` with the tools that the tests need.
    """
    document = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    extras = project.get("optional-dependencies", {})
    named = {_name(line): line for line in extras.get("test", ())}
    missing = [name for name in TEST_TOOLS if name not in named]
    if missing:
        raise ValueError(
            f"pyproject.toml: extra test lists no {', '.join(missing)}, which the testbed installs"
        )
    reaching = {
        "build": document["build-system"],
        "name": project["name"],
        "python": project.get("requires-python", ""),
        "dependencies": sorted(project["dependencies"]),
        "xr": sorted(extras.get("xr", ())),
        "scripts": project.get("scripts", {}),
        "entry-points": project.get("entry-points", {}),
    }
    return Recipe(
        SUITE,
        tuple(PACKAGES),
        json.dumps(reaching, sort_keys=True),
        (*(named[name] for name in TEST_TOOLS), *PEERS),
    )


def _name(requirement: str) -> str:
    """``"pytest-xdist>=3.6"`` -> ``"pytest-xdist"`` (PEP 508)."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group().lower() if found else requirement


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
