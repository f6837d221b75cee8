"""Stripes: a regular pattern of light and dark that fills more than a quarter of the picture.

Recommendation ITU-R BT.1702 names more than five light and dark pairs in any orientation. The picture is looked at in
nine overlapping rectangles of a quarter each and as a whole; in each, the discrete Fourier transform of its luminance (Hann
windowed) is searched for the wave that carries it. Where one wave (or two, for a chequered pattern), with its
neighbours of the window's width, holds half of all the contrast, crosses the rectangle in more than five pairs and
swings by as much as a flash has to, the rectangle is striped. A quarter of the picture is the limit itself, so
a striped rectangle is too much already; a pattern narrower than that escapes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.colour import LUMINANCE
from engine.safety.flash.profiles import FlashProfile

Values = NDArray[np.float32]

LONG_SIDE = 192
"""Pixels of the longer side that are looked at: up to 48 pairs a rectangle."""
_CARRIED = 0.5
_NEAR = 1


class StripeFinder:
    """Looks at frames of one size.

    Parameters
    ----------
    profile : FlashProfile
        How much light has to change between light and dark.
    height, width : int
        Of the frames, pixels.
    """

    def __init__(self, profile: FlashProfile, height: int, width: int) -> None:
        if profile.stripes is None:
            raise ValueError(f"flash profile '{profile.name}' looks for no stripes")
        self._profile = profile
        self._pairs = profile.stripes.pairs
        step = max(1, round(max(height, width) / LONG_SIDE))
        # Every pixel of the reduced picture is taken somewhere in its cell: an even grid would alias fine patterns.
        random = np.random.default_rng(_NEAR)
        rows, columns = max(1, height // step), max(1, width // step)
        row = np.arange(rows)[:, None] * step + random.integers(0, step, (rows, columns))
        column = np.arange(columns)[None, :] * step + random.integers(0, step, (rows, columns))
        self._index = np.asarray((row * width + column)[..., None] * 3 + np.arange(3), dtype=np.intp)
        half = (rows // 2, columns // 2)
        self._regions = [(0, 0, rows, columns)]
        self._regions += [
            ((rows - half[0]) * down // 2, (columns - half[1]) * across // 2, *half)
            for down in range(3)
            for across in range(3)
        ]
        self._usable = min(half) >= 12
        self._windows = {
            size: np.outer(np.hanning(size[0] + 2)[1:-1], np.hanning(size[1] + 2)[1:-1]).astype(np.float32)
            for size in {(rows, columns), half}
        }
        self._sums = {
            size: (float(window.sum()), float((window**2).sum())) for size, window in self._windows.items()
        }

    def striped(self, linear: Values) -> bool:
        """Whether a frame's linear light, shape (height * width, 3) of which only samples are read, is striped."""
        if not self._usable:
            return False
        picked = linear[self._index[..., 0] // 3]
        return self.striped_luminance(picked @ np.array(LUMINANCE, dtype=np.float32))

    @property
    def index(self) -> NDArray[np.intp]:
        """Which values of a flattened frame are looked at, shape (rows, columns, 3)."""
        return self._index

    def striped_luminance(self, luminance: Values) -> bool:
        """The same of the picked pixels' luminance in the profile's unit, shape (rows, columns)."""
        if not self._usable or float(np.ptp(luminance)) < self._profile.change:
            return False
        return any(
            self._region(luminance[top : top + rows, left : left + columns])
            for top, left, rows, columns in self._regions
        )

    def _region(self, luminance: Values) -> bool:
        from scipy.fft import rfft2  # in single precision, which numpy's is not

        size = (luminance.shape[0], luminance.shape[1])
        window, (whole, squared) = self._windows[size], self._sums[size]
        middle = float(np.vdot(luminance, window)) / whole
        waves = rfft2((luminance - np.float32(middle)) * window)
        power = waves.real**2 + waves.imag**2
        # Columns other than the first (and the last, of even widths) stand for two waves.
        power[:, 1 : (luminance.shape[1] + 1) // 2] *= 2.0
        total = float(power.sum())
        if total <= 0.0:
            return False
        carried = 0.0
        for _ in range(2):
            row, column = np.unravel_index(int(power.argmax()), power.shape)
            down = int(row) if row <= luminance.shape[0] // 2 else int(row) - luminance.shape[0]
            if np.hypot(down, column) <= self._pairs:
                return False
            rows = [(int(row) + one) % luminance.shape[0] for one in range(-_NEAR, _NEAR + 1)]
            columns = slice(max(0, int(column) - _NEAR), int(column) + _NEAR + 1)
            carried += float(power[rows, columns].sum())
            power[rows, columns] = 0.0
            if column == 0:
                mirrored = [(-one) % luminance.shape[0] for one in rows]
                carried += float(power[mirrored, columns].sum())
                power[mirrored, columns] = 0.0
            if carried >= _CARRIED * total:
                # A wave of amplitude a under the window has a**2 / 2 of power a windowed pixel; light to dark is 2 a.
                swing = 2.0 * np.sqrt(2.0 * carried / (luminance.size * squared))
                return bool(swing >= self._profile.change and middle - swing / 2 < self._profile.dark_below)
        return False
