"""Monado's service inside the testbed: started, killed without warning, started again.

Every path and name is the session's own (`XDG_RUNTIME_DIR`), so nothing of the host's is ever touched.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Literal

from engine.time.clocks import Clock, MonotonicClock

Driver = Literal["simulated", "remote"]

#: A service without its socket after this long has not started; measured: 0.1 s, 0.4 s on a busy machine.
_START_NS = 20_000_000_000
_LOOK_NS = 10_000_000
_SOCKET = "monado_comp_ipc"
_LOG = "monado.log"

#: What chooses the headset. Simulated: a head that wobbles around 1.6 m; with controllers where `SIMULATED_LEFT` and
#: `SIMULATED_RIGHT` say so. Remote: head and two controllers, all set through TCP port 4242 (see `tests/monado/remote.py`).
_ENVIRONMENT: dict[Driver, dict[str, str]] = {
    "simulated": {"SIMULATED_ENABLE": "1"},
    "remote": {"P_OVERRIDE_ACTIVE_CONFIG": "remote"},
}


class ServiceError(RuntimeError):
    """The service could not be started; carries the end of its log."""


class Service:
    """Monado's service of this session, whoever started it.

    Parameters
    ----------
    folder : Path, optional
        Where its socket lies; `XDG_RUNTIME_DIR` unless given.
    clock : Clock, optional

    Raises
    ------
    ServiceError
        Outside the testbed.
    """

    def __init__(self, folder: Path | None = None, clock: Clock | None = None) -> None:
        name = os.environ.get("XDG_RUNTIME_DIR", "")
        if folder is None and not (name and os.environ.get("XRT_COMPOSITOR_NULL")):
            raise ServiceError(
                "this is not the testbed; run the command by: python -m tests.monado -- COMMAND"
            )
        self._folder = folder or Path(name)
        self._clock = clock or MonotonicClock()
        self._own: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Where it listens. A killed service leaves it behind; `start` takes it away."""
        return self._folder / _SOCKET

    @property
    def log(self) -> str:
        """What it has written since it was started first."""
        path = self._folder / _LOG
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def pid(self) -> int | None:
        """Its process, or None while none runs."""
        mine = f"XDG_RUNTIME_DIR={self._folder}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                name = (entry / "comm").read_text().strip()
                if name != "monado-service" or _is_dead(entry):
                    continue
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it ended while it was looked at
            if mine in environment:
                return int(entry.name)
        return None

    @property
    def running(self) -> bool:
        """Whether a service runs and can be connected to."""
        return self.pid is not None and self.socket.exists()

    @property
    def driver(self) -> Driver | None:
        """The headset of the service that runs; None while none does."""
        pid = self.pid
        if pid is None:
            return None
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return "remote" if b"P_OVERRIDE_ACTIVE_CONFIG=remote" in environment else "simulated"

    def start(self, driver: Driver = "simulated", **environment: str) -> None:
        """Start it and return once it can be connected to; nothing when it runs.

        Parameters
        ----------
        driver : {"simulated", "remote"}
        **environment
            More of Monado's variables: ``SIMULATED_LEFT="simple"``.

        Raises
        ------
        ServiceError
            It ended, or had no socket after 20 s.
        """
        if self.running:
            return
        self.socket.unlink(missing_ok=True)
        program = shutil.which("monado-service")
        if program is None:
            raise ServiceError("monado-service is not on PATH")
        others = {name: value for name, value in os.environ.items() if not _is_choice(name)}
        log = self._folder / _LOG
        with log.open("ab") as file:
            self._own = subprocess.Popen(
                [program],
                env={**others, **_ENVIRONMENT[driver], **environment, "XDG_RUNTIME_DIR": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        until_ns = self._clock.now_ns() + _START_NS
        while not self.socket.exists():
            status = self._own.poll()
            if status is not None or self._clock.now_ns() > until_ns:
                what = f"ended with status {status}" if status is not None else "has no socket after 20 s"
                raise ServiceError(f"monado-service {what}; its log ends:\n{self.log[-2000:]}")
            self._clock.sleep_until_ns(self._clock.now_ns() + _LOOK_NS)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL) and return once it is gone; its socket stays. Nothing when none runs."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it politely (SIGTERM) and return once it is gone. Nothing when none runs."""
        self._end(signal.SIGTERM)

    def restart(self, driver: Driver | None = None, **environment: str) -> None:
        """Kill it and start it again, with the headset it had unless told otherwise."""
        driver = driver or self.driver or "simulated"
        self.kill()
        self.start(driver, **environment)

    def use(self, driver: Driver, **environment: str) -> None:
        """Have it run with this headset: nothing when it does, else restarted."""
        if self.driver != driver or environment or not self.running:
            self.restart(driver, **environment)

    def _end(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            return
        watched = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(watched, number)
            if not select.select([watched], [], [], 10.0)[0]:
                signal.pidfd_send_signal(watched, signal.SIGKILL)
                select.select([watched], [], [])
        finally:
            os.close(watched)
        if self._own is not None and self._own.pid == pid:
            self._own.wait()
            self._own = None


def _is_choice(name: str) -> bool:
    return name in {"P_OVERRIDE_ACTIVE_CONFIG", "SIMULATED_ENABLE"}


def _is_dead(entry: Path) -> bool:
    """Whether a process is only a status that nobody has fetched yet (proc_pid_stat(5), field 3)."""
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
