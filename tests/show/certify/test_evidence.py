"""What the report draws is what was judged: doses, flashes, spectra and scenes along the paths that are worst."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.safety.certificate.findings import Finding
from engine.safety.certificate.profile import load_profile
from engine.show.certify import pictures
from engine.show.certify.evidence import page_of
from engine.show.certify.judging import Judged, certify
from engine.show.certify.material import Made, material_of
from engine.show.certify.page import CertificatePage
from tests.show.certify.shows import Strobe, lead_back, make_show, make_site


class Seen:
    """A show whose lamp leads back twice and whose water flashes."""

    def __init__(self, folder: Path) -> None:
        show = make_show(folder)
        lead_back(show, visits=2)
        self.made: Made = material_of(str(show), None)
        profile = load_profile(make_site(folder, more=", flashes: 3"))
        self.told: list[str] = []
        self.judged: Judged = certify(self.made, profile, picture_hz=10.0, tell=self.told.append)
        self.page: CertificatePage = page_of(self.made, self.judged, self.judged.certificate)

    def finding(self, measure: str) -> Finding:
        (found,) = [row for row in self.judged.certificate.findings if row.measure == measure]
        return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "Viewer", Strobe)
        patch.setattr(Strobe, "drawn", [])
        patch.setenv("SENSORAMA_CACHE", str(tmp_path_factory.mktemp("cache")))
        return Seen(tmp_path_factory.mktemp("seen"))


def test_scenes_come_in_the_order_of_the_story_each_with_its_balance(seen: Seen) -> None:
    assert list(seen.page.scenes) == ["quay", "lamp", "water"]
    assert [balance.scene for balance in seen.page.balances] == ["quay", "lamp", "water"]
    ways = {(edge.source, edge.target, edge.option) for edge in seen.page.edges}
    assert {("quay", "lamp", "follow"), ("quay", "water", "stay"), ("lamp", "quay", "")} <= ways


def test_a_dose_grows_along_its_witness_and_stays_below_the_bound(seen: Seen) -> None:
    (dose,) = [line for line in seen.page.doses if "up and down" in line.label]
    found = seen.finding("vdv_z")
    assert found.witness is not None and dose.limit == found.limit == 4.0
    assert [name for _, name in dose.marks] == [step.scene for step in found.witness.path]
    assert [at_s for at_s, _ in dose.marks] == pytest.approx([0.0, 2.0, 5.0, 7.0][: len(dose.marks)])
    assert np.all(np.diff(dose.times_s) >= 0.0) and np.all(np.diff(dose.values) >= 0.0)
    traces = seen.judged.motion.traces[found.seats]
    path = seen.judged.witnesses[("vdv_z", found.seats)]
    own = sum(float(traces[stop].grown["z"][-1]) for stop in path) ** 0.25
    # What rings from piece to piece is in the bound and not in the curve.
    assert 0.0 < dose.values[-1] == pytest.approx(own)
    assert dose.values[-1] <= found.witness.value <= found.bound * (1.0 + 1e-9)


def test_a_spectrum_holds_the_energy_of_its_whole_path(seen: Seen) -> None:
    path = seen.judged.witnesses[("vdv_z", seen.finding("vdv_z").seats)]
    traces = seen.judged.motion.traces[seen.finding("vdv_z").seats]
    (spectrum,) = [one for one in seen.page.spectra if one.label.startswith("z")]
    energy = sum(float(traces[stop].bands["z"].sum()) for stop in path)
    length_s = sum(float(traces[stop].times_s[-1]) for stop in path)
    assert energy > 0.0 and len(path) > 1
    assert sum(value**2 for value in spectrum.plain) == pytest.approx(energy / length_s)
    assert all(felt <= 1.2 * plain for plain, felt in zip(spectrum.plain, spectrum.weighted, strict=True))


def test_flashes_are_drawn_where_they_are_along_the_way_there(seen: Seen) -> None:
    found = seen.finding("flashes")
    general, red = seen.page.flashes
    assert found.witness is not None
    assert (
        [name for _, name in general.marks]
        == [step.scene for step in found.witness.path]
        == ["quay", "water"]
    )
    begin_s = general.marks[-1][0]
    assert begin_s == pytest.approx(2.0)
    before = [value for at_s, value in zip(general.times_s, general.values, strict=True) if at_s < begin_s]
    assert max(before) == 0.0 and max(general.values) == pytest.approx(found.witness.value, abs=0.5)
    assert general.limit == 3.0 and red.limit is None and max(red.values) == 0.0
    assert seen.page.stills and all(still.png.startswith(b"\x89PNG") for still in seen.page.stills)
    assert seen.page.stills[0].caption.startswith("water")


def test_what_is_judged_is_told_and_only_what_was_asked_is_refused(seen: Seen) -> None:
    assert seen.told == ["seats", "amounts", "sound", "flashes", "every path"]
    certificate = seen.judged.certificate
    assert not certificate.missing and [row.measure for row in certificate.broken] == ["flashes"]
    assert not certificate.signature and not certificate.issued
    assert certificate.package.hash == seen.made.authored.hash == seen.made.material.package.hash
