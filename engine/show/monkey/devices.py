"""What devices make of every scene, and of every seam that a play has crossed: each once.

A bus is a pure function of the transport, and its governor remembers no more than some seconds: a scene that begins after another does the
same on its devices whenever it does so. So each way from scene to scene is run once, from some seconds before it, with the real bus; a
thousand plays that cross it again would only compute the same frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from engine.bus.inline import InlineBus
from engine.bus.loop import BusEvent
from engine.show.monkey.play import Finding
from engine.show.setup import Production
from engine.time import LocalBlock, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, fl_to_ns

_LEAD_IN_FL = 3 * FLICKS_PER_SECOND
_WRONG = {
    "refused": "was given values that are no numbers",
    "fault": "cannot turn its values into frames",
    "overrun": "fell behind",
}


def device_findings(production: Production, ways: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Run every way, and every scene from its beginning, and tell what devices could not do.

    Parameters
    ----------
    production : Production
    ways : iterable of (str, str)
        Scenes that followed each other; the first of a show follows "".
    """
    index = production.package.scene_index
    for source, target in sorted(set(ways)):
        if target in index:
            yield from _across(
                production, index.get(source, -1), index[target], f"{source or 'the beginning'} -> {target}"
            )


def _across(production: Production, source: int, target: int, name: str) -> Iterator[Finding]:
    package = production.package
    block = LocalBlock()
    writer = TransportWriter(block)
    seam_ns = 0
    if source >= 0:
        end_fl = package.scenes[source].duration.nominal_fl
        from_fl = max(0, end_fl - _LEAD_IN_FL)
        writer.append(from_ns=0, scene=source, at_fl=from_fl, rate=1, beat=0)
        seam_ns = fl_to_ns(end_fl - from_fl)
    writer.append(from_ns=seam_ns, scene=target, at_fl=0, rate=1, beat=1)
    told: list[BusEvent] = []
    bus = InlineBus(
        production.devices,
        production.evaluator(),
        block,
        epoch_ns=0,
        tick_hz=production.rig.tick_hz,
        sink=told.append,
    )
    bus.run_until(seam_ns + fl_to_ns(package.scenes[target].duration.nominal_fl))
    for event in told:
        if event.kind in _WRONG:
            yield Finding("device", name, f"{event.device} {_WRONG[event.kind]} ({dict(event.data)})")
    for driver in bus.core.drivers:
        if not all(math.isfinite(value) for value in bus.core.values(driver.name)):
            yield Finding("device", name, f"{driver.name} was commanded a value that is no number")
