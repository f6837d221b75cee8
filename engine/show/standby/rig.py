"""The rig as a standby uses it: the same devices, so spoken to that receivers prefer it to a leader that is still heard."""

from __future__ import annotations

from dataclasses import replace
from uuid import NAMESPACE_OID, UUID, uuid5

from engine.experience import Rig
from engine.experience.rig import DeviceSpec

#: Highest priority of a source (ANSI E1.31-2018, 6.2.3).
MOST = 200


def as_standby(rig: Rig) -> Rig:
    """Raise what the rig says of `priority` by one, and make each written `cid` another one.

    A receiver then takes the standby's universes from its first packet on, whatever the old leader still sends, and its last
    words (stream terminated) end the old source only. Devices without these settings are left as they are. The rig's hash
    stays: it is the same rig.
    """
    return replace(rig, devices=tuple(_raised(device) for device in rig.devices))


def _raised(device: DeviceSpec) -> DeviceSpec:
    settings = dict(device.settings)
    priority, cid = settings.get("priority"), settings.get("cid")
    if isinstance(priority, int):
        settings["priority"] = min(priority + 1, MOST)
    if isinstance(cid, str):
        settings["cid"] = str(_other(cid))
    return device if settings == device.settings else replace(device, settings=settings)


def _other(cid: str) -> UUID | str:
    try:
        return uuid5(NAMESPACE_OID, f"standby of {UUID(cid)}")
    except ValueError:
        return cid  # no UUID: the driver says so, with its place
