"""The start of a run in real time: from the beginning, from a journal, or behind a leader; see `engine.show.live.run`."""

from __future__ import annotations

from pathlib import Path

from engine.experience.bundled import find_package
from engine.motion.head_poses import heads_name
from engine.motion.seat_poses import SeatPoseBlock
from engine.render.process import HeadsetConfig, ViewerConfig
from engine.render.process import main as viewer_main
from engine.show.conduct.conductor import Ended
from engine.show.folder import RunFolder
from engine.show.live.children import Child
from engine.show.live.opening import FromTheBeginning, Opening
from engine.show.live.resume import FromAJournal, as_before, cut_off, same_as_before
from engine.show.live.run import LiveRun
from engine.show.options import PlayOptions
from engine.show.setup import Phases, announce, produce
from engine.show.standby.leader import Leading, lead
from engine.show.standby.run import Standby, join, same_show
from engine.show.status import StatusView
from engine.show.view_choice import View, has_display
from engine.story.journal import Journal
from engine.time import Clock, MonotonicClock, TransportBlock


def play_live(
    options: PlayOptions, phases: Phases, view: StatusView, shown: View, *, session: str
) -> tuple[Ended, RunFolder, list[str]]:
    """Play once in real time.

    Raises
    ------
    InputError
        Something given is wrong; nothing has moved.
    OutputError
        What a run leaves cannot be written.
    """
    clock = MonotonicClock()
    standby: Standby | None = None
    leading: Leading | None = None
    viewer: Child | None = None
    past: Journal | None = None
    if options.resume is not None:
        past = cut_off(options.resume)
        options = as_before(options, past)
    if options.standby:
        standby, options = join(options, clock, view, session)
    block = TransportBlock.create()
    seats: SeatPoseBlock | None = None
    heads: SeatPoseBlock | None = None
    try:
        if shown == "xr" and options.picture:
            seats = SeatPoseBlock.create()
        of_seats = "" if seats is None else seats.name
        if options.picture and options.sound:
            heads = SeatPoseBlock.create(heads_name(block.name))
        # The viewer takes longest to come up and needs the package's place only: it loads while the parent checks.
        package = find_package(options.experience)
        viewer = start_viewer(options, package, block.name, clock, shown, of_seats)
        production = produce(options, phases)
        announce(production, view)
        opening: Opening
        if standby is not None:
            same_show(standby, production)
            opening = standby
        elif past is not None:
            same_as_before(past, production)
            opening = FromAJournal(clock, past, clock.now_ns())
        else:
            language = production.package.languages.index(production.language)
            opening = FromTheBeginning(clock, options.start, language, phases.rows)
        if options.lead:
            leading = lead(production.rig.venue.standby, clock, view)
        folder = RunFolder(options.out, production.package.id)
        run = LiveRun(
            options, production, phases, view, folder, opening, block, viewer, leading, standby, of_seats
        )
        return run.play(session), folder, run.warnings
    finally:
        if leading is not None:
            leading.end("bad", "")
        if standby is not None:
            standby.end()
        if viewer is not None:
            viewer.retire(0.0)
            viewer.close()
        for poses in (seats, heads):
            if poses is not None:
                poses.close()
        block.close()


def start_viewer(
    options: PlayOptions, path: Path, block: str, clock: Clock, shown: View, seats: str = ""
) -> Child | None:
    """Send the viewer on its way, if there is to be one; `seats` names the block that says where they are."""
    if not options.picture:
        return None
    headset = None
    if shown == "xr":
        headset = HeadsetConfig(
            rig=None if options.rig is None else str(options.rig),
            # Who asks for a headset gets it whenever it comes; `auto` looks once and is content with a window.
            keep_looking=options.view == "xr",
            required=options.require_xr,
            window=has_display(),
            seats=seats or None,
        )
    config = ViewerConfig(
        block=block,
        package=str(path),
        size=options.size,
        headless=shown == "headless" or (shown == "xr" and not has_display()),
        headset=headset,
        poses=None if options.poses is None else str(options.poses),
        record_poses=None if options.record_poses is None else str(options.record_poses),
        first=None if options.start is None else options.start[0],
        language=options.language,
        fps=float(options.fps),
        title=f"Sensorama · {path.name}",
        heads=heads_name(block) if options.sound else "",
    )
    child = Child("viewer", viewer_main, config)
    child.start(clock.now_ns())
    return child
