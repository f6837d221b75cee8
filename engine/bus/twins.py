"""Software twins: in memory, or as one program that serves the twins of a whole rig over real ports.

``port: twin`` in a rig is played by the same class either way; only how the bytes get there differs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any

from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, Latency, Twin
from engine.errors import DeviceError, DeviceGone

_START_LIMIT_S = 10.0


def twin_from(factory: str, config: DeviceConfig) -> Twin:
    """Make the twin a factory ``"module:callable"`` names."""
    module, _, attribute = factory.partition(":")
    made: Twin = getattr(import_module(module), attribute)(config)
    return made


def make_twin(driver: Driver) -> Twin | None:
    """A twin configured like this device, or None when the family has none."""
    return None if driver.twin is None else twin_from(driver.twin.factory, driver.config)


def config_to_json(config: DeviceConfig) -> dict[str, Any]:
    """A configuration as plain JSON values."""
    return asdict(config)


def config_from_json(data: Mapping[str, Any]) -> DeviceConfig:
    """Inverse of `config_to_json`."""
    return DeviceConfig(
        name=data["name"],
        port=data["port"],
        rate_hz=data["rate_hz"],
        latency=Latency(**data["latency"]),
        seat=data["seat"],
        limits={name: ChannelLimits(**limits) for name, limits in data["limits"].items()},
        safe=data["safe"],
        settings=data["settings"],
    )


class TwinProgram:
    """The program that serves twins over ptys and loopback sockets, as a child of ours.

    Parameters
    ----------
    drivers : sequence of Driver
        Those to serve; each must have a twin.
    record_dir : Path or None
        Where each twin writes what it received and when, ``<device>.jsonl``.

    Notes
    -----
    Made, it is on its way; `ports` waits for it. It ends when its standard input does, so it cannot outlive us.

    Raises
    ------
    DeviceError
        When a family has no twin.
    """

    def __init__(self, drivers: Sequence[Driver], record_dir: Path | None = None) -> None:
        rows: list[dict[str, Any]] = []
        for driver in drivers:
            if driver.twin is None:
                raise DeviceError(
                    f"{driver.name}: drivers of the family {driver.family!r} have no software twin; "
                    "give the device a real port in the rig file"
                )
            record = None if record_dir is None else str(record_dir / f"{driver.name}.jsonl")
            rows.append(
                {
                    "factory": driver.twin.factory,
                    "line": driver.twin.line,
                    "config": config_to_json(driver.config),
                    "record": record,
                }
            )
        command = [sys.executable, "-m", "devices.sim", "serve"]
        # The child has to find the same packages, also from a source checkout and from any working folder.
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self._ports: Mapping[str, str] | None = None
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(rows) + "\n")
            self._child.stdin.flush()
        except OSError:
            pass  # it has ended already; `ports` says so

    @property
    def ports(self) -> Mapping[str, str]:
        """By device name, what to put in place of ``twin``; waits until the program is there.

        Raises
        ------
        DeviceGone
            When it does not start.
        """
        if self._ports is None:
            self._ports = self._await_ports()
        return self._ports

    def _await_ports(self) -> Mapping[str, str]:
        child = self._child
        assert child.stdout is not None
        # The timer turns a child that never answers into an end of file, on every system alike.
        timer = Timer(_START_LIMIT_S, child.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = child.stdout.readline()
        finally:
            timer.cancel()
        if not answer:
            self.close()
            raise DeviceGone(
                f"the software twins did not start within {_START_LIMIT_S:g} s (exit status "
                f"{child.returncode}); run `python -m devices.sim amc` by hand to see why"
            )
        ports: Mapping[str, str] = json.loads(answer)
        return ports

    def close(self) -> None:
        """End the program; a second call does nothing."""
        child = self._child
        if child.stdin is not None and not child.stdin.closed:
            try:
                child.stdin.close()
            except OSError:
                pass  # it has ended already
        try:
            child.wait(timeout=3.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()

    def __enter__(self) -> TwinProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
