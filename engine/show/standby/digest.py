"""A hash over the whole state of a show at an instant: two conductors that were told the same agree on it to the bit."""

from __future__ import annotations

import hashlib
import json

from engine.show.conduct.conductor import Conductor
from engine.story.ink import Story
from engine.time import ROOM, Transport
from engine.timeline.evaluate import Evaluator

#: Levels are compared to six places: processors differ in the last bits of a sine, never in these.
_PLACES = 6


def digest(
    transport: Transport, conductor: Conductor, story: Story, evaluator: Evaluator, seats: int, at_ns: int
) -> str:
    """Hash of everything a guest or a device could notice, and of the story behind it.

    Parameters
    ----------
    transport : Transport
        Published last.
    conductor : Conductor
        Advanced to `at_ns`.
    story : Story
        The conductor's.
    evaluator : Evaluator
    seats : int
    at_ns : int
        Host instant of the conductor's clock.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    moment = transport.at(at_ns)
    segment, controls = moment.segment, transport.controls_at(at_ns)
    coming = transport.next_after(at_ns)
    state = [
        [segment.index, segment.from_ns, segment.scene, segment.at_fl, segment.rate_num, segment.rate_den],
        [moment.at_fl, moment.run_fl, segment.beat],
        None if coming is None else [coming.index, coming.from_ns, coming.scene],
        [controls.version, controls.stopped, controls.language, str(controls.muted_roles_mask)],
        list(controls.intensities),
        [
            [
                row.seat,
                row.version,
                row.comfort,
                row.photosensitive,
                row.language,
                row.present,
                list(row.intensities),
            ]
            for _, row in sorted(transport.profiles_at(at_ns).items())
        ],
        list(conductor.absent),
        [[row.index, row.reaction, row.seat, row.run_fl] for row in transport.reactions],
        repr(conductor.window_view(at_ns)),
        story.snapshot(),
    ]
    for seat in range(ROOM, seats):
        # Adding zero turns a rounded -0.0 into 0.0.
        state.append(
            [round(float(level), _PLACES) + 0.0 for level in evaluator.levels(transport, at_ns, seat)]
        )
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
