"""The score of Lantern Street: an original five-tone theme and what each scene makes of it.

Tones D E F# A B. The theme climbs from A to F#, leans on E and rests on A (first half), answers from the high A and
stays open on E (second half). Each scene takes it to its own final: market D, tea house F#, drum tower A, bridge and
willows E, garden B, the endings D. Phrases are four bars (15 s) and ring past their end.
"""

from __future__ import annotations

import numpy as np

from .bells import bianzhong, chime_tone, dagu, drum_room, pitch_hz, rim
from .core import Signal, add, causal, fitted, generator, hall, samples, soft_limit, street
from .flute import Blown, dizi
from .notation import Note, above, notes
from .strings import guqin, pipa, pipa_tremolo

BEAT_S = 60 / 64
FAST_BEAT_S = 60 / 80

GUQIN: dict[str, str] = {
    "music_lock_guqin": "A3:1.5h B3:.5h D4h E4h | F#4:2h - A4h_ | E4:1.5s D4:.5 B3 A3 | D3+A3:2 - -",
    "music_willow_guqin": "E3:1.5 F#3:.5s A3 B3 | D4:1.5s E4:.5 - B3 | A3s B3s A3 F#3 | E3:2 B2 -",
    "music_garden_guqin_a": "B3:1.5s D4:.5 E4:2 | F#4:1.5s E4:.5 D4 B3 | A3:1.5 B3:.5s D4 E4s | B3:2.5 - -:.5",
    "music_garden_guqin_b": "F#4:1.5' A4:.5s B4:2 | A4s F#4 E4s D4 | E4:.5 F#4:.5s E4 D4s B3 | A3s B3:2 -",
    "music_garden_guqin_c": "B3h D4h F#4:2h | E4:1.5s D4:.5 B3:2 | A3s B3 D4:.5 B3:.5s A3 | B2+F#3:1 - - -",
    "music_end_guqin": "A3:1.5 B3:.5 D4 E4 | F#4:2s E4 D4 | E4:.5 F#4:.5s E4 D4s B3 | A3:1.5s B3:.5 D3+D4:2",
    "music_home_guqin": "B3 D4:.5 B3:.5 A3:2 | B3 D4:.5s E4:.5 F#4:2 | E4s D4 B3s A3 | B3s A3 D3+A3+D4:2",
}

GROUND: dict[str, str] = {
    "music_lock_ground": "D2:4 | A2:2 D2:2 | B1:2 D2:2 | A1:2 D2:2",
    "music_market_ground": "D2:2 A2 D3_ | B1:2 F#2 B2_ | E2:2 B2 E3_ | A1:2 E2 A2_",
    "music_tea_ground": "F#2:2 B2 - | D2:2 A2 - | B1:2 F#2 - | E2 B1 F#2:2",
    "music_bridge_ground": "E2:4 | - - B2:2_ | E2:4 | - B1:3",
    "music_willow_ground": "E2:2 B2 - | D2:2 A2 - | A1:2 E2 - | B1:2 E2:2",
    "music_garden_ground": "B1+F#2:4 | -:4 | E2+B2:4 | F#2:2 B1:2",
    "music_end_ground": "D2:4 | A2:2_ -:2 | B1:4 | A1:2 D2:2",
}

DIZI: dict[str, str] = {
    "music_market_dizi_a": "A4:1.5 B4:.5 D5 E5 | F#5:1.5g E5:.5 D5:2 | E5:.5 F#5:.5 A5:1.5g F#5:.5 E5 | D5:.5 E5:.5 B4 A4:1.5 -:.5",
    "music_market_dizi_b": "A5:1.5g F#5:.5 E5 D5 | B4 D5:.5 E5:.5 F#5:1.5 -:.5 | F#5:.5 E5:.5 D5 B4:.5 D5:.5 A4 | B4:.5 D5:.5 E5:2.5g -:.5",
    "music_hint_flute": "F#5:1.5g A5:.5 B5 A5 | F#5:.5 E5:.5 F#5:2.5g -:.5",
    "music_tea_dizi": "B4 D5:.5 E5:.5 F#5:2g | A5:1.5 F#5:.5 E5 F#5 | D5:.5 E5:.5 F#5:.5 A5:.5 B5:1.5g A5:.5 | F#5:.5 E5:.5 F#5:2.5 -:.5",
    "music_willow_dizi": "E5:2g F#5 A5 | B5:1.5 A5:.5 F#5:1.5 -:.5 | E5 D5 B4 D5 | E5:3.5g -:.5",
    "music_end_dizi": "A4:3 B4 | D5:2 E5:2 | F#5:3g E5 | D5:3.5 -:.5",
}

PIPA: dict[str, str] = {
    "music_tea_pipa_a": (
        "F#4:.5' A4:.5 B4:.5 A4:.5 F#4 E4:.5 F#4:.5 | A4:.5 B4:.5 D5:.5 B4:.5 A4:2t "
        "| B4:.5' A4:.5 F#4:.5 E4:.5 D4 B3:.5 D4:.5 | E4:.5 F#4:.5 A4:.5 E4:.5 F#4+F#3:2"
    ),
    "music_tea_pipa_b": (
        "D5:.5' E5:.5 F#5:.5 E5:.5 D5:.5 B4:.5 A4 | B4:.25 D5:.25 B4:.25 A4:.25 F#4 A4:2t "
        "| E4:.5' F#4:.5 A4:.5 B4:.5 D5:.5 B4:.5 A4:.5 F#4:.5 | E4:.25 F#4:.25 E4:.25 D4:.25 B3 F#4+F#3:2"
    ),
}

BELLS: dict[str, str] = {
    "music_lock_colour": "D4+D5:2' A4:2_ | F#4:2_ E4:2_ | D5:2 B4 A4_ | D4+A4:4",
    "music_market_colour": "D5:.5 F#5:.5_ A5 - F#5:.5_ E5:.5_ | D5 - B4 - | E5:.5 A5:.5_ B5 - A5:.5_ F#5:.5_ | E5 - A4 -",
    "music_bridge_colour": "E5:3_ B5_ | -:2 A5:2_ | F#5:3_ E5_ | -:2 E4+B4:2_",
    "music_end_bells": "A4:1.5 B4:.5 D5 E5 | F#5:1.5 E5:.5 D4+D5:2 | E5:.5 F#5:.5 A5:1.5 F#5:.5 E5 | B4:.5 A4:.5 A3+A4 D4+D5:2",
}
DRUM_BELLS = "A4+A5:2' E5_ - | A4 - B4 D5 | E5:2' D5 B4 | A4 - E5:.5 D5:.5 B4 | A4+A5:4'"

# Strokes in sixteenths of a bar: 1..9 the velocity, `r` a rim click, `.` nothing.
_SIXTEENTHS: dict[str, tuple[float, tuple[str, ...]]] = {
    "music_drum_pulse": (
        FAST_BEAT_S,
        ("8.......4.....3.", "7.......4.......", "8.......4.....3.", "7.......4...3...", "9.......5...4.6."),
    ),
    "music_drum_a": (
        FAST_BEAT_S,
        ("9..5..6.7.......", "7..4..5.6...4.5.", "9..5..6.7...5.5.", "6.4.6.4.7.4.7.5.", "9...7...8.8.9..."),
    ),
    "music_drum_b": (
        FAST_BEAT_S,
        ("....r...8.5.6...", "....r...7.4.5.4.", "r...r...8.5.6.4.", "r.r.7.4.r.r.7.5.", "8.5.8.5.9...9..."),
    ),
    "music_hint_drums": (BEAT_S, ("9...5..4....6.5.", "8...5..4..6.7...")),
}


def _melody_velocity(note: Note, total_beats: float) -> float:
    """An arch over the phrase, a little weight on the first beat of a bar."""
    arch = 0.62 + 0.26 * float(np.sin(np.pi * min(1.0, (note.beat + 1) / total_beats)))
    weight = 0.06 if note.beat % 4 == 0 else 0.0
    accent = 0.14 if "'" in note.flags else -0.2 if "_" in note.flags else 0.0
    return float(np.clip(arch + weight + accent, 0.15, 1.0))


def _total(line: list[Note]) -> float:
    return line[-1].beat + line[-1].beats


def guqin_line(name: str, n: int, text: str, *, low: bool = False, beat_s: float = BEAT_S) -> Signal:
    """A guqin part: slides join notes on one pluck, a melody damps as it moves on, low strings ring."""
    rng = generator(name)
    line = notes(text)
    out = np.zeros(n)
    k = 0
    while k < len(line):
        note = line[k]
        last = k
        path = []
        if note.pitches:
            path = [(0.0, note.hertz)]
            while "s" in line[last].flags and last + 1 < len(line) and line[last + 1].pitches:
                last += 1
                path.append(((line[last].beat - note.beat) * beat_s - 0.12, line[last].hertz))
        if path:
            velocity = _melody_velocity(note, _total(line)) * (0.9 if low else 1.0)
            end = line[last].beat + line[last].beats
            rings = low or end >= _total(line) - 1.01 or (last + 1 < len(line) and not line[last + 1].pitches)
            damp = None if rings else (end - note.beat) * beat_s + 0.25
            at = samples(note.beat * beat_s + abs(rng.normal(0, 0.006)))
            add(out, at, guqin(rng, path, velocity=velocity, damp_after_s=damp, harmonic="h" in note.flags))
            for index, extra in enumerate(note.pitches[1:], 1):
                sound = guqin(
                    rng,
                    [(0.0, pitch_hz(extra))],
                    velocity=velocity * 0.7,
                    damp_after_s=damp,
                    harmonic="h" in note.flags,
                )
                add(out, at + samples(0.045 * index), sound)
            if "g" in note.flags:
                grace = guqin(
                    rng, [(0.0, pitch_hz(above(note.pitches[0])))], velocity=0.35, damp_after_s=0.08
                )
                add(out, at - samples(0.09), grace)
        k = last + 1
    return out


def dizi_line(name: str, n: int, text: str, *, octave: int = 0) -> Signal:
    """A flute part: legato inside a bar, tongued on its first beat and after rests."""
    rng = generator(name)
    line = notes(text)
    blown: list[Blown] = []
    fresh = True
    for note in line:
        if not note.pitches:
            fresh = True
            continue
        start, length = note.beat * BEAT_S, note.beats * BEAT_S
        loud = 0.55 + 0.5 * (_melody_velocity(note, _total(line)) - 0.5)
        tongued = fresh or note.beat % 4 == 0 or note.beats >= 1.5
        if note.beats >= 1.5:
            length -= 0.16  # a breath after every long note: a line without one is a machine
        hertz = note.hertz * 2.0**octave
        if "g" in note.flags:
            upper = pitch_hz(above(note.pitches[0])) * 2.0**octave
            blown.append(Blown(start, 0.085, upper, loud * 0.9, tongued))
            start, length, tongued = start + 0.085, length - 0.085, False
        blown.append(Blown(start, length, hertz, loud, tongued))
        fresh = False
    return dizi(rng, n, blown)


def pipa_line(name: str, n: int, text: str) -> Signal:
    """A pipa part: short notes damp each other, `t` rolls."""
    rng = generator(name)
    line = notes(text)
    out = np.zeros(n)
    for note in line:
        velocity = _melody_velocity(note, _total(line))
        at = samples(note.beat * BEAT_S + abs(rng.normal(0, 0.005)))
        for index, pitch in enumerate(note.pitches):
            if "t" in note.flags:
                sound = pipa_tremolo(rng, pitch_hz(pitch), note.beats * BEAT_S, velocity=velocity * 0.75)
            else:
                sound = pipa(rng, pitch_hz(pitch), velocity=velocity, damp_after_s=note.beats * BEAT_S + 0.12)
            add(out, at + samples(0.022 * index), sound)
    return out


def bell_line(name: str, n: int, text: str, *, beat_s: float = BEAT_S) -> Signal:
    """A part for the bell set; lower bells ring longer."""
    rng = generator(name)
    line = notes(text)
    out = np.zeros(n)
    for note in line:
        for index, pitch in enumerate(note.pitches):
            hertz = pitch_hz(pitch)
            velocity = 0.85 * _melody_velocity(note, _total(line))
            add(
                out,
                samples(note.beat * beat_s + 0.012 * index),
                bianzhong(rng, hertz, velocity, (600 / hertz) ** 0.35),
            )
    return out


def arrival(name: str, n: int) -> Signal:
    """The cadence onto a scene's tone: low string, its fifth or fourth, a bell and a high answer."""
    tone = {"d": "D", "e": "E", "fs": "F#", "a": "A", "b": "B"}[name.rsplit("_", 1)[1]]
    low = 1 if tone in "AB" else 2
    fifth = {"D": "A2", "E": "B2", "F#": "B2", "A": "E2", "B": "F#2"}[tone]
    rng = generator(name)
    out = np.zeros(n)
    add(out, 0, 0.9 * guqin(rng, [(0.0, pitch_hz(f"{tone}{low}"))], velocity=0.95))
    add(out, samples(0.06), 0.5 * guqin(rng, [(0.0, pitch_hz(f"{tone}{low + 1}"))], velocity=0.7))
    add(out, samples(2 * BEAT_S), 0.5 * guqin(rng, [(0.0, pitch_hz(fifth))], velocity=0.6))
    bell = bianzhong(rng, pitch_hz(f"{tone}{low + 2}"), 0.6, 1.5)
    add(out, samples(0.03), 0.42 * bell)
    add(out, samples(3 * BEAT_S), 0.10 * chime_tone(rng, pitch_hz(f"{tone}{low + 4}"), 0.6))
    return hall(out, name, pan=0.0)


_SKINS_HZ = {
    "music_drum_pulse": (62.0,),
    "music_drum_a": (74.0, 62.0),
    "music_drum_b": (112.0, 138.0),
    "music_hint_drums": (66.0, 98.0),
}


def drum_part(name: str, n: int) -> Signal:
    """A part for drums from its strokes in sixteenths."""
    rng = generator(name)
    beat_s, bars = _SIXTEENTHS[name]
    skins = _SKINS_HZ[name]
    out = np.zeros(n)
    for bar, strokes in enumerate(bars):
        for k, mark in enumerate(strokes):
            if mark == ".":
                continue
            at = samples((bar * 4 + k / 4) * beat_s + abs(rng.normal(0, 0.004)))
            if mark == "r":
                add(out, at, 0.4 * rim(rng, 0.8))
            else:
                velocity = int(mark) / 9 * rng.uniform(0.94, 1.0)
                skin = skins[0] if k % 8 == 0 or len(skins) == 1 else skins[k % len(skins)]
                add(out, at, dagu(rng, velocity, f01_hz=skin))
    out = drum_room(out, name)
    return soft_limit(causal(out, None, 1500) if name == "music_hint_drums" else out, 21.0)


def drum_roll(name: str, n: int) -> Signal:
    """Five bars of a roll that grows and quickens, then one stroke of every drum at exactly 15 s."""
    rng = generator(name)
    out = np.zeros(n)
    at = 0.0
    while at < 14.55:
        x = at / 15.0
        velocity = (0.16 + 0.62 * x**1.4) * rng.uniform(0.88, 1.0)
        add(out, samples(at), dagu(rng, velocity, f01_hz=(74.0, 88.0, 112.0)[int(rng.integers(3))]) * 0.8)
        at += FAST_BEAT_S / 4 * (1.0 if x < 0.4 else 0.5)
    for bar in range(5):
        add(out, samples(bar * 3.0), dagu(rng, 0.5 + 0.08 * bar))
        add(out, samples(bar * 3.0 + 1.5), dagu(rng, 0.35 + 0.08 * bar))
    for skin, gain in ((58.0, 1.0), (74.0, 0.7), (112.0, 0.5)):
        add(out, samples(15.0), gain * dagu(rng, 1.0, f01_hz=skin))
    return soft_limit(drum_room(out, name), 19.0)


def market_pulse(name: str, n: int) -> Signal:
    """Clappers, a small drum and a low pluck: the street's step, in four bars with a turn in the last."""
    rng = generator(name)
    out = np.zeros(n)
    low = ("D3", "B2", "E3", "A2")
    for bar in range(4):
        start = bar * 4
        for beat, velocity in ((0, 0.5), (1.5, 0.3), (2.5, 0.36)) + (((3.5, 0.3),) if bar == 3 else ()):
            add(out, samples((start + beat) * BEAT_S), 0.5 * dagu(rng, velocity, f01_hz=150.0, rho=0.45))
        for beat in (1, 3) if bar < 3 else (1, 2, 3, 3.5):
            add(out, samples((start + beat) * BEAT_S), 0.10 * rim(rng, rng.uniform(0.7, 1)))
        for beat, gain in ((0, 0.7), (2, 0.45), (3, 0.4)):
            pitch = low[bar] if beat != 3 else above(low[bar])
            add(
                out,
                samples((start + beat) * BEAT_S),
                0.55 * pipa(rng, pitch_hz(pitch), velocity=gain, damp_after_s=0.8),
            )
    return hall(out, name, wet_db=-15, pan=-0.15)


def tea_tremolo(name: str, n: int) -> Signal:
    """The waiting tremolo: four rolled bars that lead round into themselves; wraps, so that it loops exactly."""
    rng = generator(name)
    out = np.zeros(n)
    for bar, (roll, low) in enumerate((("F#4", "F#3"), ("A4", "D3"), ("B4", "B3"), ("A4", "E3"))):
        at = samples(bar * 4 * BEAT_S)
        add(out, at, 0.7 * pipa(rng, pitch_hz(low), velocity=0.7), loop=True)
        add(
            out,
            at + samples(0.5 * BEAT_S),
            pipa_tremolo(rng, pitch_hz(roll), 3.4 * BEAT_S, velocity=0.55),
            loop=True,
        )
    return out


def _colour_room(name: str, dry: Signal) -> Signal:
    return hall(dry, name, wet_db=-9.0 if "bridge" in name else -11.0, pan=0.2 if "market" in name else 0.0)


def music(name: str, n: int) -> Signal:
    """Any stem of the score by its name.

    Raises
    ------
    KeyError
        For a name the score does not have.
    """
    if name in GUQIN:
        return street(guqin_line(name, n, GUQIN[name]), name, -18.0)
    if name in GROUND:
        return hall(guqin_line(name, n, GROUND[name], low=True), name, pan=-0.1)
    if name in DIZI:
        return street(dizi_line(name, n, DIZI[name]), name, -14.0)
    if name in PIPA:
        return street(pipa_line(name, n, PIPA[name]), name, -17.0)
    if name in BELLS:
        dry = bell_line(name, n, BELLS[name])
        if name == "music_end_bells":
            rng = generator(name + ":chimes")
            for beat, pitch in ((4, "A6"), (7, "B6"), (8, "E7"), (12, "F#6"), (14, "D7"), (15, "A6")):
                add(dry, samples(beat * BEAT_S), 0.12 * chime_tone(rng, pitch_hz(pitch), 0.6))
        return _colour_room(name, dry)
    if name in _SIXTEENTHS:
        return drum_part(name, n)
    if name.startswith("music_arrive_"):
        return arrival(name, n)
    if name == "music_drum_colour":
        return _colour_room(name, bell_line(name, n, DRUM_BELLS, beat_s=FAST_BEAT_S))
    if name == "music_drum_roll":
        return drum_roll(name, n)
    if name == "music_market_pulse":
        return market_pulse(name, n)
    if name == "music_tea_tremolo":
        return tea_tremolo(name, n)
    if name == "music_end_theme":
        flute = dizi_line(
            name + ":flute",
            n,
            DIZI["music_market_dizi_a"][: DIZI["music_market_dizi_a"].rindex("|")] + "| B4:.5 A4:.5 E5 D5:2",
        )
        lute = pipa_line(
            name + ":lute",
            n,
            "A3:1.5 B3:.5 D4 E4 | F#4:2t D4:2 | E4:.5 F#4:.5 A4:1.5 F#4:.5 E4 | B3:.5 A3:.5 E4 D4+D3:2t",
        )
        return street(flute / np.max(np.abs(flute)) + 0.5 * lute / np.max(np.abs(lute)), name, -14.0)
    raise KeyError(name)


def fitted_music(name: str, n: int) -> Signal:
    """`music`, exactly `n` samples."""
    return fitted(music(name, n), n)
