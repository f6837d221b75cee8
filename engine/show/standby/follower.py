"""The standby's side: conducts the leader's show after it, compares, and knows when the leader is no more. Pure; told every instant.

All instants are of the leader's clock. The standby's conductor is advanced only as far as the leader says that everything has been
told, so both work through the same inputs and deadlines in the same order, and their states are equal to the bit.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import JournalError
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import from_json
from engine.show.replay import STORY_EVENTS
from engine.show.standby.wire import Row

Event = tuple[str, int, Mapping[str, Any]]


@dataclass(slots=True)
class Follower:
    """Follows one leader.

    Parameters
    ----------
    conductor : Conductor
        The standby's own, not started.
    epoch_ns : int
        The leader's.
    take_over_ns : int
        Silence after which the leader is taken to be gone.
    digest : callable
        The state's hash at an instant to which the conductor has been advanced.
    record : callable
        Takes events of our own journal.
    tell : callable
        ``(state, text, now_ns)``: what the operator and the journal should know, each once.
    now_ns : int
        The leader counts as heard then.
    """

    conductor: Conductor
    epoch_ns: int
    take_over_ns: int
    digest: Callable[[int], str]
    record: Callable[..., None]
    tell: Callable[[str, str, int], None]
    now_ns: int
    #: Everything up to there has been told, and conducted.
    upto_ns: int = 0
    #: The whole past has been told.
    live: bool = False
    #: ``same``, ``differs`` or "" before the first comparison.
    state: str = ""
    difference: str = ""
    #: How the leader said goodbye: ``""`` not at all, ``bad``, or as the journal's ``end``.
    bye: str = ""
    compared: int = 0
    #: Events the leader has told.
    told: int = 0
    _theirs: deque[Event] = field(default_factory=deque)
    _ours: deque[Event] = field(default_factory=deque)
    _heard_ns: int = 0

    def __post_init__(self) -> None:
        self._heard_ns = self.now_ns

    def made(self, kind: str, at_ns: int, fields: Mapping[str, Any]) -> None:
        """Our own conductor recorded an event."""
        if kind in STORY_EVENTS:
            # As the wire would give it back: tuples as lists, keys as text.
            self._ours.append((kind, at_ns - self.epoch_ns, json.loads(json.dumps(dict(fields)))))

    def take(self, row: Row, now_ns: int) -> None:
        """The leader said something.

        Raises
        ------
        JournalError
            It sent an input this version does not know.
        """
        self._heard_ns = now_ns
        match row["say"]:
            case "event":
                self.told += 1
                self._event(row["kind"], row["at_ns"], row["fields"], now_ns)
            case "live":
                self.live = True
            case "now":
                self._conducted_to(row["at_ns"], now_ns)
            case "digest":
                self._conducted_to(row["at_ns"], now_ns)
                self._compare_digest(row["at_ns"], row["hash"], now_ns)
            case "bye":
                self.bye = row["how"] or "bad"

    def excuse(self, gap_ns: int) -> None:
        """For `gap_ns` nobody was here to hear the leader; that is none of its silence."""
        self._heard_ns += gap_ns

    def silent_ns(self, now_ns: int) -> int:
        """For how long the leader has said nothing."""
        return now_ns - self._heard_ns

    def leader_gone(self, now_ns: int) -> str:
        """Why this standby has to lead now; "" while it has not."""
        if self.conductor.ended is not None or not self.live:
            return ""
        if self.bye:
            return f"the leader ended ({self.bye}) while the show goes on"
        silent_ns = self.silent_ns(now_ns)
        if silent_ns > self.take_over_ns:
            return f"the leader has been silent for {silent_ns / 1e6:.0f} ms"
        return ""

    # ---- inside ----------------------------------------------------------------------------------------------

    def _event(self, kind: str, at_ns: int, fields: Mapping[str, Any], now_ns: int) -> None:
        host_ns = self.epoch_ns + at_ns
        if kind == "start":
            self.record("start", host_ns, **fields)
            self.conductor.start(
                host_ns,
                from_ns=self.epoch_ns + int(fields["from_ns"]),
                scene=fields.get("scene"),
                at_fl=int(fields.get("at_fl", 0)),
                epoch_ns=self.epoch_ns,
            )
        elif kind == "input":
            self.conductor.handle(from_json(_mapping(fields.get("input"))), host_ns)
            self._compare(now_ns)
        else:
            self._theirs.append((kind, at_ns, fields))
        self.upto_ns = max(self.upto_ns, at_ns)

    def _conducted_to(self, at_ns: int, now_ns: int) -> None:
        self.conductor.advance(self.epoch_ns + at_ns)
        self.upto_ns = max(self.upto_ns, at_ns)
        self._compare(now_ns)
        # Everything up to here has been told by both: what is left over on one side, the other has not.
        for rows, whose in ((self._theirs, "the leader"), (self._ours, "this standby")):
            if rows:
                kind, when_ns, _ = rows[0]
                self._differs(f"only {whose} had '{kind}' at {when_ns / 1e9:.6f} s", now_ns)
                rows.clear()

    def _compare(self, now_ns: int) -> None:
        while self._theirs and self._ours:
            theirs, ours = self._theirs.popleft(), self._ours.popleft()
            self.compared += 1
            if theirs[:2] != ours[:2]:
                self._differs(
                    f"the leader had '{theirs[0]}' at {theirs[1] / 1e9:.6f} s, "
                    f"this standby '{ours[0]}' at {ours[1] / 1e9:.6f} s",
                    now_ns,
                )
                return
            for name, value in ours[2].items():
                if theirs[2].get(name) != value:
                    self._differs(
                        f"'{ours[0]}' at {ours[1] / 1e9:.6f} s: the leader has {name} = "
                        f"{theirs[2].get(name)!r:.60}, this standby {value!r:.60}",
                        now_ns,
                    )
                    return

    def _compare_digest(self, at_ns: int, theirs: str, now_ns: int) -> None:
        self.compared += 1
        ours = self.digest(self.epoch_ns + at_ns)
        if ours != theirs:
            self._differs(
                f"state at {at_ns / 1e9:.3f} s: the leader {theirs[:12]}, this standby {ours[:12]}", now_ns
            )
        elif self.state != "same":
            self.state, self.difference = "same", ""
            self.tell("same", "the same state as the leader", now_ns)

    def _differs(self, text: str, now_ns: int) -> None:
        if self.state == "differs":
            return  # said already; it is told again only after the two have agreed in between
        self.state, self.difference = "differs", text
        self.tell("differs", text, now_ns)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise JournalError(f"the leader sent an input that is none: {value!r:.80}")
    return value
