"""The HTTP source: requests to signals and back, who is refused, and a server that cannot be held up."""

from __future__ import annotations

import http.client
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.http import HttpSource
from devices.http.codec import LARGEST, HttpError, decode_request, encode_request
from devices.http.server import MOST_CONNECTIONS, Gate, is_plain_host
from devices.http.source import parse_port
from engine.bus.driver import SettingError
from engine.bus.source import Chunk, SourceConfig
from engine.errors import DeviceBusy


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /go", ("/go", ())),
        (b"GET /wind?value=0.4", ("/wind", (0.4,))),
        (b"GET /xy?value=0.4&x=1&value=on&value=nan", ("/xy", (0.4, "on", "nan"))),
        (b"POST /a%20b?value=%E9%92%9F", ("/a b", ("钟",))),
    ],
)
def test_a_request_is_an_address_and_its_values(line: bytes, expected: tuple[str, tuple[Any, ...]]) -> None:
    assert decode_request(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET go",
        b"GET http://x/go",
        b"GET //x/go",
        b"PUT /go",
        b"GET /%00",
        b"GET /%ff",
    ],
)
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(HttpError):
        decode_request(line)


@given(st.binary(max_size=3000))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for line in (data, b"GET /" + data):
        try:
            decode_request(line)
        except HttpError:
            pass
    source = HttpSource(SourceConfig("web", "http://"))
    assert len(source.decode(Chunk(data), 0)) + source.refused == 1


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_bodys_words_come_through(text: str) -> None:
    if "=" not in text and text.strip():
        _, (value,) = decode_request(encode_request("POST", "/say?x=1", text.encode()))
        assert str(value) == text.strip() or float(text) == value


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(HttpError, match="at most"):
        encode_request("GET", "/" + "a" * LARGEST)


def test_ports() -> None:
    assert parse_port("http://") == ("127.0.0.1", 8080)
    assert parse_port("http://0.0.0.0:80/") == ("0.0.0.0", 80)
    for wrong in ("udp://x", "http://x:y", "http://x:0", "http://x:70000", "http://x/y"):
        with pytest.raises(ValueError, match="allowed"):
            parse_port(wrong)


@pytest.mark.parametrize(
    ("port", "settings", "word"),
    [
        ("http://0.0.0.0", {}, "token"),
        ("http://", {"token": "short"}, "8 characters"),
        ("http://", {"paths": "go"}, "paths"),
        ("http://", {"colour": 1}, "allowed: token"),
        ("http://x:y", {}, "allowed"),
    ],
)
def test_wrong_settings_say_what_is_allowed(port: str, settings: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        HttpSource(SourceConfig("web", port, settings))


def test_beyond_this_machine_it_is_a_token_or_a_word() -> None:
    assert HttpSource(SourceConfig("web", "http://0.0.0.0", {"token": "12345678"}))
    assert HttpSource(SourceConfig("web", "http://0.0.0.0", {"open": True}))


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {"Host": "127.0.0.1:8080"}, None),
        ("", {"Host": "[::1]:8080"}, None),
        ("", {}, None),
        ("", {"Host": "evil.example"}, 403),  # a name of somebody else's that resolves to us
        ("", {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}, None),
        ("", {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:9999"}, 403),
        ("", {"Host": "127.0.0.1:8080", "Origin": "null"}, 403),
        ("", {"Host": "127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"}, 403),
        ("secret-1", {"Host": "venue"}, 401),
        ("secret-1", {"Host": "venue", "X-Token": "secret-2"}, 401),
        ("secret-1", {"Host": "venue", "X-Token": "secret-1"}, None),
        ("secret-1", {"Host": "venue", "Authorization": "Bearer secret-1"}, None),
    ],
)
def test_who_is_refused(token: str, headers: dict[str, str], status: int | None) -> None:
    refused = Gate(token).refuses(headers)
    assert (None if refused is None else int(refused)) == status


def test_plain_hosts() -> None:
    assert is_plain_host("localhost:80") and is_plain_host("10.0.0.3") and not is_plain_host("a.b:80")


def test_requests_over_a_real_socket() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    source = HttpSource(SourceConfig("web", f"http://127.0.0.1:{port}", {"paths": ["/go", "/light/*"]}))
    other = HttpSource(SourceConfig("two", f"http://127.0.0.1:{port}"))
    try:
        source.open()
        source.open()

        def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> int:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request(
                method, path, body, {key.replace("_", "-"): value for key, value in headers.items()}
            )
            status = client.getresponse().status
            client.close()
            return status

        assert ask("GET", "/go?value=1") == 204
        assert ask("POST", "/light/a", b"0.5") == 204
        assert ask("GET", "/") == 404 and ask("GET", "/stop") == 404
        assert ask("POST", "/go", b"x" * 2000) == 413
        assert ask("DELETE", "/go") == 501
        assert ask("GET", "/go", Origin="http://elsewhere") == 403
        chunks = [*source.read(1.0)]
        while len(chunks) < 2:
            chunks += source.read(1.0)
        signals = [signal for chunk in chunks for signal in source.decode(chunk, 5)]
        assert [(one.source, one.address, one.values) for one in signals] == [
            ("web", "/go", (1.0,)),
            ("web", "/light/a", (0.5,)),
        ]
        assert chunks[0].sender == "127.0.0.1" and source.read(0.0) == ()
    finally:
        source.close()
        source.close()
    other.open()  # the port is free again
    other.close()


def test_connections_held_open_keep_nobody_out() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    source = HttpSource(SourceConfig("web", f"http://127.0.0.1:{port}"))
    source.open()
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST_CONNECTIONS + 4)]
    try:
        for held in idle:
            held.sendall(b"GET /slow HTTP/1.1\r\nX: ")
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        client.request("GET", "/go", headers={"host": "127.0.0.1", "x-token": "any"})
        assert client.getresponse().status == 204
        client.close()
        with pytest.raises(
            ConnectionError
        ):  # the oldest had to go: an end, or a reset where it had not been read
            if idle[0].recv(1) == b"":
                raise ConnectionResetError
    finally:
        for held in idle:
            held.close()
        source.close()


def test_a_port_that_is_taken_is_busy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        source = HttpSource(SourceConfig("web", f"http://127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(DeviceBusy, match="cannot listen"):
            source.open()
