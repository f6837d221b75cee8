"""What the mirror draws with: cards, windows and buffers beside the headset's, and rounds in which these alone are drawn."""

from __future__ import annotations

from collections.abc import Iterable

from panda3d.core import (
    CardMaker,
    ClockObject,
    FrameBufferProperties,
    GraphicsBuffer,
    GraphicsOutput,
    GraphicsPipe,
    GraphicsWindow,
    LVecBase3f,
    LVecBase4f,
    NodePath,
    OmniBoundingVolume,
    Texture,
    WindowProperties,
)

from engine.errors import OutputError
from engine.render.headset.clip import RawPicture
from engine.render.headset.steady import Matrix
from engine.render.output import Output
from engine.render.shading import load_shader

Part = tuple[float, float, float, float]
"""Left, bottom, width and height of a part of a texture, 0..1."""

# The window comes last of its round, so that its drawable is the current one when it is swapped.
_BUFFER_SORT, _WINDOW_SORT = 40, 50


def draw_alone(output: Output, wanted: Iterable[GraphicsOutput]) -> None:
    """Draw these outputs and none of the engine's others, then give the context back to the host."""
    engine = output.engine
    wanted = list(wanted)
    resting = [
        window
        for window in (engine.get_window(number) for number in range(engine.get_num_windows()))
        if window.is_active() and window not in wanted
    ]
    clock = ClockObject.get_global_clock()
    # A slave clock counts no frames, and shaders take their inputs anew only in a new one.
    if clock.get_mode() == ClockObject.M_slave:
        clock.set_frame_count(clock.get_frame_count() + 1)
    for window in resting:
        window.set_active(False)
    for window in wanted:
        window.set_active(True)
    try:
        output.draw()
        # Panda3D swaps a window at the beginning of the next round. By then the headset's buffers may have been made current, and
        # a GLX driver that has let the window's drawable go (Mesa 22.3, 25.0) refuses the swap with BadMatch: nothing would show.
        engine.flip_frame()
    finally:
        for window in wanted:
            window.set_active(False)
        if any(window.get_gsg() != output.buffer.get_gsg() for window in wanted):
            # Another context has drawn (a display whose windows cannot share the host's own): a headset's runtime wants its own back.
            output.buffer.set_active(True)
            output.draw()
            output.buffer.set_active(output.buffer in resting)
        for window in resting:
            window.set_active(True)


def open_window(output: Output, size_px: tuple[int, int], title: str) -> GraphicsWindow:
    """A window beside an output, in its graphics context where the display allows that.

    Raises
    ------
    OutputError
        When there is none to be had.
    """
    properties = FrameBufferProperties()
    properties.set_rgb_color(True)
    properties.set_rgba_bits(8, 8, 8, 0)
    properties.set_back_buffers(1)

    window = WindowProperties.size(*size_px)
    window.set_title(title)
    window.set_fixed_size(False)
    host = output.buffer
    made = output.engine.make_output(
        host.get_pipe(),
        "mirror",
        _WINDOW_SORT,
        properties,
        window,
        GraphicsPipe.BF_require_window,
        host.get_gsg(),
        host,
    )
    if made is not None:
        output.engine.open_windows()
    if not isinstance(made, GraphicsWindow) or not made.is_valid():
        if made is not None:
            output.engine.remove_window(made)
        raise OutputError(
            f"no mirror window beside {output.renderer} ({type(host.get_pipe()).__name__} opens none). "
            "Start it in a desktop session, or set headset.mirror to none in the rig"
        )
    return made


def host_of(output: Output, window: GraphicsOutput | None) -> GraphicsOutput:
    """What lends its graphics context to the mirror's buffers: the output's own, or the window's where that is another.

    Panda3D 1.10 binds a compiled shader to the first context it was used in (its shader context keeps that one's state), so what the
    mirror draws with is used in one context only.
    """
    if window is not None and window.get_gsg() != output.buffer.get_gsg():
        return window
    return output.buffer


def buffer(
    output: Output, name: str, size_px: tuple[int, int], host: GraphicsOutput | None = None
) -> GraphicsBuffer:
    """A buffer of 8-bit colour in a host's graphics context, by default the output's own.

    Raises
    ------
    OutputError
        When there is none to be had.
    """
    properties = FrameBufferProperties()
    properties.set_rgb_color(True)
    properties.set_rgba_bits(8, 8, 8, 8)
    host = host or output.buffer
    made = output.engine.make_output(
        host.get_pipe(),
        name,
        _BUFFER_SORT,
        properties,
        WindowProperties.size(*size_px),
        GraphicsPipe.BF_refuse_window,
        host.get_gsg(),
        host,
    )
    if not isinstance(made, GraphicsBuffer):
        raise OutputError(
            f"no buffer of {size_px[0]}x{size_px[1]} for the mirror's pictures on {output.renderer}. "
            "Set headset.mirror to none in the rig"
        )
    return made


def card(parent: NodePath, place: LVecBase4f) -> NodePath:
    """A card that fills `place` (left, right, bottom, top, -1..1) of whatever region draws it; hidden until it is shown."""
    maker = CardMaker("eye")
    maker.set_frame(-1.0, 1.0, -1.0, 1.0)
    made = parent.attach_new_node(maker.generate())
    made.node().set_bounds(OmniBoundingVolume())
    made.node().set_final(True)
    made.set_shader(load_shader("mirror.vert", "mirror.frag"))
    made.set_shader_input("u_place", place)
    made.set_depth_test(False)
    made.set_depth_write(False)
    made.set_two_sided(True)
    made.set_bin("background", 0)
    made.hide()
    return made


def aim(card: NodePath, texture: Texture, matrix: Matrix, part: Part) -> None:
    """Have a card show a part of a texture through a look-up (`engine.render.headset.steady.lookup`)."""
    card.set_shader_input("u_eyes", texture)
    for number, row in enumerate(matrix):
        card.set_shader_input(f"u_row{number}", LVecBase3f(float(row[0]), float(row[1]), float(row[2])))
    card.set_shader_input("u_part", LVecBase4f(*part))


def raw(pixels: Texture, at_ns: int) -> RawPicture | None:
    """What was last copied into a texture, or None."""
    if not pixels.has_ram_image():
        return None
    return RawPicture(
        at_ns,
        pixels.get_x_size(),
        pixels.get_y_size(),
        pixels.get_num_components(),
        pixels.get_ram_image().get_data(),
    )
