"""Requests of a web page, a PLC or a phone as signals: ``GET /go?value=1``. A source only."""

from devices.http.source import HttpSource, create_source

__all__ = ["HttpSource", "create_source"]
