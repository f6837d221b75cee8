"""The page of a certificate: for a ride engineer and a producer, in English and Chinese."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources

from engine.safety.certificate.balance import Balance
from engine.safety.certificate.document import Certificate
from engine.safety.certificate.findings import Finding, Step
from engine.safety.certificate.gate import path_line
from engine.safety.certificate.measures import MEASURES
from engine.show.certify.charts import (
    Line,
    Spectrum,
    draw_balance,
    draw_key,
    draw_line,
    draw_parts,
    draw_spectrum,
)
from engine.show.report.data import Bilingual, GraphEdge
from engine.show.report.graph import draw_graph

#: More scenes than this are not drawn as a graph: nobody could read it.
_DRAWN = 80

_STYLE = """
table.found{width:100%}table.found td,table.found th{border-bottom:1px solid var(--line);vertical-align:top;padding:5px 14px 5px 0}
.bad td:first-child{color:#ff7a66}.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.limit{stroke:#ff7a66;stroke-width:1;stroke-dasharray:5 4}.told{fill:#e9e2d4}.crowded{fill:#ff3b3b;opacity:.28}
.empty{fill:#ffffff;opacity:.07}.hist rect.plain{fill:#3a4566}.hist rect.weighted{fill:var(--lamp)}
.part{display:grid;grid-template-columns:190px 1fr 150px;gap:10px;align-items:center;font-size:12.5px}
.part i{display:block;height:9px;background:var(--lamp);border-radius:3px;opacity:.8}.part b{font-weight:400;color:var(--dim)}
.key i{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 5px 0 12px}
.mono{font-family:ui-monospace,monospace;font-size:12px;word-break:break-all}
.path{color:var(--dim);font-size:12.5px}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A still of a flashing moment."""

    png: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """Everything on the page.

    Attributes
    ----------
    certificate : Certificate
    title : (str, str)
        Of the experience.
    scenes : sequence of str
        In the order the story meets them.
    edges : sequence of GraphEdge
    doses, flashes : sequence of Line
        Along the worst paths.
    spectra : sequence of Spectrum
    stills : sequence of Picture
    balances : sequence of Balance
    scene_titles : mapping of str to str
    motions : sequence of str
        Figures of derived motion, as HTML.
    """

    certificate: Certificate
    title: Bilingual
    scenes: Sequence[str]
    edges: Sequence[GraphEdge]
    doses: Sequence[Line] = ()
    flashes: Sequence[Line] = ()
    spectra: Sequence[Spectrum] = ()
    stills: Sequence[Picture] = ()
    balances: Sequence[Balance] = ()
    scene_titles: Mapping[str, str] = field(default_factory=dict)
    motions: Sequence[str] = ()


def render_certificate(page: CertificatePage) -> str:
    """The page as text: no script, no request to anywhere, prints well."""
    style = resources.files("engine.show.report").joinpath("style.css").read_text(encoding="utf-8")
    found = page.certificate
    verdict = (
        ("Certified for this rig and profile", "已通过：适用于本设备与本规定")
        if found.certified
        else ("Refused", "未通过")
    )
    facts = "".join(
        f'<div><dt>{escape(en)}<span lang="zh">{escape(zh)}</span></dt><dd class="mono">{escape(value)}</dd></div>'
        for en, zh, value in (
            ("Package", "内容包", f"{found.package.name} {found.package.hash[:16]}"),
            ("Rig", "设备", f"{found.rig.name} {found.rig.hash[:16]}"),
            ("Profile", "规定", f"{found.profile.name} {found.profile.hash[:16]}"),
            ("Engine", "引擎", found.tool_version),
            ("Issued", "日期", found.issued or "-"),
            ("Signed by", "签名", found.key[:32] or "-"),
        )
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*found.missing, *found.notes))
    motions = ""
    if page.motions:
        motions = (
            _heading("Seat motion: wanted and given", "座椅运动：期望与实际") + "".join(page.motions) + "\n"
        )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(page.title[0])} · certificate</title><style>{style}{_STYLE}</style></head><body><main>
<h1>{escape(page.title[0])}<small lang="zh">{escape(page.title[1])}</small></h1>
<p class="outcome{"" if found.certified else " bad"}">{verdict[0]}<span lang="zh">{verdict[1]}</span></p>
<dl>{facts}</dl>
{_heading("Bounds over every path", "所有路径的上限")}{_table(found.findings)}
<p class="none">A bound is never exceeded on any path; the witness is a path that comes close, and "played" says that the story really
goes that way. Limits are the site's own; no compliance with a standard is claimed.
<span lang="zh">上限在任何路径上都不会被超过；“见证”是接近上限的一条路径。限值由场地自行规定，不代表符合任何标准。</span></p>
{_heading("Not measured, or treated conservatively", "未测量或按保守处理")}{f'<ul class="warnings">{notes}</ul>' if notes else _NONE}
{_heading("Worst paths", "最不利路径")}{_paths(page)}
{_heading("Doses along the worst paths", "最不利路径上的剂量")}{"".join(map(draw_line, page.doses)) or _NONE}
{_heading("Weighted spectra", "计权频谱")}<div class="hists">{"".join(map(draw_spectrum, page.spectra)) or _NONE}</div>
{motions}{_heading("Flashes", "闪光")}{"".join(map(draw_line, page.flashes)) or _NONE}
<div class="sheet">{"".join(map(_still, page.stills))}</div>
{_heading("Effects against story", "特效与叙事")}{_balance(page)}
</main></body></html>
"""


_NONE = '<p class="none">none <span lang="zh">无</span></p>'


def _heading(en: str, zh: str) -> str:
    return f'<h2>{escape(en)}<span lang="zh">{escape(zh)}</span></h2>'


def _named(finding: Finding) -> str:
    measure = MEASURES.get(finding.measure)
    if measure is None:
        return escape(finding.measure)
    return f'{escape(measure.title)}<br><span class="path" lang="zh">{escape(measure.title_zh)}</span>'


def _seats(finding: Finding) -> str:
    if not finding.seats:
        return "-"
    more = len(finding.seats) - 3
    return escape(", ".join(finding.seats[:3])) + (f" +{more}" if more > 0 else "")


def _table(findings: Sequence[Finding]) -> str:
    rows = []
    for finding in sorted(findings, key=lambda row: row.kept):
        witness, gap = finding.witness, finding.gap
        came = "-" if witness is None else f"{witness.value:.4g}{'' if witness.played else ' *'}"
        limit = "" if finding.limit is None else f"{finding.limit:g}"
        state = (
            ("not judged", "不作判定")
            if finding.limit is None
            else ("kept", "合格")
            if finding.kept
            else ("BROKEN", "超限")
        )
        where = "" if finding.kept else f'<br><span class="path">{escape(path_line(finding.first))}</span>'
        rows.append(
            f'<tr class="{"" if finding.kept else "bad"}"><td>{_named(finding)}{where}</td><td>{_seats(finding)}</td>'
            f'<td class="num">{finding.bound:.4g} {escape(finding.unit)}</td><td class="num">{limit}</td>'
            f'<td class="num">{came}</td><td class="num">{"-" if gap is None else f"{gap:.3g}"}</td>'
            f'<td>{state[0]} <span lang="zh">{state[1]}</span></td></tr>'
        )
    return (
        '<table class="found"><tr><th>measure 测量</th><th>seats 座位</th><th class="num">bound 上限</th>'
        '<th class="num">allowed 限值</th><th class="num">witness 见证</th><th class="num">gap 差</th><th></th></tr>'
        f"{''.join(rows)}</table>"
        '<p class="none">* the story was not seen to go that way <span lang="zh">故事未必真能走这条路</span></p>'
    )


def _paths(page: CertificatePage) -> str:
    """Each different worst path once, with the measures it is the worst for."""
    by_path: dict[tuple[Step, ...], list[Finding]] = {}
    for finding in page.certificate.findings:
        if finding.witness is not None and finding.witness.path and finding.bound != 0.0:
            by_path.setdefault(finding.witness.path, []).append(finding)
    parts = []
    order = sorted(by_path.items(), key=lambda row: (all(finding.kept for finding in row[1]), -len(row[1])))
    for path, findings in order[:6]:
        names = ", ".join(dict.fromkeys(finding.measure for finding in findings))
        drawn = (
            draw_graph(page.scenes, page.edges, [step.scene for step in path])
            if len(page.scenes) <= _DRAWN
            else ""
        )
        worst = min(findings, key=lambda finding: finding.kept)
        parts.append(
            f"<h3>{escape(names)}</h3><p class='path'>{escape(path_line(path))}</p>{drawn}"
            f"{draw_parts(list(worst.contributions.items()), worst.unit)}"
        )
    more = len(order) - 6
    return ("".join(parts) or _NONE) + (f"<p class='none'>+ {more}</p>" if more > 0 else "")


def _balance(page: CertificatePage) -> str:
    if not page.balances:
        return _NONE
    said = (
        '<p class="none">Colours: how much each kind of effect does. White below: words, captions, decisions. Red: a line that effects '
        "crowd out. Grey: nothing is told and nothing is felt for long."
        '<span lang="zh">颜色：各类特效的强度。下方白色：台词、字幕与选择。红色：被特效淹没的台词。灰色：长时间无事发生。</span></p>'
    )
    rows = "".join(
        draw_balance(balance, page.scene_titles.get(balance.scene, balance.scene))
        for balance in page.balances
    )
    lines = "".join(
        f"<li>{escape(balance.scene)}, {line.from_s:.1f} s: {escape(line.line)} "
        f"({line.share:.0%}; {escape(', '.join(line.by))})</li>"
        for balance in page.balances
        for line in balance.crowded
    )
    empty = "".join(
        f"<li>{escape(balance.scene)}, {a:.0f} s to {b:.0f} s: nothing is told and nothing is felt"
        f'<span lang="zh">：无叙事也无感受</span></li>'
        for balance in page.balances
        for a, b in balance.empty
    )
    return f'{said}{draw_key()}{rows}<ul class="warnings">{lines}{empty}</ul>'


def _still(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    return (
        f'<figure><img loading="lazy" alt="{escape(picture.caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )
