"""What comes in waits bounded, a sick source holds up nobody, and the process sends what is waited for."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Sequence
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bus.listen import Heard, ListenConfig, Listener, address_matches, main, make_sources
from engine.bus.listen_queue import KEPT_IN_ALL, KEPT_PER_ADDRESS, Mailbox
from engine.bus.source import Chunk, Signal, Value
from engine.errors import DeviceGone, Place, RigError
from engine.experience.venue import InputSpec
from engine.time.clocks import MonotonicClock


def signal(address: str, *values: Value, at_ns: int = 0) -> Signal:
    return Signal("desk", address, values, at_ns)


def spec(name: str = "desk", source: str = "sample", port: str = "udp://127.0.0.1:9100") -> InputSpec:
    return InputSpec(name, source, port, {}, Place("rig.yaml", 7))


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=200))
def test_a_mailbox_keeps_the_order_and_each_addresss_newest_value(rows: list[tuple[str, float]]) -> None:
    box = Mailbox()
    for order, (name, value) in enumerate(rows):
        box.put(signal(f"/{name}", value, at_ns=order))
    found = box.take()
    assert [one.at_ns for one in found] == sorted(one.at_ns for one in found)
    for name in {name for name, _ in rows}:
        values = [value for key, value in rows if key == name]
        kept = [one.values[0] for one in found if one.address == f"/{name}"]
        assert kept[-1] == values[-1] and len(kept) == min(len(values), KEPT_PER_ADDRESS)
        assert kept[:-1] == values[: len(kept) - 1]
    assert box.coalesced == len(rows) - len(found) and box.dropped == 0
    assert box.take() == [] and len(box) == 0


def test_different_words_of_one_address_do_not_replace_each_other() -> None:
    box = Mailbox()
    for number in range(50):
        box.put(signal("/line", f"CUE {number}"))
    assert [one.values[0] for one in box.take()] == [f"CUE {number}" for number in range(50)]


def test_a_full_mailbox_refuses_new_addresses_and_counts_them() -> None:
    box = Mailbox()
    for number in range(KEPT_IN_ALL + 10):
        box.put(signal(f"/{number}", 1.0))
    box.put(signal("/5", 0.25))  # one that is there already is still brought up to date
    assert len(box) == KEPT_IN_ALL and box.dropped == 10 and box.coalesced == 1
    assert signal("/5", 0.25) in box.take()


def test_patterns() -> None:
    assert address_matches("/go", "/go") and address_matches("/1/*", "/1/12") and address_matches("/*", "/x")
    assert not address_matches("/go", "/go/1") and not address_matches("/1/*", "/12")


def test_every_mistake_of_every_input_is_said_at_once() -> None:
    with pytest.raises(RigError) as caught:
        make_sources([spec(port="udp://nowhere:x"), spec("b", source="morse"), spec("c")])
    assert len(caught.value.problems) == 2
    assert "rig.yaml:7" in str(caught.value) and "morse" in str(caught.value)


class Script:
    """A source that plays a script: an error to raise, or chunks to hand out."""

    family = "script"

    def __init__(self, name: str, *reads: Exception | bytes, heard: Event | None = None) -> None:
        self.name, self.refused, self.opened, self.closed = name, 0, 0, 0
        self._reads = list(reads)
        self._idle = Event()
        self._heard = heard

    def open(self) -> None:
        self.opened += 1

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        if not self._reads:
            if self._heard is not None:
                self._heard.set()
            self._idle.wait(0.01)
            return ()
        step = self._reads.pop(0)
        if isinstance(step, Exception):
            raise step
        return (Chunk(step),)

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        if chunk.data == b"?":
            raise RuntimeError("a decoder that breaks its word")
        return (Signal(self.name, "/" + chunk.data.decode(), (), at_ns),)

    def close(self) -> None:
        self.closed += 1


def test_a_source_that_goes_away_is_opened_again_and_the_others_never_notice() -> None:
    done, other = Event(), Event()
    sick = Script("sick", DeviceGone("cable"), RuntimeError("a fault of ours"), b"back", b"?", heard=done)
    well = Script("well", b"a", b"b", heard=other)
    said: list[tuple[str, str, str]] = []
    listener = Listener(
        [(spec("sick"), sick), (spec("well"), well)],
        MonotonicClock(),
        tell=lambda *row: said.append(row),
        retry_s=0.01,
    )
    listener.start()
    assert other.wait(5.0)
    assert [one.address for one in listener.take() if one.source == "well"] == ["/a", "/b"]
    assert done.wait(5.0)
    assert [one.address for one in listener.take()] == ["/back"]
    listener.close()
    state = listener.states()[0]
    assert (state.failures, state.refused, state.signals) == (2, 1, 1) and sick.opened == 3
    assert [(name, word) for name, word, _ in said if name == "sick"] == [
        ("sick", "open"),
        ("sick", "gone"),
        ("sick", "open"),
        ("sick", "gone"),
        ("sick", "open"),
    ]
    assert "cable" in said[[row[1] for row in said].index("gone")][2]
    assert sick.closed == 3 and well.closed == 1


@pytest.mark.slow
def test_the_process_sends_what_is_waited_for_and_ends_with_its_parent() -> None:
    port = free_port()
    inputs = (spec(port=f"udp://127.0.0.1:{port}"), spec("twice", port=f"udp://127.0.0.1:{port}"))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=main, args=(ListenConfig(inputs, (("desk", "/go*"), ("twice", "/go*"))), theirs)
    )
    process.start()
    theirs.close()
    try:
        assert ours.poll(15.0)
        kind, text = ours.recv()
        assert kind == "ready" and "another program" in text
        assert text.count("cannot listen") == 1  # one of the two has the port, the other keeps trying
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as desk:
            for line in (b"/nobody 1", b"/go/now 0.5", b"junk"):
                desk.sendto(line, ("127.0.0.1", port))
        while kind != "signals":
            assert ours.poll(5.0)
            kind, payload = ours.recv()
        assert isinstance(payload, Heard)
        (only,) = payload.signals
        assert (only.address, only.values) == ("/go/now", (0.5,)) and only.at_ns <= payload.sent_ns
        ours.close()
        process.join(5.0)
        assert process.exitcode == 0
    finally:
        process.kill()
