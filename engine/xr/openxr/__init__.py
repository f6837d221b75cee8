"""`Runtime` on pyopenxr; see `engine/xr/README.md`."""

from engine.xr.openxr.runtime import OpenXrRuntime

__all__ = ["OpenXrRuntime"]
