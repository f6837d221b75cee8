"""A real OpenXR runtime without a headset, by one command: ``python -m tests.monado``.

Runs the tests marked ``monado``, or any command after ``--``, where Monado runs with its simulated headset, a null
compositor and software graphics: Debian 13's packages in a folder of their own, built once and cached, or the host's where
it has Monado 25 or newer. The checkout is seen read-only; processes, mounts and network are the session's own.

    python -m tests.monado                                       # the tests
    python -m tests.monado -- -k recovery -x                     # some of them: arguments for pytest, or files
    python -m tests.monado -- python -m engine.bench.xr_frame    # anything else
    python -m tests.monado --remote -- bash                      # head and hands set through TCP port 4242
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tests.monado import build
from tests.monado.recipe import LEAST_MONADO, recipe_of
from tests.monado.store import Store

ROOT = Path(__file__).resolve().parents[2]
#: Exit status of a testbed that could not be had; as of env(1) and podman for a failure of their own.
CANNOT = 125

_NAMESPACES = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--propagation", "private")
_MANIFESTS = (
    "/usr/share/openxr/1/openxr_monado.json",
    "/usr/local/share/openxr/1/openxr_monado.json",
    "/etc/xdg/openxr/1/active_runtime.json",
)
#: Monado's null compositor paces frames and shows nothing; see its README, "Environment variables".
_RUNTIME = {
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "XRT_COMPOSITOR_NULL": "1",
    "XRT_NO_STDIN": "1",
}
_PYTHON = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTEST_ADDOPTS": "-p no:cacheprovider",
}
_PASSED_ON = re.compile(
    r"^(TERM|COLUMNS|LINES|CI|NO_COLOR|FORCE_COLOR|SIMULATED_(LEFT|RIGHT)|SENSORAMA_(?!CACHE$).+)$"
)


def main(arguments: Sequence[str]) -> int:
    """Build where needed, then become the session; does not come back where all goes well."""
    parser = argparse.ArgumentParser(
        "python -m tests.monado", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--remote", action="store_true", help="Monado's remote driver in place of the simulated headset"
    )
    which.add_argument("--no-service", action="store_true", help="start no service; the command does")
    parser.add_argument("--fresh", action="store_true", help="build it again")
    parser.add_argument("--build-only", action="store_true", help="build what is missing and run nothing")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--native", action="store_true", help="the host's Monado, or fail")
    where.add_argument(
        "--chroot", action="store_true", help="Debian's Monado in a folder, also where the host has one"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"a folder that may be written, seen as {build.OUT}"
    )
    parser.add_argument(
        "command", nargs="*", help="after --; arguments for pytest where the first begins with - or tests/"
    )
    chosen = parser.parse_args(arguments)
    driver = "remote" if chosen.remote else "none" if chosen.no_service else "simulated"
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
    lacking = "it was not asked for" if chosen.chroot else native_lacks()
    try:
        if not lacking:
            return 0 if chosen.build_only else _native(chosen, driver)
        if chosen.native:
            raise build.BuildError(f"the host's own Monado cannot be used: {lacking}")
        return _in_folder(chosen, driver, lacking)
    except (build.BuildError, ValueError) as error:
        print(f"monado testbed: {error}", file=sys.stderr)
        return CANNOT


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where testbeds are kept: below `SENSORAMA_CACHE`, else the user's cache folder (XDG base directories)."""
    named = environment.get("SENSORAMA_CACHE")
    if named:
        return Path(named) / "monado"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sensorama" / "monado"


def native_lacks() -> str:
    """Why the host's own Monado will not do; "" where it will."""
    program = shutil.which("monado-service")
    if program is None:
        return "no monado-service on PATH"
    version = _version_of_host()
    if version < LEAST_MONADO:
        return f"Monado {version or 'of an unknown version'} is older than {LEAST_MONADO}"
    missing = [name for name in ("Xvfb", "unshare") if shutil.which(name) is None]
    missing += [name for name in ("xr", "OpenGL", "pytest") if importlib.util.find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (pip install -e '.[xr,test]', apt-get install xvfb util-linux)"
    if not any(Path(name).exists() for name in _MANIFESTS):
        return f"no runtime manifest at {', '.join(_MANIFESTS)}"
    if subprocess.run([*_namespaces(), "true"], capture_output=True, check=False).returncode:
        return "neither root nor user namespaces are at hand for a session's own processes and network"
    return ""


def _version_of_host() -> int:
    """Monado's major version as `monado-cli info` tells it; 0 where it tells none."""
    if shutil.which("monado-cli") is None:
        return 0
    told = subprocess.run(
        ["monado-cli", "info"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    ).stdout
    found = re.search(r"git-tag: 'v?(\d+)", told)
    return int(found.group(1)) if found else 0


def _native(chosen: argparse.Namespace, driver: str) -> NoReturn:
    _say("the host's Monado")
    manifest = next(name for name in _MANIFESTS if Path(name).exists())
    lavapipe = sorted(Path("/usr/share/vulkan/icd.d").glob("lvp_icd*.json"))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
        **_RUNTIME,
        **_PYTHON,
        "XR_RUNTIME_JSON": manifest,
        **({"VK_DRIVER_FILES": str(lavapipe[0])} if lavapipe else {}),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }
    # /proc of the new process namespace, and a checkout that cannot be written.
    view = 'mount -t proc proc /proc && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
    command = [*_namespaces(), "sh", "-c", view, str(ROOT), sys.executable, *_inside(chosen, driver)]
    _become(command, environment)


def _in_folder(chosen: argparse.Namespace, driver: str, lacking: str) -> int:
    needs = build.needs_of_host()
    if needs:
        raise build.BuildError(
            f"{needs}. The host's own Monado would do as well, but {lacking}. Without either there is no runtime to test on."
        )
    recipe = recipe_of(ROOT)
    store = Store(cache_folder(os.environ), _say)
    system = store.hold(
        "system", recipe.system_key, lambda folder: build.system(recipe, folder, _say), fresh=chosen.fresh
    )
    python = store.hold(
        "python",
        recipe.python_key,
        lambda folder: build.packages(recipe, system.path, ROOT, folder, _say),
        fresh=chosen.fresh,
    )
    if chosen.build_only:
        return 0
    binds = [(ROOT, build.CHECKOUT, "ro"), (python.path, build.VENV, "ro")]
    if chosen.out is not None:
        binds.append((chosen.out.resolve(), build.OUT, "rw"))
    environment = {
        **{name: value for name, value in os.environ.items() if _PASSED_ON.match(name)},
        **_RUNTIME,
        **_PYTHON,
        "PATH": f"{build.VENV}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "XR_RUNTIME_JSON": "/etc/xdg/openxr/1/active_runtime.json",
        "ENTER_BINDS": build.bind_lines(binds),
    }
    inside = ["env", "-C", build.CHECKOUT, "python", *_inside(chosen, driver)]
    _become([*_NAMESPACES, "sh", str(build.ENTER), str(system.path), *inside], environment)


def _inside(chosen: argparse.Namespace, driver: str) -> list[str]:
    command = chosen.command
    if not command or command[0].startswith(("-", "tests/")):
        named = any(word.startswith("tests/") for word in command)
        told = command or ["-rap"]
        command = ["python", "-m", "pytest", "-m", "monado", *told, *([] if named else ["tests/monado"])]
    return ["-m", "tests.monado.inside", "--driver", driver, "--loopback", "--", *command]


def _namespaces() -> tuple[str, ...]:
    return (
        _NAMESPACES
        if os.geteuid() == 0
        else (*_NAMESPACES[:1], "--user", "--map-root-user", *_NAMESPACES[1:])
    )


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(command[0], list(command), dict(environment))


def _say(text: str) -> None:
    print(f"monado testbed: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
