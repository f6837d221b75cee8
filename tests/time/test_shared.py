"""The shared block: whole values, or the last whole value, whatever the writer or a stray hand does."""

import multiprocessing
import random
import subprocess
import sys
import threading
import zlib
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.time import (
    Controls,
    LocalBlock,
    ReactionRow,
    SeatProfile,
    Segment,
    SegmentKind,
    Transport,
    TransportBlock,
    TransportWriter,
    shared,
)
from engine.units import MODALITIES

int64 = st.integers(-(2**63), 2**63 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)
segments = st.builds(
    Segment,
    *(int64, int64, int32, int64, int64, st.integers(1, 2**63 - 1)),
    *(st.sampled_from(SegmentKind), int32, int64, int64),
)
reactions = st.builds(ReactionRow, int64, int32, int32, int32, int64, int64)
controls = st.builds(
    Controls,
    *(int64, int64, st.booleans()),
    st.tuples(*[st.floats(0, 1)] * len(MODALITIES)),
    int32,
    st.integers(0, 2**128 - 1),
)
profiles = st.builds(
    SeatProfile,
    *(int32, int64, int64),
    st.tuples(*[st.floats(0, 1)] * len(MODALITIES)),
    *(int32, st.booleans(), int32, st.booleans()),
)
transports = st.builds(
    Transport,
    *(int64, int64),
    st.lists(segments, max_size=6).map(tuple),
    st.lists(reactions, max_size=6).map(tuple),
    st.lists(controls, max_size=8).map(tuple),
    st.lists(int32, max_size=8).map(tuple),
    st.lists(profiles, max_size=6).map(tuple),
)


@given(transports)
def test_a_snapshot_survives_the_wire(transport: Transport) -> None:
    assert shared.decode_transport(shared.encode_transport(transport)) == transport


@given(st.binary(max_size=400))
def test_other_bytes_are_refused_not_misread(data: bytes) -> None:
    try:
        transport = shared.decode_transport(data)
    except ValueError:
        return
    assert shared.encode_transport(transport) == data


def checked(number: int) -> Transport:
    """A snapshot whose parts all follow from one number, so that any mixture of two shows."""
    rng = random.Random(number)
    count = rng.randrange(1, 64)
    rows = tuple(
        Segment(i, number + i, i, number * i, number, 1, SegmentKind.START, i, number, i)
        for i in range(count)
    )
    reaction = ReactionRow(0, 0, 0, -1, zlib.crc32(b"%d" % number), number)
    return Transport(
        sequence=number, segments=rows, reactions=(reaction,) * (count // 2), candidates=(count,)
    )


def test_readers_see_what_was_published() -> None:
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        assert reader.read() == Transport()
        show = TransportWriter(block)
        show.append(from_ns=10, scene=3, rate=Fraction(1001, 1000))
        assert reader.read() == show.transport
        assert reader.read() is reader.read()  # nothing is decoded again while nothing changes
        assert reader.heartbeat_ns() == 0
        show.beat(123_456)
        assert reader.heartbeat_ns() == 123_456


def test_a_full_transport_fits_and_a_larger_one_is_refused() -> None:
    row = Segment(0, 0, 0, 0, 0, 1, SegmentKind.START, 0, 0, 0)
    reaction = ReactionRow(0, 0, 0, 0, 0, 0)
    full = Transport(
        0, 0, (row,) * 64, (reaction,) * 64, (Controls(),) * 8, (0,) * 8, (SeatProfile(0, 0, 0),) * 192
    )
    with TransportBlock.create() as block:
        block.publish(full)
        assert block.read() == full
        with pytest.raises(ValueError, match="keep fewer rows"):
            block.publish(replace(full, segments=(row,) * 65))
        assert block.read() == full


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_give_the_last_good_value_and_are_counted(seed: int) -> None:
    rng = random.Random(seed)
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        block.publish(checked(1))
        good = reader.read()
        assert good == checked(1)
        block.publish(checked(2))
        start = block._slot_start(block._words[1])
        length = len(shared.encode_transport(checked(2)))
        place = start + rng.randrange(shared._SLOT_HEADER.size + length)
        block._view[place] ^= 1 << rng.randrange(8)
        assert reader.read() == good
        assert (reader.rejected_reads, reader.torn_reads) == (1, 4)
        block.publish(checked(3))
        assert reader.read() == checked(3)


def test_a_sequence_word_overwritten_by_a_stray_hand_is_not_believed() -> None:
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        block.publish(checked(1))
        assert reader.read() == checked(1)
        block._words[1] = 2**63 + 11
        assert reader.read() == checked(1)
        assert reader.rejected_reads == 1


def test_a_writer_killed_in_the_middle_leaves_the_snapshot_before() -> None:
    """All it can have written is the slot that is not on show."""
    with TransportBlock.create() as block:
        block.publish(checked(1))
        hidden = block._slot_start(block._words[1] + 1)
        block._view[hidden : hidden + 500] = bytes(range(250)) * 2
        with TransportBlock.attach(block.name) as reader:
            assert reader.read() == checked(1)
            assert reader.rejected_reads == 0


def test_the_writer_overtaking_between_header_and_copy_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deterministic race: two publications happen just after the reader has looked which slot is on show."""
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        block.publish(checked(1))
        copy, races = TransportBlock._copy, iter((2, 3))

        def copy_late(self: TransportBlock, sequence: int) -> Transport | None:
            for number in races:
                block.publish(checked(number))
            return copy(self, sequence)

        monkeypatch.setattr(TransportBlock, "_copy", copy_late)
        assert reader.read() == checked(3)
        assert (reader.torn_reads, reader.rejected_reads) == (1, 0)


def test_a_hammering_thread_never_hands_out_a_mixture() -> None:
    stop = threading.Event()
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        block.publish(checked(0))

        def hammer() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                block.publish(checked(number))

        thread = threading.Thread(target=hammer)
        thread.start()
        try:
            last = 0
            for _ in range(150):
                seen = reader.read()
                assert seen == checked(seen.sequence)
                assert seen.sequence >= last
                last = seen.sequence
        finally:
            stop.set()
            thread.join()


def hammer_block(name: str, count: int) -> None:
    with TransportBlock.attach(name) as block:
        for number in range(1, count + 1):
            block.publish(checked(number))
            block.beat(number)


@pytest.mark.slow
def test_a_hammering_process_never_hands_out_a_mixture() -> None:
    count = 1500
    with TransportBlock.create() as block, TransportBlock.attach(block.name) as reader:
        process = multiprocessing.get_context("spawn").Process(target=hammer_block, args=(block.name, count))
        process.start()
        while process.is_alive():
            seen = reader.read()
            assert seen.sequence == 0 or seen == checked(seen.sequence)
            assert reader.heartbeat_ns() <= count
        process.join()
        assert process.exitcode == 0
        assert reader.read() == checked(count)
        assert reader.heartbeat_ns() == count


@pytest.mark.slow
def test_a_reader_that_ends_does_not_take_the_block_with_it() -> None:
    """Python's resource tracker would remove the shared memory of an ended reader (CPython issue 82300)."""
    code = (
        "import sys; from engine.time import TransportBlock; "
        "print(TransportBlock.attach(sys.argv[1]).read().sequence)"
    )
    with TransportBlock.create() as block:
        block.publish(checked(5))
        done = subprocess.run(
            [sys.executable, "-c", code, block.name], capture_output=True, text=True, check=True
        )
        assert (done.stdout.strip(), done.stderr) == ("5", "")
        with TransportBlock.attach(block.name) as reader:
            assert reader.read() == checked(5)


@pytest.mark.slow
def test_a_creator_that_ends_without_closing_leaves_nothing_behind() -> None:
    code = "from engine.time import TransportBlock; block = TransportBlock.create(); print(block.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    with pytest.raises(InputError, match="has ended"):
        TransportBlock.attach(done.stdout.strip())


def test_closing_twice_is_harmless_and_the_creator_removes_the_block() -> None:
    block = TransportBlock.create()
    reader = TransportBlock.attach(block.name)
    block.publish(checked(1))
    block.close()
    block.close()
    assert reader.read() == checked(1)  # mapped memory lives until the last one lets go
    reader.close()
    reader.close()
    with pytest.raises(InputError, match="the show that made it has ended"):
        TransportBlock.attach(block.name)


def test_a_name_in_use_is_refused() -> None:
    with TransportBlock.create() as block, pytest.raises(InputError, match="another show is using it"):
        TransportBlock.create(block.name)


def test_memory_that_holds_something_else_is_refused() -> None:
    with TransportBlock.create() as block:
        block._words[0] = 7
        with pytest.raises(InputError, match="holds no transport of this version"):
            TransportBlock.attach(block.name)


def test_the_local_block_has_the_same_surface() -> None:
    surface = {name for name in dir(TransportBlock) if not name.startswith("_")} - {"create", "attach"}
    assert surface <= set(dir(LocalBlock()))
    block = LocalBlock()
    show = TransportWriter(block)
    assert block.read() is show.transport
    block.close()
