"""A rig's ties to the venue: what they mean, and every mistake of them at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RigError
from engine.experience.rig import load_rig
from engine.experience.venue import Action, parse_offset_ns
from engine.time.timecode import Timecode

HEAD = "sensorama_rig: 1\nname: {en: venue}\nseats: {a: {}, b: {}}\n"


def rig_of(folder: Path, text: str):
    path = folder / "rig.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_rig(path)


def test_values(tmp_path: Path) -> None:
    venue = rig_of(
        tmp_path,
        """
timecode:
  follow: {wire: ltc, port: "audio:default", rate: 29.97df, start: "10:00:00;00", offset: -80ms, then: jam, missed: chase}
  send: [{wire: mtc, port: "midi:desk", rate: 30}, {wire: cinema, port: dcp.wav, rate: 48}]
inputs: {desk: {source: osc, port: "udp://0.0.0.0:9000"}}
triggers:
  - {input: desk, address: /go, equals: 1, do: {operator: start}}
  - {input: desk, address: /back, do: {seek_by: -5s}, seat: b, cooldown: 250ms}
  - {input: desk, address: /calm, do: {photosensitive: true}, seat: b}
  - {input: desk, address: /calm, do: {photosensitive: false}, seat: b}
  - {input: desk, address: /still, do: {comfort: still}}
  - {input: desk, address: /out, do: {guest: left}}
permits: {ride: {port: "tcp://10.0.0.7", stale: 300ms, settings: {inputs: [0], need: [/input/0]}}}
devices: {seat: {driver: sample, permit: ride}}
standby: {listen: "tcp://0.0.0.0:7410", take_over: 300ms}
""",
    ).venue
    follow = venue.follow
    assert follow is not None
    assert follow.start_index == Timecode(10, 0, 0, 0, follow.rate).to_index()
    assert (follow.rate.label, follow.offset_ns, follow.freewheel_ns) == (
        "29.97df",
        -80_000_000,
        1_000_000_000,
    )
    assert [(row.wire, row.rate.label) for row in venue.send] == [("mtc", "30"), ("cinema", "48")]
    assert venue.cues[0].action == Action("operator", "start")
    assert venue.cues[1].action == Action("seek_by", value=-5 * 705_600_000)
    assert (venue.cues[1].seat, venue.cues[1].cooldown_ns) == (1, 250_000_000)
    assert [cue.action for cue in venue.cues[2:]] == [
        Action("photosensitive", value=1),
        Action("photosensitive", value=0),
        Action("comfort", value=2),
        Action("guest", "left"),
    ]
    assert (venue.permits[0].stale_ns, venue.standby.take_over_ns) == (300_000_000, 300_000_000)


def test_a_rig_without_ties_has_none(tmp_path: Path) -> None:
    venue = rig_of(tmp_path, "").venue
    assert (venue.follow, venue.send, venue.inputs, venue.cues, venue.permits) == (None, (), (), (), ())


def test_every_mistake_at_once_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(RigError) as caught:
        rig_of(
            tmp_path,
            """
timecode:
  follow: {wire: mtc, port: "midi:x"}
  send:
    - {wire: ltc, port: x.wav, rate: 80}
    - {wire: artnet, port: "udp://1.2.3.4", rate: 29.97df, start: "00:01:00:00"}
    - {wire: ltc, port: x.wav, offset: soon}
inputs: {desk: {source: osc, port: "udp://0.0.0.0:9000"}}
triggers:
  - {input: dsk, address: /go, do: {external: go}}
  - {input: desk, address: /go, do: {intensity: thunder}, seat: z}
  - {input: desk, address: /go, do: {seek_by: far}}
devices: {seat: {driver: sample, permit: nobody}}
""",
        )
    said = {(p.place.line, p.message) for p in caught.value.problems}
    lines = sorted(line for line, _ in said)
    assert lines == [6, 8, 9, 10, 13, 14, 14, 15, 16], sorted(said)
    text = str(caught.value)
    for words in (
        "rate is missing",
        "no whole multiple",
        "does not exist",
        "no input 'dsk'",
        "no modality",
        "no seat 'z'",
        "no permit 'nobody'",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("timecode: {follow: {wire: smoke, port: x, rate: 25}}", "ltc"),
        ("triggers: [{input: desk, address: go, do: {external: go}}]", "address"),
        ("triggers: [{input: desk, address: /go, do: {external: go, vote: left}}]", "exactly one"),
        ("triggers: [{input: desk, address: /go, do: {}}]", "exactly one"),
        ("standby: {take_over: fast}", "take_over"),
    ],
)
def test_wrong_shapes(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(RigError) as caught:
        rig_of(tmp_path, line)
    assert says in str(caught.value)


def test_offsets() -> None:
    assert [parse_offset_ns(text) for text in ("0ms", "80ms", "-1.5s")] == [0, 80_000_000, -1_500_000_000]


def test_wrong_shapes_do_not_hide_wrong_sense(tmp_path: Path) -> None:
    with pytest.raises(RigError) as caught:
        rig_of(
            tmp_path,
            """
devices:
  seat: {driver: sample, rate_hz: -1, seat: zz, permit: nope}
timecode:
  follow: {wire: mtc, port: "midi:x", rate: 80, then: stop}
  send: [{wire: artnet, port: "udp://10.0.0.1", rate: 29.97, offset: 1}]
inputs: {desk: {source: osc, port: ""}}
triggers:
  - {input: nobody, address: go, do: {operator: hold}}
  - {input: desk, address: /x, above: 2, below: 1, seat: q, cooldown: -1s, do: {operator: hold}}
  - {input: desk, address: /x, do: {intensity: gravity}, cooldown: -1s}
permits: {ride: {port: "tcp://10.0.0.7", stale: 0ms, settings: 3}}
standby: {take_over: 0ms}
""",
        )
    said = str(caught.value)
    for word in (
        "`devices.seat.rate_hz`",
        "no seat 'zz'",
        "no permit 'nope'",
        "'stop' is not one of",
        "80 is no whole multiple",
        "artnet cannot carry 29.97",
        "'go' is not an address. begin it with a slash",
        "no input 'nobody'",
        "no value is above 2 and below 1",
        "no seat 'q'",
        "'gravity' is no modality",
        "stale is too short",
        "take_over is shorter",
    ):
        assert word in said, word


def test_a_high_frame_rate_travels_as_its_base_rate_and_a_phase(tmp_path: Path) -> None:
    venue = rig_of(
        tmp_path,
        """
timecode:
  follow: {wire: ltc, port: "audio:default", rate: 50, start: "10:00:00:03", offset: 5ms}
  send: [{wire: mtc, port: "midi:desk", rate: 120, start: "00:00:01:003"}]
""",
    ).venue
    assert venue.follow is not None
    # Frame 3 at 50 is the second picture of frame 1 at 25: half of it, 20 ms, has passed where the show begins.
    assert (venue.follow.rate.label, venue.follow.start_index) == ("25", 36_000 * 25 + 1)
    assert venue.follow.offset_ns == 5_000_000 - 20_000_000
    assert (venue.send[0].rate.label, venue.send[0].start_index) == ("30", 30)
    assert venue.send[0].offset_ns == 25_000_000
