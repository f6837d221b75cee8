"""Puts the report's page together."""

from __future__ import annotations

import base64
from html import escape
from importlib import resources

from engine.show.report.data import Bilingual, ReportData, Still
from engine.show.report.graph import draw_graph
from engine.show.report.plots import draw_curve, draw_histogram


def _heading(text: Bilingual) -> str:
    return f'<h2>{escape(text[0])}<span lang="zh">{escape(text[1])}</span></h2>'


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _image(still: Still) -> str:
    kind = "jpeg" if still.png[:2] == b"\xff\xd8" else "png"
    data = base64.b64encode(still.png).decode("ascii")
    return (
        f'<figure><img loading="lazy" alt="{escape(still.caption)}" src="data:image/{kind};base64,{data}">'
        f"<figcaption>{_clock(still.at_s)} · {escape(still.caption)}</figcaption></figure>"
    )


def render_report(data: ReportData) -> str:
    """The page as text: no script, no request to anywhere, prints well.

    Parameters
    ----------
    data : ReportData
        What to show.
    """
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    facts = "".join(
        f'<div><dt>{escape(name[0])}<span lang="zh">{escape(name[1])}</span></dt><dd>{escape(value)}</dd></div>'
        for name, value in data.facts
    )
    path = [scene for _, scene in data.beats]
    seams = [at_s for at_s, _ in data.beats]
    ends = [*seams[1:], data.duration_s][: len(seams)]  # a run that ended in its count-in has no beat at all
    strip = "".join(
        f'<div style="flex:{max(0.1, end - begin):.2f}">{escape(data.scene_titles.get(scene, scene))}</div>'
        for (begin, scene), end in zip(data.beats, ends, strict=True)
    )
    sheet = "".join(_image(still) for still in data.stills if still.kind == "sheet")
    stills = "".join(_image(still) for still in data.stills if still.kind != "sheet")
    choices = "".join(
        f"<tr><td>{escape(scene)}</td><td>{escape(option)}</td><td>{escape(reason)}</td></tr>"
        for scene, option, reason in data.choices
    )
    groups: dict[str, list[str]] = {}
    for curve in data.curves:
        groups.setdefault(curve.group, []).append(draw_curve(curve, data.duration_s, seams))
    curves = "".join(f"<h3>{escape(name)}</h3>{''.join(rows)}" for name, rows in groups.items())
    motions = ""
    if data.motions:  # most shows draw their motion
        motions = _heading(("Seat motion: wanted and given", "座椅运动：期望与实际")) + "".join(data.motions)
    warnings = "".join(f"<li>{escape(text)}</li>" for text in data.warnings)
    none_en_zh = '<p class="none">none <span lang="zh">无</span></p>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(data.title[0])} · {escape(data.title[1])}</title><style>{style}</style></head><body><main>
<h1>{escape(data.title[0])}<small lang="zh">{escape(data.title[1])}</small></h1>
<p class="outcome{"" if data.ok else " bad"}">{escape(data.outcome[0])}<span lang="zh">{escape(data.outcome[1])}</span></p>
<dl>{facts}</dl>
{_heading(("Warnings", "提醒"))}{f'<ul class="warnings">{warnings}</ul>' if warnings else none_en_zh}
{_heading(("Contact sheet", "画面总览"))}{f'<div class="sheet">{sheet}</div>' if sheet else none_en_zh}
{_heading(("The path taken", "所走的路"))}<div class="strip">{strip}</div>
{draw_graph(data.scenes, data.edges, path)}
<table><tr><th>scene 场景</th><th>choice 选择</th><th>how 方式</th></tr>{choices}</table>
{_heading(("Beats and choices", "段落与选择"))}{f'<div class="stills">{stills}</div>' if stills else none_en_zh}
{_heading(("Seat and effects as commanded", "座椅与特效指令"))}{curves or none_en_zh}
{motions}
{_heading(("Lateness per device", "各设备的延迟"))}<div class="hists">{"".join(draw_histogram(h) for h in data.lateness)}</div>
</main></body></html>
"""
