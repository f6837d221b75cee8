"""A run on the manual clock: off-screen picture, sound to a file, devices as twins in memory, as fast as it goes."""

from __future__ import annotations

import signal
from math import log10
from pathlib import Path
from typing import Any

from engine.bus.inline import InlineBus
from engine.errors import OutputError
from engine.show.conduct.conductor import Conductor, Ended
from engine.show.conduct.inputs import Operator
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.folder import RunFolder
from engine.show.guests.seating import Seating
from engine.show.history import TransportHistory
from engine.show.inline import TAIL_NS, InlineRun
from engine.show.options import PlayOptions
from engine.show.record import CurveTap, RunRecord, simulated_lateness
from engine.show.reporting import write_report
from engine.show.setup import Phases, Production, announce, header_of, produce
from engine.show.status import DeviceLine, Status, StatusView
from engine.story.journal import JournalWriter
from engine.time import ManualClock, TransportWriter


def play_offline(
    options: PlayOptions, phases: Phases, view: StatusView, *, session: str
) -> tuple[Ended, RunFolder, list[str]]:
    """Play once on the manual clock.

    Raises
    ------
    InputError
        Something given is wrong; nothing has started.
    OutputError
        What a run leaves cannot be written.
    """
    production = produce(options, phases)
    announce(production, view)
    folder = RunFolder(options.out, production.package.id)
    clock = ManualClock(0)
    real = [device.name for device in production.rig.devices if device.port != "twin"]
    view.say(
        "devices: software twins in memory"
        + (f"; {', '.join(real)} named on a real port: not opened on a manual clock" if real else "")
    )
    with JournalWriter(
        folder.journal, header_of(options, production, session, "manual"), clock, epoch_ns=0
    ) as journal:
        record = RunRecord(journal, 0)
        for text in [*map(str, production.package.warnings), *map(str, production.bindings.notices)]:
            record.warn(text)
        if production.rig.venue.follow is not None or production.rig.venue.send:
            text = "timecode: neither followed nor sent on a manual clock; the show runs by itself"
            view.say(text)
            record("notice", 0, text=text)
        stage = _Stage(options, production, phases, view, folder, record, clock)
        try:
            ended = stage.run()
        finally:
            stage.close()
        stage.mix(folder.sound, ended.at_ns + TAIL_NS)
        record(
            "notice", ended.at_ns, text="", phases_ms={name: round(ms, 2) for name, ms in phases.rows.items()}
        )
        curves = stage.tap.curves()
        record.lateness = simulated_lateness(stage.bus.core, stage.frames)
        write_report(
            production=production,
            folder=folder,
            record=record,
            conductor=stage.conductor,
            ended=ended,
            curves=curves,
            how=[
                (("Clock", "时钟"), "manual: as fast as the machine goes"),
                (("Picture", "画面"), stage.picture_note),
                (("Sound", "声音"), stage.sound_note),
            ],
        )
    return ended, folder, record.warnings


class _Stage:
    """The parts of one offline run, so that each is let go of whatever happens."""

    def __init__(
        self,
        options: PlayOptions,
        production: Production,
        phases: Phases,
        view: StatusView,
        folder: RunFolder,
        record: RunRecord,
        clock: ManualClock,
    ) -> None:
        self._options, self._production, self._view, self._record = options, production, view, record
        self._interrupted = False
        self._phases = phases
        self.frames: dict[str, int] = {}
        block = self._history = TransportHistory(clock)
        self.writer = TransportWriter(block)
        rehearse = (
            Rehearsal(options.seed, options.choices) if options.seed is not None or options.choices else None
        )
        self.conductor = Conductor(
            package=production.package,
            story=production.story,
            writer=self.writer,
            record=record,
            guests=len(production.rig.seats),
            rehearse=rehearse,
            seating=Seating.of(production.rig, production.package.languages),
        )
        self.bus = InlineBus(
            production.devices,
            production.evaluator(),
            block,
            epoch_ns=0,
            tick_hz=production.rig.tick_hz,
            sink=self._of_bus,
        )
        self.tap = CurveTap(self.bus.core, 0)
        self._viewer: Any = None
        self.picture_note = "none"
        self.sound_note = "none"
        camera = self._camera(phases, folder)
        self._run = InlineRun(self.conductor, self.writer, clock, self.bus, self.tap, camera, self._tell)

    def _of_bus(self, event: Any) -> None:
        if event.kind == "frames":
            self.frames[event.device] = int(event.data["count"])
        self._record.bus(event)

    def _camera(self, phases: Phases, folder: RunFolder) -> Any:
        if not self._options.picture:
            return None
        try:
            from engine.render.viewer import Viewer, ViewerOptions
            from engine.show.stills import StillCamera

            second = next(
                (code for code in self._production.package.languages if code != self._production.language),
                None,
            )
            self._viewer = Viewer(
                self._production.package,
                ViewerOptions(
                    size=self._options.size,
                    headless=True,
                    language=self._production.language,
                    second_language=None,
                    poses=self._options.poses,
                    record_poses=self._options.record_poses,
                ),
            )
        except (OutputError, ImportError) as error:
            self._view.say(f"no picture: {error}")
            self._record.warn(f"no picture: {error}")
            return None
        phases.done("viewer")
        self.picture_note = self._viewer.notice
        self._view.say(self._viewer.notice)
        return StillCamera(
            self._production.package, self._viewer, folder, self._record, self._production.language, second
        )

    def mix(self, path: Path, end_ns: int) -> None:
        """Render the run's sound to a file, from the transports it published."""
        if not self._options.sound:
            return
        from engine.audio import ClipCache, ShakerSetup, book_of, render_wav
        from engine.audio.assembly import settings_of
        from engine.audio.standin import STAND_IN, stand_ins_of
        from engine.show.live.sounds import by_device

        package, audio = self._production.package, self._production.rig.audio
        stand_ins = stand_ins_of(package) if self._options.stand_ins else None
        makers = {} if stand_ins is None else {STAND_IN: stand_ins.clip}
        shakers = None
        if audio.shakers:
            shakers = ShakerSetup(audio.shakers, self._production.evaluator(), package.roles)
        book = book_of(package, stand_ins, say=self._say_sound)
        if stand_ins is not None and stand_ins.made:
            self._say_sound(stand_ins.told)
        devices = by_device(self._production.rig)
        device, outputs = next(iter(devices.items()))
        left = [output.name for other, found in devices.items() if other != device for output in found]
        if left:
            self._say_sound(
                f"{path.name} is what one device plays ({', '.join(one.name for one in outputs) or 'shakers'}); "
                f"{', '.join(left)} of other devices {'is' if len(left) == 1 else 'are'} not in it"
            )
        made = render_wav(
            path,
            book,
            ClipCache(package.path, makers=makers, say=self._say_sound),
            self._history.at,
            0,
            end_ns,
            outputs=outputs,
            settings=settings_of(audio.mix, package.manifest.loudness),
            shakers=shakers,
            say=self._view.say,
        )
        self.sound_note = f"{path.name}, peak {20 * log10(max(made.peak, 1e-9)):.1f} dBFS"
        self._view.say(f"sound: a silent clock here; the mix is {path}")

    def _say_sound(self, text: str) -> None:
        self._view.say(f"sound: {text}")

    def run(self) -> Ended:
        start = self._options.start
        previous = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self._record(
                "start", 0, from_ns=0, scene=start[0] if start else None, at_fl=start[1] if start else 0
            )
            self.conductor.start(
                0, from_ns=0, scene=start[0] if start else None, at_fl=start[1] if start else 0
            )
            index = self._production.package.languages.index(self._production.language)
            if index:
                self.conductor.handle(Operator("language", index), 0)
            if self._options.first_frame and self._viewer is not None:
                self.conductor.advance(0)
                self._viewer.draw(self.writer.transport, 0)
                self._viewer.grab()  # the frame is there only once its pixels are
                self._phases.done("first draw")
                total_ms = sum(self._phases.rows.values())
                self._view.say(f"first frame {total_ms:.0f} ms after the command was read")
                self.conductor.handle(Operator("stop"), 0)
            return self._run.run()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True

    def _tell(self, now_ns: int) -> None:
        if self._interrupted:
            self.conductor.handle(Operator("interrupt", name="Ctrl-C"), now_ns)
            return
        moment = self.conductor.moment(now_ns)
        commit_ns = self.conductor.next_commit_ns()
        longest = sum(scene.duration.nominal_fl for scene in self._production.package.scenes) or 1
        self._view.show(
            Status(
                title=self._production.package.title.get(
                    self._production.language, self._production.package.id
                ),
                scene=self.conductor.program.id if self.conductor.program else "",
                at_fl=moment.at_fl,
                run_fl=moment.run_fl,
                next_scene=self.conductor.next_scene,
                held=moment.rate == 0,
                next_commit_fl=None if commit_ns is None else max(0, (commit_ns - now_ns) * 441 // 625),
                devices=[DeviceLine(name, "twin in memory, on time") for name in self.bus.twins],
                progress_ratio=min(1.0, moment.run_fl / longest),
            )
        )

    def close(self) -> None:
        if self._viewer is not None:
            self._viewer.close()
