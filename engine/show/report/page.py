"""Puts the report's page together."""

from __future__ import annotations

import base64
from html import escape

from engine.show.report.data import Bilingual, ReportData, Still
from engine.show.report.graph import draw_graph
from engine.show.report.plots import draw_curve, draw_histogram

_STYLE = """
:root{color-scheme:dark;--bg:#0b0e17;--card:#121827;--ink:#e9e2d4;--dim:#8d94a8;--lamp:#ff9d4d;--cool:#6f92d8;--line:#273049}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:1180px;margin:0 auto;padding:36px 24px 80px}h1{font-weight:600;font-size:34px;margin:0}h1 small{color:var(--lamp);margin-left:.6em}
h2{font-size:17px;font-weight:600;margin:44px 0 12px;border-bottom:1px solid var(--line);padding-bottom:6px}h2 span,dt span,.outcome span{color:var(--dim);font-weight:400;margin-left:.6em}
.outcome{margin:10px 0 0;font-size:17px}.outcome.bad{color:#ff7a66}dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:8px 24px;margin:18px 0}
dt{color:var(--dim);font-size:12.5px}dd{margin:0}.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:10px}
figure{margin:0}.sheet img,.stills img{width:100%;display:block;border-radius:6px}.stills{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:16px}
figcaption{font-size:12.5px;color:var(--dim);margin-top:4px}svg{max-width:100%}.graph{width:100%;background:var(--card);border-radius:10px}
.edge{fill:none;stroke:#3a4566;stroke-width:1.5}.edge.lit{stroke:var(--lamp);stroke-width:3}.box{fill:#1a2236;stroke:#3a4566}.box.lit{fill:#3a2a1e;stroke:var(--lamp)}
.name{fill:var(--dim);font-size:12.5px;text-anchor:middle}.name.lit{fill:var(--ink)}.opt{fill:#66708e;font-size:10.5px}.opt.lit,.order{fill:var(--lamp);font-size:11px}
.curve{display:grid;grid-template-columns:150px 1fr 130px;gap:10px;align-items:center;margin:3px 0;font-size:12px}.curve svg{width:100%;height:48px;background:var(--card);border-radius:4px}
.curve polyline{fill:none;stroke:var(--lamp);stroke-width:1.4;vector-effect:non-scaling-stroke}.curve .range{color:var(--dim);font-size:11px}.seam{stroke:#34405f;stroke-width:1}.zero{stroke:#2a334d}
.hists{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:16px}.hist{background:var(--card);padding:12px;border-radius:8px}.hist rect{fill:var(--cool)}.hist figcaption{color:var(--ink);margin:0 0 6px}.hist small{color:var(--dim)}
.strip{display:flex;height:30px;border-radius:6px;overflow:hidden;font-size:11px}.strip div{padding:6px 8px;border-right:1px solid var(--bg);white-space:nowrap;overflow:hidden;background:#1d2740}.strip div:nth-child(even){background:#2b2330}
ul.warnings{margin:0;padding-left:20px}table{border-collapse:collapse}td,th{text-align:left;padding:3px 18px 3px 0}th{color:var(--dim);font-weight:400}.none{color:var(--dim)}
@media print{:root{--bg:#fff;--card:#f4f4f4;--ink:#111;--dim:#555}}
"""


def _heading(text: Bilingual) -> str:
    return f'<h2>{escape(text[0])}<span lang="zh">{escape(text[1])}</span></h2>'


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _image(still: Still) -> str:
    kind = "jpeg" if still.png[:2] == b"\xff\xd8" else "png"
    data = base64.b64encode(still.png).decode("ascii")
    return (f'<figure><img loading="lazy" alt="{escape(still.caption)}" src="data:image/{kind};base64,{data}">'
            f"<figcaption>{_clock(still.at_s)} · {escape(still.caption)}</figcaption></figure>")


def render_report(data: ReportData) -> str:
    """The page as text: no script, no request to anywhere, prints well.

    Parameters
    ----------
    data : ReportData
        What to show.
    """
    facts = "".join(f'<div><dt>{escape(name[0])}<span lang="zh">{escape(name[1])}</span></dt><dd>{escape(value)}</dd></div>'
                    for name, value in data.facts)
    path = [scene for _, scene in data.beats]
    seams = [at_s for at_s, _ in data.beats]
    ends = [*seams[1:], data.duration_s]
    strip = "".join(f'<div style="flex:{max(0.1, end - begin):.2f}">{escape(data.scene_titles.get(scene, scene))}</div>'
                    for (begin, scene), end in zip(data.beats, ends, strict=True))
    sheet = "".join(_image(still) for still in data.stills if still.kind == "sheet")
    stills = "".join(_image(still) for still in data.stills if still.kind != "sheet")
    choices = "".join(f"<tr><td>{escape(scene)}</td><td>{escape(option)}</td><td>{escape(reason)}</td></tr>"
                      for scene, option, reason in data.choices)
    groups: dict[str, list[str]] = {}
    for curve in data.curves:
        groups.setdefault(curve.group, []).append(draw_curve(curve, data.duration_s, seams))
    curves = "".join(f"<h3>{escape(name)}</h3>{''.join(rows)}" for name, rows in groups.items())
    warnings = "".join(f"<li>{escape(text)}</li>" for text in data.warnings)
    none_en_zh = '<p class="none">none <span lang="zh">无</span></p>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(data.title[0])} · {escape(data.title[1])}</title><style>{_STYLE}</style></head><body><main>
<h1>{escape(data.title[0])}<small lang="zh">{escape(data.title[1])}</small></h1>
<p class="outcome{'' if data.ok else ' bad'}">{escape(data.outcome[0])}<span lang="zh">{escape(data.outcome[1])}</span></p>
<dl>{facts}</dl>
{_heading(("Warnings", "提醒"))}{f'<ul class="warnings">{warnings}</ul>' if warnings else none_en_zh}
{_heading(("Contact sheet", "画面总览"))}{f'<div class="sheet">{sheet}</div>' if sheet else none_en_zh}
{_heading(("The path taken", "所走的路"))}<div class="strip">{strip}</div>
{draw_graph(data.scenes, data.edges, path)}
<table><tr><th>scene 场景</th><th>choice 选择</th><th>how 方式</th></tr>{choices}</table>
{_heading(("Beats and choices", "段落与选择"))}{f'<div class="stills">{stills}</div>' if stills else none_en_zh}
{_heading(("Seat and effects as commanded", "座椅与特效指令"))}{curves or none_en_zh}
{_heading(("Lateness per device", "各设备的延迟"))}<div class="hists">{''.join(draw_histogram(h) for h in data.lateness)}</div>
</main></body></html>
"""
