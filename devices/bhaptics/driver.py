"""Driver for bHaptics gear behind the Player."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.actuators import make_actuators
from devices.bhaptics.codec import (
    MAX_INTENSITY,
    POSITIONS,
    BhapticsError,
    Frame,
    TurnOff,
    decode_status,
    encode_requests,
)
from devices.ws.client import WsLine, check_ws_port, need_websockets
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver
from engine.errors import DeviceError

_SETTINGS = ("actuators",)
_KEYS = ("position", "points")
# Each command ends by itself, so a program that dies leaves nothing shaking; repeated well within, so that two lost ones
# interrupt nothing.
HOLD_MS = 200
_KEEP_ALIVE_NS = 70_000_000


def create(config: DeviceConfig) -> BhapticsDriver:
    """Entry point of the family."""
    return BhapticsDriver(config)


@dataclass(frozen=True, slots=True)
class Patch:
    """Points that vibrate together."""

    position: str
    points: tuple[int, ...]


class BhapticsDriver(LineDriver):
    """The gear of one Player.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    MissingExtra
        When the port is real and the extra ``haptics`` is not installed.
    """

    family = "bhaptics"
    attend_ns = 200_000_000

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.bhaptics:make_twin", "ws"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self.patches = _patches(config)
        # The gear has one frequency of its own; the channel is there because every haptic group has one.
        self.channels, self.groups = make_actuators(config, tuple(self.patches), 20.0, 250.0)
        uri = config.port
        if uri != "twin":
            try:
                check_ws_port(uri, "ws://127.0.0.1:15881/v2/feedbacks")
            except ValueError as error:
                raise SettingError(str(error), "port") from None
            need_websockets()
        self._ws = WsLine(config.name, uri)
        self.use_line(self._ws, uri)
        self._missing: frozenset[str] = frozenset()
        self._said_garbage = False

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One message with a request for each group."""
        requests = []
        for place, (name, patch) in enumerate(self.patches.items()):
            intensity = round(MAX_INTENSITY * values[2 * place])
            requests.append(
                Frame(self._key(name), patch.position, dict.fromkeys(patch.points, intensity), HOLD_MS)
            )
        return (encode_requests(requests),)

    def close(self) -> None:
        """End what is ours, then let go."""
        if self._ws.is_open:
            try:
                self._ws.send((encode_requests([TurnOff(self._key(name)) for name in self.patches]),))
            except DeviceError:
                pass  # what plays ends by itself within the hold
        super().close()

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Hear what is worn; only the newest word counts."""
        reports: list[Report] = []
        messages = self._ws.read()
        if not messages:
            return reports
        try:
            connected = decode_status(messages[-1]).connected
        except BhapticsError as error:
            if not self._said_garbage:
                self._said_garbage = True
                reports.append(Report("garbage", f"the Player says what is no status: {error}"))
            return reports
        # A vest tells itself whole on some versions, in halves on others.
        missing = frozenset(
            patch.position
            for patch in self.patches.values()
            if patch.position not in connected
            and patch.position.removesuffix("Front").removesuffix("Back") not in connected
        )
        reports += [
            Report("fault", f"{position} is not connected to the Player")
            for position in sorted(missing - self._missing)
        ]
        reports += [
            Report("session", f"{position} is connected") for position in sorted(self._missing - missing)
        ]
        self._missing = missing
        return reports

    def _key(self, group: str) -> str:
        return f"{self.name}.{group}"


def _patches(config: DeviceConfig) -> dict[str, Patch]:
    rows = config.settings.get(
        "actuators", {"front": {"position": "VestFront"}, "back": {"position": "VestBack"}}
    )
    if not isinstance(rows, Mapping) or not 1 <= len(rows) <= 64:
        raise SettingError(
            f"actuators is {rows!r}; name at least one, as {{chest: {{position: VestFront, points: [0, 1, 2, 3]}}}}",
            "settings",
            "actuators",
        )
    made: dict[str, Patch] = {}
    for name, row in rows.items():
        where = ("settings", "actuators", str(name))
        if not isinstance(row, Mapping) or set(row) - set(_KEYS):
            raise SettingError(f"actuator {name} is {row!r}; allowed: {', '.join(_KEYS)}", *where)
        position = row.get("position")
        if not isinstance(position, str) or position not in POSITIONS:
            raise SettingError(
                f"position is {position!r}; allowed: {', '.join(POSITIONS)}", *where, "position"
            )
        count = POSITIONS[position]
        points = row.get("points", list(range(count)))
        if (
            not isinstance(points, list)
            or not points
            or not all(
                isinstance(point, int) and not isinstance(point, bool) and 0 <= point < count
                for point in points
            )
        ):
            raise SettingError(
                f"points is {points!r}; allowed: a list of 0 to {count - 1} of {position}", *where, "points"
            )
        made[str(name)] = Patch(position, tuple(dict.fromkeys(points)))
    return made
