"""Sound files in memory: decoded once, 48 kHz float32, bounded, loaded ahead of their time.

A live mixer must never decode in its deadline: `prefetch` runs in a loader's thread and `ready` only looks.
Offline, `get` decodes on the spot. Both give the same samples.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

SAMPLE_RATE_HZ = 48_000
DEFAULT_BUDGET_BYTES = 320 * 1024 * 1024

Samples = NDArray[np.float32]

# Silence on both sides of a clip, so that fractional reading (4 points, +-16 samples between the ears) never
# has to ask where the clip ends.
PAD = 64
PEAK_STEP = 1024

_KEPT_PHASES = 1024
# The loader's thread holds the interpreter within each of numpy's calls, and a device waits for it: so each is short.
_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A decoded sound.

    Attributes
    ----------
    samples : ndarray of float32, shape (channels, PAD + length + PAD)
        Silence, the sound, silence.
    length : int
        Samples of the sound itself.
    peaks : ndarray of float32
        Highest magnitude per `PEAK_STEP` samples of the padded sound: what is silent need not be mixed.
    unsound : bool
        Some of its file's samples are no numbers, or infinite, and are silence instead.
    """

    samples: Samples
    length: int
    peaks: Samples
    unsound: bool = False

    @property
    def channels(self) -> int:
        """1, 2, or a bed's many."""
        return int(self.samples.shape[0])

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return int(self.samples.nbytes)


def clip_of(samples: Samples, *, unsound: bool = False) -> Clip:
    """A clip from plain samples.

    Parameters
    ----------
    samples : ndarray, shape (n,) or (n, channels)
        At 48 kHz.
    unsound : bool
        See `Clip`.
    """
    rows = np.atleast_2d(np.asarray(samples, dtype=np.float32).T)
    padded = np.pad(rows, ((0, 0), (PAD, PAD)))
    edges = np.arange(0, padded.shape[1], PEAK_STEP)
    loudest = np.maximum(padded.max(axis=0), -padded.min(axis=0))
    if not np.isfinite(loudest).all():
        # One of them in a loop's peaks would silence all of it, and one in a bed all that is heard beside it.
        unsound = True
        padded[~np.isfinite(padded)] = 0.0
        loudest = np.abs(padded).max(axis=0)
    return Clip(padded, rows.shape[1], np.maximum.reduceat(loudest, edges), unsound)


def unsound_line(file: str) -> str:
    """What is said of a clip of which some is no sound."""
    return f"{file}: holds samples that are no numbers (NaN or infinity); they are silent; export it again"


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """`samples` (n, channels) from `rate_hz` to 48 kHz, by windowed-sinc interpolation.

    Notes
    -----
    Only for foreign files, once at load; our own are 48 kHz. 32 points, Kaiser 8: better than 80 dB up to 0.9
    of the lower Nyquist frequency.
    """
    count = samples.shape[0] * SAMPLE_RATE_HZ // rate_hz
    cutoff = min(1.0, SAMPLE_RATE_HZ / rate_hz)
    half = int(np.ceil(16 / cutoff))
    out = np.empty((count, samples.shape[1]), np.float32)
    padded = np.pad(samples, ((half, half + 1), (0, 0)))
    taps = np.arange(-half + 1, half + 1)

    def kernels(phases: NDArray[np.float64]) -> NDArray[np.float64]:
        distance = taps[None, :] - phases[:, None]
        inside = np.clip(1 - (distance / half) ** 2, 0, None)
        kernel = cutoff * np.sinc(cutoff * distance) * np.i0(8 * np.sqrt(inside)) / np.i0(8.0)
        return np.asarray(kernel)

    # Between rates that people use, the same few fractions of a sample come back for ever.
    common = math.gcd(rate_hz, SAMPLE_RATE_HZ)
    phases = SAMPLE_RATE_HZ // common
    table = kernels(np.arange(phases) / phases) if phases <= _KEPT_PHASES else None
    for start in range(0, count, _AT_ONCE):
        where = np.arange(start, min(count, start + _AT_ONCE)) * rate_hz
        base, fraction = np.divmod(where, SAMPLE_RATE_HZ)
        kernel = table[fraction // common] if table is not None else kernels(fraction / SAMPLE_RATE_HZ)
        rows = padded[base[:, None] + taps[None, :] + half]
        out[start : start + where.size] = np.einsum("nt,ntc->nc", kernel, rows)
    return out


def decode(path: Path) -> Clip:
    """Reads a FLAC, WAV or BW64 file (Ogg, Opus and others where libsndfile can), at any rate.

    Parameters
    ----------
    path : Path
        Its name may end in a mark of `engine.audio.multichannel`, such as ``::adm``.

    Raises
    ------
    InputError
        When the file is missing, unreadable, empty, too long to be held, or of many channels of which nobody says what they are.
    """
    from engine.audio.multichannel import MARK, decode_many, read_sound

    name, mark, what = path.name.partition(MARK)
    path = path.with_name(name)
    cleaned: list[bool] = []
    samples, rate_hz = decode_many(path, what, cleaned) if mark else read_sound(path, cleaned)
    if samples.shape[0] == 0:
        raise InputError(f"{path}: the sound is empty; export it again")
    if rate_hz != SAMPLE_RATE_HZ:
        samples = resampled(samples, rate_hz)
    return clip_of(samples, unsound=bool(cleaned))


def length_samples(path: Path) -> int:
    """Length in 48 kHz samples, from the file's header alone.

    Raises
    ------
    InputError
        When the file is missing or no sound.
    """
    from engine.audio.multichannel import header_of

    frames, _, rate_hz = header_of(path)
    return frames * SAMPLE_RATE_HZ // max(1, rate_hz)


class ClipCache:
    """Decoded clips, the least recently used dropped first when the budget is reached.

    Parameters
    ----------
    root : Path
        Folder that file names are relative to.
    makers : mapping of str to callable
        Files whose name begins so are made by a call with the name rather than read.
    budget_bytes : int
        Upper bound of what is kept. One clip larger than that is still handed out, and dropped with the next.
    say : callable, optional
        Told once of every file that cannot be read, for which `heard` then has silence, and of every one of which some is no sound.

    Notes
    -----
    Thread-safe. Two threads asking for the same file at once may both decode it; one copy is kept.
    """

    def __init__(
        self,
        root: Path,
        *,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        makers: Mapping[str, Callable[[str], Clip]] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._root = root
        self._say = say
        self._bad: set[str] = set()
        self._unsound: set[str] = set()
        self._makers = dict(makers or {})
        self._budget_bytes = budget_bytes
        self._clips: OrderedDict[str, Clip] = OrderedDict()
        self._size_bytes = 0
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """What is kept now."""
        return self._size_bytes

    def ready(self, file: str) -> Clip | None:
        """The clip if it is decoded; never decodes."""
        with self._lock:
            clip = self._clips.get(file)
            if clip is not None:
                self._clips.move_to_end(file)
            return clip

    def get(self, file: str) -> Clip:
        """The clip, decoding it now if need be.

        Raises
        ------
        InputError
            As `decode`.
        """
        clip = self.ready(file)
        if clip is None:
            make = next((make for begins, make in self._makers.items() if file.startswith(begins)), None)
            clip = decode(self._root / file) if make is None else make(file)
            self._keep(file, clip)
        return clip

    def heard(self, file: str) -> Clip | None:
        """The clip as a show off-line hears it: None for one that cannot be read, where somebody is told of it.

        Raises
        ------
        InputError
            As `decode`, where nobody is.
        """
        if file in self._bad:
            return None
        try:
            clip = self.get(file)
            if self._say is not None and clip.unsound and file not in self._unsound:
                self._unsound.add(file)
                self._say(unsound_line(file))
            return clip
        except InputError as error:
            if self._say is None:
                raise
            self._bad.add(file)
            self._say(f"{error}; it stays silent")
            return None

    def put(self, file: str, clip: Clip) -> None:
        """Keeps a clip that was made rather than read (tests, tones)."""
        self._keep(file, clip)

    def prefetch(self, files: Iterable[str]) -> None:
        """Decodes every one of `files` that is not there yet, in order."""
        for file in files:
            self.get(file)

    def _keep(self, file: str, clip: Clip) -> None:
        with self._lock:
            old = self._clips.pop(file, None)
            if old is not None:
                self._size_bytes -= old.size_bytes
            self._clips[file] = clip
            self._size_bytes += clip.size_bytes
            while self._size_bytes > self._budget_bytes and len(self._clips) > 1:
                _, dropped = self._clips.popitem(last=False)
                self._size_bytes -= dropped.size_bytes
