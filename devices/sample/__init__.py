"""The family to copy: a one-channel fan on a serial line. The README beside it is the guide."""

from devices.sample.driver import SampleDriver, create

__all__ = ["SampleDriver", "create"]
