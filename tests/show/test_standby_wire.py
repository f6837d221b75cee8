"""What leader and standby say, as bytes; and over a real socket."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.show.standby.link import Dialer, Link, Listener, parse_listen
from engine.show.standby.wire import MAX_ROW_BYTES, RowError, RowReader, decode_row, encode_row
from engine.time import MonotonicClock

ROWS: list[dict[str, Any]] = [
    {"say": "hello", "header": {"package": "x"}, "epoch_ns": 1, "take_over_ns": 2},
    {"say": "event", "kind": "input", "at_ns": 5, "fields": {"input": {"type": "look", "target": None}}},
    {"say": "live"},
    {"say": "now", "at_ns": 10**18},
    {"say": "digest", "at_ns": 1, "hash": "ab"},
    {"say": "pong", "asked_ns": 1, "heard_ns": -2, "told_ns": 3},
    {"say": "refused", "why": "已有备机"},
    {"say": "bye", "how": "ending", "reason": ""},
    {"say": "join", "version": 1, "session": "a"},
    {"say": "ping", "asked_ns": 7},
    {"say": "state", "state": "same", "text": ""},
    {"say": "claim", "session": "a", "silent_ns": 400_000_000},
]


def test_every_row_comes_back_however_the_stream_is_cut() -> None:
    stream = b"".join(encode_row(**row) for row in ROWS)
    for size in (1, 7, 64, len(stream)):
        reader = RowReader()
        found = [row for at in range(0, len(stream), size) for row in reader.feed(stream[at : at + size])]
        assert found == ROWS


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_the_codecs_own_error(data: bytes) -> None:
    try:
        for row in RowReader().feed(data):
            assert row["say"]
    except RowError:
        pass


@given(st.sampled_from(ROWS), st.data())
def test_a_row_with_a_field_missing_or_of_another_type_is_refused(
    row: dict[str, Any], data: st.DataObject
) -> None:
    fields = [name for name in row if name != "say"]
    if not fields:
        return
    name = data.draw(st.sampled_from(fields))
    wrong = data.draw(st.sampled_from([None, True, 1.5, [], "text" if isinstance(row[name], int) else 3]))
    with pytest.raises(RowError, match=name):
        decode_row(encode_row(**{**row, name: wrong}))
    with pytest.raises(RowError, match=name):
        decode_row(encode_row(**{key: value for key, value in row.items() if key != name}))


def test_a_line_without_end_is_refused() -> None:
    reader = RowReader()
    with pytest.raises(RowError, match="more than"):
        for _ in range(MAX_ROW_BYTES // 65536 + 2):
            reader.feed(b"x" * 65536)
    with pytest.raises(RowError):
        decode_row(b"[" * 100_000)


@pytest.mark.parametrize("text", ["udp://a:1", "tcp://:7410", "tcp://a", "tcp://a:0", "tcp://a:70000", "a:1"])
def test_an_address_that_is_none_says_what_to_write(text: str) -> None:
    with pytest.raises(InputError, match="tcp://host:port"):
        parse_listen(text)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def until(found: Any, limit_s: float = 5.0) -> Any:
    clock = MonotonicClock()
    limit_ns = clock.now_ns() + round(limit_s * 1e9)
    while not (got := found()):
        assert clock.now_ns() < limit_ns, "it did not happen"
        clock.sleep_until_ns(clock.now_ns() + 1_000_000)
    return got


def test_two_ends_meet_ask_the_time_and_part() -> None:
    clock = MonotonicClock()
    listen = f"tcp://127.0.0.1:{free_port()}"
    dialer = Dialer(listen, clock)  # before anybody is there
    listener = Listener(listen, clock)
    try:
        with pytest.raises(InputError, match="another leader"):
            Listener(listen, clock)
        link: Link = until(dialer.take)
        (other,) = until(listener.take)
        link.say("ping", asked_ns=clock.now_ns())
        ((row, at_ns),) = until(link.take)
        assert row["say"] == "pong" and row["asked_ns"] <= row["heard_ns"] <= row["told_ns"] <= at_ns
        for number in range(100):
            other.say("now", at_ns=number)
        other.say("bye", how="ending", reason="")
        other.close()
        until(lambda: link.closed)
        rows = [row for row, _ in link.take()]
        assert [row["at_ns"] for row in rows[:-1]] == list(range(100)) and rows[-1]["how"] == "ending"
        assert link.why == "the other end hung up"
        link.say("ping", asked_ns=1)  # to nobody: no error
    finally:
        dialer.close()
        listener.close()


def test_garbage_ends_the_connection_and_nothing_else() -> None:
    clock = MonotonicClock()
    port = free_port()
    listener = Listener(f"tcp://127.0.0.1:{port}", clock)
    try:
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"GET / HTTP/1.1\r\n\r\n")
            (link,) = until(listener.take)
            until(lambda: link.closed)
            assert link.why.startswith("it spoke garbage") and link.take() == []
    finally:
        listener.close()
