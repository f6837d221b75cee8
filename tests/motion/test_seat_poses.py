"""Seat poses in shared memory: what is written is read, what is torn is not, and nothing is lost over a bus that dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from threading import Thread

import pytest

from engine.errors import InputError
from engine.motion.seat_poses import (
    BLOCK_SIZE,
    COMMANDED,
    MAX_ROWS,
    MEASURED,
    PoseSample,
    SeatPoseBlock,
    SeatRow,
)
from engine.time.shared import TransportBlock

MS = 1_000_000
ROW = SeatRow(
    3,
    "seat_d",
    30 * MS,
    40 * MS,
    5 * MS,
    velocity=(0.1, 0.2, 0.25, 25.0, 26.0, 0.0),
    acceleration=(1.0, 2.0, 2.5, 150.0, 151.0, 0.0),
)
POSE = (0.01, -0.02, 0.03, 1.5, -2.5, 170.0)


@pytest.fixture
def block() -> Iterator[SeatPoseBlock]:
    with SeatPoseBlock.create() as made:
        yield made


def numbers(samples: list[PoseSample]) -> list[int]:
    return [sample.number for sample in samples]


def test_another_process_reads_what_the_bus_wrote(block: SeatPoseBlock) -> None:
    with SeatPoseBlock.attach(block.name) as bus, SeatPoseBlock.attach(block.name) as viewer:
        assert viewer.rows == () and viewer.table_number == 0
        bus.claim([ROW, SeatRow(0, "sitz_é", 0, 0, MS)])
        assert viewer.rows == (ROW, SeatRow(0, "sitz_é", 0, 0, MS))
        bus.publish(1, 1000, 71_000, POSE)
        bus.publish(1, 2000, 72_000, [0.0] * 6)
        bus.publish_measured(1, 900, 950, POSE, 0b111000)
        assert viewer.read(0) == [] and viewer.read_measured(0) == []
        assert viewer.read(1) == [PoseSample(1, 1000, 71_000, POSE), PoseSample(2, 2000, 72_000, (0.0,) * 6)]
        assert numbers(viewer.read(1, since=1)) == [2] and viewer.read(1, since=2) == []
        assert viewer.read_measured(1) == [PoseSample(1, 900, 950, POSE, 0b111000)]
        assert viewer.lost_samples == 0


def test_a_bus_that_was_killed_is_followed_by_another_in_the_same_rings(block: SeatPoseBlock) -> None:
    first = SeatPoseBlock.attach(block.name)
    first.claim([ROW])
    first.publish(0, 1, 1, POSE)
    table = block.table_number
    spare = SeatPoseBlock.attach(block.name)
    spare.claim([ROW])  # stands by: says the same, writes nothing
    first.publish(0, 2, 2, POSE)
    first.close()
    spare.publish(0, 3, 3, POSE)
    assert [sample.at_ns for sample in block.read(0)] == [1, 2, 3] and block.table_number == table
    spare.claim([ROW, ROW])  # another rig: everything begins anew
    assert block.table_number == table + 1 and block.read(0) == [] and len(block.rows) == 2
    spare.close()


def test_a_sample_that_is_torn_or_half_written_is_left_out(block: SeatPoseBlock) -> None:
    block.claim([ROW])
    for at_ns in (1, 2, 3):
        block.publish(0, at_ns, at_ns, POSE)
    where = bytes(block._view).find((2).to_bytes(8, "little") * 2)  # at_ns and for_ns of the second
    assert where > 0
    block._view[where] ^= 0x40
    assert [sample.at_ns for sample in block.read(0)] == [1, 3] and block.lost_samples == 1
    head = block._words[8]
    block.publish(0, 4, 4, POSE)
    block._words[8] = head  # killed after the sample, before the word
    assert numbers(block.read(0, since=2)) == [3]
    block.publish(0, 5, 5, POSE)
    assert [sample.at_ns for sample in block.read(0, since=3)] == [5]


def test_a_torn_table_of_rows_is_not_believed(block: SeatPoseBlock) -> None:
    block.claim([ROW])
    with SeatPoseBlock.attach(block.name) as viewer:
        name = bytes(block._view).find(b"seat_d")
        block._view[name] ^= 1
        assert viewer.rows == ()
        block._view[name] ^= 1
        assert viewer.rows == (ROW,)


@pytest.mark.parametrize(("measured", "length"), [(False, COMMANDED), (True, MEASURED)])
def test_who_reads_too_seldom_gets_the_newest_and_is_told(
    block: SeatPoseBlock, measured: bool, length: int
) -> None:
    block.claim([ROW])
    write = block.publish_measured if measured else block.publish
    read = block.read_measured if measured else block.read
    for at_ns in range(1, 2 * length + 1):
        write(0, at_ns, at_ns, POSE)
    found = read(0, since=1)
    assert numbers(found) == list(range(length + 2, 2 * length + 1))
    assert all(sample.at_ns == sample.number for sample in found)
    assert block.lost_samples == length


def test_reading_beside_a_writer_never_gives_a_mixture(block: SeatPoseBlock) -> None:
    block.claim([ROW])

    def write() -> None:
        with SeatPoseBlock.attach(block.name) as bus:
            for number in range(1, 4001):
                bus.publish(0, number, number, (float(number),) * 6)

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # in the middle of every write
    try:
        thread = Thread(target=write)
        thread.start()
        since = 0
        while since < 4000:
            for sample in block.read(0, since):
                assert sample.number == sample.at_ns == sample.pose[0] == sample.pose[5]
                since = sample.number
        thread.join()
    finally:
        sys.setswitchinterval(interval_s)


def test_there_is_an_end_to_rows(block: SeatPoseBlock) -> None:
    block.claim([ROW] * MAX_ROWS)
    for row in range(MAX_ROWS):
        block.publish(row, row + 1, 0, POSE)
        block.publish_measured(row, row + 2, 0, POSE)
    assert [block.read(row)[0].at_ns for row in range(MAX_ROWS)] == list(range(1, MAX_ROWS + 1))
    assert [block.read_measured(row)[0].at_ns for row in range(MAX_ROWS)] == list(range(2, MAX_ROWS + 2))
    with pytest.raises(ValueError, match="65 rows; a block holds 64"):
        block.claim([ROW] * (MAX_ROWS + 1))


def test_what_is_not_a_block_of_seats() -> None:
    with pytest.raises(
        InputError, match="no shared memory block 'nothing_here'; the show that made it has ended"
    ):
        SeatPoseBlock.attach("nothing_here")
    with (
        TransportBlock.create() as other,
        pytest.raises(InputError, match="holds no seat poses of this version"),
    ):
        SeatPoseBlock.attach(other.name)
    memory = SharedMemory(create=True, size=BLOCK_SIZE)
    try:
        with pytest.raises(InputError, match="holds no seat poses"):
            SeatPoseBlock.attach(memory.name)
    finally:
        memory.close()
        memory.unlink()


def test_its_maker_removes_it_and_closing_twice_does_nothing() -> None:
    block = SeatPoseBlock.create()
    block.close()
    block.close()
    with pytest.raises(InputError):
        SeatPoseBlock.attach(block.name)
    local = SeatPoseBlock.local()
    local.claim([ROW])
    local.publish(0, 1, 2, POSE)
    assert numbers(local.read(0)) == [1]
    local.close()
