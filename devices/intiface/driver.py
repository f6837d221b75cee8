"""Driver for vibrating devices behind an Intiface server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devices.actuators import make_actuators
from devices.intiface.codec import (
    VERSION,
    ButtplugError,
    DeviceInfo,
    Message,
    decode,
    encode,
    read_device,
    read_devices,
    vibrate,
)
from devices.settings import band_setting, flag_setting
from devices.ws.client import WsLine, check_ws_port, need_websockets
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.errors import DeviceError, DeviceGone

_SETTINGS = ("actuators", "scan", "low", "high")
_KEYS = ("device", "index")
CLIENT = "Sensorama"
_ANSWER_S = 2.0
_STOP_S = 0.25
_ATTEND_NS = 100_000_000
# A command that was lost on the air is made good by the next; motors hold what they were told last.
_KEEP_ALIVE_NS = 250_000_000
_MOST_OPEN_IDS = 64


def create(config: DeviceConfig) -> IntifaceDriver:
    """Entry point of the family."""
    return IntifaceDriver(config)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a group is rendered.

    Parameters
    ----------
    device : str
        Name at the server; empty for every device.
    index : int
        Actuator; -1 for all that vibrate.
    """

    device: str = ""
    index: int = -1


@dataclass(slots=True)
class _Talk:
    """What is known of the server since the connection was made."""

    scanned: bool
    listed: bool = False
    devices: dict[int, DeviceInfo] = field(default_factory=dict)
    asked: OrderedDict[int, str] = field(default_factory=OrderedDict)
    next_id: int = 0
    server: str = ""
    ping_ns: int = 0
    pinged_ns: int | None = None
    pending: list[Report] = field(default_factory=list)
    told_missing: bool = False


class IntifaceDriver(LineDriver):
    """One server with the devices it has.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    MissingExtra
        When the port is real and the extra ``haptics`` is not installed.

    Notes
    -----
    Frames name devices by their place in the settings; `stamp` puts in the numbers the server gave them. A device that is not
    there, or fails, costs nobody but itself.
    """

    family = "intiface"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.intiface:make_twin", "ws"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self.attend_ns = _ATTEND_NS
        self.targets = _targets(config)
        self.planned = tuple(dict.fromkeys(target.device for target in self.targets.values()))
        self.channels, self.groups = make_actuators(
            config, tuple(self.targets), *band_setting(config, 20.0, 250.0)
        )
        self._scan = flag_setting(config, "scan", True)
        uri = config.port
        if uri != "twin":
            try:
                check_ws_port(uri, "ws://127.0.0.1:12345")
            except ValueError as error:
                raise SettingError(str(error), "port") from None
            need_websockets()
        self._ws = WsLine(config.name, uri)
        self.use_line(self._ws, uri)
        self._talk = _Talk(scanned=not self._scan)

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One message for each device of the settings; levels in hundredths, which no motor renders finer."""
        levels: dict[int, dict[int, float]] = {}
        for place, target in enumerate(self.targets.values()):
            row = levels.setdefault(self.planned.index(target.device), {})
            row[target.index] = max(round(values[2 * place], 2), row.get(target.index, 0.0))
        return tuple(encode((vibrate(device, row),)) for device, row in levels.items())

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """The same commands for the devices that are there, one each, under numbers of their own; where groups overlap, the louder."""
        levels: dict[int, dict[int, float]] = {}
        for frame in frames:
            for message in decode(frame):
                self._gather(message, levels)
        return [
            encode((vibrate(index, dict(sorted(row.items())), self._number(self._talk.devices[index].name)),))
            for index, row in levels.items()
            if row
        ]

    def open(self) -> None:
        """Connect, introduce us, ask for devices."""
        if self._ws.is_open:
            return
        super().open()
        self._talk = _Talk(scanned=not self._scan)
        try:
            self._ask("RequestServerInfo", {"ClientName": CLIENT, "MessageVersion": VERSION})
            self._await_server()
            self._ask("RequestDeviceList")
            self._await_devices()
            if self._scan:
                self._ask("StartScanning")
        except DeviceError as error:
            self._ws.close()
            self._failed(error)
            raise
        self._note = f"{self._talk.server or 'Intiface'} at {self._where}, {len(self._talk.devices)} devices"

    def close(self) -> None:
        """Stop every motor, then let go."""
        if self._ws.is_open:
            try:
                for index in self._talk.devices:
                    self._ask("StopDeviceCmd", {"DeviceIndex": index})
                self._await_stopped(self._ask("StopAllDevices"))
            except DeviceError:
                pass  # the server stops everything by itself when its client is gone
        super().close()
        self._talk.devices = {}

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Ping, and hear which devices came and went and what failed."""
        if self._talk.ping_ns and (
            self._talk.pinged_ns is None or now_ns - self._talk.pinged_ns >= self._talk.ping_ns // 2
        ):
            self._talk.pinged_ns = now_ns
            self._ask("Ping")
        reports, self._talk.pending = self._talk.pending, []
        for data in self._ws.read():
            reports += self._hear(data)
        if not self._talk.told_missing and self._talk.scanned:
            self._talk.told_missing = True
            present = {info.name for info in self._talk.devices.values()}
            reports += [
                Report("fault", f"{name} is not connected to the server; the others go on")
                for name in self.planned
                if name and name not in present
            ]
        return reports

    def _number(self, about: str) -> int:
        self._talk.next_id = self._talk.next_id % 0xFFFF_FFFE + 1
        self._talk.asked[self._talk.next_id] = about
        if len(self._talk.asked) > _MOST_OPEN_IDS:
            self._talk.asked.popitem(last=False)
        return self._talk.next_id

    def _ask(self, name: str, fields: Mapping[str, object] | None = None) -> int:
        number = self._number(name)
        self._ws.send((encode((Message(name, number, fields or {}),)),))
        return number

    def _await_stopped(self, number: int) -> None:
        """Hang up only when the server has said that everything is still, or after a short while."""
        for _ in range(8):
            batch = self._ws.read(_STOP_S)
            if not batch or any(message.id == number for data in batch for message in self._messages(data)):
                return

    def _gather(self, message: Message, levels: dict[int, dict[int, float]]) -> None:
        name = self.planned[message.fields["DeviceIndex"]]
        wanted = {row["Index"]: row["Scalar"] for row in message.fields["Scalars"]}
        for info in self._talk.devices.values():
            if name and info.name != name:
                continue
            row = levels.setdefault(info.index, {})
            for actuator in info.vibrators:
                level = max(wanted.get(actuator, -1.0), wanted.get(-1, -1.0))
                if level >= 0.0:
                    row[actuator] = max(level, row.get(actuator, 0.0))

    def _await_server(self) -> None:
        for data in self._ws.read(_ANSWER_S):
            for message in self._messages(data):
                if message.name == "ServerInfo":
                    self._talk.server = str(message.fields.get("ServerName") or "")[:80]
                    ping_ms = message.fields.get("MaxPingTime")
                    self._talk.ping_ns = (
                        ping_ms * 1_000_000 if isinstance(ping_ms, int) and 0 < ping_ms < 3_600_000 else 0
                    )
                    if self._talk.ping_ns:
                        self.attend_ns = min(_ATTEND_NS, self._talk.ping_ns // 3)
                    return
                if message.name == "Error":
                    raise DeviceGone(
                        f"{self.name}: the server refuses us: {message.fields.get('ErrorMessage')}"
                    )
        raise DeviceGone(
            f"{self.name}: what answers at {self._where} is no Intiface server; check the port in the rig file"
        )

    def _await_devices(self) -> None:
        """Take the list before the first command, so that a stop reaches what is there already."""
        for _ in range(8):
            batch = self._ws.read(_ANSWER_S)
            for data in batch:
                self._talk.pending += self._hear(data)
                if self._talk.listed:
                    return
            if not batch:
                break
        raise DeviceGone(f"{self.name}: the server at {self._where} does not tell its devices")

    def _messages(self, data: bytes) -> Sequence[Message]:
        try:
            return decode(data)
        except ButtplugError as error:
            self._talk.pending.append(
                Report("garbage", f"the server says what is no Buttplug message: {error}")
            )
            return ()

    def _hear(self, data: bytes) -> list[Report]:
        reports: list[Report] = []
        for message in self._messages(data):
            about = self._talk.asked.pop(message.id, "")
            try:
                reports += self._understand(message, about)
            except ButtplugError as error:
                reports.append(Report("garbage", f"{message.name}: {error}"))
        return reports

    def _understand(self, message: Message, about: str) -> list[Report]:
        if message.name == "DeviceList":
            self._talk.listed = True
            self._talk.devices = {info.index: info for info in read_devices(message.fields)}
            return [self._came(info) for info in self._talk.devices.values()]
        if message.name == "DeviceAdded":
            info = read_device(message.fields)
            self._talk.devices[info.index] = info
            return [self._came(info)]
        if message.name == "DeviceRemoved":
            index = message.fields.get("DeviceIndex")
            gone = self._talk.devices.pop(index, None) if isinstance(index, int) else None
            return [Report("fault", f"{gone.name} went away; the others go on")] if gone else []
        if message.name == "ScanningFinished":
            self._talk.scanned = True
        if message.name == "Error":
            text = f"{message.fields.get('ErrorMessage')}"[:200]
            return [Report("fault", f"{about or 'the server'}: {text}")]
        return []

    @staticmethod
    def _came(info: DeviceInfo) -> Report:
        kind = f"{len(info.vibrators)} vibrators" if info.vibrators else "nothing that vibrates"
        return Report("session", f"{info.name} is connected, with {kind}")


def _targets(config: DeviceConfig) -> dict[str, Target]:
    rows = config.settings.get("actuators", {"all": {}})
    if not isinstance(rows, Mapping) or not 1 <= len(rows) <= 64:
        raise SettingError(
            f"actuators is {rows!r}; name at least one, as {{seat: {{device: 'Name at the server', index: 0}}}}",
            "settings",
            "actuators",
        )
    made: dict[str, Target] = {}
    for name, row in rows.items():
        where = ("settings", "actuators", str(name))
        if not isinstance(row, Mapping) or set(row) - set(_KEYS):
            raise SettingError(f"actuator {name} is {row!r}; allowed: {', '.join(_KEYS)}", *where)
        device, index = row.get("device", ""), row.get("index", -1)
        if not isinstance(device, str):
            raise SettingError(f"device is {device!r}; write its name at the server", *where, "device")
        if not isinstance(index, int) or isinstance(index, bool) or not -1 <= index <= 63:
            raise SettingError(
                f"index is {index!r}; allowed 0 to 63, or -1 for every vibrator", *where, "index"
            )
        made[str(name)] = Target(device, index)
    return made
