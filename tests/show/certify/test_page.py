"""The page of a certificate: what is broken comes first, both languages, nothing from outside, nothing unescaped."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from engine.safety.certificate.balance import Balance, CrowdedLine
from engine.safety.certificate.document import Certificate, Subject
from engine.safety.certificate.findings import Finding, Step, Witness
from engine.show.certify.charts import Line, Spectrum, draw_balance, draw_line, draw_parts, draw_spectrum
from engine.show.certify.page import CertificatePage, Picture, render_certificate
from engine.show.report.data import GraphEdge
from engine.units import MODALITIES

PATH = (Step("gate", "in"), Step("hall", "up"), Step("<roof>"))
KEPT = Finding(
    "vdv_z", "m/s^1.75", ("a", "b"), 4.2, 9.1, Witness(4.0, PATH, True), (), {"hall": 3.0, "gate": 1.0}
)
BROKEN = Finding("tilt", "deg", (), 20.0, 15.0, Witness(19.0, PATH, False), PATH)
CERTIFICATE = Certificate(
    Subject("show", "a" * 64),
    Subject("rig", "b" * 64),
    Subject("engineering", "c" * 64),
    "0.1.0",
    "2026-01-01T00:00:00Z",
    (KEPT, BROKEN),
    ("2 x computed-divert in the story, read conservatively",),
)


def balance() -> Balance:
    times = np.arange(0.0, 30.0, 0.05)
    loads = np.zeros((len(times), len(MODALITIES)))
    loads[100:200, 0] = 1.0
    loads[100:200, 1] = 0.8
    told = np.zeros(len(times), dtype=np.bool_)
    told[120:160] = True
    return Balance(
        "gate", times, told, loads, (CrowdedLine("l1", 6.0, 8.0, 0.9, {"motion": 1.0}),), ((12.0, 30.0),)
    )


def page() -> CertificatePage:
    return CertificatePage(
        CERTIFICATE,
        ("Show & tell", "秀"),
        ["gate", "hall", "<roof>"],
        [GraphEdge("", "gate", ""), GraphEdge("gate", "hall", "in"), GraphEdge("hall", "<roof>", "up")],
        [Line("dose", "m/s^1.75", [0.0, 1.0], [0.0, 2.0], 9.1, [(0.0, "gate")])],
        [Line("flashes", "", [0.0, 1.0], [0.0, 1.0])],
        [Spectrum("z", "m/s2", [1.0, 2.0], [0.1, 0.2], [0.05, 0.0])],
        [Picture(b"\x89PNG\r\n\x1a\n", "gate, 3 s")],
        [balance()],
    )


class Tags(HTMLParser):
    """Open and closed tags, and every address that something is loaded from."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_it_is_whole_and_asks_for_nothing() -> None:
    text = render_certificate(page())
    tags = Tags()
    tags.feed(text)
    assert not tags.wrong and not tags.open
    assert tags.sources and all(source.startswith("data:") for source in tags.sources)
    assert "<script" not in text and "<roof>" not in text and "&lt;roof&gt;" in text


def test_what_is_broken_comes_first_with_its_path() -> None:
    text = render_certificate(page())
    assert "Refused" in text and "未通过" in text
    assert text.index("steepest tilt") < text.index("vibration dose value")
    assert "gate -(in)-&gt; hall -(up)-&gt; &lt;roof&gt;" in text
    assert "computed-divert" in text and "最大倾角" in text


def test_a_certified_show_says_so_and_an_unmeasured_limit_does_not() -> None:
    good = replace(page(), certificate=replace(CERTIFICATE, findings=(KEPT,)))
    assert "Certified for this rig" in render_certificate(good)
    unmeasured = replace(page(), certificate=replace(CERTIFICATE, findings=(KEPT,), missing=("flashes",)))
    assert "Refused" in render_certificate(unmeasured)


def test_a_graph_of_hundreds_of_scenes_is_not_drawn() -> None:
    many = replace(page(), scenes=[f"s{number}" for number in range(200)])
    assert 'class="graph"' in render_certificate(page()) and 'class="graph"' not in render_certificate(many)


def test_charts_show_what_they_are_given() -> None:
    assert 'class="limit"' in draw_line(Line("a", "s", [0, 1], [0, 1], 2.0))
    assert 'class="limit"' not in draw_line(Line("a", "s", [0, 1], [0, 1]))
    drawn = draw_balance(balance(), "gate")
    assert drawn.count("<polygon") == 2 and 'class="crowded"' in drawn and 'class="empty"' in drawn
    assert draw_spectrum(Spectrum("z", "m/s2", [1.0], [1.0], [0.5])).count("<rect") == 2
    assert draw_parts([(f"s{n}", 1.0) for n in range(20)], "s").count('class="part"') == 12
    for empty in (
        draw_line(Line("a", "", [], [])),
        draw_spectrum(Spectrum("z", "", [], [], [])),
        draw_parts([], ""),
    ):
        assert "nan" not in empty
