"""Puts what a walk found into a rig file, at the places where it belongs; comments, order and blanks stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode

from engine.errors import OutputError, SensoramaError
from engine.experience.audio_rig import AudioOutput, SpeakerSpec
from engine.experience.rig import load_rig
from engine.show.recording.splice import Text, end_of, node_at, read_text, set_scalar_map, write_text

_PLAIN = re.compile(r"[A-Za-z0-9_.+-][A-Za-z0-9_.+-]*\Z")
_WORDS = frozenset({"null", "true", "false", "none", "yes", "no", "on", "off", "~"})
_DEFAULT_NAME = "main"

Row = dict[str, Any]
Step = str | int


def changed_output(output: AudioOutput, speakers: Sequence[SpeakerSpec]) -> AudioOutput:
    """An output with its loudspeakers, or its ears, as they were found."""
    channels = tuple(speaker.channel for speaker in speakers)
    return replace(
        output, channels=channels, speakers=tuple(speakers) if output.kind == "speakers" else output.speakers
    )


def write_output(path: Path, index: int, output: AudioOutput) -> bool:
    """Write the loudspeakers of one output, or the channels of a pair of ears, into a rig file.

    Parameters
    ----------
    path : Path
    index : int
        Of the output, in the rig's order.
    output : AudioOutput
        As it should be; only channels, delays, gains and wiring may differ from what the file says.

    Returns
    -------
    bool
        False when the file says all of it already.

    Raises
    ------
    InputError
        When the file cannot be read.
    OutputError
        When it is written in a way that cannot be changed there, or would then say something else; it is as it was.
    """
    now = load_rig(path).audio.outputs[index]
    if says_already(now, output):
        return False
    before = read_text(path)
    changed = spliced(before, str(path), index, now, output)
    write_text(path, changed, replace=True)
    try:
        if not says_already(load_rig(path).audio.outputs[index], output):
            raise OutputError(f"{path}: it would not say what was found; it was left as it was")
    except SensoramaError:
        write_text(path, before, replace=True)
        raise
    return True


def says_already(now: AudioOutput, wanted: AudioOutput) -> bool:
    """Whether two outputs are written alike; delays count in whole microseconds."""
    return now.channels == wanted.channels and not any(
        _differences(old, new) for old, new in zip(now.speakers, wanted.speakers, strict=True)
    )


def spliced(text: str, shown: str, index: int, now: AudioOutput, wanted: AudioOutput) -> str:
    """The rig's text with an output changed from `now` to `wanted`.

    Raises
    ------
    OutputError
    """
    rows = {
        new.name: _differences(old, new)
        for old, new in zip(now.speakers, wanted.speakers, strict=True)
        if _differences(old, new)
    }
    source = Text(text, shown)
    audio = (source.data or {}).get("audio") or {}
    if not audio.get("outputs"):
        return _from_short_form(source, audio, rows, wanted)
    at: tuple[Step, ...] = ("audio", "outputs", index)
    if wanted.kind != "speakers":
        return set_scalar_map(source, (*at, "channels"), _flow(list(wanted.channels)))
    listed = audio["outputs"][index].get("speakers")
    if not listed and "speakers" not in audio["outputs"][index]:
        return _new_speakers(source, at, rows)
    for label, row in rows.items():
        text = _one_speaker(text, shown, (*at, "speakers"), label, row)
    return text


def _differences(old: SpeakerSpec, new: SpeakerSpec) -> Row:
    """Keys that must say something else."""
    row: Row = {}
    if old.channel != new.channel:
        row["channel"] = new.channel
    if _ms(old.delay_ns) != _ms(new.delay_ns):
        row["delay"] = _ms(new.delay_ns)
    if old.gain_db != new.gain_db:
        row["gain"] = f"{new.gain_db:g}db"
    if old.inverted != new.inverted:
        row["inverted"] = new.inverted
    return row


def _one_speaker(text: str, shown: str, at: tuple[Step, ...], label: str, row: Row) -> str:
    """Change one loudspeaker of those listed, key by key, so that what stands beside a key stays."""
    source = Text(text, shown)
    speakers = source.data
    for step in at:
        speakers = speakers[step]
    listed = (speakers or {}).get(label)
    if not speakers:
        return set_scalar_map(source, at, f"{{{_key(label)}: {_flow(row)}}}")
    if not isinstance(listed, dict) or not listed:
        alone = {"channel": listed} if isinstance(listed, int) else {}
        return set_scalar_map(source, (*at, label), _flow(alone | row))
    for key, value in row.items():
        text = set_scalar_map(Text(text, shown), (*at, label, key), _flow(value))
    return text


def _new_speakers(source: Text, at: tuple[Step, ...], rows: dict[str, Row]) -> str:
    """List loudspeakers of an output that names its layout alone."""
    node, _ = node_at(source.places.root, at)
    if not isinstance(node, MappingNode) or node.flow_style:
        return set_scalar_map(source, (*at, "speakers"), _flow(rows))
    indent = " " * node.value[0][0].start_mark.column
    lines = [f"{indent}speakers:", *(f"{indent}  {_key(label)}: {_flow(row)}" for label, row in rows.items())]
    data = _copy_with(source.data, at, rows)
    place = source.line_end(end_of(node))
    return source.checked(source.put(place, "".join(f"\n{line}" for line in lines)), data)


def _from_short_form(source: Text, audio: Row, rows: dict[str, Row], wanted: AudioOutput) -> str:
    """`layout` becomes `outputs`, since only an output can list loudspeakers."""
    layout = audio.get("layout", "stereo")
    made: Row = {"name": _DEFAULT_NAME, "layout": layout}
    if wanted.kind == "speakers":
        made["speakers"] = rows
    else:
        made["channels"] = list(wanted.channels)
    data = dict(source.data or {})
    data["audio"] = {key: value for key, value in audio.items() if key != "layout"} | {"outputs": [made]}
    node, key_node = node_at(source.places.root, ("audio",))
    if node is None or not isinstance(node, MappingNode) or not node.value:
        lines = ["audio:", *(f"  {line}" for line in _block(made))]
        if node is not None and key_node is not None:  # `audio:` or `audio: {}`
            end = max(node.end_mark.index, key_node.end_mark.index + 1)
            return source.checked(source.put(key_node.start_mark.index, "\n".join(lines), until=end), data)
        lead = "" if not source.text or source.text.endswith("\n") else "\n"
        return source.checked(source.put(len(source.text), lead + "\n".join(lines) + "\n"), data)
    value, name = node_at(source.places.root, ("audio", "layout"))
    if value is None or name is None:
        if node.flow_style:
            return set_scalar_map(source, ("audio", "outputs"), _flow([made]))
        indent = " " * node.value[0][0].start_mark.column
        text = "".join(f"\n{indent}{line}" for line in _block(made))
        return source.checked(source.put(source.line_end(end_of(node)), text), data)
    start, end = name.start_mark.index, end_of(value)
    if node.flow_style:
        return source.checked(source.put(start, f"outputs: {_flow([made])}", until=end), data)
    indent = " " * name.start_mark.column
    # What stands behind the layout, a comment for one, stays on the line that says what it was about.
    head, *rest = _block(made)
    behind = source.text[end : source.line_end(end)]
    text = head + "".join(
        f"\n{indent}{line}{behind if line.strip() == f'layout: {_flow(layout)}' else ''}" for line in rest
    )
    return source.checked(source.put(start, text, until=source.line_end(end)), data)


def _block(made: Row) -> list[str]:
    """Lines of a list with one output."""
    lines = ["outputs:", f"  - name: {made['name']}", f"    layout: {_flow(made['layout'])}"]
    if "channels" in made:
        return [*lines, f"    channels: {_flow(made['channels'])}"]
    rows = made["speakers"]
    return [*lines, "    speakers:", *(f"      {_key(label)}: {_flow(row)}" for label, row in rows.items())]


def _copy_with(data: Any, at: tuple[Step, ...], rows: dict[str, Row]) -> Any:
    if not at:
        return {**data, "speakers": rows}
    if isinstance(data, list):
        return [_copy_with(item, at[1:], rows) if n == at[0] else item for n, item in enumerate(data)]
    return {**data, at[0]: _copy_with(data[at[0]], at[1:], rows)}


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.3f}".rstrip("0").rstrip(".") + "ms"


def _key(label: str) -> str:
    plain = _PLAIN.match(label) and label.lower() not in _WORDS and not re.match(r"[-+.]?\d", label)
    return label if plain and not label.startswith(("-", ".")) else json.dumps(label, ensure_ascii=False)


def _flow(value: Any) -> str:
    """A value in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A quantity (1.25ms, -6db, 7.1.4) reads as a string without quotes; what would read as a number needs them.
        plain = _PLAIN.match(value) and value.lower() not in _WORDS and not _reads_as_number(value)
        return value if plain and not value.startswith("- ") else json.dumps(value, ensure_ascii=False)
    return repr(value)


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.startswith(("0x", "0o", ".inf", ".nan", "-.inf", "+.inf"))
    return True
