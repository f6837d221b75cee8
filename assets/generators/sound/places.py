"""Wood, stone, paper, fire, leaves and night air."""

from __future__ import annotations

import numpy as np

from .core import (
    FS,
    Signal,
    add,
    arrivals,
    band,
    burst,
    decay,
    filtered,
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

_WOOD_HZ = (148, 312, 475, 830, 1340, 2100, 3300)


def creak(name: str, n: int, force: Signal, *, pitch: float = 1.0) -> Signal:
    """Wood that sticks and slips (after Farnell): the slip rate follows the force, the wood answers at its
    modes.

    Parameters
    ----------
    force : Signal
        0..1 for every sample; no slips where it is 0.
    """
    rng = generator(name)
    slips = np.zeros(n)
    at = 0.0
    while at < n - 200:
        f = float(force[int(at)])
        if f < 0.02:
            at += 480
            continue
        rate = 18 * (85 / 18) ** f
        interval = FS / rate * (1 + 0.09 * rng.standard_normal())
        interval = max(interval, FS / 200)
        width = samples(rng.uniform(0.0008, 0.002))
        pulse = np.hanning(width + 2)[1:-1] * np.sqrt(interval / FS * 20) * f**0.7
        add(slips, int(at), pulse if rng.random() > 0.25 else -pulse)
        at += interval
    modes = []
    for frequency in _WOOD_HZ:
        q = rng.uniform(14, 30)
        gain = (300 / frequency) ** 0.3 * (0.4 if frequency == 148 else 1.0)
        modes.append((frequency * pitch, 2.2 * q / frequency, gain * (frequency / 900) ** 1.4))
    return filtered(resonators(slips, modes), band(110, 5200))


def gate_creak(name: str, n: int) -> Signal:
    """A heavy gate on old hinges: two groans, a rest, a long last one."""
    t = times(n)
    force = np.interp(
        t,
        [0, 0.3, 1.6, 3.2, 3.6, 4.4, 5.2, 7.0, 8.4, 9.0, 10.6, 11.8, 12.3],
        [0, 0.35, 0.75, 0.3, 0.0, 0.25, 0.85, 0.55, 0.9, 0.35, 0.6, 0.1, 0.0],
    )
    force *= np.clip(1 + 0.25 * slow(generator(name + ":hand"), n, 3), 0.2, 1.3)
    out = creak(name, n, np.clip(force, 0, 1)) + 0.6 * creak(
        name + ":low", n, np.clip(force * 0.7, 0, 1), pitch=0.62
    )
    rng = generator(name + ":drag")
    drag = noise(rng, n, band(90, 420)) * np.clip(force, 0, 1) * 0.12 * rms(out) / 0.3
    return soft_limit(out + drag, 20.0)


def boat_creak(name: str, n: int) -> Signal:
    """The boat's timbers giving, quietly."""
    t = times(n)
    force = np.interp(t, [0, 0.2, 0.9, 1.5, 2.0, 2.4, 3.1, 3.8], [0, 0.2, 0.5, 0.0, 0.0, 0.3, 0.45, 0.0])
    return soft_limit(creak(name, n, force, pitch=1.35), 20.0)


def thud(name: str, n: int, *, low_hz: float, tau_s: float) -> Signal:
    """Timber on timber: a low fall, wooden modes, a grain of noise."""
    rng = generator(name)
    fall = np.sin(2 * np.pi * np.cumsum(low_hz * (1 + 0.35 * decay(n, 0.03))) / FS) * decay(n, tau_s)
    hit = np.zeros(n)
    hit[:96] = np.hanning(96)
    wood = resonators(hit, [(f, 0.16, (200 / f) ** 0.5 * f / 2000) for f in (118, 186, 271, 402, 655, 980)])
    out = 0.7 * fall + 0.75 * wood / np.max(np.abs(wood))
    add(out, 0, 0.5 * burst(rng, 0.2, 150, 2600, 0.022))
    out[:60] *= np.linspace(0, 1, 60)
    return np.asarray(out)


def gate_thud(name: str, n: int) -> Signal:
    """The gate's latch: a heavy thud and, after it, the loose iron."""
    out = thud(name, n, low_hz=52, tau_s=0.22)
    rng = generator(name + ":iron")
    for at, gain in ((0.09, 0.25), (0.16, 0.12), (0.29, 0.08)):
        hit = np.zeros(samples(0.6))
        hit[:30] = np.hanning(30)
        iron = resonators(
            hit, [(f * rng.uniform(0.97, 1.03), 0.3, f / 3000) for f in (730, 1180, 1910, 2870)]
        )
        add(out, samples(at), gain * iron / np.max(np.abs(iron)))
    return out


def boat_bump(name: str, n: int) -> Signal:
    """The hull meets the quay, softly, twice."""
    out = thud(name, n, low_hz=74, tau_s=0.12)
    add(out, samples(0.42), 0.4 * thud(name + ":second", n - samples(0.42), low_hz=81, tau_s=0.09))
    return out


def door(name: str, n: int) -> Signal:
    """A house door: wooden latch, hinges, the leaf coming to rest."""
    rng = generator(name)
    out = np.zeros(n)
    add(out, samples(0.05), 0.5 * burst(rng, 0.1, 400, 3500, 0.010))
    add(out, samples(0.16), 0.7 * burst(rng, 0.12, 250, 2200, 0.014))
    t = times(n)
    force = np.interp(t, [0.35, 0.5, 1.1, 1.7, 2.1], [0, 0.4, 0.65, 0.3, 0], left=0, right=0)
    groan = creak(name + ":hinge", n, force, pitch=1.2)
    out += 0.5 * groan / np.max(np.abs(groan))
    add(out, samples(2.15), 0.5 * thud(name + ":stop", n - samples(2.15), low_hz=110, tau_s=0.06))
    return out


def fire(name: str, n: int) -> Signal:
    """A brazier: lapping flames, hiss, crackles with heavy-tailed loudness. High-passed: it must not shake
    seats.
    """
    rng = generator(name)

    def lapping_shape(f: Signal) -> Signal:
        return np.asarray((f > 22) / (1 + (f / 110) ** 1.2))

    lapping = noise(rng, n, lapping_shape) * np.exp(0.45 * slow(rng, n, 6))
    hiss = noise(rng, n, band(1500, 9000)) * np.maximum(0, slow(rng, n, 3)) ** 3
    crackles = np.zeros(n)
    for at in arrivals(rng, n, 11):
        snaps = 1 if rng.random() > 0.15 else int(rng.integers(3, 9))
        where = int(at)
        for _ in range(snaps):
            length = samples(rng.uniform(0.004, 0.030))
            hit = rng.standard_normal(length) * decay(length, length / FS / 4)
            ring = resonators(np.pad(hit, (0, 600)), [(rng.uniform(900, 5200), 0.012, 1.0)])
            loud = min(12.0, rng.pareto(1.6) + 0.3)
            add(crackles, where, ring / np.max(np.abs(ring)) * loud, loop=True)
            where += samples(rng.uniform(0.012, 0.07))
    out = 0.5 * lapping / rms(lapping) + 0.07 * hiss / max(rms(hiss), 1e-9) + 0.5 * crackles / rms(crackles)
    return soft_limit(filtered(out, band(170, 6500, 3), loop=True), 22.0)


def leaves(name: str, n: int) -> Signal:
    """Wind in willow leaves with now and then a sleeve of silk: gusts, and flutter inside them."""
    rng = generator(name)
    gust = np.exp(0.36 * slow(rng, n, 0.4))
    flutter = np.exp(0.5 * slow(rng, n, 30, low_hz=4))
    body = noise(rng, n, peak(1700, 1.05)) * gust * flutter
    air = noise(rng, n, peak(420, 0.9)) * gust**0.6
    grains = np.zeros(n)
    for at in arrivals(rng, n, 160, gust**2):
        length = samples(rng.uniform(0.002, 0.012))
        grain = rng.standard_normal(length) * np.hanning(length) * min(6.0, rng.pareto(1.8) + 0.2)
        add(grains, int(at), grain, loop=True)
    grains = filtered(grains, band(1200, 7000), loop=True)
    return soft_limit(0.7 * body / rms(body) + 0.45 * air / rms(air) + 0.3 * grains / rms(grains), 17.0)


def night(name: str, n: int) -> Signal:
    """Crickets in the grass on both banks and still air under them."""
    rng = generator(name)
    out = 0.5 * noise(rng, n, peak(230, 1.2)) * np.exp(0.3 * slow(rng, n, 0.5))
    for insect in range(7):
        carrier = rng.uniform(3900, 5300)
        pulses = int(rng.integers(2, 5))
        # A whole number of chirps in the loop, so that each insect keeps its beat over the join.
        chirps = round(rng.uniform(1.1, 2.0) * n / FS)
        distance = rng.uniform(0.25, 1.0)
        song = np.zeros(n)
        period = n / chirps
        mood = slow(generator(f"{name}:{insect}"), n, 0.25)
        for k in range(chirps):
            if mood[int(k * period) % n] < -0.5:
                continue
            for pulse in range(pulses):
                length = samples(0.021)
                t = times(length)
                tone = np.sin(2 * np.pi * carrier * (1 - 0.6 * t) * t) * np.hanning(length)
                at = int(k * period + pulse * samples(0.032) + rng.normal(0, 60))
                add(song, at, tone * rng.uniform(0.8, 1) * (0.7 + 0.15 * pulse), loop=True)
        out += 1.1 * distance * song
    return soft_limit(filtered(out, band(60, 11_000), loop=True), 17.0)


def paper_flame(name: str, n: int) -> Signal:
    """Paper unfolding and a flame catching: the start of a waking lantern."""
    rng = generator(name)
    out = np.zeros(n)
    density = np.exp(-((times(n) - 0.25) ** 2) / 0.03) + 0.15 * np.exp(-times(n) / 0.8)
    for at in arrivals(rng, n, 60, density):
        length = samples(rng.uniform(0.002, 0.010))
        add(out, int(at), rng.standard_normal(length) * np.hanning(length) * min(3.0, rng.pareto(2.2) + 0.2))
    out = filtered(out, band(1300, 7500))
    puff_n = min(n, samples(1.3))
    puff = noise(rng, puff_n, peak(420, 0.9)) * swell(puff_n) * np.exp(0.4 * slow(rng, puff_n, 18))
    out = out / np.max(np.abs(out))
    add(out, samples(0.18), 0.28 * puff)
    return out


def porcelain(name: str, n: int, *, lid: bool) -> Signal:
    """A cup set down, or its lid: stiff small partials, and the table under it."""
    rng = generator(name)
    out = np.zeros(n)
    blows = (
        ((0.01, 1.0), (0.075, 0.35), (0.118, 0.15))
        if not lid
        else ((0.01, 0.7), (0.05, 0.5), (0.083, 0.33), (0.105, 0.2))
    )
    base = 2350.0 if not lid else 3120.0
    for at, gain in blows:
        hit = np.zeros(samples(0.9))
        hit[:14] = np.hanning(14)
        modes = [
            (base * r * rng.uniform(0.998, 1.002), t60, g * base * r / 4000)
            for r, t60, g in ((1, 0.55, 1), (1.62, 0.35, 0.6), (2.31, 0.22, 0.5), (3.4, 0.12, 0.3))
        ]
        ring = resonators(hit, modes)
        add(out, samples(at), gain * ring / np.max(np.abs(ring)))
        if not lid:
            add(out, samples(at), gain * 0.5 * burst(rng, 0.08, 180, 900, 0.012))
    return out


def steps(name: str, n: int) -> Signal:
    """Somebody walking along the stone quay, heel and toe."""
    rng = generator(name)
    out = np.zeros(n)
    at, side = 0.1, 0
    while at < n / FS - 0.3:
        gain = rng.uniform(0.75, 1.0) * (1.0 if side else 0.9)
        add(out, samples(at), gain * burst(rng, 0.1, 80, 900 + 80 * side, 0.012))
        add(out, samples(at + 0.075), 0.4 * gain * burst(rng, 0.08, 500, 3200, 0.010))
        add(out, samples(at + 0.03), 0.1 * gain * burst(rng, 0.1, 1800, 6000, 0.025))
        at += 0.53 * (1 + 0.03 * rng.standard_normal())
        side = 1 - side
    return out
