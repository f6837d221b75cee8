"""A show of seconds to certify, the words for it, and a picture that nobody has to draw."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.cli import main
from engine.experience import Package
from engine.experience.rig import find_rig
from engine.render.viewer import ViewerOptions
from engine.time import Transport
from engine.time.flicks import FLICKS_PER_SECOND
from tests.experience.packages import good_package

#: One decision: quay, then lamp or water. The seat rolls by 0.8, 0.6 and 1.2 degrees, the longest way takes 5 s.
QUAY = """\
duration: 2s
tracks:
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: 2s, wave: {hz: 0.5, amplitude: {roll: 0.8deg}, phase: 0}}]}
window:
  {show: 0.2s, open: 0.4s, close: 1.4s, commit: 2s, inputs: [key, operator], rule: {type: first, tie: default}, dwell: 0.3s,
   leave: commit, options: {follow: {azimuth: 14deg}, stay: {azimuth: -14deg}}}
"""
AFTER = """\
duration: %ds
tracks:
  - {role: seat.motion, kind: motion, cues: [{at: 0s, for: %ds, wave: {hz: 0.5, amplitude: {roll: %gdeg}, phase: 0}}]}
"""
SITE = """\
sensorama_profile: 1
name: {en: Test site, zh: 测试场地}
limits: {tilt: %g, acceleration_x: 0.5, vdv_z: 4, duration: %g, true_peak: -1%s}
"""


def make_show(folder: Path) -> Path:
    """Write the show into `folder`."""
    show = good_package(folder)
    for name, text in (
        ("quay", QUAY),
        ("lamp", AFTER % (3, 3, 0.6)),
        ("water", AFTER % (2, 2, 1.2)),
    ):
        (show / f"scenes/{name}.yaml").write_text(text, encoding="utf-8")
    return show


def lead_back(show: Path, visits: int | None) -> None:
    """Let the lamp's way lead back to the quay, which is passed so often at most."""
    story = show / "story.ink.json"
    text = story.read_text(encoding="utf-8-sig")
    end = text.index('"end"', text.index("^scene: lamp"))
    text = text[:end] + '{"->":"quay"}' + text[end + len('"end"') :]
    tag = '"#","^scene: quay","/#",'
    assert text.count(tag) == 1
    if visits is not None:
        text = text.replace(tag, f'"#","^scene: quay ","/#","#","^visits: {visits}","/#",')
    story.write_text(text, encoding="utf-8")


def make_site(folder: Path, tilt: float = 12.0, duration: float = 60.0, more: str = "") -> Path:
    """A profile; `more` limits as ``, name: value``."""
    path = folder / "site.yaml"
    path.write_text(SITE % (tilt, duration, more), encoding="utf-8")
    return path


def make_rig(folder: Path, policy: str) -> Path:
    """The studio rig with a word about certificates."""
    path = folder / "kiosk.yaml"
    text = find_rig("studio").read_text(encoding="utf-8")
    path.write_text(f"{text}\ncertificate: {{{policy}}}\n", encoding="utf-8")
    return path


def check(show: Path | str, profile: Path, out: Path, *more: str, picture_hz: float = 0.0) -> int:
    """`sensorama check --certificate`, in this process."""
    words = ["check", str(show), "--certificate", "--profile", str(profile), "--out", str(out)]
    return main([*words, "--picture-hz", str(picture_hz), *more])


class Strobe:
    """In place of a viewer: white in every other picture of one scene, else dark."""

    scene: ClassVar[str] = "water"
    drawn: ClassVar[list[tuple[str, int]]] = []
    step_fl: ClassVar[int] = FLICKS_PER_SECOND // 10

    def __init__(self, package: Package, options: ViewerOptions) -> None:
        self._package, (self._width, self._height) = package, options.size
        self._white = False

    def draw(self, transport: Transport, host_ns: int) -> None:
        moment = transport.at(host_ns)
        scene = self._package.scenes[moment.scene].id
        # An instant in ns and back is a flick or so early.
        number = round(moment.at_fl / self.step_fl)
        self._white = scene == self.scene and number % 2 == 1
        self.drawn.append((scene, number))

    def grab(self) -> NDArray[np.uint8]:
        return np.full((self._height, self._width, 4), 255 if self._white else 20, dtype=np.uint8)

    def close(self) -> None:
        self.drawn.append(("closed", -1))
