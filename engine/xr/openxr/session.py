"""One session: frames, spaces, views, swapchains, input."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from engine.xr.actions import ActionTable
from engine.xr.faults import SessionLost, XrRefused
from engine.xr.openxr import convert, extensions, masks, spaces, systems
from engine.xr.openxr.binding import Binding
from engine.xr.openxr.frame import HeadlessPacer, Pacer, RuntimePacer
from engine.xr.openxr.layers import LayerWriter
from engine.xr.openxr.memory import number_of
from engine.xr.openxr.spaces import Locator, OpenXrSpace
from engine.xr.openxr.swapchains import OpenXrSwapchain
from engine.xr.runtime import InputPort, Layer, Mask, Space, SpaceKind, SwapchainSpec, SystemInfo, Views
from engine.xr.values import FrameTime, Located, Pose

if TYPE_CHECKING:
    from engine.xr.openxr.actions import OpenXrInput
    from engine.xr.openxr.instance import OpenXrInstance

_BLEND = {name: number for number, name in systems.BLEND_MODES.items()}

_LEAVES_ERRORS = "SteamVR"
"""On Linux it leaves an OpenGL error after each xrEndFrame (SteamVR-for-Linux #799)."""


class OpenXrSession:
    """See `engine.xr.runtime.Session`. Made by `OpenXrInstance.session`.

    Attributes
    ----------
    instance : OpenXrInstance
    """

    def __init__(
        self,
        instance: OpenXrInstance,
        system: int,
        info: SystemInfo,
        binding: Binding,
        actions: ActionTable,
        closed: Callable[[int], None],
    ) -> None:
        calls = instance.calls
        xr = calls.xr
        self.instance = instance
        self._calls = calls
        self._actions = actions
        self._closed = closed
        self._input: OpenXrInput | None = None
        self._spaces: list[OpenXrSpace] = []
        self._swapchains: list[OpenXrSwapchain] = []
        self._kinds: frozenset[str] | None = None
        self._formats: tuple[int, ...] | None = None
        create = xr.SessionCreateInfo()
        create.system_id = system
        graphics = binding.info(calls)
        if graphics is not None:
            create._next = ctypes.addressof(graphics)
        handle = xr.Session()
        calls("xrCreateSession", calls.instance, ctypes.byref(create), ctypes.byref(handle))
        self._handle: Any = handle
        self._pacer: Pacer
        if instance.graphics == "headless":
            self._pacer = HeadlessPacer(instance.host_time, instance.clock)
        else:
            writer = LayerWriter(calls, depth=extensions.DEPTH in instance.extensions)
            mode = _BLEND[info.blend_modes[0]]
            leaves_errors = instance.runtime_name.startswith(_LEAVES_ERRORS)
            tidy = binding.clear_errors if leaves_errors else None
            self._pacer = RuntimePacer(calls, instance.host_time, instance.clock, mode, writer, tidy)
        self._locator = Locator(calls)
        self._views = (xr.View * 2)(xr.View(), xr.View())
        self._view_count = ctypes.c_uint32(0)
        self._view_state = xr.ViewState()
        self._locate_info = xr.ViewLocateInfo()
        self._locate_info._view_configuration_type = systems.PRIMARY_STEREO
        try:
            if actions.actions:
                self._input = self._open_input()
        except BaseException:
            self.close()
            raise

    @property
    def handle(self) -> Any:
        """The runtime's, for the modules of this package.

        Raises
        ------
        SessionLost
            It has been closed.
        """
        if self._handle is None:
            raise SessionLost("this session has been closed; make a new one")
        return self._handle

    def begin(self) -> None:
        """See `Session.begin`."""
        info = self._calls.xr.SessionBeginInfo()
        info._primary_view_configuration_type = systems.PRIMARY_STEREO
        self._calls("xrBeginSession", self.handle, ctypes.byref(info))

    def end(self) -> None:
        """See `Session.end`."""
        self._calls("xrEndSession", self.handle)

    def request_exit(self) -> None:
        """See `Session.request_exit`."""
        self._calls("xrRequestExitSession", self.handle)

    def wait_frame(self) -> FrameTime:
        """See `Session.wait_frame`."""
        return self._pacer.wait(self.handle)

    def begin_frame(self) -> bool:
        """See `Session.begin_frame`."""
        return self._pacer.begin(self.handle)

    def end_frame(self, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """See `Session.end_frame`."""
        self._pacer.end(self.handle, frame, layers)

    def space(self, kind: SpaceKind, pose: Pose | None = None) -> OpenXrSpace:
        """See `Session.space`."""
        if kind not in self.space_kinds:
            offered = ", ".join(sorted(self.space_kinds))
            raise XrRefused(
                "xrCreateReferenceSpace",
                "ERROR_REFERENCE_SPACE_UNSUPPORTED",
                f"'{kind}' is not among: {offered}",
            )
        space = spaces.reference_space(self._calls, self.handle, kind, pose, self._spaces.remove)
        self._spaces.append(space)
        return space

    @property
    def space_kinds(self) -> frozenset[str]:
        """See `Session.space_kinds`."""
        if self._kinds is None:
            self._kinds = spaces.offered_kinds(self._calls, self.handle)
        return self._kinds

    def views(self, frame: FrameTime, base: Space) -> Views:
        """See `Session.views`. One call of the runtime: a headset has two views, nothing needs counting first."""
        info = self._locate_info
        info.display_time = frame.xr_time
        info.space = spaces.handle_of(base)
        views = self._views
        self._calls(
            "xrLocateViews",
            self.handle,
            ctypes.byref(info),
            ctypes.byref(self._view_state),
            2,
            ctypes.byref(self._view_count),
            views,
        )
        flags = self._view_state._view_state_flags
        tracked = spaces.ORIENTATION_TRACKED | spaces.POSITION_TRACKED
        return Views(
            (convert.view(views[0]), convert.view(views[1])),
            bool(flags & spaces.ORIENTATION_VALID),
            bool(flags & spaces.POSITION_VALID),
            (flags & tracked) == tracked,
        )

    def locate(self, space: Space, base: Space, frame: FrameTime) -> Located:
        """See `Session.locate`."""
        return self._locator.locate(spaces.handle_of(space), spaces.handle_of(base), frame.xr_time)

    @property
    def formats(self) -> Sequence[int]:
        """See `Session.formats`; none without graphics."""
        if self._formats is None:
            if self.instance.graphics == "headless":
                self._formats = ()
            else:
                found = self._calls.enumerate("xrEnumerateSwapchainFormats", self.handle, of=ctypes.c_int64)
                self._formats = tuple(found)
        return self._formats

    def swapchain(self, spec: SwapchainSpec) -> OpenXrSwapchain:
        """See `Session.swapchain`."""
        swapchain = OpenXrSwapchain(self._calls, self.handle, spec, self._drop_swapchain)
        self._swapchains.append(swapchain)
        return swapchain

    def mask(self, eye: int) -> Mask | None:
        """See `Session.mask`."""
        if extensions.MASK not in self.instance.extensions:
            return None
        return masks.read_mask(self._calls, self.handle, eye)

    @property
    def refresh_rates_hz(self) -> Sequence[float]:
        """See `Session.refresh_rates_hz`."""
        if extensions.REFRESH not in self.instance.extensions:
            return ()
        found = self._calls.enumerate("xrEnumerateDisplayRefreshRatesFB", self.handle, of=ctypes.c_float)
        return tuple(float(hz) for hz in found)

    def set_refresh_rate(self, hz: float) -> None:
        """See `Session.set_refresh_rate`."""
        if extensions.REFRESH not in self.instance.extensions:
            raise XrRefused(
                "xrRequestDisplayRefreshRateFB",
                "ERROR_FUNCTION_UNSUPPORTED",
                "This runtime's display rate cannot be chosen",
            )
        self._calls("xrRequestDisplayRefreshRateFB", self.handle, hz)

    @property
    def input(self) -> InputPort:
        """See `Session.input`."""
        if self._input is None:
            self._input = self._open_input()
        return self._input

    def close(self) -> None:
        """See `Session.close`."""
        handle = self._handle
        if handle is None:
            return
        if self._input is not None:
            self._input.close()
            self._input = None
        for swapchain in tuple(self._swapchains):
            swapchain.close()
        for space in tuple(self._spaces):
            space.close()
        self._handle = None
        self._calls.quietly("xrDestroySession", handle)
        self._closed(number_of(handle))

    def _open_input(self) -> OpenXrInput:
        from engine.xr.openxr.actions import input_port

        return input_port(self.instance, self, self._actions)

    def _drop_swapchain(self, swapchain: OpenXrSwapchain) -> None:
        if swapchain in self._swapchains:  # not yet, where making it failed half way
            self._swapchains.remove(swapchain)
