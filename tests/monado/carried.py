"""What of the host's network set-up goes along while the testbed is built: proxies, certificates, where pip looks.

While something is installed the host's files stand below ``/host``, so that a certificate, a local index or a folder of
wheels that the host's own pip uses is used from inside as well.
"""

from __future__ import annotations

import ast
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HOST = "/host"
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
_OPTION = re.compile(r"^(?P<section>[^.]+)\.(?P<name>.+?)=(?P<value>['\"].*['\"])$")


def certificates() -> Path | None:
    """The host's bundle of certificate authorities, with whatever its owner added to it."""
    paths = ssl.get_default_verify_paths()
    for name in (paths.cafile, paths.openssl_cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if name and Path(name).is_file():
            return Path(name).resolve()
    return None


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The proxy variables, in either case, that programs of Debian and pip obey; apt's own setting where there is none."""
    found = {name: value for name, value in environment.items() if name.lower() in _PROXIES}
    if "http_proxy" not in found:
        proxy = _apt_proxy()
        if proxy:
            found["http_proxy"] = proxy
    return found


def pip_configuration() -> str:
    """The host's pip configuration (files and variables) as one file for use inside.

    Returns
    -------
    str
        INI text; paths and ``file:`` addresses that exist on the host point below ``/host``. Empty where this Python has no pip.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    return configuration_inside(listed.stdout if listed.returncode == 0 else "")


def configuration_inside(listed: str) -> str:
    """Turn the output of ``pip config list`` into a configuration file; see `pip_configuration`."""
    sections: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        found = _OPTION.match(line)
        if found is None:
            continue
        # Variables beat files (pip's user guide, "Configuration"): listed last, and all of them hold for every command.
        section = "global" if found["section"] == ":env:" else found["section"]
        name = found["name"].removeprefix(".")
        if name in {"require-virtualenv", "cache-dir", "target", "prefix", "user", "config-file", "log"}:
            continue  # about the host's own places
        value = str(ast.literal_eval(found["value"]))
        sections.setdefault(section, {})[name] = "\n    ".join(_inside(word) for word in value.split())
    return "".join(
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
        for section, options in sections.items()
    )


def _inside(word: str) -> str:
    scheme, path = ("file://", word.removeprefix("file://")) if word.startswith("file://") else ("", word)
    if path.startswith("/") and os.path.exists(path):
        return f"{scheme}{HOST}{os.path.realpath(path)}"
    return word


def _apt_proxy() -> str:
    try:
        shown = subprocess.run(
            ["apt-config", "shell", "PROXY", "Acquire::http::Proxy"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:
        return ""
    value = shown.strip().removeprefix("PROXY=").strip("'\"")
    return value if value.startswith("http") else ""
