"""Whatever bytes come from outside, nothing moves that the rig did not say should: frames are those of a run that heard nothing.

What comes in can act on a show in one way only: the rig's ``triggers`` turn signals into what a guest or an operator could do.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.artnet import codec as artnet
from devices.enttec import codec as enttec
from devices.intiface import codec as intiface
from devices.openmotion import codec as openmotion
from devices.pjlink import codec as pjlink
from devices.sacn import codec as sacn
from devices.smc3 import codec as smc3
from engine.bus.driver import Attentive
from engine.bus.inline import InlineBus
from engine.bus.listen import Heard
from engine.bus.loop import BusDevice, Dispatch
from engine.bus.mapping import make_route
from engine.bus.registry import BUNDLED, BUNDLED_SOURCES
from engine.bus.source import Chunk, Signal
from engine.bus.timecode.sockets import ArtnetWords
from engine.bus.twins import make_twin
from engine.errors import DeviceError, Place
from engine.experience.venue import Action, CueIn, InputSpec, Venue
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import External, Operator, Pick
from engine.show.record import RunRecord
from engine.show.signals.cue_in import CueMatcher
from engine.show.signals.part import InputsPart, inputs_part
from engine.time.clocks import ManualClock
from engine.time.codes import mtc
from engine.time.codes.mtc_receiver import MtcReceiver
from engine.time.codes.word import CodeWord
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.publisher import TransportWriter
from engine.time.segments import Transport
from engine.time.shared import LocalBlock
from tests.fuzz.harness import inputs
from tests.fuzz.hearing import DEAF, PLUGS, Hearer
from tests.fuzz.table import target_named
from tests.fuzz.venue import SOURCES, driver_of, source_of
from tests.show.fakes import FakeStory, make_action, make_package, make_scene, make_trigger
from tests.show.followed import LINEAR, Followed, scene
from tests.time.chase_show import rules_for

MS = 1_000_000
S = 1_000_000_000


class Sway:
    """Every axis on its own slow sine: what a seat would do if it were let."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Sequence[float]:
        moment = transport.at(host_ns)
        if moment.scene < 0:
            return (0.0,) * 8
        t_s = moment.at_fl / FLICKS_PER_SECOND
        return [0.02 * math.sin(2.0 * math.pi * 0.3 * t_s + axis) for axis in range(6)] + [0.5, 60.0]


def rig(block: LocalBlock, *families: str) -> InlineBus:
    """A bus in memory whose devices render the show."""
    devices = []
    for family in families:
        driver = driver_of(family)
        group = driver.groups[0]
        kind, start, rest = {6: ("motion", 0, 6), 2: ("haptic", 6, 2)}.get(
            len(group.channels), ("level", 6, 1)
        )
        route = make_route(
            driver, role="r", role_index=0, seat=0, kind=kind, start=start, rest=(0.0,) * rest, modality="", group=group.name
        )  # fmt: skip
        devices.append(BusDevice(driver, (route,)))
    return InlineBus(devices, Sway(), block, epoch_ns=0)


def frames_of(
    bus: InlineBus, block: LocalBlock, step: Callable[[int], object], until_ns: int = 1200 * MS
) -> str:
    """Hash of every frame the bus dispatches, with its device and instant; `step` is called every 20 ms."""
    found = hashlib.sha256()
    core = bus.core
    for at_ns in range(0, until_ns, 20 * MS):
        step(at_ns)
        while (due_ns := core.next_due_ns()) <= at_ns:
            for sent in core.advance(due_ns, block.read(), 0, ()):
                rows = sent.frames if isinstance(sent, Dispatch) else sent.frames.tobytes()
                found.update(repr((sent.due_ns, rows)).encode())
    return found.hexdigest()


def noise(family: str, count: int = 25) -> list[bytes]:
    """What the family's line carries, damaged in every way, and plain noise."""
    return list(inputs(target_named(f"source-{family}"), Random(5), count))


# -- sources: a console, a tracker, a PLC, a page ------------------------------------------------------------


class Show:
    """A conductor with a rig's triggers, and seats in memory that follow it; stopped at 300 ms if asked to.

    The rig maps one address of every source, which nobody sends here unless a test says so.
    """

    def __init__(self, *, stopped: bool) -> None:
        self.rows: list[tuple[str, int | None]] = []
        bell = make_trigger("bell", "external", do=make_action(rung=1))
        bell.name = "bell"
        package = make_package(make_scene("quay", 0, seconds=10, triggers=(bell,)))
        cues = [
            CueIn(name, address, action)
            for name in BUNDLED_SOURCES
            for address, action in (
                ("/mapped/bell", Action("external", "bell")),
                ("/mapped/hold", Action("operator", "toggle_hold")),
                ("/mapped/resume", Action("operator", "resume")),
                ("/mapped/back", Action("seek_by", value=-1000)),
            )
        ]
        heard = [InputSpec(name, name, one.port, one.settings, Place("rig")) for name, one in SOURCES.items()]
        production: Any = SimpleNamespace(
            rig=SimpleNamespace(venue=Venue(inputs=tuple(heard), cues=tuple(cues))),
            package=SimpleNamespace(languages=("en",)),
        )
        made = inputs_part(production, ManualClock(0))
        assert made is not None
        self.part: InputsPart = made
        self.block = LocalBlock()
        story: Any = FakeStory({"start": (["quay"], {}, None)})
        record = RunRecord(self, 0)
        self.conductor = Conductor(
            package=package, story=story, writer=TransportWriter(self.block), record=record
        )
        self.conductor.start(0, from_ns=0)
        self.part.begin(self.conductor, record)
        self.bus = rig(self.block, "amc", "smc3", "shaker")
        self._stopped = stopped

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None:
        self.rows.append((kind, at_ns))

    def frames(self, signals: Callable[[int], Sequence[Signal]]) -> str:
        def step(at_ns: int) -> None:
            if self._stopped and at_ns == 300 * MS:
                self.conductor.handle(Operator("stop"), at_ns)
            self.conductor.advance(at_ns)
            if found := tuple(signals(at_ns)):
                self.part.hear(self.part.children[0], "signals", Heard(at_ns, found), at_ns)
            self.part.advance(at_ns)

        return frames_of(self.bus, self.block, step)


@pytest.fixture(scope="module", params=[False, True], ids=["playing", "stopped"])
def silent(request: pytest.FixtureRequest) -> tuple[bool, str, list[tuple[str, int | None]]]:
    show = Show(stopped=request.param)
    return request.param, show.frames(lambda _: ()), show.rows


def test_the_seats_of_these_tests_do_move(silent: tuple[bool, str, list[tuple[str, int | None]]]) -> None:
    stopped, quiet, _ = silent
    assert Show(stopped=not stopped).frames(lambda _: ()) != quiet


def test_signals_the_rig_does_not_map_change_no_frame_and_no_journal(
    silent: tuple[bool, str, list[tuple[str, int | None]]],
) -> None:
    stopped, quiet, journal = silent
    signals: list[Signal] = []
    for family in BUNDLED_SOURCES:
        source = source_of(family)
        for number, data in enumerate(noise(family)):
            signals += source.decode(Chunk(data[1:], f"10.0.0.{number}"), number * MS)
    assert len({signal.source for signal in signals}) > len(BUNDLED_SOURCES) // 2  # much of it is understood
    show = Show(stopped=stopped)
    assert show.frames(lambda at_ns: signals[at_ns // (20 * MS) :: 60]) == quiet
    assert show.rows == journal


def test_a_stopped_seat_stays_whatever_the_rig_maps(
    silent: tuple[bool, str, list[tuple[str, int | None]]],
) -> None:
    stopped, quiet, journal = silent
    words = ("bell", "hold", "back", "resume")

    def signals(at_ns: int) -> list[Signal]:
        word = words[at_ns // (100 * MS) % 4]
        return [Signal("osc", f"/mapped/{word}", (1.0,), at_ns)] if at_ns >= 400 * MS else []

    show = Show(stopped=stopped)
    frames = show.frames(signals)
    # On a show that plays the same words do act: the test would see a seat move.
    assert (frames == quiet) == stopped
    assert (show.rows == journal) == stopped


values = st.lists(
    st.one_of(
        st.floats(),
        st.integers(),
        st.just(10**400),
        st.booleans(),
        st.text(max_size=8),
        st.binary(max_size=8),
    ),
    max_size=3,
)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["desk", "plc", "x"]), st.text(max_size=12), values, st.integers()),
        max_size=12,
    )
)
def test_any_signal_makes_nothing_but_what_the_rig_says(rows: list[tuple[str, str, list[Any], int]]) -> None:
    cues = [
        CueIn("desk", "/go", Action("external", "go")),
        CueIn("desk", "*", Action("intensity", "wind")),
        CueIn("plc", "*", Action("vote", "left"), above=0.5),
        CueIn("plc", "/input/*", Action("operator", "hold"), equals=True),
    ]
    matcher = CueMatcher(cues)
    for source, address, given_values, at_ns in rows:
        for address_ in (address, "/go", "/input/1"):
            for made in matcher.take(Signal(source, address_, tuple(given_values), at_ns)):
                assert source in ("desk", "plc")
                match made:
                    case External(name):
                        assert (source, address_, name) == ("desk", "/go", "go")
                    case Pick(seat, option):
                        assert (source, seat, option) == ("plc", 0, "left")
                    case Operator("intensity", value, name):
                        assert source == "desk" and name == "wind" and 0 <= value <= 1000
                    case Operator(action):
                        assert (source, action) == ("plc", "hold")
                    case _:
                        raise AssertionError(made)


# -- replies: what drivers read while they attend ------------------------------------------------------------


def _commands(family: str, sent: Sequence[bytes]) -> list[object]:
    """Of what an attending driver sent: whatever would move, light or switch something."""
    stream = b"".join(sent)
    match family:
        case "smc3":
            return [packet for packet in smc3.PacketCutter().feed(stream) if packet.code in smc3.TARGETS]
        case "yaw":
            return [frame for frame in sent if frame.startswith(b"Y[")]
        case "enttec":
            return [one for one in enttec.MessageCutter().feed(stream) if one.label == enttec.SEND_DMX]
        case "artnet":
            return [frame for frame in sent if artnet.is_dmx(frame)]
        case "sacn":
            return [frame for frame in sent if sacn.is_data(frame)]
        case "intiface":
            return [one for frame in sent for one in intiface.decode(frame) if one.name == "ScalarCmd"]
        case "pjlink":
            said = [pjlink.decode_command(line) for line in pjlink.LineCutter().feed(stream)]
            return [command for command in said if command.parameter != "?"]
        case "text" | "bhaptics":
            return list(sent)
    raise AssertionError(f"say which words of {family!r} command something")


@pytest.mark.parametrize("family", [family for family in PLUGS if family != "mqtt"])
def test_replies_change_no_frame_and_make_a_driver_command_nothing(family: str) -> None:
    def run(*, talk: bool) -> tuple[str, Hearer]:
        block = LocalBlock()
        TransportWriter(block).append(from_ns=0, scene=0)
        hearer = Hearer(family)
        bus = rig(block, family)
        bus.core.drivers[0].encode = hearer.driver.encode  # type: ignore[method-assign]
        replies = list(inputs(target_named(f"driver-{family}"), Random(9), 40)) if talk else []

        def step(at_ns: int) -> None:
            for data in replies[at_ns // (20 * MS) :: 60]:
                try:
                    hearer.hear(data[1:])
                except DeviceError:
                    hearer.driver.open()  # as the bus does

        return frames_of(bus, block, step), hearer

    quiet, _ = run(talk=False)
    told, hearer = run(talk=True)
    assert told == quiet
    assert not _commands(family, list(hearer.line.sent))


def test_the_broker_is_the_only_line_that_is_not_looked_into() -> None:
    """What an MQTT driver sends is in paho's hands; it subscribes to nothing, so no message can reach it."""
    hearer = Hearer("mqtt")
    assert not hearer.driver._broker._subscriptions
    attentive = {family for family in BUNDLED if isinstance(driver_of(family), Attentive)}
    assert attentive == {*PLUGS, *DEAF}


# -- lines of twins, and timecode ----------------------------------------------------------------------------


@pytest.mark.parametrize("family", [family for family in BUNDLED if driver_of(family).twin is not None])
def test_noise_on_a_devices_line_moves_no_twin(family: str) -> None:
    rng, twin, still = Random(3), make_twin(driver_of(family)), make_twin(driver_of(family))
    assert twin is not None and still is not None
    for number in range(40):
        data = rng.randbytes(rng.randrange(1, 80))
        if family == "openmotion" and len(data) == openmotion.SIZE:
            continue  # any twenty bytes are a pose there: the protocol has nothing to tell a wrong one by
        twin.receive(data, number * MS)
    assert twin.state_at(S) == still.state_at(S)


def test_timecode_that_is_wrong_moves_no_seat_that_is_stopped() -> None:
    words: list[CodeWord] = []
    heard, parser, receiver = ArtnetWords(), mtc.MidiBytes(), MtcReceiver(None, "mtc")
    for number, data in enumerate(inputs(target_named("art-timecode-words"), Random(1), 60)):
        word = heard.feed(data[1:], "192.168.1.9", number * 20 * MS)
        words += [word] if word is not None else []
    for number, data in enumerate(inputs(target_named("mtc-words"), Random(1), 60)):
        for message in parser.push(data[1:]):
            found = receiver.feed(message, number * 20 * MS)
            words += [found] if found is not None else []
    assert len(words) > 10  # much of it reads as timecode, of nobody's clock

    def run(chased: Sequence[CodeWord]) -> str:
        show = Followed(rules_for(), [scene("one", 0), scene("two", 1), scene("three", 2)], LINEAR)
        bus = rig(show.writer._block, "amc", "smc3")

        def step(at_ns: int) -> None:
            show.until(at_ns)
            if at_ns == 300 * MS:
                show.handle(Operator("stop"))
            if at_ns > 300 * MS:
                late = [replace(word, at_ns=at_ns - 20 * MS) for word in chased[at_ns // (20 * MS) :: 60]]
                show.following.hear(late, at_ns)

        return frames_of(bus, show.writer._block, step)

    assert run(words) == run(())
