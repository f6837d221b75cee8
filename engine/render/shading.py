"""Shaders from the files beside this module, with `#include common` resolved, and the noise they share."""

from __future__ import annotations

from importlib import resources

import numpy as np
import numpy.typing as npt
from panda3d.core import SamplerState, Shader, Texture

NOISE_SIDE = 256


def shader_source(name: str) -> str:
    """The GLSL of a file, its includes in place."""
    folder = resources.files(__package__) / "shaders"
    text = (folder / name).read_text(encoding="utf-8")
    for part in ("common", "dither"):
        text = text.replace(f"#include {part}\n", (folder / f"{part}.glsl").read_text(encoding="utf-8"))
    return text


def load_shader(vertex: str, fragment: str, *, eyes: bool = False) -> Shader:
    """Compile-ready shader of two files.

    Parameters
    ----------
    eyes : bool, default False
        For what may be drawn before a guest's eyes: drawn twice at once, the second instance lands in the right eye's half of
        the picture (`both_eyes.glsl`). Needs the input ``u_right_from_left``, which `Picture.root` has.
    """
    code = shader_source(vertex)
    if eyes:
        code = code.replace("void main()", "void one_eye()") + shader_source("both_eyes.glsl")
    shader = Shader.make(Shader.SL_GLSL, code, shader_source(fragment))
    shader.set_filename(Shader.ST_vertex, vertex)
    shader.set_filename(Shader.ST_fragment, fragment)
    return shader


def noise_bytes(side: int = NOISE_SIDE, seed: int = 7) -> npt.NDArray[np.uint8]:
    """Tileable noise, the same on every machine.

    Returns
    -------
    ndarray, shape (side, side, 4), uint8
        Soft noise, its gradient in x and y (128 = level), finer noise.
    """
    rng = np.random.default_rng(seed)
    soft = _octaves(rng, side, (4, 8, 16, 32), 0.5)
    fine = _octaves(rng, side, (16, 32, 64), 0.6)
    gradient_x = (np.roll(soft, -1, axis=1) - np.roll(soft, 1, axis=1)) * 0.5
    gradient_y = (np.roll(soft, -1, axis=0) - np.roll(soft, 1, axis=0)) * 0.5
    scale = 0.5 / max(np.abs(gradient_x).max(), np.abs(gradient_y).max())
    planes = np.stack([soft, 0.5 + gradient_x * scale, 0.5 + gradient_y * scale, fine], axis=2)
    return np.rint(np.clip(planes, 0.0, 1.0) * 255.0).astype(np.uint8)


def _octaves(
    rng: np.random.Generator, side: int, cells: tuple[int, ...], persistence: float
) -> npt.NDArray[np.float64]:
    """Value noise summed over octaves, smoothly interpolated and periodic, stretched to 0..1."""
    total = np.zeros((side, side))
    weight = 1.0
    for count in cells:
        lattice = rng.random((count, count))
        position = np.arange(side) * count / side
        low = position.astype(np.int64)
        part = position - low
        part = part**3 * (part * (part * 6.0 - 15.0) + 10.0)
        high = (low + 1) % count
        rows = lattice[low] * (1.0 - part)[:, None] + lattice[high] * part[:, None]
        total += weight * (rows[:, low] * (1.0 - part)[None, :] + rows[:, high] * part[None, :])
        weight *= persistence
    total -= total.min()
    result: npt.NDArray[np.float64] = total / total.max()
    return result


def noise_texture() -> Texture:
    """The noise as a repeating texture.

    Nearest mip and no anisotropy: on software rendering anisotropic filtering of this one texture tripled the
    frame.
    """
    pixels = noise_bytes()
    texture = Texture("noise")
    texture.setup_2d_texture(NOISE_SIDE, NOISE_SIDE, Texture.T_unsigned_byte, Texture.F_rgba8)
    texture.set_ram_image(np.ascontiguousarray(pixels[:, :, (2, 1, 0, 3)]).tobytes())  # Panda stores BGRA
    texture.set_wrap_u(SamplerState.WM_repeat)
    texture.set_wrap_v(SamplerState.WM_repeat)
    texture.set_minfilter(SamplerState.FT_linear_mipmap_nearest)
    texture.set_magfilter(SamplerState.FT_linear)
    texture.set_anisotropic_degree(1)
    return texture
