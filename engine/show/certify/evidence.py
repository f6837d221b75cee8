"""From what was judged to what is drawn: doses and flashes along the worst paths, spectra, stills, the balance of every scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.render.stills import png_bytes
from engine.safety.certificate.balance import balance_of
from engine.safety.certificate.contributions.traces import BANDS_HZ, Trace, weighted
from engine.safety.certificate.document import Certificate
from engine.safety.certificate.findings import Finding
from engine.safety.certificate.measures import MEASURES
from engine.show.certify.charts import Line, Mark, Spectrum
from engine.show.certify.judging import Judged
from engine.show.certify.material import Made
from engine.show.certify.page import CertificatePage, Picture
from engine.show.motion_figures import motion_figures
from engine.show.report.data import GraphEdge
from engine.time.flicks import FLICKS_PER_SECOND

Floats = NDArray[np.float64]

#: Measure, the trace it grows in, the power of its norm, and how it is told.
_DOSES = (
    ("vdv_x", "x", 4.0, 1.0),
    ("vdv_y", "y", 4.0, 1.0),
    ("vdv_z", "z", 4.0, 1.0),
    ("sickness", "sick", 2.0, 1.0 / 3.0),
)
#: Of a show with very many scenes, the balance of so many is drawn: those that have something to say first.
_BALANCES = 60


def page_of(made: Made, judged: Judged, certificate: Certificate) -> CertificatePage:
    """Everything a report shows."""
    package = made.material.package
    order = _order(made)
    balances = [
        balance_of(made.material.evaluator, package.scene_index[scene])
        for scene in order
        if scene in package.scene_index
    ]
    if len(balances) > _BALANCES:
        balances.sort(key=lambda one: -(len(one.crowded) + len(one.empty)))
        balances = balances[:_BALANCES]
    return CertificatePage(
        certificate=certificate,
        title=(package.title.get("en", package.id), package.title.get("zh", "")),
        scenes=order,
        edges=[GraphEdge(edge.source, edge.target, edge.option) for edge in made.story.edges],
        doses=list(_doses(made, judged)),
        flashes=list(_flashes(made, judged)),
        spectra=list(_spectra(made, judged)),
        stills=[Picture(png_bytes(still.pixels), still.caption) for still in judged.flash.stills],
        balances=balances,
        motions=motion_figures(made.authored, made.material.rig, order),
    )


def _order(made: Made) -> list[str]:
    """Scenes as the story meets them."""
    found = list(dict.fromkeys(edge.target for edge in made.story.edges if not edge.source and edge.target))
    ways: dict[str, list[str]] = {}
    for edge in made.story.edges:
        ways.setdefault(edge.source, []).append(edge.target)
    seen = set(found)
    for scene in found:
        for target in ways.get(scene, ()):
            if target and target not in seen:
                seen.add(target)
                found.append(target)
    return found


def _worst(judged: Judged, measure: str, seats: tuple[str, ...]) -> Finding | None:
    return next(
        (row for row in judged.certificate.findings if row.measure == measure and row.seats == seats), None
    )


def _doses(made: Made, judged: Judged) -> Iterable[Line]:
    """How each dose grows along the path that is worst for it, as it plays; what rings from piece to piece is not drawn."""
    for seats, traces in judged.motion.traces.items():
        for measure, name, power, factor in _DOSES:
            finding = _worst(judged, measure, seats)
            path = judged.witnesses.get((measure, seats), ())
            if finding is None or not path:
                continue
            times, values, marks = _along(made, traces, name, path)
            told = factor * values ** (1.0 / power)
            label = f"{MEASURES[measure].title}{_of(seats)}"
            yield Line(label, finding.unit, times.tolist(), told.tolist(), finding.limit, marks)


def _along(
    made: Made, traces: Sequence[Trace], name: str, path: Sequence[int]
) -> tuple[Floats, Floats, list[Mark]]:
    times, values, marks = [np.zeros(1)], [np.zeros(1)], []
    at_s, grown = 0.0, 0.0
    for stop in path:
        trace = traces[stop]
        marks.append((at_s, made.material.pieces.pieces[stop].name))
        times.append(at_s + trace.times_s)
        values.append(grown + trace.grown[name])
        at_s, grown = float(times[-1][-1]), float(values[-1][-1])
    return np.concatenate(times), np.concatenate(values), marks


def _spectra(made: Made, judged: Judged) -> Iterable[Spectrum]:
    """Of the path that is worst for each axis: r.m.s. by third octave over the whole of it."""
    for seats, traces in judged.motion.traces.items():
        for name in ("x", "y", "z"):
            path = judged.witnesses.get((f"vdv_{name}", seats), ())
            if not path:
                continue
            length_s = sum(float(traces[stop].times_s[-1]) for stop in path)
            energy = np.sum([traces[stop].bands[name] for stop in path], axis=0)
            plain, felt = (np.sqrt(bands / max(length_s, 1e-9)) for bands in (energy, weighted(name, energy)))
            yield Spectrum(
                f"{name}{_of(seats)}", "m/s2 r.m.s.", BANDS_HZ.tolist(), plain.tolist(), felt.tolist()
            )


def _flashes(made: Made, judged: Judged) -> Iterable[Line]:
    """Flashes in the second before each instant, along the path that is worst for them."""
    path = judged.witnesses.get(("flashes", ()), ())
    if not path:
        return
    times, general, red, marks = [], [], [], []
    at_s = 0.0
    for stop in path:
        piece, timeline = made.material.pieces.pieces[stop], judged.flash.timelines[stop]
        marks.append((at_s, piece.name))
        times += [at_s + at for at in timeline.times_s]
        general += list(timeline.general)
        red += list(timeline.red)
        at_s += (piece.to_fl - piece.from_fl) / FLICKS_PER_SECOND
    for label, values, measure in (
        ("flashes in a second", general, "flashes"),
        ("red flashes in a second", red, "red_flashes"),
    ):
        finding = _worst(judged, measure, ())
        yield Line(label, "", times, values, None if finding is None else finding.limit, marks)


def _of(seats: tuple[str, ...]) -> str:
    if not seats:
        return ""
    more = f" +{len(seats) - 1}" if len(seats) > 1 else ""
    return f" · {seats[0]}{more}"
