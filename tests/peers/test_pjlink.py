"""PJLink against aiopjlink2: an independent client operates our projector twin, as our driver does at the same time."""

from __future__ import annotations

import asyncio

import pytest

from devices.pjlink import PjlinkDriver
from devices.sim.pjlink import PjlinkTwin
from devices.sim.serve import Recorder, attend, make_line
from engine.bus.driver import DeviceConfig, Report
from engine.time import MonotonicClock
from tests.peers.listening import until

pytestmark = pytest.mark.peer

SETTINGS = {
    "class": 2,
    "inputs": [31, 32],
    "password": "JBMIAProjectorLink",
    "poll": "100ms",
    "twin": {"warm_up": "200ms", "cool_down": "200ms"},
}


def served() -> tuple[PjlinkTwin, str]:
    line = make_line("session")
    twin = PjlinkTwin(DeviceConfig("projector", settings=SETTINGS))
    attend(twin, line, Recorder(None), MonotonicClock())
    return twin, line.port


def test_a_foreign_client_operates_the_twin() -> None:
    import aiopjlink

    twin, port = served()

    async def talk() -> list[object]:
        host, _, number = port.removeprefix("tcp://").partition(":")
        link = aiopjlink.PJLink(host, int(number), "JBMIAProjectorLink")
        said: list[object] = [await link.power.get()]
        with pytest.raises(aiopjlink.PJLinkERR3):
            await link.sources.set(aiopjlink.Sources.Mode.DIGITAL, 1)
        await link.power.turn_on()
        while (power := await link.power.get()) is aiopjlink.Power.State.WARMING:
            await asyncio.sleep(0.05)
        said.append(power)
        await link.sources.set(aiopjlink.Sources.Mode.DIGITAL, 2)
        said.append(await link.sources.get())
        with pytest.raises(aiopjlink.PJLinkERR2):
            await link.sources.set(aiopjlink.Sources.Mode.VIDEO, 1)
        await link.mute.video(True)
        said.append(await link.mute.status())
        await link.freeze.set(True)
        said.append(await link.freeze.get())
        twin.status = "020100"
        errors = await link.errors.query()
        said.append(
            [category.value for category, level in errors.items() if level is not aiopjlink.Errors.Level.OK]
        )
        with pytest.raises(aiopjlink.PJLinkPassword):
            await aiopjlink.PJLink(host, int(number), "wrong").power.get()
        return said

    import aiopjlink as peer

    assert asyncio.run(talk()) == [
        peer.Power.State.OFF,
        peer.Power.State.ON,
        (peer.Sources.Mode.DIGITAL, "2"),
        (True, False),
        True,
        ["lamp", "cover"],
    ]
    print("aiopjlink2: power, input, shutter, freeze, faults, ERR2, ERR3, password and a wrong one")


def test_our_driver_sees_what_the_foreign_client_did() -> None:
    import aiopjlink

    twin, port = served()
    host, _, number = port.removeprefix("tcp://").partition(":")
    made = PjlinkDriver(DeviceConfig("projector", port, settings=SETTINGS))
    clock = MonotonicClock()
    reports: list[Report] = []

    def step() -> None:
        reports.extend(made.attend(clock.now_ns()))

    made.open()
    made.send(made.encode((1.0, 1.0, 0.0, 0.0)))
    until(lambda: "INPT 32" in twin.heard and "FREZ 0" in twin.heard, step)
    asyncio.run(aiopjlink.PJLink(host, int(number), "JBMIAProjectorLink").power.turn_off())
    until(lambda: reports[-1].text == "power: on" and len(reports) > 5, step)
    made.close()
    told = [report.text.removeprefix("power: ") for report in reports]
    assert (
        told[:3] == ["off", "warming up", "on"]
        and told[3] in ("cooling down", "off")
        and told[-2:] == ["warming up", "on"]
    )
    print("switched off by a foreign client, on again by us:", told)
