"""Water: bubbles, the river, the hull, oars, the sluice, the curtain, drips, tea.

A bubble rings at 3 / radius Hz (Minnaert 1933) and its damping and rising pitch follow van den Doel 2005;
everything that drips, pours or laps here is made of such bubbles over shaped noise.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from .core import (
    FS,
    Signal,
    add,
    arrivals,
    band,
    burst,
    decay,
    decaying_noise,
    filtered,
    fitted,
    generator,
    noise,
    peak,
    resonators,
    rms,
    samples,
    slow,
    soft_limit,
    swell,
    times,
)


def bubble(radius_m: float, rising: bool) -> Signal:
    """One bubble: a damped tone at 3 / radius, its pitch rising when it is close to the surface; unit
    amplitude.
    """
    f0 = 3.0 / radius_m
    damping = 0.13 / radius_m + 0.0072 * radius_m**-1.5
    n = max(32, int(min(0.4, 6.0 / damping) * FS))
    t = times(n)
    sigma = 0.1 * damping if rising else 0.0
    x = np.sin(2 * np.pi * f0 * t * (1 + sigma * t / 2)) * np.exp(-damping * t)
    onset = min(n, max(4, int(FS / f0)))
    x[:onset] *= np.linspace(0, 1, onset)
    return np.asarray(x)


def bubbles(
    name: str,
    n: int,
    per_s: float,
    radius_mm: tuple[float, float],
    gamma: float,
    *,
    alpha: float = 1.1,
    density: Signal | None = None,
    loop: bool = True,
) -> Signal:
    """Many bubbles, radii from p(r) ~ r^-gamma, louder where larger; unit rms.

    Parameters
    ----------
    density : Signal, optional
        Where they fall, relative; uniform by default.
    """
    rng = generator(name)
    out = np.zeros(n)
    low, high = (r * 1e-3 for r in radius_mm)
    e = 1 - gamma
    at = arrivals(rng, n, per_s, density)
    radii = (low**e + rng.random(at.size) * (high**e - low**e)) ** (1 / e)
    depth = rng.random(at.size)
    for position, radius, loud in zip(at.tolist(), radii.tolist(), depth.tolist(), strict=True):
        add(out, position, bubble(radius, loud > 0.9) * (loud * (radius / 1e-3) ** alpha), loop=loop)
    level = rms(out)
    return out / level if level > 0 else out


def river_bed(name: str, n: int) -> Signal:
    """A canal: octave noises, each wandering faster the higher it is (as water does: Geffen 2011), and
    bubbles.
    """
    body = np.zeros(n)
    for center_hz, gain in zip(
        (125, 250, 500, 1000, 2000, 4000, 8000), (0.55, 0.9, 1, 0.72, 0.36, 0.15, 0.055), strict=True
    ):
        rng = generator(f"{name}:{center_hz}")
        wander = np.exp(0.35 * slow(rng, n, min(center_hz / 60, 24)))
        body += gain * noise(rng, n, peak(center_hz, 0.55)) * wander
    density = np.exp(0.7 * slow(generator(name + ":density"), n, 4))
    drops = bubbles(name + ":bubbles", n, 520, (0.3, 4.5), 2.6, density=density)
    out = 0.85 * body / rms(body) + 0.4 * drops
    return soft_limit(filtered(out, band(45, 14_000), loop=True), 17.0)


def wash(name: str, n: int) -> Signal:
    """Small waves on the hull, 0.42 Hz with a wandering phase, and slaps under the planks."""
    rng = generator(name)
    cycles = round(0.42 * n / FS)
    phase = 2 * np.pi * cycles * np.arange(n) / n + 1.1 * slow(rng, n, 0.3)
    w = ((1 + np.sin(phase)) / 2) ** 3
    out = 0.5 * noise(rng, n, peak(900, 1.0)) * (0.28 + w) + 0.35 * noise(rng, n, band(60, 220)) * (
        0.45 + 0.6 * w
    )
    out += 0.45 * bubbles(name + ":bubbles", n, 90, (0.6, 12), 1.8, density=w + 0.12)
    for at in arrivals(rng, n, 1.1, w):
        frequency = rng.uniform(90, 190)
        length = samples(0.3)
        slap = np.sin(2 * np.pi * frequency * times(length)) * decay(length, 0.045)
        slap[:96] *= np.linspace(0, 1, 96)
        add(out, int(at), slap * rng.uniform(0.3, 0.9), loop=True)
    return soft_limit(filtered(out, band(50, 12_000), loop=True), 17.0)


def rain(name: str, n: int) -> Signal:
    """Falling drops on water and awnings; the water curtain and the spray are made of it."""
    rng = generator(name)
    out = noise(rng, n, peak(3000, 1.15)) + 0.4 * bubbles(name + ":bubbles", n, 900, (0.2, 2.2), 2.6)
    for at in arrivals(rng, n, 70):
        length = samples(0.04)
        tap = np.sin(2 * np.pi * rng.uniform(280, 900) * times(length)) * decay(length, 0.006)
        add(out, int(at), tap * rng.uniform(0.2, 1.2), loop=True)
    return soft_limit(out, 16.0)


def water_curtain(name: str, n: int) -> Signal:
    """A curtain of water falling off an arch: rain over a low splash."""
    rng = generator(name + ":low")
    splash = noise(rng, n, peak(500, 1.2)) * np.exp(0.25 * slow(rng, n, 8))
    return soft_limit(
        rain(name, n) + 0.8 * splash + 0.5 * bubbles(name + ":splash", n, 320, (0.8, 6), 2.0), 16.0
    )


def spray_pass(name: str, n: int) -> Signal:
    """Passing under the curtain: a swell of rain, then drops on the awning of the boat."""
    hump = np.zeros(n)
    add(hump, samples(0.5), swell(samples(1.6)))
    out = rain(name, n) * hump
    fall = np.exp(-np.maximum(times(n) - 1.3, 0) / 0.7) * (times(n) > 0.8)
    out += 0.5 * bubbles(name + ":drops", n, 70, (0.5, 3), 1.6, density=fall, loop=False) * (rms(out) * 2)
    return out


def lock_rush(name: str, n: int) -> Signal:
    """A sluice opens: the water's roar grows for sixteen seconds and dies as the levels meet."""
    rng = generator(name)
    t = times(n)
    force = np.interp(t, [0, 1.2, 8, 16, 20, 26], [0, 0.28, 0.65, 1.0, 0.3, 0.0])
    force = force**1.3
    low = noise(rng, n, peak(260, 1.0)) * np.exp(0.3 * slow(rng, n, 5))
    high = noise(rng, n, peak(1400, 1.2)) * np.exp(0.3 * slow(rng, n, 14))
    hiss = noise(rng, n, peak(5000, 0.8)) * np.exp(0.4 * slow(rng, n, 20))
    drops = bubbles(name + ":bubbles", n, 420, (0.5, 9), 2.0, density=force + 0.02, loop=False)
    # A stronger flow is also a brighter one.
    out = force * (0.9 * low + 0.6 * high * force**0.3 + 0.25 * hiss * force) + 0.3 * drops * np.sqrt(force)
    return soft_limit(filtered(out, band(45, 13_000)), 15.0)


def oar(name: str, n: int) -> Signal:
    """One stroke: thole creak, entry, pull, drips as the blade comes out."""
    rng = generator(name)
    out = np.zeros(n)
    creak = np.zeros(samples(0.5))
    at = 0.0
    while at < 0.45:
        add(creak, samples(at), np.array([1.0, 0.5, -0.6]) * rng.uniform(0.5, 1))
        at += 1 / (26 + 20 * np.sin(np.pi * at / 0.5)) * rng.uniform(0.9, 1.1)
    out[: creak.size] += 0.12 * resonators(
        creak, [(310, 0.12, 0.8), (520, 0.1, 1), (910, 0.07, 0.8), (1700, 0.04, 0.5)]
    )
    entry = samples(0.55)
    add(out, entry, 0.30 * burst(rng, 0.35, 300, 6000, 0.05))
    length = samples(0.3)
    drop = np.sin(2 * np.pi * np.cumsum(np.linspace(140, 80, length)) / FS) * decay(length, 0.06)
    drop[:48] *= np.linspace(0, 1, 48)
    add(out, entry, 0.5 * drop)
    pull_n = samples(1.05)
    pull = 0.22 * noise(rng, pull_n, peak(330, 0.9)) + 0.18 * bubbles(
        name + ":pull", pull_n, 160, (0.6, 7), 1.9, loop=False
    )
    add(out, entry + samples(0.06), pull * swell(pull_n))
    drip_density = np.zeros(n)
    start = samples(1.75)
    drip_density[start:] = decay(n - start, 0.35)
    out += 0.06 * bubbles(name + ":drips", n, 12, (0.5, 2), 1.4, density=drip_density, loop=False)
    return soft_limit(filtered(out, band(55, 12_000)), 22.0)


VAULT_T60_S = (2.0, 1.9, 1.7, 1.5, 1.2, 0.85, 0.5)


def vault_answer(name: str) -> Signal:
    """The stone vault's impulse answer: a few early walls, then octave decays measured as in the gates."""
    rng = generator(name + ":vault")
    tail = decaying_noise(rng, VAULT_T60_S, 2.4)
    early = np.zeros_like(tail)
    for delay_ms, gain in (
        (9.2, 0.5),
        (12.4, 0.42),
        (17.7, 0.33),
        (21.1, 0.3),
        (24.9, 0.22),
        (33.0, 0.2),
        (40.8, 0.15),
    ):
        early[samples(delay_ms / 1000)] += gain * rng.choice([-1, 1])
    return np.asarray(0.35 * early + tail)


def bed_vault(name: str, n: int) -> Signal:
    """The river inside the vault, with drips: convolved as one period, so that the loop keeps its seam."""
    rng = generator(name)
    river = river_bed(name + ":river", n)
    river /= rms(river)
    drops = np.zeros(n)
    for at in arrivals(rng, n, 1.4):
        drops_at = bubble(rng.uniform(0.9, 2.6) * 1e-3, True) * rng.uniform(1, 6)
        add(drops, int(at), drops_at, loop=True)
    dry = 0.6 * river + drops
    answer = fitted(vault_answer(name), n)
    wet = np.fft.irfft(np.fft.rfft(dry) * np.fft.rfft(answer), n)
    return soft_limit(filtered(0.35 * dry + wet * (rms(dry) / rms(wet)), band(50, 9000), loop=True), 17.0)


def drip(name: str, n: int) -> Signal:
    """A drip (or three, for drip_3) with the vault's echo."""
    rng = generator(name)
    dry = np.zeros(n)
    radius = {"1": 1.5, "2": 2.4, "3": 1.1}.get(name[-1], 1.5)
    for k, at in enumerate((0.02, 0.31, 0.78) if name.endswith("3") else (0.02,)):
        add(dry, samples(at), bubble(radius * 1e-3 * (1 + 0.12 * k), True) * rng.uniform(0.7, 1))
        add(dry, samples(at) - 90, 0.05 * burst(rng, 0.03, 1500, 9000, 0.004))
    wet = signal.fftconvolve(dry, vault_answer(name))[:n]
    return np.asarray(dry + 0.25 * wet)


def pour(name: str, n: int) -> Signal:
    """Tea into a cup: a stream of small bubbles over a resonance that rises as the cup fills."""
    rng = generator(name)
    t = times(n)
    flow = np.interp(t, [0, 0.15, 3.2, 3.6, 4.4], [0, 1, 0.85, 0.12, 0])
    drops = bubbles(name + ":bubbles", n, 380, (0.45, 3.2), 1.9, density=flow + 1e-4, loop=False) * np.sqrt(
        flow
    )
    hiss = noise(rng, n, peak(2600, 0.9)) * flow
    fill = 520 + 520 * np.clip(t / 3.4, 0, 1)
    ring = np.zeros(n)
    phase = 2 * np.pi * np.cumsum(fill) / FS
    envelope = np.abs(filtered(drops, band(1, 18)))
    ring = np.sin(phase) * envelope
    return soft_limit(filtered(0.6 * drops + 0.22 * hiss + 0.5 * ring, band(180, 12_000)), 19.0)


def kettle(name: str, n: int) -> Signal:
    """A kettle near the boil: low rumble of vapour, small bubbles, a thread of steam."""
    rng = generator(name)
    rumble = noise(rng, n, peak(180, 0.7)) * np.exp(0.5 * slow(rng, n, 5))
    simmer = bubbles(name + ":bubbles", n, 150, (1.2, 6), 1.5, density=np.exp(0.8 * slow(rng, n, 3)))
    steam = noise(rng, n, peak(5200, 0.7)) * np.exp(0.4 * slow(rng, n, 2))
    return soft_limit(0.5 * rumble + 0.45 * simmer + 0.1 * steam, 17.0)
