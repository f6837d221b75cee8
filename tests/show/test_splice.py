"""Write-back: one place changes, every other byte stays; what cannot be changed so is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OutputError, PackageError, UsageError
from engine.show.recording.splice import Text, append_items, read_text, set_scalar_map, write_text
from engine.timeline.yamlsource import load_yaml_text

BLOCK = ["- kind: level", "  role: air.wind", "  cues:", "    - {at: 1s, set: 0.5}"]
FLOW = ["{kind: level, role: air.wind, cues: [{at: 1s, set: 0.5}]}"]
ADDED = {"kind": "level", "role": "air.wind", "cues": [{"at": "1s", "set": 0.5}]}

SCENES = {
    "block": """\
# a scene
duration: 18s   # as long as the song
tracks:
  # the wind
  - kind: level   # first
    role: light.street
    cues:
      - {at: 0s, set: 1}
      - at: 2s
        to: 0.5   # half

  # nothing more

window: {show: 7s}  # last
""",
    "indentless": "duration: 4s\ntracks:\n- kind: event\n  cues: [{at: 1s, name: x}] # 一\nnote: 'ends, here'\n",
    "last": "duration: 4s\ntracks:\n    - kind: event\n      cues: []",
    "empty": "duration: 4s\ntracks: []   # none yet\nnote: x\n",
    "nothing": "duration: 4s\ntracks:\nnote: x\n",
    "absent": "duration: 4s\n# the end\n",
    "absent, no line end": "duration: 4s",
    "flow": 'duration: 4s\ntracks: [{kind: event, cues: []}, # one\n  ]\nnote: "x"\n',
    "all flow, empty": "{duration: 4s, tracks: [], note: hello} # so\n",
    "all flow": "{duration: 4s, note: hello} # so\n",
    "empty file": "",
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("shape", ["plain", "crlf", "bom"])
def test_tracks_are_added_and_every_other_byte_stays(name: str, shape: str) -> None:
    text = SCENES[name]
    text = text.replace("\n", "\r\n") if shape == "crlf" else "\ufeff" + text if shape == "bom" else text
    changed = append_items(Text(text, "scene.yaml"), "tracks", BLOCK, FLOW)
    before = load_yaml_text(text, "x")[0] or {}
    after = load_yaml_text(changed, "x")[0]
    assert after == {**before, "tracks": [*(before.get("tracks") or []), ADDED]}
    kept = text.replace("[]   # none yet", "   # none yet") if name == "empty" else text
    assert _is_subsequence(kept.splitlines(), changed.splitlines()) or name in (
        "flow",
        "all flow",
        "all flow, empty",
        "empty file",
    )
    for comment in (
        "# a scene",
        "# half",
        "# nothing more",
        "# 一",
        "# none yet",
        "# one",
        "# so",
        "# the end",
    ):
        assert (comment in text) == (comment in changed)
    assert ("\r\n" in changed) == (shape == "crlf" and bool(text)) or name in (
        "absent, no line end",
        "all flow",
    )
    assert "\n" not in changed.replace("\r\n", "") or "\r\n" not in text
    assert changed.startswith("\ufeff") == text.startswith("\ufeff")


def _is_subsequence(lines: list[str], others: list[str]) -> bool:
    rest = iter(others)
    return all(any(line == other for other in rest) for line in lines)


def test_a_comment_below_the_last_track_stays_with_what_follows() -> None:
    changed = append_items(Text(SCENES["block"], "scene.yaml"), "tracks", BLOCK, FLOW)
    assert changed == SCENES["block"].replace(
        "        to: 0.5   # half\n",
        "        to: 0.5   # half\n  - kind: level\n    role: air.wind\n    cues:\n      - {at: 1s, set: 0.5}\n",
    )


@pytest.mark.parametrize(
    "text",
    ["a: &t [{x: 1}]\ntracks: *t\n", "- a list\n- not a scene\n", "duration: 4s\n...\n"],
)
def test_what_cannot_be_changed_in_one_place_is_left_alone(text: str) -> None:
    with pytest.raises((OutputError, PackageError)):
        append_items(Text(text, "scene.yaml"), "tracks", BLOCK, FLOW)


RIG = """\
devices:
  seat_a:
    driver: amc     # the seat
    latency: {dead: 20ms, lag: 30ms}   # guessed
    settings:
      a: 1
  fan:
    driver: sample
    port: twin      # for now

  # the last one
  old:
    latency:        # by hand
      dead: 5ms
      lag: 6ms
    driver: sample
  flat: {driver: sample, port: twin}
  void: {latency: , driver: x}
"""


@pytest.mark.parametrize("device", ["seat_a", "fan", "old", "flat", "void"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_latency_is_written_where_it_belongs(device: str, newline: str) -> None:
    text = RIG.replace("\n", newline)
    changed = set_scalar_map(Text(text, "rig.yaml"), ("devices", device, "latency"), "{dead: 1ms, lag: 2ms}")
    expected = load_yaml_text(text, "x")[0]
    expected["devices"][device]["latency"] = {"dead": "1ms", "lag": "2ms"}
    assert load_yaml_text(changed, "x")[0] == expected
    other_lines = [line for line in text.split(newline) if "latency" not in line and device not in line]
    gone = {"      dead: 5ms", "      lag: 6ms"} if device == "old" else set()
    assert [line for line in other_lines if line not in gone] == [
        line for line in changed.split(newline) if "latency" not in line and device not in line
    ]
    assert ("# guessed" in changed) and ("# for now" in changed) and ("# the last one" in changed)


def test_a_device_that_is_not_there_is_said() -> None:
    with pytest.raises(OutputError, match="no devices"):
        set_scalar_map(Text(RIG, "rig.yaml"), ("devices", "nobody", "latency"), "{dead: 1ms}")


_KEYS = st.sampled_from(["note", "stage", "x1", "targets"])
_LEAF = st.sampled_from(["1", "a b", "'q # q'", '"z"', "[1, 2]", "{a: 1}", "钟"])
_COMMENT = st.sampled_from(["", "  # why", "   #"])


@st.composite
def scenes(draw: st.DrawFn) -> str:
    lines = []
    for key in draw(st.lists(_KEYS, unique=True, max_size=4)):
        lines.append(f"{key}: {draw(_LEAF)}{draw(_COMMENT)}")
        lines += draw(st.sampled_from([[], [""], ["# alone"], ["    # deep", ""]]))
    pad = draw(st.sampled_from(["", "  ", "      "]))
    items: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        items.append(f"{pad}- kind: {draw(_LEAF)}{draw(_COMMENT)}")
        items += draw(
            st.sampled_from(
                [[], [f"{pad}  cues:", f"{pad}    - 1{draw(_COMMENT)}", f"{pad}    - [2,", "   3]"]]
            )
        )
        items += draw(st.sampled_from([[], [""], ["# between"]]))
    place = draw(st.integers(0, len(lines)))
    block = [f"tracks:{draw(_COMMENT)}", *items] if items else []
    return "\n".join([*lines[:place], *block, *lines[place:]]) + draw(st.sampled_from(["", "\n", "\n\n"]))


@given(scenes())
def test_random_files_keep_their_bytes(text: str) -> None:
    problems: list[object] = []
    before = load_yaml_text(text, "x", problems)[0] or {}  # type: ignore[arg-type]
    if problems or not isinstance(before, dict):
        return
    changed = append_items(Text(text, "scene.yaml"), "tracks", BLOCK, FLOW)
    assert load_yaml_text(changed, "x")[0] == {**before, "tracks": [*(before.get("tracks") or []), ADDED]}
    assert _is_subsequence([line for line in text.split("\n") if line], changed.split("\n"))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    write_text(path, "one: 1\r\n", replace=False)
    assert path.read_bytes() == b"one: 1\r\n" and read_text(path) == "one: 1\r\n"
    path.chmod(0o640)
    with pytest.raises(UsageError, match="--force"):
        write_text(path, "two: 2\n", replace=False)
    write_text(path, "two: 2\n", replace=True)
    assert path.read_text() == "two: 2\n" and path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]
    with pytest.raises(OutputError, match="nothing there was changed"):
        write_text(tmp_path / "no" / "where.yaml", "x", replace=True)
    with pytest.raises(UsageError, match="no such file"):
        read_text(tmp_path / "b.yaml")
