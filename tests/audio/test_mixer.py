"""The mixer against tones and noise: nothing slips, nothing clicks, a seek sounds like having played."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import offline
from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.formats import WaveReader, WaveWriter
from engine.audio.mixer import LEAD, MixSettings
from engine.audio.offline import render_wav
from engine.audio.sounds import Pose, ReactionSounds, SeatPlace
from engine.errors import OutputError
from engine.time.publisher import TransportWriter
from engine.time.segments import NO_SCENE, ROOM, Controls, SegmentKind, Transport
from engine.time.shared import LocalBlock
from tests.audio.rooms import PLAIN, S_FL, S_NS, TONE_HZ, Room, heard, noise, run, tone

START, CONTINUE, LOOP, SEEK = SegmentKind.START, SegmentKind.CONTINUE, SegmentKind.LOOP, SegmentKind.SEEK
FS = SAMPLE_RATE_HZ


def residual(x: np.ndarray) -> np.ndarray:
    """What is left of a pure tone after y[n] = 2 cos w y[n-1] - y[n-2]; a slip stands out by 40 dB."""
    w = 2 * np.pi * TONE_HZ / FS
    return np.abs(x[2:] - 2 * np.cos(w) * x[1:-1] + x[:-2])


def clicks_db(x: np.ndarray) -> float:
    """Energy above 6 kHz of a low tone, dB of the whole."""
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    f = np.fft.rfftfreq(x.size, 1 / FS)
    return float(10 * np.log10(power[f > 6000].sum() / power.sum()))


def tone_room() -> Room:
    room = Room()
    room.scene(room.sound("tone", tone(8.0), place=SeatPlace(0.0, 0.0, 1.0)), seconds=4.0)
    room.scene(room.sound("silence", np.zeros(4800, np.float32)), seconds=4.0)
    return room


def test_tone_is_sample_exact_and_has_equal_power_in_both_ears() -> None:
    room = tone_room()
    out = heard(room.mixer(), run((1.0, 0, 0.0, 1, START)), 1.0, 2.0)
    expected = tone(1.0) * np.sqrt(0.5)
    assert np.allclose(out[:, 0], expected, atol=1e-6)
    assert np.array_equal(out[:, 0], out[:, 1])


def test_tone_rings_across_a_branch_without_slipping_a_sample() -> None:
    # An instant that lies on no sample, so that both sides of the seam round.
    room = tone_room()
    transport = run((1.0, 0, 0.0, 1, START), (3.123_456_789, 1, 0.0, 1, START))
    out = heard(room.mixer(), transport, 1.0, 6.0)
    assert residual(out[100:, 0]).max() < 2e-6
    assert np.allclose(out[:, 0], tone(5.0) * np.sqrt(0.5), atol=1e-5)


def test_pause_and_resume_go_on_with_the_sample_reached() -> None:
    room = tone_room()
    pause_s, resume_s = 1.777_777_7, 2.345_678_9
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=S_NS, scene=0)
    for at_s, rate in ((pause_s, 0), (resume_s, 1)):
        at_ns = round(at_s * S_NS)
        writer.append(
            from_ns=at_ns, scene=0, at_fl=writer.transport.at(at_ns).at_fl, rate=rate, kind=CONTINUE
        )
    out = heard(room.mixer(), block.read(), 1.0, 4.0)[:, 0]
    stop = int(np.ceil((pause_s - 1) * FS))
    go = int(np.ceil((resume_s - 1) * FS))
    assert np.abs(out[stop + 240 : go]).max() == 0.0
    # Take the silence out: what was played before the pause and after it is one tone.
    clean = np.concatenate([out[: stop - 10], out[go + 240 :]])
    expected = np.concatenate([tone(3.0)[: stop - 10], tone(3.0)[stop + 240 :]])[: clean.size] * np.sqrt(0.5)
    assert np.allclose(clean, expected, atol=1e-5)
    assert clicks_db(out[stop - 4000 : go + 4000]) < -55


def test_a_change_of_rows_without_a_pause_is_inaudible() -> None:
    room = tone_room()
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=S_NS, scene=0)
    for at_ns in (1_400_000_001, 1_900_000_007):
        writer.append(from_ns=at_ns, scene=0, at_fl=writer.transport.at(at_ns).at_fl, kind=CONTINUE)
    out = heard(room.mixer(), block.read(), 1.0, 3.0)
    assert np.array_equal(out, heard(room.mixer(), run((1.0, 0, 0.0, 1, START)), 1.0, 3.0))


def rich_room() -> Room:
    room = Room()
    moving = room.sound("m", noise(3.0, 1), at_s=0.3, place=lambda fl: (-3.0 + fl / S_FL * 4, 2.0, 0.5))
    bed = room.sound("bed", noise(1.7, 2), loop=True, tail=False, for_s=6.0, fade_in_samples=4800)
    wide = room.sound("wide", np.stack([noise(4.0, 3), noise(4.0, 4)], axis=1), at_s=0.5, bus="music")
    left = room.sound(
        "left", noise(2.0, 5), at_s=1.0, place=SeatPlace(70.0, 10.0, 3.0), fade_out_samples=9600
    )
    line = room.sound("line", noise(1.0, 6), at_s=2.0, place=SeatPlace(-30.0, 0.0, 2.0), bus="voice")
    room.scene(moving, bed, wide, left, line, seconds=6.0, pose=lambda fl: Pose(0.0, fl / S_FL, 1.0, 5.0))
    room.scene(room.sound("next", noise(2.0, 7), place=SeatPlace(10.0, 0.0, 2.0)), seconds=3.0)
    return room


@settings(max_examples=4)
@given(steps=st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_any_split_of_calls_gives_the_same_samples(steps: list[int]) -> None:
    room = rich_room()
    transport = run((0.0, 0, 1.5, 1, START), (0.6, 1, 0.0, 1, START))
    whole = heard(room.mixer(), transport, 0.0, 0.8)
    mixer = room.mixer()
    parts, done, k = [], 0, 0
    while done < whole.shape[0]:
        count = min(steps[k % len(steps)], whole.shape[0] - done)
        parts.append(mixer.render(transport, done * 62_500 // 3, count))
        done += count
        k += 1
    assert np.array_equal(np.concatenate(parts), whole)


@settings(max_examples=4)
@given(block=st.integers(10, 460))
def test_seek_sounds_like_having_played(block: int) -> None:
    # Both instants on the mixer's grid, so that its glides lie alike and the answer is exact.
    room = rich_room()
    to, at = LEAD + 512 * block, LEAD + 512 * 23
    played = heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, (to + 24_000) / FS)
    transport = run((0.0, 0, 0.0, 1, START), (at / FS, 0, to / FS, 1, SEEK))
    jumped = heard(room.mixer(), transport, 0.0, (at + 24_000) / FS)
    assert np.allclose(played[to + 260 :], jumped[at + 260 :], atol=2e-6)


def test_offline_file_equals_live_blocks(tmp_path: Path) -> None:
    room = rich_room()
    transport = run((0.0, 0, 0.0, 1, START), (2.5, 1, 0.0, 1, START))
    live = heard(room.mixer(), transport, 0.0, 4.0, step=512)
    done = render_wav(tmp_path / "audio.wav", room.book, room.clips, transport, 0, 4 * S_NS, settings=PLAIN)
    import soundfile

    written, rate_hz = soundfile.read(done.path, dtype="float32")
    assert rate_hz == FS and written.shape == live.shape
    assert np.abs(written - live).max() <= 1.01 / (1 << 23)


def test_a_rendering_grows_beyond_what_wav_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tone_room()
    monkeypatch.setattr(offline, "WaveWriter", partial(WaveWriter, plain_limit=1_000))
    done = render_wav(tmp_path / "a.wav", room.book, room.clips, run((0.0, 0, 0.0, 1, START)), 0, S_NS // 10)
    assert done.path.read_bytes()[:4] == b"BW64"
    with WaveReader(done.path) as file:
        assert (file.frames, file.format.channels, file.format.bits, file.notes) == (4_800, 2, 24, [])


def test_full_disk_is_said_with_the_place(tmp_path: Path) -> None:
    room = tone_room()
    full = Path("/dev/full")
    if not full.exists():
        full = tmp_path / "no_such_folder" / "audio.wav"
    with pytest.raises(OutputError, match=r"(full|audio\.wav)"):
        render_wav(full, room.book, room.clips, run((0.0, 0, 0.0, 1, START)), 0, 3 * S_NS)


@pytest.mark.parametrize(("azimuth_deg", "side"), [(90.0, 0), (-90.0, 1), (45.0, 0), (-45.0, 1)])
def test_left_is_left(azimuth_deg: float, side: int) -> None:
    room = Room()
    click = np.zeros(4800, np.float32)
    click[1000] = 0.5
    room.scene(room.sound("click", click, place=SeatPlace(azimuth_deg, 0.0, 1.0)))
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, 0.1)
    near, far = out[:, side], out[:, 1 - side]
    assert np.argmax(np.abs(near)) == 1000
    assert np.sum(near**2) > 1.5 * np.sum(far**2)


def test_a_place_of_the_scene_follows_the_boat() -> None:
    room = Room()
    ahead = room.sound("n", noise(1.0, 9), place=lambda _: (0.0, 10.0, 0.0))
    room.scene(ahead, pose=lambda fl: Pose(0.0, 0.0, 0.0, -90.0))  # the boat looks right, so ahead lies left
    level = np.sum(heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, 0.5) ** 2, axis=0)
    assert level[0] > 1.5 * level[1]


def test_distance_follows_one_over_d_from_one_metre() -> None:
    levels = []
    for distance_m in (0.3, 1.0, 2.0, 4.0):
        room = Room()
        room.scene(room.sound("t", tone(1.0, 200.0), place=SeatPlace(0.0, 0.0, distance_m)))
        levels.append(np.std(heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.1, 0.6)))
    assert levels[0] == pytest.approx(levels[1], rel=1e-3)
    assert levels[1] / levels[2] == pytest.approx(2.0, rel=0.01)
    assert levels[2] / levels[3] == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("kind", [SEEK, LOOP, START])
def test_cuts_do_not_click(kind: SegmentKind) -> None:
    room = Room()
    low = tone(6.0, 220.0)
    room.scene(room.sound("low", low, place=SeatPlace(0.0, 0.0, 1.0), tail=False), seconds=6.0)
    room.scene(room.sound("also", low, at_s=0.0, place=SeatPlace(0.0, 0.0, 1.0)), seconds=6.0)
    to = (1, 1.03) if kind is START else (0, 0.37)
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (1.0003, to[0], to[1], 1, kind)), 0.5, 1.5)
    assert clicks_db(out[:, 0]) < -55


def test_beds_cross_the_seam_with_equal_power() -> None:
    room = Room()
    for k in range(2):
        bed = room.sound(
            f"bed{k}",
            noise(3.0, 20 + k),
            loop=True,
            tail=False,
            for_s=4.0,
            fade_in_samples=FS,
            fade_out_samples=FS,
        )
        room.scene(bed, seconds=4.0)
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (4.0, 1, 0.0, 1, START)), 0.0, 7.0)
    before, seam, after = (np.std(out[round(a * FS) : round(b * FS)]) for a, b in ((2, 4), (4, 5), (5, 7)))
    assert seam == pytest.approx(before, rel=0.04)
    assert after == pytest.approx(before, rel=0.04)


def test_a_mono_loop_as_a_bed_is_wide() -> None:
    room = Room()
    room.scene(room.sound("bed", noise(2.0, 3), loop=True, tail=False))
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, 1.0)
    assert abs(np.corrcoef(out.T)[0, 1]) < 0.05


def test_a_loop_is_not_touched_by_a_lap_of_a_hold() -> None:
    room = Room()
    room.scene(room.sound("bed", noise(1.7, 3), loop=True, tail=False), seconds=8.0)
    held = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (3.0, 0, 1.0, 1, LOOP)), 0.0, 5.0)
    assert np.array_equal(held, heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, 5.0))


def test_tails_ring_over_the_end_of_the_show_but_not_over_a_seek() -> None:
    room = tone_room()
    ended = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (2.0, NO_SCENE, 0.0, 0, START)), 0.0, 4.0)
    assert np.std(ended[3 * FS :]) > 0.1
    sought = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (2.0, 1, 1.0, 1, SEEK)), 0.0, 4.0)
    assert np.abs(sought[round(2.006 * FS) :]).max() == 0.0


def test_a_one_shot_is_silent_when_a_seek_lands_in_it() -> None:
    room = Room()
    room.scene(room.sound("shot", tone(3.0), at_s=1.0, resume=False), seconds=6.0)
    out = heard(room.mixer(), run((0.0, 0, 2.0, 1, START)), 0.0, 1.0)
    assert np.abs(out).max() == 0.0


def reaction_transport(*, seat: int = ROOM, hold: bool = False) -> Transport:
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=1)
    writer.react(scene=0, reaction=0, seat=seat, from_ns=round(0.5 * S_NS))
    if hold:
        for at_s, rate in ((1.0, 0), (1.5, 1)):
            at_ns = round(at_s * S_NS)
            writer.append(
                from_ns=at_ns, scene=1, at_fl=writer.transport.at(at_ns).at_fl, rate=rate, kind=CONTINUE
            )
    return block.read()


def reaction_room() -> Room:
    room = Room()
    strike = room.sound("strike", tone(2.0), at_s=0.1, place=SeatPlace(0.0, 0.0, 1.0))
    room.scene(reactions=(ReactionSounds((strike,), S_FL),))
    room.scene(room.sound("nothing", np.zeros(100, np.float32)), seconds=8.0)
    return room


def test_a_reaction_sounds_at_its_instant_and_stops_with_a_hold() -> None:
    room = reaction_room()
    out = heard(room.mixer(), reaction_transport(), 0.0, 3.0)[:, 0]
    begin = round(0.6 * FS)
    assert np.abs(out[: begin + 1]).max() < 1e-6
    assert np.allclose(out[begin : begin + 2 * FS], tone(2.0) * np.sqrt(0.5), atol=1e-5)
    held = heard(room.mixer(), reaction_transport(hold=True), 0.0, 3.0)[:, 0]
    assert np.abs(held[round(1.006 * FS) : round(1.5 * FS)]).max() == 0.0
    assert np.allclose(held[round(1.51 * FS) : 3 * FS], out[round(1.01 * FS) : round(2.5 * FS)], atol=1e-5)


def test_a_reaction_for_another_seat_is_not_heard() -> None:
    out = heard(reaction_room().mixer(seat=0), reaction_transport(seat=1), 0.0, 2.0)
    assert np.abs(out).max() == 0.0


def test_music_and_beds_step_back_under_speech_only() -> None:
    room = Room()
    room.scene(
        room.sound("bed", noise(9.0, 3), bus="effects"),
        room.sound("line", np.zeros(FS, np.float32), at_s=3.0, bus="voice"),
        seconds=9.0,
    )
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START)), 0.0, 6.0)
    level = [np.std(out[round(a * FS) : round(b * FS)]) for a, b in ((1, 2.8), (3.1, 3.9), (4.7, 6))]
    assert level[1] / level[0] == pytest.approx(10 ** (-6 / 20), rel=0.05)
    assert level[2] / level[0] == pytest.approx(1.0, rel=0.05)


def test_intensity_and_language_come_from_the_controls() -> None:
    room = Room()
    english, chinese = tone(1.0, 300.0), tone(1.0, 900.0)
    line = room.sound("en", english, at_s=0.5, bus="voice", place=SeatPlace(0.0, 0.0, 1.0))
    room.sound("zh", chinese)
    line = dataclasses.replace(line, by_language={0: ("en", english.size), 1: ("zh", chinese.size)})
    room.scene(line)
    intensities = tuple(0.5 if name == "audio" else 1.0 for name in _modalities())
    controls = Controls(1, 0, False, intensities, 1)
    transport = dataclasses.replace(run((0.0, 0, 0.0, 1, START)), controls=(controls,))
    out = heard(room.mixer(), transport, 0.0, 1.0)[round(0.5 * FS) :, 0]
    assert np.allclose(out, 0.5 * np.sqrt(0.5) * chinese[: out.size], atol=1e-4)


def _modalities() -> tuple[str, ...]:
    from engine.units import MODALITIES

    return MODALITIES


def test_shakers_are_not_mixed_to_the_ears_and_volume_is() -> None:
    room = Room()
    room.scene(room.sound("s", tone(1.0), bus="shakers"), room.sound("e", tone(1.0)))
    quiet = heard(room.mixer(settings=MixSettings(volume_db=-20.0)), run((0.0, 0, 0.0, 1, START)), 0.0, 0.5)
    assert np.allclose(quiet[:, 0], 0.1 * np.sqrt(0.5) * tone(0.5), atol=1e-6)


def test_a_clock_that_runs_away_moves_the_sound_once_with_a_fade() -> None:
    room = Room()
    room.scene(room.sound("low", tone(8.0, 220.0), place=SeatPlace(0.0, 0.0, 1.0)), seconds=8.0)
    transport = run((0.0, 0, 0.0, 1, START))
    mixer = room.mixer()
    out = []
    for k in range(100):
        late_ns = 0 if k < 50 else 30_000_000
        out.append(mixer.render(transport, k * 512 * 62_500 // 3 + late_ns, 512))
    joined = np.concatenate(out)[:, 0]
    assert mixer.resyncs == 1
    assert clicks_db(joined[40 * 512 : 60 * 512]) < -55
    expected = tone(8.0, 220.0)[60 * 512 + 1440 :][: 40 * 512] * np.sqrt(0.5)
    assert np.allclose(joined[60 * 512 :], expected, atol=1e-4)


def test_live_never_decodes_and_counts_what_came_late(tmp_path: Path) -> None:
    room = Room()
    sound = room.sound("there", tone(1.0))
    room.scene(dataclasses.replace(sound, file="not_decoded.flac"))
    mixer = room.mixer(live=True)
    out = heard(mixer, run((0.0, 0, 0.0, 1, START)), 0.0, 0.3)
    assert np.abs(out).max() == 0.0
    assert mixer.late_clips == 1
    assert mixer.wanted(run((0.0, 0, 0.0, 1, START)), 1) == ["not_decoded.flac"]


def test_a_reaction_that_comes_too_late_keeps_its_attack() -> None:
    room = reaction_room()
    before, after = run((0.0, 1, 0.0, 1, START)), reaction_transport()
    mixer = room.mixer()
    # The reaction's sound was to begin at 0.6 s; the row arrives when the mixer has reached 0.62 s.
    early = heard(mixer, before, 0.0, 0.62, step=512)
    out = mixer.render(after, 620_000_000, FS)[:, 0]
    assert np.abs(early).max() == 0.0
    begin = int(np.argmax(np.abs(out) > 1e-4))
    assert begin < 3 * 512 + round(0.1 * FS)
    assert np.allclose(out[begin - 1 : begin + 20_000], (tone(2.0) * np.sqrt(0.5))[:20_001], atol=0.02)


def test_a_hold_that_comes_too_late_does_not_click() -> None:
    room = Room()
    room.scene(room.sound("low", tone(6.0, 220.0), place=SeatPlace(0.0, 0.0, 1.0)), seconds=6.0)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    mixer = room.mixer()
    first = heard(mixer, block.read(), 0.0, 1.0, step=480)
    writer.append(from_ns=980_000_000, scene=0, at_fl=round(0.98 * S_FL), rate=0, kind=CONTINUE)
    rest = mixer.render(block.read(), S_NS, 24_000)
    joined = np.concatenate([first, rest])[:, 0]
    assert np.abs(rest[2048:]).max() == 0.0
    assert clicks_db(joined[40_000:56_000]) < -55
