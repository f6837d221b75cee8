"""``sensorama play``: chooses how to run, says what it chose, and sees the run to its end whatever happens."""

from __future__ import annotations

import secrets
import sys

from engine.show.conduct.conductor import Ended
from engine.show.options import PlayOptions
from engine.show.setup import Phases
from engine.show.status import StatusView
from engine.show.view_choice import choose_view, has_display
from engine.time import MonotonicClock
from engine.xr.outlook import outlook
from engine.xr.track_files import read_track

EXIT_STATUS = {"ending": 0, "failed": 1, "stopped": 4, "interrupted": 130}


def play(options: PlayOptions) -> int:
    """Play once.

    Returns
    -------
    int
        Exit status: 0 at an ending, 1 failed, 4 stopped by a person, 130 interrupted.

    Raises
    ------
    InputError
        Something given is wrong; nothing has started.
    OutputError
        What a run leaves cannot be written; everything is at rest.
    """
    clock = MonotonicClock()
    with StatusView(quiet=options.quiet) as view:
        phases = Phases(clock, view.loading)
        if options.poses is not None:
            read_track(options.poses)  # what is wrong with it is said before anything starts
        choice = choose_view(
            options.view,
            no_headset="" if options.view in ("window", "headless") else outlook(),
            display=has_display(),
            require_xr=options.require_xr,
            recorded=options.poses is not None,
            windows=sys.platform == "win32",
        )
        real_time = options.lead or options.standby or options.resume is not None
        if options.picture and choice.say:
            manual = choice.view == "headless" and options.speed is None and not real_time
            offline = ", faster than real time" if manual else ""
            view.say(f"{choice.say}{offline}")
        live = choice.view != "headless" or (options.speed is not None and options.speed > 0) or real_time
        session = secrets.token_hex(8)
        if live:
            from engine.show.live.play import play_live

            ended, folder, warnings = play_live(options, phases, view, choice.view, session=session)
        else:
            from engine.show.offline import play_offline

            ended, folder, warnings = play_offline(options, phases, view, session=session)
        for warning in warnings:
            view.say(f"warning: {warning}")
    _last_line(ended, str(folder.report))
    return EXIT_STATUS[ended.how]


def _last_line(ended: Ended, report: str) -> None:
    where = f"in '{ended.scene}'" if ended.scene else "before its first scene"
    words = {
        "ending": f"ended at '{ended.scene}'",
        "stopped": f"stopped by a person {where}; devices are in their safe state",
        "interrupted": f"interrupted {where}; devices are in their safe state",
        "failed": f"FAILED {where}: {ended.reason}",
    }
    print(f"the show {words[ended.how]}; report: {report}", flush=True)
