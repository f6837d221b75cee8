"""Command strings over serial, TCP or UDP: templates with values, expected replies, keep-alive; lines that come in."""

from devices.text.driver import TextDriver, create
from devices.text.source import TextSource, create_source

__all__ = ["TextDriver", "TextSource", "create", "create_source"]
