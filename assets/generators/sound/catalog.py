"""The list of every sound the generators make: name, length, level, use.

This is the one place that knows the whole list. The renderer takes lengths and levels from it, the tests check
the shipped files against it, and `INDEX.md` beside the audio files is printed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# The score's grid (see the README): 15 s is four bars at 64 BPM and five bars at 80 BPM.
BLOCK_S = 15.0
BAR_S = 3.75
FAST_BAR_S = 3.0

LevelKind = Literal["lufs", "peak"]
Group = Literal["bed", "water", "place", "people", "reaction", "score", "drums"]


@dataclass(frozen=True, slots=True)
class Stem:
    """One file of the sound set.

    Parameters
    ----------
    name : str
        File name without `.flac`; also seeds the stem's random numbers.
    group : str
        Which section of the index it belongs to.
    length_s : float
        Exact length of the file, seconds.
    loop : bool
        The last sample is followed by the first without a seam.
    channels : int
        1 (a point source, or a wide bed read half a loop apart by the two ears) or 2.
    level : tuple of (kind, value)
        `("lufs", x)`: integrated loudness, for sustained sounds. `("peak", x)`: sample peak in dBFS, for one-shots.
    gain_db : float
        Suggested cue gain. For a placed sound it already includes the loss of the suggested distance.
    place : str
        Suggested placement, in the words of the scene file.
    bus : str
        `effects`, `music` or `voice`.
    use : str
        What it is and where it is meant to play.
    """

    name: str
    group: Group
    length_s: float
    loop: bool
    channels: int
    level: tuple[LevelKind, float]
    gain_db: float
    place: str
    bus: str
    use: str


def _bed(name: str, length_s: float, gain_db: float, use: str) -> Stem:
    return Stem(name, "bed", length_s, True, 1, ("lufs", -32.0), gain_db, "bed: true", "effects", use)


def _shot(
    name: str,
    group: Group,
    length_s: float,
    gain_db: float,
    place: str,
    use: str,
    *,
    peak_db: float = -6.0,
    loop: bool = False,
) -> Stem:
    return Stem(name, group, length_s, loop, 1, ("peak", peak_db), gain_db, place, "effects", use)


def _lead(name: str, length_s: float, gain_db: float, place: str, use: str, *, loop: bool = False) -> Stem:
    return Stem(name, "score", length_s, loop, 1, ("lufs", -26.0), gain_db, place, "music", use)


def _score(name: str, length_s: float, gain_db: float, use: str) -> Stem:
    return Stem(name, "score", length_s, False, 2, ("lufs", -28.0), gain_db, "bed: true", "music", use)


def _drums(name: str, length_s: float, gain_db: float, place: str, use: str) -> Stem:
    return Stem(name, "drums", length_s, False, 1, ("peak", -6.0), gain_db, place, "music", use)


STEMS: tuple[Stem, ...] = (
    # Beds. Lengths are not multiples of 15 s, so that their joins never meet the score's.
    _bed(
        "bed_river",
        20.0,
        -6,
        "the canal itself; every scene (end_river: 0 dB, it is alone there; tea_house: -9 dB)",
    ),
    _bed(
        "bed_wash",
        13.0,
        -8,
        "small waves on the hull while the boat moves; every scene, fade to -14 dB when moored",
    ),
    _bed(
        "bed_crowd",
        18.0,
        -5,
        "a street of people talking, wordless; market, tea_house (-9 dB), drum_tower from afar",
    ),
    _bed(
        "bed_roar",
        12.0,
        -3,
        "the drum square's crowd, raised voices; drum_tower, swell it under music_drum_roll",
    ),
    _bed(
        "bed_night",
        16.0,
        -14,
        "crickets and still air; willow_bend, garden, end_river, end_lanterns, end_home",
    ),
    _bed(
        "bed_willow",
        12.0,
        -8,
        "wind in willow leaves and silk; willow_bend, garden (-13 dB), bridge's far end",
    ),
    _bed(
        "bed_vault",
        16.0,
        -2,
        "the river and its drips inside the stone vault; bridge while under the arch (14..28 m)",
    ),
    # Water that has a place.
    _shot(
        "lock_rush",
        "water",
        26.0,
        0,
        "azimuth: 0deg, elevation: -25deg, distance: 3m",
        "lock at 4 s: sluice water, rises for 16 s, dies by 26 s while the chamber empties",
        peak_db=-9.0,
    ),
    _shot(
        "water_curtain",
        "water",
        8.0,
        12,
        "position: [0, 27, 1.5]",
        "bridge: the water curtain; put it at its place",
        peak_db=-9.0,
        loop=True,
    ),
    _shot(
        "spray_pass",
        "water",
        4.0,
        2,
        "azimuth: 0deg, elevation: 40deg, distance: 2m",
        "bridge: the instant of passing under the curtain",
    ),
    _shot(
        "oar_1",
        "water",
        3.2,
        0,
        "azimuth: 160deg, elevation: -15deg, distance: 2.5m",
        "one stroke of the stern oar, one a bar (3.75 s) while the boat moves; alternate oar_1, _2, _3",
    ),
    _shot("oar_2", "water", 3.2, 0, "azimuth: 160deg, elevation: -15deg, distance: 2.5m", "second stroke"),
    _shot("oar_3", "water", 3.2, 0, "azimuth: 160deg, elevation: -15deg, distance: 2.5m", "third stroke"),
    _shot(
        "drip_1",
        "water",
        3.0,
        4,
        "azimuth: 60deg, elevation: 60deg, distance: 3m",
        "bridge: a drip with the vault's echo",
    ),
    _shot(
        "drip_2", "water", 3.0, 4, "azimuth: -70deg, elevation: 50deg, distance: 3m", "bridge: a drip, lower"
    ),
    _shot(
        "drip_3",
        "water",
        3.0,
        4,
        "azimuth: 150deg, elevation: 60deg, distance: 3m",
        "bridge: three drips in a row",
    ),
    _shot(
        "pour",
        "water",
        4.5,
        4,
        "azimuth: -50deg, elevation: -20deg, distance: 1.5m",
        "tea_house: tea poured into a cup",
    ),
    # Wood, stone, fire.
    _shot(
        "gate_creak",
        "place",
        12.5,
        4,
        "position: [-3, 12, 1] (and a second cue at [3, 12, 1], 0.35 s later, -3 dB)",
        "lock 20..32 s: the gate leaves opening",
    ),
    _shot(
        "gate_thud",
        "place",
        2.5,
        8,
        "position: [0, 12, 1]",
        "lock: the latch at 19.6 s and the stop at 32 s; give the shaker the same",
    ),
    _shot(
        "boat_creak",
        "place",
        4.0,
        0,
        "azimuth: 120deg, elevation: -10deg, distance: 1.5m",
        "boat timbers; when heading changes",
    ),
    _shot(
        "boat_bump",
        "place",
        1.6,
        2,
        "azimuth: -60deg, elevation: -25deg, distance: 1.5m",
        "mooring: tea_house, end_river, end_home; shaker thud with it",
    ),
    _shot(
        "door",
        "place",
        3.0,
        6,
        "place it at the door",
        "end_home: latch, wooden door opening; also a reaction",
    ),
    _shot(
        "fire",
        "place",
        10.0,
        6,
        "azimuth: -80deg, distance: 2m",
        "brazier, loop; tea_house; drum_tower at (±9,52,3) +10 dB",
        peak_db=-6.0,
        loop=True,
    ),
    _shot(
        "kettle",
        "place",
        5.0,
        2,
        "azimuth: -40deg, distance: 2.5m",
        "tea_house: the kettle simmering, loop",
        peak_db=-10.0,
        loop=True,
    ),
    _shot(
        "great_bell",
        "place",
        14.0,
        18,
        "position: [4.6, 15, 4.5]",
        "lock at 20 s, gate opening: the great bell, one stroke",
    ),
    _shot(
        "great_bell_far",
        "place",
        12.0,
        -8,
        "azimuth: 180deg, distance: 2m",
        "end_river, end_lanterns: the same bell beyond the town",
    ),
    _shot(
        "wind_chime",
        "place",
        16.0,
        6,
        "position: [4.5, 36, 3.4]",
        "garden: the wind chime at the eave, sparse, loop",
        peak_db=-9.0,
        loop=True,
    ),
    # People, all wordless.
    _shot(
        "vendor_1", "people", 3.4, 12, "azimuth: 60deg, distance: 7m", "market: a vendor's call, man, A-B-D'"
    ),
    _shot("vendor_2", "people", 3.4, 12, "azimuth: -70deg, distance: 8m", "market: a vendor's call, woman"),
    _shot(
        "vendor_3",
        "people",
        3.4,
        10,
        "azimuth: 110deg, distance: 9m",
        "market, tea_house: a vendor's call, old man",
    ),
    _shot(
        "vendor_4",
        "people",
        3.4,
        10,
        "azimuth: -40deg, distance: 9m",
        "market, tea_house: a vendor's call, girl",
    ),
    _shot(
        "cheer",
        "people",
        5.0,
        6,
        "azimuth: 0deg, distance: 10m",
        "drum_tower: the crowd answers a strike or the roll",
    ),
    _shot(
        "steps",
        "people",
        5.0,
        4,
        "azimuth: 90deg, elevation: 10deg, distance: 4m",
        "steps along the quay; market, end_home, end_river",
    ),
    _shot("cat", "people", 1.4, 0, "place it at the cat", "end_home: the cat, once", peak_db=-12.0),
    # Reactions.
    _shot(
        "bell_ring",
        "reaction",
        10.0,
        14,
        "position: [4.6, 15, 4.5]",
        "reaction in lock: the bell touched by a glance, softer",
    ),
    _shot(
        "wake_1",
        "reaction",
        4.5,
        6,
        "at the lantern wake_1",
        "market: a lantern wakes: paper, flame, chime on D",
    ),
    _shot("wake_2", "reaction", 4.5, 6, "at the lantern wake_2", "the same on E"),
    _shot("wake_3", "reaction", 4.5, 6, "at the lantern wake_3", "the same on F#"),
    _shot("wake_4", "reaction", 4.5, 6, "at the lantern wake_4", "the same on A"),
    _shot("wake_5", "reaction", 4.5, 6, "at the lantern wake_5; also home_lantern", "the same on B"),
    _shot("drum_hit_soft", "reaction", 3.0, 20, "position: [0, 62, 9]", "drum_tower: velocity 0.35"),
    _shot("drum_hit_mid", "reaction", 3.0, 23, "position: [0, 62, 9]", "drum_tower: velocity 0.65"),
    _shot(
        "drum_hit_hard",
        "reaction",
        3.5,
        26,
        "position: [0, 62, 9]",
        "drum_tower: velocity 1, centre; strike reaction",
    ),
    _shot("drum_rim", "reaction", 1.5, 16, "position: [0, 62, 9]", "drum_tower: stick on the rim"),
    _shot(
        "chime_burst",
        "reaction",
        6.0,
        8,
        "position: [4.5, 36, 3.4]",
        "garden: a gust takes the chime; reaction on gaze",
    ),
    _shot(
        "cup",
        "reaction",
        1.6,
        2,
        "azimuth: -30deg, elevation: -20deg, distance: 1.2m",
        "tea_house: a porcelain cup set down",
    ),
    _shot(
        "cup_lid",
        "reaction",
        1.2,
        2,
        "azimuth: -30deg, elevation: -20deg, distance: 1.2m",
        "tea_house: the lid on the cup",
    ),
    _shot(
        "lantern_release",
        "reaction",
        5.0,
        2,
        "azimuth: 0deg, elevation: 10deg, distance: 2m",
        "garden, end_lanterns: a sky lantern let go: paper, flame, breath",
    ),
    # The score: phrases of 15 s (P15) that ring on for about 4 s more. Start them on the 15 s grid, no loop, no fade:
    # the ring plays over whatever follows. `bed: true` for stereo, azimuth and distance for the mono leads.
    _score(
        "music_arrive_d",
        8.5,
        0,
        "first bar of lock, market, end_river, end_lanterns: low string and bell on D",
    ),
    _score("music_arrive_e", 8.5, 0, "first bar of bridge and willow_bend: on E"),
    _score("music_arrive_fs", 8.5, 0, "first bar of tea_house: on F#"),
    _score("music_arrive_a", 8.5, 0, "first bar of drum_tower: on A"),
    _score("music_arrive_b", 8.5, 0, "first bar of garden and end_home: on B"),
    _score("music_lock_ground", 17.5, -2, "lock: low guqin D-A, P15; at 0 and 15 s"),
    _lead(
        "music_lock_guqin",
        17.5,
        2,
        "azimuth: -20deg, distance: 2m",
        "lock: the theme in harmonics, P15; at 15 s",
    ),
    _score("music_lock_colour", 17.5, -2, "lock: bells as the gate opens, P15; at 30 s"),
    _score("music_market_pulse", 17.0, -4, "market: clapper, small drum, low pluck, P15; at 0, 15, 30 s"),
    _score("music_market_ground", 17.5, -3, "market: guqin ground, P15; at 0, 15, 30 s"),
    _lead(
        "music_market_dizi_a",
        16.0,
        12,
        "azimuth: 35deg, distance: 6m",
        "market: the theme, flute, P15; at 15 s",
    ),
    _lead(
        "music_market_dizi_b",
        16.0,
        12,
        "azimuth: 35deg, distance: 6m",
        "market: its answer, open end, P15; at 30 s",
    ),
    _score("music_market_colour", 17.5, -5, "market: bell sequence (bianzhong), P15; at 15 or 30 s"),
    _lead(
        "music_hint_flute",
        9.0,
        10,
        "azimuth: 50deg, distance: 12m",
        "market 22.5 s (window): the flute that calls left, 7.5 s",
    ),
    _drums(
        "music_hint_drums",
        9.5,
        14,
        "azimuth: -50deg, distance: 12m",
        "market 30 s: the drums that call right, muffled, 7.5 s",
    ),
    _score("music_tea_ground", 17.5, -3, "tea_house: guqin ground on F#, P15; at every 15 s"),
    _lead(
        "music_tea_pipa_a",
        18.0,
        8,
        "azimuth: -35deg, distance: 4m",
        "tea_house: the lute's first phrase, P15; at 0 s",
    ),
    _lead(
        "music_tea_pipa_b",
        18.0,
        8,
        "azimuth: -35deg, distance: 4m",
        "tea_house: the lute's second phrase, P15; at 15 s",
    ),
    _lead(
        "music_tea_tremolo",
        15.0,
        7,
        "azimuth: -35deg, distance: 4m",
        "tea_house: the tremolo that waits, exact 15 s loop; for the hold and up to commit",
        loop=True,
    ),
    _lead(
        "music_tea_dizi",
        16.0,
        12,
        "azimuth: 60deg, distance: 8m",
        "tea_house: the flute boat answers, P15; at 30 s or on `song`",
    ),
    _drums(
        "music_drum_pulse",
        17.0,
        16,
        "azimuth: 0deg, distance: 12m",
        "drum_tower: the low drum's steady bars (80 BPM), P15; at 0..45 s",
    ),
    _drums(
        "music_drum_a",
        17.5,
        17,
        "azimuth: 40deg, elevation: 15deg, distance: 12m",
        "drum_tower: first pattern, P15",
    ),
    _drums(
        "music_drum_b",
        17.5,
        16,
        "azimuth: -40deg, elevation: 20deg, distance: 12m",
        "drum_tower: the answer, smaller drums, P15",
    ),
    _drums(
        "music_drum_roll",
        17.5,
        18,
        "azimuth: 0deg, elevation: 25deg, distance: 12m",
        "drum_tower: five bars of growing roll, the last stroke falls at 15.0 s; start 15 s before the seam or the free strike",
    ),
    _score("music_drum_colour", 17.5, -4, "drum_tower: bell line on A, 80 BPM, P15"),
    _score("music_bridge_ground", 17.5, -4, "bridge: two low notes on E, P15; at 0 s"),
    _score("music_bridge_colour", 17.5, -4, "bridge: chimes and far bells in the vault, P15; at 15 s"),
    _score("music_willow_ground", 17.5, -4, "willow_bend: guqin ground on E, P15; at 0, 15, 30 s"),
    _lead(
        "music_willow_guqin",
        17.5,
        4,
        "azimuth: -15deg, distance: 2m",
        "willow_bend: theme, with slides, P15; at 15 s",
    ),
    _lead(
        "music_willow_dizi",
        16.0,
        8,
        "azimuth: 70deg, distance: 14m",
        "willow_bend: the flute from afar, P15; at 30 s",
    ),
    _score("music_garden_ground", 17.5, -5, "garden: open fifths on B, P15; at 0, 30 s"),
    _lead(
        "music_garden_guqin_a",
        17.5,
        5,
        "azimuth: -20deg, distance: 2m",
        "garden: first phrase on B, P15; at 0 s",
    ),
    _lead(
        "music_garden_guqin_b",
        17.5,
        5,
        "azimuth: -20deg, distance: 2m",
        "garden: second phrase, with slides, P15; at 15 or 30 s",
    ),
    _lead(
        "music_garden_guqin_c",
        17.5,
        5,
        "azimuth: -20deg, distance: 2m",
        "garden: third phrase, three bars and one of silence, P15; at 45 s, before the decision",
    ),
    _score("music_end_ground", 17.5, -4, "all endings: D and A, very slow, P15; at 0, 15 s"),
    _lead(
        "music_end_guqin",
        21.0,
        4,
        "azimuth: -20deg, distance: 2m",
        "end_river: the theme remembered, last note D, P15; at 22.5 s (rings to the end)",
    ),
    _lead(
        "music_end_dizi",
        16.0,
        8,
        "azimuth: 180deg, distance: 6m",
        "end_river, end_home at 7.5 s: the theme, slow, from the town",
    ),
    _score(
        "music_end_bells", 20.0, -2, "end_lanterns: the theme on bells with chimes, P15; at 7.5 and 22.5 s"
    ),
    _lead(
        "music_end_theme",
        17.5,
        6,
        "azimuth: 20deg, distance: 4m",
        "end_lanterns: theme on flute and lute together, full, P15; at 22.5 s",
    ),
    _lead(
        "music_home_guqin",
        21.0,
        4,
        "azimuth: -20deg, distance: 2m",
        "end_home: a lullaby on B that comes to rest on D, P15; at 22.5 s",
    ),
)


def by_name() -> dict[str, Stem]:
    """The stems by file name.

    Returns
    -------
    dict of str to Stem
        In catalogue order.
    """
    return {stem.name: stem for stem in STEMS}


_HEADINGS: dict[Group, str] = {
    "bed": "Beds (loop: true, bed: true, fade_in and fade_out 2 s across a seam)",
    "water": "Water with a place",
    "place": "Wood, stone, fire, bells",
    "people": "People (wordless, no translation)",
    "reaction": "Reactions",
    "drums": "Drums of the score (mono, placed; 80 BPM, bar 3.0 s; the hint is on the 64 BPM grid)",
    "score": "Score",
}


def index_markdown() -> str:
    """The index of the audio folder, for people who write scenes.

    Returns
    -------
    str
        Markdown, ending with a newline.
    """
    parts = [_INTRO]
    for group, heading in _HEADINGS.items():
        parts.append(
            f"\n## {heading}\n\n| file | s | loop | ch | gain | place | what, where |\n|---|---|---|---|---|---|---|\n"
        )
        for stem in STEMS:
            if stem.group == group:
                loop = "loop" if stem.loop else ""
                parts.append(
                    f"| `{stem.name}.flac` | {stem.length_s:g} | {loop} | {stem.channels} | {stem.gain_db:+g}db "
                    f"| `{stem.place}` | {stem.use} |\n"
                )
    return "".join(parts)


_INTRO = """# Sounds of Lantern Street

Printed by `python -m assets.generators.sound --index`; do not edit by hand. All files are 48 kHz 16-bit FLAC, made by
`assets/generators/sound` (Apache-2.0, no recordings, no samples of others).

How to use them in a scene file:

- Bus: `music` for names that start with `music_`, `effects` for the rest.
- **The gain is the suggested cue gain and already includes the loss of the suggested distance** (1/distance from 1 m).
  Closer or further than suggested: adjust by 20 log10(distance / suggested).
- The score lives on a grid of 15 s = four bars of 3.75 s (64 BPM) = five bars of 3.0 s (80 BPM, drum tower).
  Phrases are 15 s and ring on for 2 to 6 s; start them on the grid (or on a bar), one-shot, `tail` on, no fades, and
  let the next phrase start 15 s later: the overlap is meant. Put phrases that overlap on separate tracks if the
  scene file asks for it. Only five tones are used anywhere (D E F# A B, Pythagorean), so any two stems fit together.
- Roles of the stems in every scene: *pulse*, *ground* (low), *melody* (one lead at a time), *colour* (bells, chimes).
  Start every scene with its `music_arrive_*`: it is the cadence onto the new scene's tone, whichever way we came.
- A mono loop with `bed: true` is made wide by the mixer (the two ears read it half a loop apart).
- Under speech the mixer itself takes effects beds down 6 dB and music 4 dB.
- Tones by scene: lock D, market D, tea_house F#, drum_tower A, bridge E, willow_bend E, garden B, end_river D,
  end_lanterns D, end_home B then D.
"""
