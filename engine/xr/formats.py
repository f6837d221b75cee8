"""Which format a swapchain gets, out of a runtime's list. Pure.

The list's order is the runtime's preference and not ours: Monado's first is 16 bits linear, which doubles the copying for
pictures that were 8 bits sRGB all along (facts, section 3). So we choose by our own order:

* sRGB first: the compositor decodes it, the bytes arrive as drawn, and 8 bits in sRGB show no bands where 8 bits linear do;
* float first when the picture has a range beyond white (`hdr`);
* 8 bits linear last.

Numbers are OpenGL's internal formats (OpenGL registry, ``gl.xml``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.xr.faults import XrRefused

SRGB8_ALPHA8 = 0x8C43
SRGB8 = 0x8C41
RGBA8 = 0x8058
RGB10_A2 = 0x8059
RGBA16 = 0x805B
RGBA16F = 0x881A

DEPTH_COMPONENT16 = 0x81A5
DEPTH_COMPONENT24 = 0x81A6
DEPTH_COMPONENT32F = 0x8CAC
DEPTH24_STENCIL8 = 0x88F0
DEPTH32F_STENCIL8 = 0x8CAD

_COLOR = (SRGB8_ALPHA8, RGBA16F, RGBA16, SRGB8, RGB10_A2, RGBA8)
_COLOR_HDR = (RGBA16F, SRGB8_ALPHA8, RGBA16, SRGB8, RGB10_A2, RGBA8)
_OVERLAY = (SRGB8_ALPHA8, RGBA16F, RGBA16, RGBA8)
_DEPTH = (DEPTH_COMPONENT32F, DEPTH_COMPONENT24, DEPTH24_STENCIL8, DEPTH32F_STENCIL8, DEPTH_COMPONENT16)

_NAMES = {
    SRGB8_ALPHA8: "SRGB8_ALPHA8",
    SRGB8: "SRGB8",
    RGBA8: "RGBA8",
    RGB10_A2: "RGB10_A2",
    RGBA16: "RGBA16",
    RGBA16F: "RGBA16F",
    DEPTH_COMPONENT16: "DEPTH_COMPONENT16",
    DEPTH_COMPONENT24: "DEPTH_COMPONENT24",
    DEPTH_COMPONENT32F: "DEPTH_COMPONENT32F",
    DEPTH24_STENCIL8: "DEPTH24_STENCIL8",
    DEPTH32F_STENCIL8: "DEPTH32F_STENCIL8",
}


def format_name(gl_format: int) -> str:
    """OpenGL's name without its prefix; hexadecimal for one we never use."""
    return _NAMES.get(gl_format, f"0x{gl_format:04x}")


def is_srgb(gl_format: int) -> bool:
    """Whether a compositor decodes it: what is stored are sRGB codes, else linear light."""
    return gl_format in (SRGB8_ALPHA8, SRGB8)


def choose_color(offered: Collection[int], *, hdr: bool = False, alpha: bool = False) -> int:
    """The format of an eye's picture, or of an overlay.

    Parameters
    ----------
    offered : collection of int
        `Session.formats`.
    hdr : bool, default False
        The picture has values beyond 1.
    alpha : bool, default False
        Transparency is needed (quad layers): formats without an alpha of at least 8 bits are out.

    Returns
    -------
    int

    Raises
    ------
    XrRefused
        None of those that we can draw into is offered.
    """
    wanted = _OVERLAY if alpha else _COLOR_HDR if hdr else _COLOR
    return _first(wanted, offered)


def choose_depth(offered: Collection[int]) -> int | None:
    """The format of depth beside the picture; None where the runtime takes none, and depth is then left out.

    Float first: far away, where a show's skies are, 16 bits between 0.1 m and 1 km are metres apart.
    """
    return next((each for each in _DEPTH if each in offered), None)


def _first(wanted: Iterable[int], offered: Collection[int]) -> int:
    wanted = tuple(wanted)
    for each in wanted:
        if each in offered:
            return each
    raise XrRefused(
        "xrEnumerateSwapchainFormats",
        f"offers {', '.join(map(format_name, offered)) or 'none'}",
        f"The engine draws into: {', '.join(map(format_name, wanted))}",
    )
