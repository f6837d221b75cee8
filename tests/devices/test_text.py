"""Command strings: templates, patterns that cannot run for ever, replies, driver, source, twin."""

from __future__ import annotations

import math
import os
import select
import socket
import tty

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.text import TextTwin
from devices.text import TextDriver, TextSource
from devices.text.patterns import MAX_LINE, LineCutter, PatternError, compile_pattern, match
from devices.text.template import TemplateError, parse_template
from engine.bus.driver import Attentive, DeviceConfig, Driver, Report, SettingError
from engine.bus.source import Chunk, Signal, Source, SourceConfig
from engine.errors import DeviceGone

MS = 1_000_000
S = 1_000_000_000


class TestTemplate:
    @pytest.mark.parametrize(
        ("text", "value", "sent"),
        [
            ("PWR ON\\r", 0.0, b"PWR ON\r"),
            ("VOL {value:03d}\r", 7.4, b"VOL 007\r"),
            ("{value:3d}|{value:d}", 7.0, b"  7|7"),
            ("{value:.2f} {value:06.2f} {value:07.2f}", -3.14159, b"-3.14 -03.14 -003.14"),
            ("{value:02x}{value:X}", 10.0, b"0aA"),
            ("{value} {percent}%", 0.5, b"0.5 50%"),
            ("{{{value:d}}}", 3.0, b"{3}"),
            ("\\x02\\xff\\n\\t\\0\\\\é", 0.0, b"\x02\xff\n\t\0\\\xc3\xa9"),
            ("{value:d}{value:.1f}", -0.001, b"00.0"),
        ],
    )
    def test_what_it_writes(self, text: str, value: float, sent: bytes) -> None:
        assert parse_template(text).render(0.5, value) == sent

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{value.__class__}", "is not understood"),
            ("{value!r}", "is not understood"),
            ("{value:9999d}", "is not understood"),
            ("{value:99d}", "width at most 20"),
            ("{value:.2d}", "is not understood"),
            ("{0}", "is not understood"),
            ("{value", "never closed, at character 1"),
            ("a}", "never opened, at character 2"),
            ("\\q", "unknown escape"),
            ("\\x1", "unknown escape"),
            ("x" * 1025, "has 1025 characters"),
        ],
    )
    def test_what_it_refuses(self, text: str, says: str) -> None:
        with pytest.raises(TemplateError, match=says):
            parse_template(text)

    @given(st.text("{}value:percnt03.dfxX\\r!_[]é", max_size=30), st.floats(-1e12, 1e12))
    def test_any_text_is_a_template_or_refused_and_stays_short(self, text: str, value: float) -> None:
        try:
            made = parse_template(text)
        except TemplateError:
            return
        assert len(made.render(0.5, value)) <= 40 * len(text)


class TestPatterns:
    @pytest.mark.parametrize(
        "text",
        [
            "GO (\\d+)",
            ".*done.*",
            "(?:OK|READY)",
            "[^]x]+",
            "a{2,5}",
            "ERR ?\\d+",
            "\\(x\\)",
            "V=(-?\\d+)",
            "(a){3}",
            "a+?b",
        ],
    )
    def test_ordinary_ones(self, text: str) -> None:
        assert compile_pattern(text).pattern == text

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("(a+)+b", "on some line that never ends"),
            ("(a|a)*b", "on some line that never ends"),
            ("(?:a?){30}", "on some line that never ends"),
            ("((a)+)*", "on some line that never ends"),
            (".*.*.*.*x", "more than 3 open-ended"),
            ("a?" * 30 + "a" * 30, "too much in it may vary"),
            ("(a|a)" * 30, "too much in it may vary"),
            ("a{0,64}" * 8 + "b", "too much in it may vary"),
            (".*.*.*a?a?a?a?a?a?x", "too much in it may vary"),
            ("(a)\\1", "references"),
            ("(?=a)", "is not allowed"),
            ("(?P<n>a)", "is not allowed"),
            ("a{1000}", "more than 64 times"),
            ("(a", "not a regular expression"),
            ("a)", "never opened"),
            ("[a", "never closed"),
            ("x" * 201, "1 to 200 characters"),
            (5, "1 to 200 characters"),
        ],
    )
    def test_what_it_refuses(self, text: object, says: str) -> None:
        with pytest.raises(PatternError, match=says):
            compile_pattern(text)

    @given(st.text("ab().*+?{}[]|\\1,-^$", max_size=16), st.text("ab1", max_size=40))
    def test_any_text_is_a_pattern_or_refused(self, text: str, line: str) -> None:
        try:
            pattern = compile_pattern(text)
        except PatternError:
            return
        match(pattern, line)

    def test_the_worst_that_is_allowed_ends_soon(self) -> None:
        assert match(compile_pattern("a*a*a*b"), "a" * 1000) is None

    @given(
        st.lists(st.sampled_from([b"GO 1", b"\r", b"\n", b"\xff", b"x" * 700]), max_size=12),
        st.integers(1, 9),
    )
    def test_any_cut_gives_the_same_lines(self, parts: list[bytes], step: int) -> None:
        stream = b"".join(parts)
        whole, cut = LineCutter(), LineCutter()
        lines = whole.feed(stream)
        assert [
            line for at in range(0, len(stream), step) for line in cut.feed(stream[at : at + step])
        ] == lines
        assert all(0 < len(line) <= MAX_LINE for line in lines) and whole.cut == cut.cut


COMMANDS: dict[str, dict[str, object]] = {
    "volume": {"send": "VOL {value:03d}\\r", "scale": [0, 100]},
    "power": {"send": "PWR ON\\r", "else": "PWR OFF\\r", "when": "above", "expect": "PWR=O[NF]+"},
    "scene": {"hex": "02 47 4f 03", "level": 0.9},
}
PARK = (0.0, 0.0, 0.0)


def driver(port: str = "twin", commands: object = COMMANDS, **settings: object) -> TextDriver:
    return TextDriver(DeviceConfig("matrix", port, settings={"commands": commands, **settings}))


class TestDriver:
    def test_it_is_an_attentive_driver(self) -> None:
        assert isinstance(driver(), Driver) and isinstance(driver(), Attentive)

    def test_encoding_is_pure(self) -> None:
        made = driver()
        assert made.encode((0.5, 1.0, 1.0)) == (b"VOL 050\r", b"PWR ON\r", b"\x02GO\x03")
        assert made.encode(PARK) == (b"VOL 000\r", b"PWR OFF\r", b"")

    def test_only_changes_leave(self) -> None:
        made = driver()
        assert made.stamp(made.encode(PARK)) == [b"VOL 000\r", b"PWR OFF\r"]
        assert made.stamp(made.encode((0.004, 0.4, 0.8))) == []
        assert made.stamp(made.encode((0.004, 0.6, 0.95))) == [b"PWR ON\r", b"\x02GO\x03"]
        assert made.stamp(made.encode((0.01, 0.7, 1.0))) == [b"VOL 001\r"]

    def test_below(self) -> None:
        made = driver(commands={"door": {"send": "SHUT", "when": "below", "level": 0.2}})
        made.stamp(made.encode((0.0,)))
        assert made.stamp(made.encode((0.5,))) == []
        assert made.stamp(made.encode((0.1,))) == [b"SHUT"]

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"commands": {}}, "commands is missing or empty"),
            ({"commands": {"a": {}}}, "sends nothing"),
            ({"commands": {"a": {"send": "x", "hex": "00"}}}, "either send or hex"),
            ({"commands": {"a": {"hex": "0g"}}}, "hex is '0g'"),
            ({"commands": {"a": {"send": "{x}"}}}, "field {x} is not understood"),
            ({"commands": {"a": {"send": "x", "when": "never"}}}, "when is 'never'; allowed: change"),
            ({"commands": {"a": {"send": "x", "when": "change"}}}, "has no {value}"),
            ({"commands": {"a": {"send": "{value}", "else": "x"}}}, "else needs when"),
            ({"commands": {"a": {"send": "x", "level": 0}}}, "level is 0"),
            ({"commands": {"a": {"send": "{value}", "scale": [1]}}}, r"scale is \[1\]"),
            ({"commands": {"a": {"send": "x", "expect": "(a+)+"}}}, "never ends"),
            ({"commands": {"a": {"send": "x", "zoom": 1}}}, "unknown 'zoom'"),
            ({"commands": COMMANDS, "start": "{value}"}, "start is"),
            ({"commands": COMMANDS, "keep_alive": "PING"}, "keep_alive is 'PING'"),
            (
                {"commands": COMMANDS, "keep_alive": {"send": "P", "every": "2h"}},
                "every is '2h'; allowed 10ms to 1h",
            ),
            ({"commands": COMMANDS, "replies": {"OK": "good"}}, "allowed: reply, fault, ignore"),
            ({"commands": COMMANDS, "replies": {"(": "fault"}}, "not a regular expression"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            driver(**settings)

    @pytest.mark.parametrize("port", ["udp://", "tcp://host:99999", "tcp://:x"])
    def test_wrong_ports(self, port: str) -> None:
        with pytest.raises(SettingError) as caught:
            driver(port)
        assert caught.value.path == ("port",)


def heard(descriptor: int, expected: bytes) -> bytes:
    """What has come out of a pty, once it is as long as expected (or a second has passed)."""
    data = b""
    while len(data) < len(expected) and select.select([descriptor], [], [], 1.0)[0]:
        data += os.read(descriptor, 4096)
    return data


class TestConversation:
    """The driver on a real pty, the device played by the test."""

    def test_start_answers_keep_alive_and_stop(self) -> None:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        made = driver(
            os.ttyname(theirs),
            start="HELLO\\r",
            stop="BYE\\r",
            keep_alive={"send": "PING\\r", "every": "2s"},
            replies={"PONG": "ignore", "ERR (\\d+)": "fault", "LAMP.*": "reply"},
            reply_within="500ms",
        )
        try:
            made.open()
            made.send(made.encode(PARK))
            made.send(made.encode((0.0, 1.0, 0.0)))
            assert made.attend(0) == []
            expected = b"HELLO\rVOL 000\rPWR OFF\rPWR ON\rPING\r"
            assert heard(ours, expected) == expected
            os.write(ours, b"PWR=OFF\r\nPONG\r\nERR 3\r\nLAMP 1200\r\nwhat\r\n")
            reports: list[Report] = []
            while len(reports) < 3 and select.select([theirs], [], [], 1.0)[0]:
                reports += made.attend(100 * MS)
            assert [report.kind for report in reports] == ["fault", "reply", "garbage"]
            assert reports[0].text == "ERR 3" and "what" in reports[2].text
            # The second PWR has no answer, and that is told once.
            assert [report.text for report in made.attend(600 * MS)] == [
                "power: no answer like 'PWR=O[NF]+' within 0.5 s"
            ]
            assert made.attend(1900 * MS) == []
            made.attend(2100 * MS)
            made.close()
            made.close()
            assert heard(ours, b"PING\rBYE\r") == b"PING\rBYE\r"
        finally:
            made.close()
            os.close(ours)
            os.close(theirs)

    def test_one_that_never_pauses_does_not_keep_commands_from_leaving(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            made = driver(f"tcp://127.0.0.1:{server.getsockname()[1]}")
            made.open()
            reads: list[int] = []

            def endless(timeout_s: float = 0.0) -> bytes:
                reads.append(1)
                assert len(reads) < 1000, "it reads for ever"
                return b"chatter\r"

            monkeypatch.setattr(made._link, "read", endless)
            assert len(made.attend(0)) <= 32
            made.close()

    def test_a_server_that_hangs_up_is_gone(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            made = driver(f"tcp://127.0.0.1:{server.getsockname()[1]}")
            made.open()
            client, _ = server.accept()
            made.send(made.encode(PARK))
            assert client.recv(100) == b"VOL 000\rPWR OFF\r"
            client.close()
            with pytest.raises(DeviceGone, match="closed the connection"):
                while True:
                    made.attend(0)
        made.close()
        with pytest.raises(DeviceGone, match="cannot connect to"):
            made.open()
        assert made.health.state == "gone"


def source(port: str = "udp://127.0.0.1:0", **settings: object) -> TextSource:
    return TextSource(SourceConfig("show", port, settings))


PATTERNS = {"GO (\\d+)": "/go", "TEMP (-?\\d+\\.\\d+) (\\w+)": "/temp", "STOP": "/stop"}


class TestSource:
    def test_it_is_a_source(self) -> None:
        assert isinstance(source(), Source)

    def test_lines_become_signals(self) -> None:
        made = source("/dev/ttyX", patterns=PATTERNS)
        said = made.decode(Chunk(b"GO 12\r\nTEMP -3.5 hall\nSTOP\rhello\r\nGO"), 4)
        assert said == [
            Signal("show", "/go", (12,), 4),
            Signal("show", "/temp", (-3.5, "hall"), 4),
            Signal("show", "/stop", (), 4),
            Signal("show", "/line", ("hello",), 4),
        ]
        assert made.decode(Chunk(b" 3\n"), 5) == [Signal("show", "/go", (3,), 5)]

    def test_a_datagram_needs_no_end_of_line(self) -> None:
        made = source(patterns=PATTERNS)
        assert [signal.address for signal in made.decode(Chunk(b"GO 1\nSTOP"), 0)] == ["/go", "/stop"]

    def test_senders_do_not_mix_and_leave_nothing_behind(self) -> None:
        made = source("tcp://127.0.0.1:9", patterns=PATTERNS)
        made.decode(Chunk(b"GO ", "a"), 0)
        assert made.decode(Chunk(b"STOP\n", "b"), 0)[0].address == "/stop"
        made.decode(Chunk(b"", "a"), 0)
        assert made.decode(Chunk(b"7\n", "a"), 0)[0] == Signal("show", "/line", ("7",), 0)

    def test_an_endless_line_is_cut_and_counted(self) -> None:
        made = source("/dev/ttyX")
        for _ in range(100):
            made.decode(Chunk(b"x" * 1000), 0)
        (signal,) = made.decode(Chunk(b"\n"), 0)
        assert signal.values == ("x" * MAX_LINE,) and made.refused == 1

    @given(st.binary(max_size=200))
    def test_noise(self, noise: bytes) -> None:
        source("/dev/ttyX", patterns=PATTERNS).decode(Chunk(noise), 0)

    @pytest.mark.parametrize(
        ("port", "settings", "says"),
        [
            ("udp://:7", {"patterns": {"(a+)+": "/x"}}, "never ends"),
            ("udp://:7", {"patterns": {"a": "go"}}, "allowed: as /go"),
            ("udp://:7", {"patterns": []}, "patterns is"),
            ("udp://:7", {"mode": "connect"}, "with tcp:// only"),
            ("udp://:x", {}, "allowed: udp://address:port"),
            ("/dev/x", {"baud": 1}, "baud is 1"),
            ("/dev/x", {"a": 1}, "unknown setting 'a'"),
        ],
    )
    def test_wrong_settings(self, port: str, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            source(port, **settings)

    def test_two_clients_at_once_on_a_real_port(self) -> None:
        made = source("tcp://127.0.0.1:0", patterns=PATTERNS)
        made.open()
        found: list[Signal] = []
        try:
            address = ("127.0.0.1", made.ear.bound_port)  # type: ignore[attr-defined]
            with socket.create_connection(address) as one, socket.create_connection(address) as two:
                one.sendall(b"GO ")
                two.sendall(b"STOP\n")
                one.sendall(b"9\n")
                for _ in range(50):
                    for chunk in made.read(0.1):
                        found += made.decode(chunk, 0)
                    if len(found) == 2:
                        break
        finally:
            made.close()
        assert {(signal.address, signal.values) for signal in found} == {("/go", (9,)), ("/stop", ())}

    def test_it_connects_where_told_to(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            made = source(f"tcp://127.0.0.1:{server.getsockname()[1]}", mode="connect")
            made.open()
            client, _ = server.accept()
            client.sendall(b"hello\n")
            (chunk,) = made.read(1.0)
            client.close()
            with pytest.raises(DeviceGone, match="closed the connection"):
                made.read(1.0)
            made.close()
        assert made.decode(chunk, 0)[0].values == ("hello",)


class TestTwin:
    def test_it_follows_and_answers(self) -> None:
        made = driver(start="HELLO\\r")
        twin = TextTwin(made.config)
        twin.receive(b"HELLO\r", 0)
        replies = [reply for frame in made.encode((0.5, 1.0, 1.0)) for reply in twin.receive(frame, 0)]
        assert twin.state_at(1) == {"volume": 50.0, "power": 1.0, "scene": 1.0}
        assert replies == [b"OK\r\n"] * 3
        assert twin.receive(b"nonsense\r\n", 2) == [b"ERR\r\n"] and twin.refused == 10

    @pytest.mark.parametrize(
        ("expect", "answer"),
        [
            ("VOL=(\\d+)", b"VOL=0\r\n"),
            ("VOL.*", b"VOL\r\n"),
            ("DONE", b"DONE\r\n"),
            ("VOL [0-9]+", b"VOL 007\r\n"),
            ("O[JK]", b"OK\r\n"),
            ("[A]B", b"OK\r\n"),
        ],
    )
    def test_it_guesses_what_the_rig_expects(self, expect: str, answer: bytes) -> None:
        twin = TextTwin(
            driver(commands={"volume": {"send": "VOL {value:03d}\\r", "scale": 100, "expect": expect}}).config
        )
        assert twin.receive(b"VOL 007\r", 0) == [answer]

    @given(st.lists(st.binary(max_size=60), max_size=4))
    def test_noise(self, cuts: list[bytes]) -> None:
        twin = TextTwin(driver().config)
        for data in cuts:
            twin.receive(data, 0)
        twin.state_at(1)

    def test_numbers_that_are_none_are_no_command(self) -> None:
        # Found by fuzzing: digits that are half a fraction and half hexadecimal, and powers beyond any number.
        twin = TextTwin(driver().config)
        assert list(twin.receive(b"VOL 0.A000\r", 0)) == [b"ERR\r\n"]
        twin.receive(b"VOL 1e999\r", 0)
        assert all(map(math.isfinite, twin.state_at(1).values()))
