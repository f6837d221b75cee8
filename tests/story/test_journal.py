"""The journal: readable up to the last event, whatever happens to the machine."""

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import JournalError, OutputError
from engine.story import journal
from engine.story.journal import (
    EVENT_KINDS,
    SCHEMA,
    JournalEvent,
    JournalHeader,
    JournalWriter,
    read_journal,
)
from engine.time import ManualClock

HEADER = JournalHeader(
    package="first_light",
    package_hash="9f2c",
    rig_hash="77aa",
    seed=7,
    clock="manual",
    versions={"engine": "0.1.0"},
    started="2026-03-01T19:00:00+00:00",
    session="b3c1",
)


def written(path: Path, *events: tuple[str, int, dict]) -> Path:
    with JournalWriter(path, HEADER, ManualClock(), epoch_ns=0) as writer:
        for kind, at_ns, fields in events:
            writer.append(kind, at_ns, **fields)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    clock = ManualClock(start_ns=1000)
    with JournalWriter(tmp_path / "journal.jsonl", HEADER, clock) as writer:
        clock.advance_ns(50)
        writer.append("beat", scene="dawn", lines=["dawn_1"])
        writer("vote", 1075, guest=0, option="留下")
    read = read_journal(tmp_path / "journal.jsonl")
    assert read.header == HEADER
    assert read.events == (
        JournalEvent("beat", 50, {"scene": "dawn", "lines": ["dawn_1"]}),
        JournalEvent("vote", 75, {"guest": 0, "option": "留下"}),
    )
    assert [event.line for event in read.events] == [2, 3]
    assert not read.torn
    assert [event.kind for event in read.of_kind("vote", "commit")] == ["vote"]


def test_every_line_is_on_the_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "j", HEADER, ManualClock())
    writer.append("notice", text="hello")
    assert [event.fields["text"] for event in read_journal(tmp_path / "j").events] == ["hello"]
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="is closed"):
        writer.append("notice", text="late")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
field_names = st.text(min_size=1).filter(lambda name: name not in ("event", "at_ns"))


@settings(max_examples=40)
@given(
    st.text(),
    st.integers(-(2**60), 2**60),
    st.dictionaries(field_names, json_values, max_size=4),
    st.dictionaries(field_names, json_values, max_size=3),
)
def test_unknown_events_and_fields_survive_a_round_trip(kind, at_ns, fields, extra) -> None:
    known = set(HEADER.to_json())
    header = JournalHeader(
        "p", "h", extra={name: value for name, value in extra.items() if name not in known}
    )
    event = JournalEvent(kind, at_ns, fields)
    first, second = (json.loads(journal._line(row.to_json())) for row in (header, event))
    place = journal.Place("j", 1)
    assert journal._header(first, place) == header
    assert journal._event(second, place) == event


@pytest.mark.parametrize("kept_bytes", range(1, 40, 6))
def test_a_torn_last_line_is_left_out(tmp_path: Path, kept_bytes: int) -> None:
    path = written(tmp_path / "j", ("beat", 1, {"scene": "a"}), ("beat", 2, {"scene": "b"}))
    data = path.read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    path.write_bytes(data[: last + kept_bytes])
    read = read_journal(path)
    assert read.torn
    assert [event.fields["scene"] for event in read.events] == ["a"]


def test_zeros_after_a_power_cut_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "j", ("beat", 1, {"scene": "a"}))
    path.write_bytes(path.read_bytes() + bytes(64) + b"\n")
    assert read_journal(path).torn
    assert len(read_journal(path).events) == 1


def test_damage_in_the_middle_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "j", ("beat", 1, {}), ("beat", 2, {}))
    lines = path.read_bytes().split(b"\n")
    lines[1] = lines[1][:5]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(JournalError, match=r"j:2: damaged"):
        read_journal(path)


@pytest.mark.parametrize(
    ("first_line", "says"),
    [
        (b"", "empty: a journal begins with a header line"),
        (b'{"a": 1}\n', "no schema, this engine reads 'sensorama.journal/1'"),
        (b'{"schema": "sensorama.journal/2"}\n', "schema 'sensorama.journal/2'"),
        (b"[1]\n", "j:1: damaged"),
        (b"[" * 100_000 + b"\n", "j:1: damaged"),
        (b'{"schema": "sensorama.journal/1", "package": "x"}\n', "the header has no 'package_hash'"),
        (
            b'{"schema": "sensorama.journal/1", "package": "x", "package_hash": 5}\n',
            "'package_hash' is 5, expected str",
        ),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, first_line: bytes, says: str) -> None:
    path = tmp_path / "j"
    path.write_bytes(first_line)
    with pytest.raises(JournalError, match=says):
        read_journal(path)


def test_events_need_kind_and_instant(tmp_path: Path) -> None:
    path = written(tmp_path / "j")
    path.write_bytes(path.read_bytes() + b'{"event":"beat","at_ns":1.5}\n')
    with pytest.raises(JournalError, match="j:2: an event needs 'event'"):
        read_journal(path)


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="absent: cannot be read: No such file"):
        read_journal(tmp_path / "absent")


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "j")
    with pytest.raises(OutputError, match="exists already; choose another folder with --out"):
        JournalWriter(path, HEADER, ManualClock())
    with pytest.raises(OutputError, match="cannot be made: No such file"):
        JournalWriter(tmp_path / "absent" / "j", HEADER, ManualClock())


def test_a_full_disk_is_said_and_the_journal_stays_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path / "j", HEADER, ManualClock())
    writer.append("beat", scene="a")
    write, room = os.write, [30]

    def write_on_a_full_disk(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = write(descriptor, data[: room[0]])
        room[0] -= count
        return count

    monkeypatch.setattr(journal.os, "write", write_on_a_full_disk)
    for _ in range(2):
        with pytest.raises(
            OutputError, match="No space left on device; it is readable up to the event before"
        ):
            writer.append("beat", scene="a scene with a name too long for what is left")
    read = read_journal(tmp_path / "j")
    assert (len(read.events), read.torn) == (1, False)
    monkeypatch.undo()
    writer.append("beat", scene="b")  # somebody made room
    writer.close()
    assert [event.fields["scene"] for event in read_journal(tmp_path / "j").events] == ["a", "b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always full device")
def test_a_really_full_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal.os, "O_EXCL", 0)
    with pytest.raises(OutputError, match="No space left"):
        JournalWriter(Path("/dev/full"), HEADER, ManualClock())


def test_what_json_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "j", HEADER, ManualClock()) as writer:
        with pytest.raises(ValueError, match="not JSON compliant"):
            writer.append("beat", value=float("nan"))
        with pytest.raises(TypeError):
            writer.append("beat", value=object())
        with pytest.raises(ValueError, match="cannot have a field 'at_ns'"):
            writer.append("beat", 5, at_ns=3)
    assert read_journal(tmp_path / "j").events == ()


def test_the_description_names_every_field_and_event_and_its_example_reads(tmp_path: Path) -> None:
    page = (Path(journal.__file__).parent / "JOURNAL.md").read_text(encoding="utf-8")
    for name in (*HEADER.to_json(), *EVENT_KINDS):
        assert f"| `{name}` |" in page, f"JOURNAL.md does not describe {name}"
    assert SCHEMA in page
    example = "".join(line[4:] + "\n" for line in page.splitlines() if line.startswith("    {"))
    (tmp_path / "j").write_text(example, encoding="utf-8")
    assert [event.kind for event in read_journal(tmp_path / "j").events] == [
        "start",
        "segment",
        "beat",
        "vote",
        "commit",
        "end",
    ]
