"""The family to copy: a one-channel fan on a serial line, and lines of text that come in. The README beside it is the guide."""

from devices.sample.driver import SampleDriver, create
from devices.sample.source import SampleSource, create_source

__all__ = ["SampleDriver", "SampleSource", "create", "create_source"]
