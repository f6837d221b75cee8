"""A runtime behind pyopenxr's table of functions: a program that keeps handles, queues and flags as OpenXR demands, no graphics.

`FakeOpenXr` is given to `OpenXrRuntime` in the place of the pyopenxr module. Structures and types are pyopenxr's own, so what the
engine writes is read here through the same memory that a runtime would read.

What is not here: actions and hands, spaces that move, time that passes (frames come 1/90 s apart), API layers.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import xr

PERIOD_NS = 11_111_111
FIRST_XR_TIME = 5_000_000
EPOCH_NS = 1_000_000_000_000
"""Host time of XrTime 0."""

EXTENSIONS = (
    "XR_MND_headless",
    "XR_KHR_opengl_enable",
    "XR_KHR_convert_timespec_time",
    "XR_KHR_composition_layer_depth",
    "XR_KHR_visibility_mask",
    "XR_FB_display_refresh_rate",
    "XR_EXT_local_floor",
    "XR_EXT_user_presence",
)


@dataclass
class FakeOpenXr:
    """Set the fields before, look at `log`, `alive` and `ended` after.

    Attributes
    ----------
    lost_at : int or None
        From the n-th call of a function on, everything but destroying gives INSTANCE_LOST.
    results : dict
        Result of a function instead of its doing.
    """

    name: bytes = b"Fake"
    offered: tuple[str, ...] = EXTENSIONS
    results: dict[str, int] = field(default_factory=dict)
    lost_at: int | None = None
    formats: tuple[int, ...] = (0x8058, 0x8C43, 0x81A6)
    rates_hz: tuple[float, ...] = (72.0, 90.0)
    presence: bool = True
    view_flags: int = 15
    location_flags: int = 15
    mask_points: tuple[tuple[float, float], ...] = ((-1.0, -1.0), (1.0, -1.0), (0.0, 1.0))
    mask_indices: tuple[int, ...] = (0, 1, 2)
    growing: int = 0
    """How often the list of formats grows between counting and reading."""
    log: list[str] = field(default_factory=list)
    alive: dict[int, str] = field(default_factory=dict)
    ended: list[list[Any]] = field(default_factory=list)
    events: deque[Any] = field(default_factory=deque)
    made: dict[str, Any] = field(default_factory=dict)
    _kept: dict[str, Any] = field(default_factory=dict)
    _next_handle: int = 0x1000
    _frame: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(xr, name)

    @property
    def raw_functions(self) -> Any:
        return self

    def xrGetInstanceProcAddr(self, _instance: Any, name: bytes, pointer: Any) -> int:
        text = name.decode()
        if text not in self._kept:
            do = getattr(type(self), f"_{text}", None)
            if do is None:
                return int(xr.Result.ERROR_FUNCTION_UNSUPPORTED)
            self._kept[text] = getattr(xr, f"PFN_{text}")(self._counted(text, do))
        address = ctypes.cast(self._kept[text], ctypes.c_void_p).value
        ctypes.c_void_p.from_address(ctypes.addressof(pointer._obj)).value = address
        return 0

    def happen(self, event: Any) -> None:
        """Queue an event structure."""
        self.events.append(event)

    def state(self, state: int, session: int | None = None) -> None:
        """Queue a change of the newest session's state."""
        event = xr.EventDataSessionStateChanged()
        handle = self.newest("Session") if session is None else session
        event.session = ctypes.cast(ctypes.c_void_p(handle), xr.Session)
        event._state = state
        self.happen(event)

    def newest(self, kind: str) -> int:
        """Handle of the newest living thing of a kind."""
        return max(handle for handle, what in self.alive.items() if what == kind)

    def _counted(self, name: str, do: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self.log.append(name)
            lost = self.lost_at is not None and len(self.log) > self.lost_at
            if lost and not name.startswith("xrDestroy"):
                return int(xr.Result.ERROR_INSTANCE_LOST)
            if name in self.results:
                return self.results[name]
            return do(self, *arguments) or 0

        return call

    def _make(self, pointer: Any, kind: str) -> None:
        self._next_handle += 0x10
        self.alive[self._next_handle] = kind
        ctypes.c_void_p.from_address(ctypes.addressof(pointer.contents)).value = self._next_handle

    def _destroy(self, handle: Any, kind: str) -> int:
        number = ctypes.cast(handle, ctypes.c_void_p).value or 0
        if self.alive.get(number) != kind:
            self.log.append(f"BAD destroy of {kind} {number:#x}")
            return int(xr.Result.ERROR_HANDLE_INVALID)
        del self.alive[number]
        return 0

    @staticmethod
    def _give(capacity: int, count: Any, array: Any, values: tuple[Any, ...]) -> int:
        count[0] = len(values)
        if not capacity:
            return 0
        if capacity < len(values):
            return int(xr.Result.ERROR_SIZE_INSUFFICIENT)
        for index, value in enumerate(values):
            if callable(value):
                value(array[index])
            else:
                array[index] = value
        return 0

    # instance

    def _xrEnumerateApiLayerProperties(self, capacity: int, count: Any, array: Any) -> int:
        return self._give(capacity, count, array, ())

    def _xrEnumerateInstanceExtensionProperties(
        self, _layer: Any, capacity: int, count: Any, array: Any
    ) -> int:
        def named(name: str) -> Callable[[Any], None]:
            return lambda row: setattr(row, "extension_name", name.encode())

        return self._give(capacity, count, array, tuple(named(name) for name in self.offered))

    def _xrCreateInstance(self, info: Any, pointer: Any) -> None:
        wish = info.contents
        self.made["extensions"] = tuple(
            wish._enabled_extension_names[index].decode() for index in range(wish.enabled_extension_count)
        )
        self.made["application"] = wish.application_info.application_name.decode()
        self.made["api_version"] = wish.application_info._api_version
        self._make(pointer, "Instance")

    def _xrDestroyInstance(self, handle: Any) -> int:
        return self._destroy(handle, "Instance")

    def _xrGetInstanceProperties(self, _instance: Any, pointer: Any) -> None:
        pointer.contents.runtime_name = self.name
        ctypes.memset(ctypes.addressof(pointer.contents) + 16, 0, 8)
        ctypes.c_uint64.from_address(ctypes.addressof(pointer.contents) + 16).value = (
            (1 << 48) | (2 << 32) | 3
        )

    def _xrGetSystem(self, _instance: Any, _info: Any, pointer: Any) -> None:
        pointer[0] = 7

    def _xrGetSystemProperties(self, _instance: Any, _system: int, pointer: Any) -> None:
        properties = pointer.contents
        properties.system_name = b"Fake headset"
        graphics = properties.graphics_properties
        graphics.max_swapchain_image_width, graphics.max_swapchain_image_height = 4096, 2048
        graphics.max_layer_count = 16
        link = properties._next
        while link:
            more = xr.SystemUserPresencePropertiesEXT.from_address(link)
            if more._type == int(xr.StructureType.SYSTEM_USER_PRESENCE_PROPERTIES_EXT):
                more.supports_user_presence = int(self.presence)
            link = more._next

    def _xrEnumerateViewConfigurationViews(
        self, _instance: Any, _system: int, _kind: int, capacity: int, count: Any, array: Any
    ) -> int:
        def fill(row: Any) -> None:
            row.recommended_image_rect_width, row.recommended_image_rect_height = 1440, 1600
            row.max_image_rect_width, row.max_image_rect_height = 2880, 3200
            row.recommended_swapchain_sample_count = 4

        return self._give(capacity, count, array, (fill, fill))

    def _xrEnumerateEnvironmentBlendModes(
        self, _instance: Any, _system: int, _kind: int, capacity: int, count: Any, array: Any
    ) -> int:
        return self._give(capacity, count, array, (1, 3, 99))

    def _xrPollEvent(self, _instance: Any, pointer: Any) -> int:
        buffer = pointer.contents
        if buffer._type != int(xr.StructureType.EVENT_DATA_BUFFER) or buffer._next:
            return int(xr.Result.ERROR_VALIDATION_FAILURE)
        if not self.events:
            return int(xr.Result.EVENT_UNAVAILABLE)
        event = self.events.popleft()
        ctypes.memmove(ctypes.addressof(buffer), ctypes.addressof(event), ctypes.sizeof(event))
        return 0

    def _xrConvertTimeToTimespecTimeKHR(self, _instance: Any, xr_time: int, pointer: Any) -> None:
        pointer.contents.tv_sec, pointer.contents.tv_nsec = divmod(xr_time + EPOCH_NS, 1_000_000_000)

    def _xrConvertTimespecTimeToTimeKHR(self, _instance: Any, timespec: Any, pointer: Any) -> None:
        pointer[0] = timespec.contents.tv_sec * 1_000_000_000 + timespec.contents.tv_nsec - EPOCH_NS

    # session

    def _xrGetOpenGLGraphicsRequirementsKHR(self, _instance: Any, _system: int, _pointer: Any) -> None:
        self.made["requirements"] = True

    def _xrCreateSession(self, _instance: Any, _info: Any, pointer: Any) -> None:
        self._make(pointer, "Session")
        self._frame = 0

    def _xrDestroySession(self, handle: Any) -> int:
        return self._destroy(handle, "Session")

    def _xrBeginSession(self, _session: Any, info: Any) -> None:
        self.made["view_configuration"] = info.contents._primary_view_configuration_type

    def _xrEndSession(self, _session: Any) -> None: ...

    def _xrRequestExitSession(self, _session: Any) -> None: ...

    def _xrWaitFrame(self, _session: Any, _info: Any, pointer: Any) -> None:
        state = pointer.contents
        state.predicted_display_time = FIRST_XR_TIME + self._frame * PERIOD_NS
        state.predicted_display_period = PERIOD_NS
        state.should_render = int(self._frame > 0)
        self._frame += 1

    def _xrBeginFrame(self, _session: Any, _info: Any) -> None: ...

    def _xrEndFrame(self, _session: Any, pointer: Any) -> None:
        info = pointer.contents
        layers = []
        for index in range(info.layer_count):
            header = info._layers[index]
            kind = {
                int(xr.StructureType.COMPOSITION_LAYER_PROJECTION): xr.CompositionLayerProjection,
                int(xr.StructureType.COMPOSITION_LAYER_QUAD): xr.CompositionLayerQuad,
            }[header.contents._type]
            layers.append(ctypes.cast(header, ctypes.POINTER(kind)).contents)
        self.made["display_time"] = info.display_time
        self.made["blend_mode"] = info._environment_blend_mode
        self.ended.append(layers)

    def _xrLocateViews(
        self, _session: Any, info: Any, state: Any, capacity: int, count: Any, array: Any
    ) -> int:
        state.contents._view_state_flags = self.view_flags
        self.made["located_at"] = info.contents.display_time

        def eye(x: float) -> Callable[[Any], None]:
            def fill(view: Any) -> None:
                view.pose.position.x, view.pose.position.y, view.pose.position.z = x, 1.6, -0.5
                view.pose.orientation.w = 1.0
                view.fov.angle_left, view.fov.angle_right = -0.8, 0.7
                view.fov.angle_up, view.fov.angle_down = 0.6, -0.5

            return fill

        return self._give(capacity, count, array, (eye(-0.03), eye(0.03)))

    def _xrLocateSpace(self, _space: Any, _base: Any, _time: int, pointer: Any) -> None:
        location = pointer.contents
        location._location_flags = self.location_flags
        location.pose.position.x, location.pose.position.y, location.pose.position.z = 1.0, 2.0, 3.0
        location.pose.orientation.w = 1.0

    def _xrEnumerateReferenceSpaces(self, _session: Any, capacity: int, count: Any, array: Any) -> int:
        return self._give(capacity, count, array, (1, 2, 1000426000, 1000038000))

    def _xrCreateReferenceSpace(self, _session: Any, info: Any, pointer: Any) -> None:
        pose = info.contents.pose_in_reference_space
        self.made["space"] = (
            info.contents._reference_space_type,
            (pose.position.x, pose.position.y, pose.position.z),
        )
        self._make(pointer, "Space")

    def _xrDestroySpace(self, handle: Any) -> int:
        return self._destroy(handle, "Space")

    # images

    def _xrEnumerateSwapchainFormats(self, _session: Any, capacity: int, count: Any, array: Any) -> int:
        if capacity and self.growing:
            self.growing -= 1
            self.formats = (*self.formats, 0x1000 + self.growing)
        return self._give(capacity, count, array, self.formats)

    def _xrCreateSwapchain(self, _session: Any, info: Any, pointer: Any) -> None:
        wish = info.contents
        self.made["swapchain"] = (wish.format, wish.width, wish.height, wish.sample_count, wish.mip_count)
        self.made["usage"] = (wish._create_flags, wish._usage_flags)
        self._make(pointer, "Swapchain")

    def _xrDestroySwapchain(self, handle: Any) -> int:
        return self._destroy(handle, "Swapchain")

    def _xrEnumerateSwapchainImages(self, _swapchain: Any, capacity: int, count: Any, array: Any) -> int:
        rows = ctypes.cast(array, ctypes.POINTER(xr.SwapchainImageOpenGLKHR))

        def named(name: int) -> Callable[[Any], None]:
            return lambda row: setattr(row, "image", name)

        return self._give(capacity, count, rows, (named(31), named(32), named(33)))

    def _xrAcquireSwapchainImage(self, _swapchain: Any, _info: Any, pointer: Any) -> None:
        pointer[0] = 1

    def _xrWaitSwapchainImage(self, _swapchain: Any, info: Any) -> None:
        self.made["patience_ns"] = info.contents.timeout

    def _xrReleaseSwapchainImage(self, _swapchain: Any, _info: Any) -> None: ...

    # extensions

    def _xrGetVisibilityMaskKHR(
        self, _session: Any, _configuration: int, _eye: int, _kind: int, pointer: Any
    ) -> None:
        mask = pointer.contents
        if mask.vertex_capacity_input:
            for index, point in enumerate(self.mask_points):
                mask.vertices[index].x, mask.vertices[index].y = point
            for index, number in enumerate(self.mask_indices):
                mask.indices[index] = number
        mask.vertex_count_output, mask.index_count_output = len(self.mask_points), len(self.mask_indices)

    def _xrEnumerateDisplayRefreshRatesFB(self, _session: Any, capacity: int, count: Any, array: Any) -> int:
        return self._give(capacity, count, array, self.rates_hz)

    def _xrRequestDisplayRefreshRateFB(self, _session: Any, hz: float) -> None:
        self.made["rate_hz"] = hz
