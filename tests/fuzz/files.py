"""Files and connections that people and other machines write: journals, YAML, XML, haptics, a standby's rows."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from engine.errors import InputError, PackageError, Problem
from engine.experience.haptics.files import read_haptic
from engine.experience.rig import load_rig
from engine.experience.sem.motion import read_matrix
from engine.experience.sem.read import Dialect, read_fragment, read_sem
from engine.experience.sem.snippet import read_note
from engine.experience.sem.tracks import tracks_of
from engine.show.standby.link import parse_listen
from engine.show.standby.wire import MAX_ROW_BYTES, RowError, RowReader, decode_row, encode_row
from engine.story.journal import read_journal
from engine.timeline.compile import compile_scene
from engine.timeline.parse import parse_scene
from engine.timeline.roles import RoleKind, RoleSpec, RoleTable
from engine.timeline.yamlsource import load_yaml_text, resolve_core
from tests.fuzz.target import Probe, Target, pure, streamed, whole

_ROLES = RoleTable.of(
    [
        RoleSpec("seat.motion", RoleKind.MOTION, "seat", "motion"),
        RoleSpec("seat.shaker", RoleKind.HAPTIC, "seat", "haptic"),
        RoleSpec("air.wind", RoleKind.LEVEL, "room", "wind"),
        RoleSpec("light.street", RoleKind.COLOR, "room", "light"),
    ]
)
_SCENE = b"""\
duration: 20s
acoustics: {rooms: {hall: {center: [0, 0, 2], size: [8, 9, 4], rt60: {500: 1.2s}, walls: {floor: wood, others: 0.1}}}, air: {humidity: 60%}}
tracks:
  - {role: light.street, kind: level, cues: [{at: 0s, to: [1, 0.6, 0.3], over: 3s}, {at: 14s, set: 0.5}]}
  - {role: seat.motion, kind: motion, cues: [{at: 6s, for: 8s, keys: [[0s, {heave: 0mm}], [8s, {pitch: 1deg}]]}]}
  - {role: seat.shaker, kind: haptic, cues: [{at: 8s, transient: {intensity: 0.9, sharpness: 0.3}}]}
"""
_SEM = (
    b'<sedl:SEM xmlns:sedl="urn:mpeg:mpeg-v:2010:01-SEDL-NS" xmlns:sev="urn:mpeg:mpeg-v:2010:01-SEV-NS" '
    b'xmlns:mpeg7="urn:mpeg:mpeg7:schema:2004" xmlns:si="urn:mpeg:mpeg21:2003:01-DIA-XSI-NS" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" si:timeScale="1000">'
    b'<sedl:Effect xsi:type="sev:WindType" activate="true" intensity-value="80" intensity-range="0 100" duration="2000" si:pts="6"/>'
    b'<sedl:Effect xsi:type="sev:LightType" activate="true" color="#FF8000" intensity-value="5" intensity-range="0 9" si:pts="1"/>'
    b'<sedl:Effect xsi:type="sev:RigidBodyMotionType" activate="true" si:pts="16000" duration="3000">'
    b'<sev:MoveToward speed="10" directionH="90" distance="5"/>'
    b'<sev:TrajectorySamples mpeg7:dim="2 6">0 0 0 0 0 0 0 0 0.01 0 0 0</sev:TrajectorySamples>'
    b'<sev:Shake direction="urn:mpeg:mpeg-v:01-SI-ShakeDirectionCS-NS:heave" count="6" distance="2" interval="500"/>'
    b"</sedl:Effect></sedl:SEM>"
)
_HAPTICS = {
    ".ahap": {
        "Version": 1.0,
        "Pattern": [
            {"Event": {"Time": 0.1, "EventType": "HapticTransient", "EventParameters": []}},
            {
                "Event": {
                    "Time": 0.2,
                    "EventType": "HapticContinuous",
                    "EventDuration": 1.5,
                    "EventParameters": [{"ParameterID": "HapticIntensity", "ParameterValue": 0.7}],
                }
            },
            {
                "ParameterCurve": {
                    "ParameterID": "HapticIntensityControl",
                    "Time": 0.2,
                    "ParameterCurveControlPoints": [{"Time": 0, "ParameterValue": 1.0}, {"Time": 1, "ParameterValue": 0.2}],
                }
            },
        ],
    },
    ".haptic": {
        "version": {"major": 1, "minor": 0, "patch": 0},
        "signals": {
            "continuous": {
                "envelopes": {
                    "amplitude": [
                        {"time": 0.0, "amplitude": 0.1},
                        {"time": 1.0, "amplitude": 0.9, "emphasis": {"amplitude": 1.0, "frequency": 0.4}},
                    ],
                    "frequency": [{"time": 0.0, "frequency": 0.5}],
                }
            }
        },
    },
    ".hjif": {
        "version": "2023",
        "perceptions": [
            {
                "perception_modality": "Vibrotactile",
                "channels": [
                    {
                        "id": 0,
                        "gain": 1.0,
                        "bands": [
                            {
                                "band_type": "WaveletWave",
                                "effects": [{"position": 0, "keyframes": [{"relative_position": 0, "amplitude_modulation": 1}]}],
                            }
                        ],
                    }
                ],
            }
        ],
    },
    ".tact": {"project": {"tracks": [{"effects": [{"startTime": 0, "offsetTime": 500, "modes": {}}]}]}},
    ".haps": {"m_gain": 1.0, "m_vibration": {"m_melodies": [{"m_notes": [{"m_startingPoint": 0.0, "m_length": 1.0}]}]}},
}  # fmt: skip
_JOURNAL = (
    b'{"schema":"sensorama.journal/1","package":"p","package_hash":"h","seed":1,"clock":"manual","versions":{},"started":"s"}\n'
    b'{"event":"input","at_ns":5,"kind":"pick"}\n{"event":"end","at_ns":9,"how":"ended"}\n{"eve'
)
_ROWS = (
    encode_row("join", version=1, session="s"),
    encode_row("ping", asked_ns=5) + encode_row("now", at_ns=7),
    encode_row("event", kind="input", at_ns=5, fields={"a": 1}),
)

SEM_NOTE = (
    b'mpeg-v RigidBodyMotion; range 0 100; location left; number 0; length 9; patterns <Shake count="2"/>'
)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the files lie, one a process, written again and again; gone with the process that asked first."""
    return tempfile.TemporaryDirectory(
        prefix="fuzz-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    )


def _file(suffix: str, read: Callable[[Path], object]) -> Callable[[], Probe]:
    """A reader that wants a file gets one."""

    def take(data: bytes) -> None:
        path = Path(_folder().name) / f"{os.getpid()}{suffix}"
        path.write_bytes(data)
        read(path)

    def made() -> Probe:
        _folder()  # before anything forks
        return Probe(take)

    return made


def _text(read: Callable[[str], object]) -> Callable[[], Probe]:
    return pure(lambda data: read(data.decode("utf-8", "replace")))


def _sem(path: Path) -> None:
    for dialect in Dialect:
        tracks_of(read_sem(path, dialect).effects)


def _matrix(text: str) -> None:
    read_matrix(read_fragment(text), lambda *_: None)


def _yaml(text: str) -> None:
    problems: list[Problem] = []
    load_yaml_text(text, "scene.yaml", problems)


def _scene(text: str) -> None:
    problems: list[Problem] = []
    data, places = load_yaml_text(text, "scene.yaml", problems)
    if problems:
        return
    parsed = parse_scene(data, places, problems)
    program = compile_scene(parsed, scene_id="scene", index=0, roles=_ROLES, problems=problems)
    assert (program is None) == any(problem.severity == "error" for problem in problems)


def _rigs() -> Sequence[bytes]:
    sound = (
        b"sensorama_rig: 1\nname: {en: x}\nseats: {a: {}}\naudio:\n  loudness: -23lufs\n  adm_osc: udp://h\n  outputs:\n"
        b"    - {name: ears, layout: binaural}\n"
        b"    - {name: room, layout: 5.1, channels: 3-8, speakers: {M+030: {delay: 1ms, gain: -1db}, LFE1: 20}}\n"
    )
    return [load_rig(name).path.read_bytes() for name in ("studio", "cinema4d")] + [
        b"name: x\ndevices: []\n",
        sound,
    ]


def _one(data: bytes) -> Callable[[], Sequence[bytes]]:
    return lambda: (data,)


FILES = (
    Target(
        "journal", _file(".jsonl", read_journal), lambda: [_JOURNAL, b"[" * 2000 + b"\n"], (InputError,),
        ("engine.story.journal:read_journal",),
    ),
    Target(
        "standby-row", pure(decode_row), lambda: [row.rstrip(b"\n") for row in _ROWS], (RowError,),
        ("engine.show.standby.wire:decode_row",),
    ),
    Target(
        "standby-rows", streamed(RowReader, "feed"), lambda: whole(*_ROWS), (RowError,),
        ("engine.show.standby.wire:RowReader.feed",), 2 * MAX_ROW_BYTES,
    ),
    Target(
        "standby-address", _text(parse_listen), _one(b"tcp://192.168.1.20:7410"), (InputError,),
        ("engine.show.standby.link:parse_listen",),
    ),
    Target("yaml", _text(_yaml), _one(_SCENE), (), ("engine.timeline.yamlsource:load_yaml_text",)),
    Target("yaml-word", _text(resolve_core), lambda: [b"0x1f", b"-1.5e3", b"~"], (), ("engine.timeline.yamlsource:resolve_core",)),
    Target("scene", _text(_scene), _one(_SCENE), (), ("engine.timeline.parse:parse_scene",)),
    Target("rig", _file(".yaml", load_rig), _rigs, (InputError,), ("engine.experience.rig:load_rig",), slow=True),
    Target(
        "sem", _file(".sem", _sem), _one(_SEM), (PackageError,),
        ("engine.experience.sem.read:read_sem", "engine.experience.sem.tree:read_tree"), slow=True,
    ),
    Target(
        "sem-matrix", _text(_matrix), _one(b'<x xmlns:m="urn:mpeg:mpeg7:schema:2004" m:dim="2 2">1 2 3 4</x>'), (PackageError,),
        ("engine.experience.sem.motion:read_matrix", "engine.experience.sem.read:read_fragment"),
    ),
    Target(
        "sem-note", _text(read_note), _one(SEM_NOTE), (PackageError,),
        ("engine.experience.sem.snippet:read_note",),
    ),
    *(
        Target(
            f"haptic{suffix.replace('.', '-')}", _file(suffix, read_haptic), _one(json.dumps(content).encode()), (PackageError,),
            (f"engine.experience.haptics.{reader}",),
        )
        for (suffix, content), reader in zip(
            _HAPTICS.items(),
            ("ahap:read_ahap", "lofelt:read_lofelt", "hjif:read_hjif", "tact:read_tact", "haps:read_haps"),
            strict=True,
        )
    ),
)  # fmt: skip
