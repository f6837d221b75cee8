"""The report that a run leaves: one self-contained HTML page, readable by a producer and by an engineer."""

from engine.show.report.data import Curve, GraphEdge, Histogram, ReportData, Still
from engine.show.report.page import render_report

__all__ = ["Curve", "GraphEdge", "Histogram", "ReportData", "Still", "render_report"]
