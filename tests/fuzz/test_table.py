"""Every decoder is in the table; a quick look at each; and the harness finds what it is there to find.

The long, coverage-guided runs are ``python -m tests.fuzz`` and tests/peers/test_fuzz.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from engine.bus.driver import Attentive
from engine.bus.registry import BUNDLED, BUNDLED_SOURCES
from tests.fuzz.__main__ import main
from tests.fuzz.harness import LOOK_EVERY, Lasting, TooMuchKept, floods, inputs
from tests.fuzz.hearing import DEAF, PLUGS
from tests.fuzz.held import held_bytes
from tests.fuzz.table import TARGETS, target_named
from tests.fuzz.target import Probe, Target, cuts, pure, whole
from tests.fuzz.venue import DEVICES, SOURCES, driver_of

ROOT = Path(__file__).resolve().parents[2]
_DECODES = re.compile(r"(decode|parse|unpack|read)(_|$)")
_METHODS = {"feed", "push"}
#: Parsers of what only the rig or the command line says; they are reached through rigs and drivers.
_OF_THE_RIG = {
    "devices.dmx.listening:parse_listening_port",
    "devices.http.source:parse_port",
    "devices.links:parse_tcp_port",
    "devices.midi.driver:read_groups",
    "devices.mqtt.driver:read_topics",
    "devices.osc.driver:read_messages",
    "devices.psn.axes:read_axes",
    "devices.scale:read_scale",
    "devices.text.driver:read_commands",
}


def public_decoders() -> Iterator[str]:
    """Functions named decode, parse, unpack or read, and methods named feed or push, of families and timecodes."""
    for path in sorted([*(ROOT / "devices").rglob("*.py"), *(ROOT / "engine/time/codes").rglob("*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and _DECODES.match(node.name):
                yield f"{module}:{node.name}"
            if isinstance(node, ast.ClassDef) and "Protocol" not in map(ast.unparse, node.bases):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and method.name in _METHODS:
                        yield f"{module}:{node.name}.{method.name}"


COVERED = [name for target in TARGETS for name in target.covers]


def test_every_decoder_is_in_the_table() -> None:
    missing = sorted(set(public_decoders()) - set(COVERED) - _OF_THE_RIG)
    assert not missing, f"not fuzzed: {', '.join(missing)}; add rows to tests/fuzz (see tests/fuzz/table.py)"


def test_every_family_is_in_the_table() -> None:
    """Who adds a driver or a source adds it to the fuzzed venue too."""
    assert set(DEVICES) == set(BUNDLED) and set(SOURCES) == set(BUNDLED_SOURCES)
    wanted = {f"source:{family}" for family in BUNDLED_SOURCES}
    wanted |= {f"twin:{family}" for family in BUNDLED if driver_of(family).twin is not None}
    wanted |= {f"driver:{family}" for family in PLUGS}
    assert wanted <= set(COVERED)
    attentive = {family for family in BUNDLED if isinstance(driver_of(family), Attentive)}
    assert attentive == {*PLUGS, *DEAF}, "an attentive driver needs a line in tests/fuzz/hearing.py"


def test_rows_name_what_exists_and_once() -> None:
    names = [target.name for target in TARGETS]
    assert len(set(names)) == len(names)
    for covered in {*COVERED, *_OF_THE_RIG}:
        module, _, path = covered.partition(":")
        if module in ("source", "twin", "driver"):
            continue
        found = import_module(module)
        for name in path.split("."):
            found = getattr(found, name)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_quick_look(target: Target) -> None:
    """Seeds are understood, damaged ones are understood or refused, and nothing is kept that should not be."""
    assert any(target.try_once(seed) for seed in target.seeds()), (
        "no seed is understood: is the encoder's output still one?"
    )
    lasting = Lasting(target)
    for data in inputs(target, Random(1), 1 if target.slow else 10):
        target.try_once(data)
        lasting.take(data)
    if not target.slow:
        for data in floods(target, 400):
            target.try_once(data)
            lasting.take(data)
    lasting.look()


# -- the harness itself --------------------------------------------------------------------------------------


class Hoard:
    """A decoder as nobody should write one."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def take(self, data: bytes) -> None:
        self.kept.append(bytes(64))
        if data == b"bang":
            raise IndexError("out of range")


def hoard(*allowed: type[Exception], held: int = 1 << 30) -> Target:
    def made() -> Probe:
        thing = Hoard()
        return Probe(thing.take, thing)

    return Target("hoard", made, lambda: [b"x"], allowed, held_bytes=held)


def test_what_is_raised_against_the_rules_comes_through() -> None:
    assert hoard().try_once(b"x")
    assert not hoard(IndexError).try_once(b"bang")
    for target in (hoard(), hoard(ValueError)):
        with pytest.raises(IndexError):
            target.try_once(b"bang")
        with pytest.raises(IndexError):
            Lasting(target).take(b"bang")


def test_what_grows_without_end_is_found() -> None:
    lasting = Lasting(hoard(held=1000))
    with pytest.raises(TooMuchKept, match="are kept after 500 inputs; allowed 1000"):
        for _ in range(LOOK_EVERY):
            lasting.take(b"x")
    assert list(lasting.history)[-1] == b"x"


def test_held_bytes_sees_slots_containers_and_shared_things_once() -> None:
    big = bytes(10_000)
    target = Target("x", pure(len), lambda: [big])
    assert 10_000 < held_bytes([{"a": big}, (big,), target, held_bytes]) < 20_000


def test_streams_are_cut_as_the_first_byte_says() -> None:
    assert list(cuts(b"\x00abcdef")) == [b"abcdef"]
    assert list(cuts(b"\x04abcdef")) == [b"abcd", b"ef"]
    assert list(cuts(b"")) == [] and whole(b"ab") == (b"\x00ab", b"\x03ab")


def test_an_unknown_name_is_told_the_names() -> None:
    with pytest.raises(KeyError, match="there are amc"):
        target_named("nothing")


def test_a_finding_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["osc", "art-timecode", "--replay", "2f6162630000000000"]) == 0
    assert capsys.readouterr().out == "osc: 9 bytes, refused\nart-timecode: 9 bytes, refused\n"
