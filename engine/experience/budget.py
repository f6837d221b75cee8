"""What a device may give in all, as a rig says it: values only. It is kept by `engine.bus.budgets`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.time.flicks import FLICKS_PER_SECOND

if TYPE_CHECKING:
    from engine.experience.budget_model import BudgetDoc

Say = Callable[[Sequence[str | int], str, str], None]


@dataclass(frozen=True, slots=True)
class Purge:
    """What runs for a while each time the channel has gone off: the fan that clears a scent.

    Attributes
    ----------
    channel : str
        A channel or group of the same device.
    for_s : float
    level : float
        Share of its range, 0..1.
    """

    channel: str
    for_s: float
    level: float = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What one channel may give; None or 0 where the rig sets no limit.

    Attributes
    ----------
    level : float
        Share of the range above which it counts as on, 0..1.
    on_s : float or None
        Longest time on at a stretch.
    cool_down_s : float
        Off for at least so long after that.
    share, window_s : float
        Largest share of any window of that length for which it is on.
    total_s : float or None
        At full strength, in a show; half strength uses half.
    ml_per_s : float or None
        What flows at full strength, where the rig says.
    stuck_s : float or None
        A value that is on and does not change for longer is taken to 0 until the show itself wants 0.
    purge : Purge or None
    """

    level: float = 0.02
    on_s: float | None = None
    cool_down_s: float = 0.0
    share: float = 1.0
    window_s: float = 0.0
    total_s: float | None = None
    ml_per_s: float | None = None
    stuck_s: float | None = None
    purge: Purge | None = None


def build_budgets(docs: Mapping[str, BudgetDoc], at: Sequence[str | int], say: Say) -> dict[str, Budget]:
    """Settle units; tells what only the whole shows to be wrong.

    Parameters
    ----------
    docs : mapping of str to BudgetDoc
        By channel or group.
    at : sequence
        Where they stand in the rig file.
    say : callable
        Takes the place of a mistake, what is wrong and what to do.
    """
    found: dict[str, Budget] = {}
    for name, doc in docs.items():
        here = (*at, name)
        total_s = None if doc.total is None else _seconds(doc.total)
        if doc.total_ml is not None:
            if doc.ml_per_s is None:
                say(
                    (*here, "total_ml"),
                    f"{name} may give {doc.total_ml:g} ml, but how fast is not said",
                    "add ml_per_s",
                )
            else:
                by_volume_s = doc.total_ml / doc.ml_per_s
                total_s = by_volume_s if total_s is None else min(total_s, by_volume_s)
        if doc.share is not None and doc.window is None:
            say((*here, "share"), f"{name} has a share of no window", "add window: 60s")
        if doc.window is not None and doc.share is None:
            say((*here, "window"), f"{name} has a window without a share", "add share: 0.2")
        if doc.cool_down is not None and doc.on_time is None:
            say((*here, "cool_down"), f"{name} cools down after no time", "add on_time: 10s")
        if doc.purge is not None and doc.purge.channel == name:
            say((*here, "purge", "channel"), f"{name} cannot purge itself", "name the channel of a fan")
        found[name] = Budget(
            level=doc.level,
            on_s=None if doc.on_time is None else _seconds(doc.on_time),
            cool_down_s=0.0 if doc.cool_down is None else _seconds(doc.cool_down),
            share=1.0 if doc.share is None else doc.share,
            window_s=0.0 if doc.window is None or doc.share is None else _seconds(doc.window),
            total_s=total_s,
            ml_per_s=doc.ml_per_s,
            stuck_s=None if doc.stuck is None else _seconds(doc.stuck),
            purge=None
            if doc.purge is None
            else Purge(doc.purge.channel, _seconds(doc.purge.for_), doc.purge.level),
        )
    return found


def _seconds(duration_fl: int) -> float:
    return duration_fl / FLICKS_PER_SECOND
