"""Builds the testbed's two folders: a Debian system with Monado, and the Python packages of the checkout.

Everything comes from Debian's archive and the Python package index through their own clients, as the host has them set up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.monado import carried
from tests.monado.recipe import MIRROR, Recipe

ENTER = Path(__file__).with_name("enter.sh")
CHECKOUT = "/checkout"
VENV = "/opt/venv"
OUT = "/out"

#: A network of its own is left out: this is when packages come in.
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Nobody reads manuals in a testbed; and a folder that is renamed when whole needs no syncing of each file.
_DPKG = """force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/info/*
"""
_LOG_END_CHARACTERS = 3000


class BuildError(RuntimeError):
    """The testbed cannot be built here; says what is missing and what to do."""


def needs_of_host() -> str:
    """What keeps this host from building and entering a system of its own; "" where nothing does."""
    if os.geteuid() != 0:
        return "it needs root (a system in a folder of its own is built by debootstrap and entered by chroot): sudo"
    missing = [name for name in ("debootstrap", "unshare", "mount", "chroot") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install debootstrap util-linux coreutils)"
    if subprocess.run([*_NAMESPACES, "true"], capture_output=True, check=False).returncode:
        return (
            "this root may not make namespaces (a container: run it with --privileged, or with CAP_SYS_ADMIN)"
        )
    return ""


def system(recipe: Recipe, folder: Path, say: Callable[[str], None]) -> None:
    """Fill an empty folder with the Debian system.

    Raises
    ------
    BuildError
        With the end of what failed.
    """
    mirror = os.environ.get("SENSORAMA_DEBIAN_MIRROR", MIRROR)
    scripts = Path("/usr/share/debootstrap/scripts")
    # An older debootstrap does not know the newest release by name; all of Debian's releases since long share one script.
    script = () if (scripts / recipe.suite).exists() else (str(scripts / "sid"),)
    environment = {"PATH": _SYSTEM_PATH, "LC_ALL": "C.UTF-8", **carried.proxies(os.environ)}
    say(f"Debian {recipe.suite} from {mirror} (once, about a minute)")
    _run(
        [
            *_NAMESPACES,
            "debootstrap",
            "--variant=minbase",
            "--include=ca-certificates",
            recipe.suite,
            str(folder),
            mirror,
            *script,
        ],
        environment,
        "debootstrap",
    )
    (folder / "etc/dpkg/dpkg.cfg.d/testbed").write_text(_DPKG)
    (folder / "etc/apt/apt.conf.d/90testbed").write_text('APT::Install-Recommends "false";\n')
    for name in ("host", CHECKOUT[1:], OUT[1:], VENV[1:]):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _names_of_network(folder)
    say(f"{', '.join(recipe.packages)} (once, about half a minute)")
    install = (
        "apt-get update -qq && apt-get install -y -qq " + " ".join(recipe.packages) + " && apt-get clean"
    )
    _enter(
        folder,
        ["/bin/sh", "-c", install],
        {**environment, "DEBIAN_FRONTEND": "noninteractive", "ENTER_WRITABLE": "1"},
        "apt-get",
    )
    shutil.rmtree(folder / "var/lib/apt/lists", ignore_errors=True)


def packages(
    recipe: Recipe, system_folder: Path, checkout: Path, folder: Path, say: Callable[[str], None]
) -> None:
    """Fill an empty folder with a virtual environment: the checkout (as a link to where it is mounted) and all it needs.

    Raises
    ------
    BuildError
        With the end of what failed.
    """
    say("Python packages of pyproject.toml (once, about half a minute)")
    configuration = folder / "pip.conf"
    configuration.write_text(carried.pip_configuration())
    environment = {
        "PATH": f"{VENV}/bin:{_SYSTEM_PATH}",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": f"{VENV}/pip.conf",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **carried.proxies(os.environ),
        "ENTER_HOST": "1",
    }
    binds = [(folder, VENV, "rw"), (checkout, CHECKOUT, "ro")]
    trusted = carried.certificates()
    if trusted is not None:
        binds.append((trusted, "/etc/ssl/certs/ca-certificates.crt", "ro"))
    resolver = Path("/etc/resolv.conf")
    if resolver.exists():
        binds.append((resolver.resolve(), "/etc/resolv.conf", "ro"))
    extra = [line for line in recipe.requirements if not line.startswith("panda3d-openxr")]
    peers = [line for line in recipe.requirements if line.startswith("panda3d-openxr")]
    steps = [
        ["python3", "-m", "venv", VENV],
        ["pip", "install", "-q", "--root-user-action=ignore", "-e", f"{CHECKOUT}[xr]", *extra],
        # Without what it asks for: it pins nothing, and what it uses is there.
        ["pip", "install", "-q", "--root-user-action=ignore", "--no-deps", *peers],
        # The sessions write no bytecode anywhere; this is when the packages' own is made.
        ["python", "-m", "compileall", "-q", "-j", "0", f"{VENV}/lib"],
    ]
    for command in steps:
        _enter(system_folder, command, environment, " ".join(command[:3]), binds)
    configuration.unlink()


def bind_lines(binds: Sequence[tuple[Path, str, str]]) -> str:
    """As enter.sh reads them."""
    return "\n".join(f"{source}\t{target}\t{mode}" for source, target, mode in binds)


def _names_of_network(folder: Path) -> None:
    resolver = Path("/etc/resolv.conf")
    inside = folder / "etc/resolv.conf"
    inside.unlink(missing_ok=True)
    inside.write_text(resolver.read_text() if resolver.exists() else "")


def _enter(
    root: Path,
    command: Sequence[str],
    environment: Mapping[str, str],
    what: str,
    binds: Sequence[tuple[Path, str, str]] = (),
) -> None:
    _run(
        [*_NAMESPACES, "sh", str(ENTER), str(root), *command],
        {**environment, "ENTER_BINDS": bind_lines(binds)},
        what,
    )


def _run(command: Sequence[str], environment: Mapping[str, str], what: str) -> None:
    done = subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BuildError(
            f"{what} ended with status {done.returncode}; nothing was kept. It needs Debian's archive and the Python package "
            f"index (SENSORAMA_DEBIAN_MIRROR names another mirror). What it said last:\n{done.stdout[-_LOG_END_CHARACTERS:]}"
        )
