"""Composition layers, written into structures that are made once and used for every frame."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from engine.xr.openxr import convert, spaces, swapchains
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing
from engine.xr.runtime import DepthImage, ImageRect, Layer, ProjectionLayer, QuadLayer

BLEND_SOURCE_ALPHA = 0x2
"""`XR_COMPOSITION_LAYER_BLEND_TEXTURE_SOURCE_ALPHA_BIT`; without UNPREMULTIPLIED_ALPHA: the colours are premultiplied."""

_EYES = {None: 0, 0: 1, 1: 2}
"""`XrEyeVisibility`."""


class _Projection:
    """One projection layer with its two views and their depths."""

    def __init__(self, xr: Any) -> None:
        self.layer = xr.CompositionLayerProjection()
        self.views = (xr.CompositionLayerProjectionView * 2)(
            xr.CompositionLayerProjectionView(), xr.CompositionLayerProjectionView()
        )
        self.depths = (xr.CompositionLayerDepthInfoKHR(), xr.CompositionLayerDepthInfoKHR())
        for depth in self.depths:
            depth.min_depth, depth.max_depth = 0.0, 1.0
        self.depth_addresses = tuple(ctypes.addressof(depth) for depth in self.depths)
        self.layer.view_count = 2
        self.layer._views = pointing(ctypes.POINTER(xr.CompositionLayerProjectionView), self.views)


class LayerWriter:
    """Turns layers into what `xrEndFrame` takes.

    Parameters
    ----------
    calls : Calls
    depth : bool
        XR_KHR_composition_layer_depth is in use; else depth is left out.
    """

    def __init__(self, calls: Calls, *, depth: bool) -> None:
        self._xr = calls.xr
        self._depth = depth
        self._header: Any = ctypes.POINTER(self._xr.CompositionLayerBaseHeader)
        self._projections: list[_Projection] = []
        self._quads: list[Any] = []
        self._pointers: Any = None
        self._array: Any = None
        self._capacity = 0
        self._grow(8)

    def write(self, layers: Sequence[Layer]) -> tuple[int, Any]:
        """How many, and where. Valid until the next call."""
        count = len(layers)
        if count > self._capacity:
            self._grow(count)
        projections = quads = 0
        for index, layer in enumerate(layers):
            if isinstance(layer, ProjectionLayer):
                if projections == len(self._projections):
                    self._projections.append(_Projection(self._xr))
                struct = self._project(self._projections[projections], layer)
                projections += 1
            else:
                if quads == len(self._quads):
                    self._quads.append(self._xr.CompositionLayerQuad())
                struct = self._quad(self._quads[quads], layer)
                quads += 1
            self._pointers[index] = ctypes.addressof(struct)
        return count, self._array if count else None

    def _grow(self, capacity: int) -> None:
        self._capacity = capacity
        self._pointers = (ctypes.c_void_p * capacity)()
        self._array = pointing(ctypes.POINTER(self._header), self._pointers)

    def _project(self, slot: _Projection, layer: ProjectionLayer) -> Any:
        struct = slot.layer
        struct.space = spaces.handle_of(layer.space)
        struct._layer_flags = BLEND_SOURCE_ALPHA if layer.blend_alpha else 0
        for index, eye in enumerate(layer.eyes):
            view = slot.views[index]
            convert.write_pose(view.pose, eye.view.pose)
            convert.write_fov(view.fov, eye.view.fov)
            _write_image(view.sub_image, eye.image)
            if eye.depth is not None and self._depth:
                _write_depth(slot.depths[index], eye.depth)
                view._next = slot.depth_addresses[index]
            else:
                view._next = None
        return struct

    def _quad(self, struct: Any, layer: QuadLayer) -> Any:
        struct.space = spaces.handle_of(layer.space)
        struct._layer_flags = BLEND_SOURCE_ALPHA
        struct._eye_visibility = _EYES[layer.eye]
        convert.write_pose(struct.pose, layer.pose)
        struct.size.width, struct.size.height = layer.size_m
        _write_image(struct.sub_image, layer.image)
        return struct


def _write_image(target: Any, image: ImageRect) -> None:
    target.swapchain = swapchains.handle_of(image.swapchain)
    rect = target.image_rect
    rect.offset.x, rect.offset.y = image.x_px, image.y_px
    rect.extent.width, rect.extent.height = image.width_px, image.height_px


def _write_depth(target: Any, depth: DepthImage) -> None:
    _write_image(target.sub_image, depth.image)
    target.near_z, target.far_z = depth.near_m, depth.far_m
