"""PJLink: golden lines, the session against a projector that is not always ready, driver and twin."""

from __future__ import annotations

import io
import json
import select
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.pjlink import PjlinkDriver
from devices.pjlink.codec import (
    Answer,
    Command,
    LineCutter,
    PjlinkError,
    decode_acknowledge,
    decode_answer,
    decode_command,
    decode_greeting,
    digest,
    encode_answer,
    encode_command,
    encode_greeting,
    is_refusal,
    status_words,
)
from devices.pjlink.session import PjlinkSession
from devices.sim.pjlink import PjlinkTwin
from devices.sim.serve import serve
from engine.bus.driver import Attentive, DeviceConfig, Driver, Report, SettingError
from engine.bus.twins import config_to_json
from engine.errors import DeviceGone
from engine.time.clocks import MonotonicClock

MS = 1_000_000
S = 1_000_000_000


class TestCodec:
    def test_golden_lines(self) -> None:
        assert encode_command(Command("POWR", "1")) == b"%1POWR 1\r"
        assert decode_command(b"%2INPT 3B") == Command("INPT", "3B", 2)
        assert encode_answer(Answer("ERST", "010020")) == b"%1ERST=010020\r"
        assert decode_answer(b"%1POWR=ok") == Answer("POWR", "OK")
        assert decode_greeting(b"PJLINK 0") == "" and decode_greeting(b"PJLINK 1 498e4a67") == "498e4a67"
        assert encode_greeting("") == b"PJLINK 0\r" and encode_greeting("498e4a67") == b"PJLINK 1 498e4a67\r"
        assert is_refusal(b"PJLINK ERRA") and not is_refusal(b"PJLINK 0")
        assert decode_acknowledge(b"%2ACKN=00:1A:2b:3c:4d:5e\r") == "00:1a:2b:3c:4d:5e"

    def test_the_digest_of_the_specification(self) -> None:
        # PJLink class 1, 5.1: the worked example.
        found = digest("498e4a67", "JBMIAProjectorLink")
        assert found == "5d8409bc1c3fa39749434aa3a5c38682"
        line = found.encode() + b"%1POWR ?"
        assert decode_command(line) == Command("POWR", "?", 1, found)
        assert encode_command(Command("POWR", "?", 1, found)) == line + b"\r"

    def test_status_in_words(self) -> None:
        assert status_words("000000") == ""
        assert status_words("120010") == "fan warning, lamp error, filter warning"
        with pytest.raises(PjlinkError, match="six digits"):
            status_words("00003x")

    @given(st.binary(max_size=220))
    def test_noise_is_refused_and_breaks_nothing(self, noise: bytes) -> None:
        for line in (noise, b"%1POWR=" + noise, b"%1POWR " + noise, b"PJLINK 1 " + noise):
            for decode in (decode_command, decode_answer, decode_greeting, decode_acknowledge, is_refusal):
                try:
                    decode(line)
                except PjlinkError:
                    continue

    @given(
        st.lists(st.sampled_from([b"%1POWR=OK", b"\r", b"\n", b"x" * 150]), max_size=12), st.integers(1, 9)
    )
    def test_any_cut_gives_the_same_lines(self, parts: list[bytes], step: int) -> None:
        stream = b"".join(parts)
        whole, cut = LineCutter(), LineCutter()
        lines = whole.feed(stream)
        assert [
            line for at in range(0, len(stream), step) for line in cut.feed(stream[at : at + step])
        ] == lines
        assert all(0 < len(line) <= 200 for line in lines)

    @pytest.mark.parametrize(
        "command", [Command("POW", "1"), Command("POWR", ""), Command("POWR", "1\r"), Command("POWR", "1", 3)]
    )
    def test_what_it_refuses_to_write(self, command: Command) -> None:
        with pytest.raises(PjlinkError, match="looks like"):
            encode_command(command)


class Talk:
    """A session and a twin, with nothing in between, on a clock that jumps."""

    def __init__(self, password: str = "", twin_password: str | None = None, **twin: str) -> None:
        settings = {
            "inputs": [31, 32],
            "class": 2,
            "password": password if twin_password is None else twin_password,
            "twin": twin,
        }
        self.twin = PjlinkTwin(DeviceConfig("projector", settings=settings))
        self.driver = PjlinkDriver(DeviceConfig("projector", settings=settings))
        self.session = PjlinkSession(password, 5 * S)
        self.now_ns = 0
        self.sent: list[bytes] = []
        self.reports: list[Report] = []
        self.session.connected(0)
        for data in self.twin.connected(0, "us"):
            self.session.feed(data, 0)

    def wish(self, power: float, source: float = 0.0, mute: float = 0.0, freeze: float = 0.0) -> None:
        frames = self.driver.encode((power, source, mute, freeze))
        commands = [decode_command(frame[:-1]) for frame in frames]
        self.session.wish({command.name: command for command in commands})

    def until(self, at_ns: int) -> None:
        while self.now_ns < at_ns and not self.session.failure:
            self.now_ns += 100 * MS
            if data := self.session.next_bytes(self.now_ns):
                self.sent.append(data)
                for answer in self.twin.receive(data, self.now_ns, "us"):
                    self.session.feed(answer, self.now_ns)
            self.reports += self.session.take_reports()


class TestSession:
    def test_it_is_switched_on_and_takes_its_input_when_it_is_warm(self) -> None:
        talk = Talk()
        talk.wish(1.0, 1.0, 1.0, 1.0)
        talk.until(10 * S)
        assert talk.twin.heard == ["POWR 1", "INPT 32", "AVMT 31", "FREZ 1"]
        assert talk.twin.state_at(talk.now_ns) == {"power": 1.0, "input": 1.0, "mute": 1.0, "freeze": 1.0}
        assert [report.text for report in talk.reports] == ["power: off", "power: warming up", "power: on"]

    def test_what_is_so_already_is_not_said_again(self) -> None:
        talk = Talk()
        talk.wish(1.0)
        talk.until(30 * S)
        talk.wish(1.0, 0.0, 1.0)
        talk.until(40 * S)
        assert talk.twin.heard == ["POWR 1", "INPT 31", "AVMT 30", "FREZ 0", "AVMT 31"]

    def test_a_change_of_mind_waits_for_the_lamp(self) -> None:
        talk = Talk(warm_up="3s", cool_down="4s")
        talk.wish(1.0)
        talk.until(1 * S)
        talk.wish(0.0)
        talk.until(2 * S)
        assert talk.twin.heard == ["POWR 1"]
        talk.until(5 * S)
        assert talk.twin.heard == ["POWR 1", "POWR 0"]
        talk.wish(1.0, 1.0)
        talk.until(20 * S)
        # Everything it was told before is told again: it forgot.
        assert talk.twin.heard == ["POWR 1", "POWR 0", "POWR 1", "INPT 32", "AVMT 30", "FREZ 0"]

    def test_switched_off_by_hand_it_is_switched_on_again(self) -> None:
        talk = Talk()
        talk.wish(1.0)
        talk.until(10 * S)
        talk.twin.receive(b"%1POWR 0\r", talk.now_ns)
        talk.until(30 * S)
        assert talk.twin.state_at(talk.now_ns)["power"] == 1.0

    def test_an_input_it_does_not_have_is_told_once(self) -> None:
        talk = Talk()
        talk.session.wish({"POWR": Command("POWR", "1"), "INPT": Command("INPT", "59")})
        talk.until(60 * S)
        assert talk.twin.heard.count("INPT 59") == 1
        assert [report.text for report in talk.reports if report.kind == "fault"] == [
            "INPT 59: it does not have what was asked for (ERR2)"
        ]

    def test_faults_are_told_when_they_come_and_when_they_go(self) -> None:
        talk = Talk()
        talk.until(7 * S)
        talk.twin.status = "020000"
        talk.until(20 * S)
        talk.twin.status = "000000"
        talk.until(30 * S)
        assert [(report.kind, report.text) for report in talk.reports] == [
            ("reply", "power: off"),
            ("fault", "lamp error"),
            ("reply", "all faults gone"),
        ]

    def test_with_a_password_the_first_command_carries_the_digest(self) -> None:
        talk = Talk("JBMIAProjectorLink")
        talk.wish(1.0)
        talk.until(5 * S)
        assert talk.sent[0] == b"5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r"
        assert all(data.startswith(b"%") for data in talk.sent[1:]) and len(talk.sent) > 3

    @pytest.mark.parametrize(("ours", "says"), [("wrong", "refuses the password"), ("", "wants a password")])
    def test_a_wrong_password_ends_it(self, ours: str, says: str) -> None:
        talk = Talk(ours, "right")
        talk.until(2 * S)
        assert says in talk.session.failure

    def test_silence_ends_it(self) -> None:
        session = PjlinkSession("", S)
        session.connected(0)
        assert session.next_bytes(4 * S) == b"" and not session.failure
        session.next_bytes(5 * S)
        assert "no greeting within 5 s" in session.failure
        session.connected(6 * S)
        session.feed(b"PJLINK 0\r", 6 * S)
        assert session.next_bytes(6 * S) == b"%1POWR ?\r"
        session.next_bytes(11 * S)
        assert "no answer to POWR ?" in session.failure

    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=40),
                st.sampled_from([b"%1POWR=1\r", b"%1POWR=ERR3\r", b"%1ERST=ERR1\r", b"%1INPT=OK\r"]),
            ),
            max_size=12,
        )
    )
    def test_noise(self, cuts: list[bytes]) -> None:
        session = PjlinkSession("", S)
        session.connected(0)
        session.feed(b"PJLINK 0\r", 0)
        session.wish({"POWR": Command("POWR", "1"), "INPT": Command("INPT", "31")})
        for step, data in enumerate(cuts):
            session.next_bytes(step * S)
            session.feed(data, step * S)
        assert len(session.take_reports()) <= 32


def driver(port: str = "twin", **settings: object) -> PjlinkDriver:
    return PjlinkDriver(DeviceConfig("projector", port, settings=settings))


class TestDriver:
    def test_it_is_an_attentive_driver(self) -> None:
        assert isinstance(driver(), Driver) and isinstance(driver(), Attentive)

    def test_levels_are_commands(self) -> None:
        made = driver(inputs=[31, 32, "5B"], mute="picture", **{"class": 2})
        assert [group.name for group in made.groups] == ["power", "input", "mute", "freeze"]
        assert made.encode((0.5, 1.0, 0.4, 1.0)) == (
            b"%1POWR 1\r",
            b"%2INPT 5B\r",
            b"%1AVMT 10\r",
            b"%2FREZ 1\r",
        )
        assert [group.name for group in driver().groups] == ["power", "mute"]

    def test_neither_stop_nor_end_switches_it_off_unless_told(self) -> None:
        assert [(channel.park, channel.safe) for channel in driver().channels] == [(1.0, 1.0), (0.0, 0.0)]
        assert driver(rest={"power": 0}).channels[0].park == 0.0

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"class": 3}, "class is 3; allowed: 1, 2"),
            ({"inputs": [71]}, "input is 71; allowed"),
            ({"inputs": "31"}, "inputs is '31'"),
            ({"mute": "all"}, "mute is 'all'; allowed: picture"),
            ({"poll": "1ms"}, "poll is '1ms'; allowed 10ms to 1h"),
            ({"rest": {"zoom": 1}}, "rest: zoom is 1"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            driver(**settings)

    def test_wrong_port(self) -> None:
        with pytest.raises(SettingError) as caught:
            driver("udp://host")
        assert caught.value.path == ("port",)

    def test_nobody_there(self) -> None:
        made = driver("tcp://127.0.0.1:1")
        with pytest.raises(DeviceGone, match="cannot connect to"):
            made.open()
        with pytest.raises(DeviceGone):
            made.send(made.encode((1.0, 0.0)))
        assert made.attend(0) == ()


def test_a_projector_that_hung_up_because_nothing_was_said_is_not_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = driver(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        made.open()
        client, _ = server.accept()
        client.sendall(b"PJLINK 0\r")
        now_ns = 0
        while not select.select([client], [], [], 0.0)[0]:
            made.attend(now_ns)
            now_ns += 1_000_000
        assert client.recv(100) == b"%1POWR ?\r"
        client.sendall(b"%1POWR=0\r")
        client.close()
        for _ in range(50):
            if not made._link.is_open:
                break
            made.attend(now_ns)
            made._session._next_status_ns = now_ns + 10_000_000_000
        assert not made._link.is_open and made.health.state == "open"
        made.close()
        assert made.health.state == "closed"


def test_over_tcp_also_after_the_projector_hung_up() -> None:
    settings = {
        "inputs": [31, 32],
        "password": "secret",
        "poll": "120ms",
        "twin": {"warm_up": "50ms", "idle": "60ms"},
    }
    row = {
        "factory": "devices.sim.pjlink:make_twin",
        "line": "session",
        "config": config_to_json(DeviceConfig("projector", settings=settings)),
        "record": None,
    }
    answer = io.StringIO()
    reports: list[Report] = []
    reopened: list[bool] = []

    class Until(io.StringIO):
        """Standard input that stays open until the projector has been talked to."""

        def readline(self, size: int | None = -1, /) -> str:
            made = PjlinkDriver(
                DeviceConfig("projector", json.loads(answer.getvalue())["projector"], settings=settings)
            )
            clock = MonotonicClock()
            made.open()
            made.send(made.encode((1.0, 1.0, 0.0)))
            until_ns = clock.now_ns() + 4 * S
            # Busy is asked about once a second, so that "on" comes after one; then it is silent and hung up on.
            while clock.now_ns() < until_ns and not (reopened and reopened[-1] and False in reopened):
                reports.extend(made.attend(clock.now_ns()))
                if any(report.text == "power: on" for report in reports):
                    reopened.append(made._link.is_open)
                clock.sleep_until_ns(clock.now_ns() + 10 * MS)
            made.close()
            return ""

    serve([row], answer, Until())
    assert [report.text for report in reports] == ["power: off", "power: warming up", "power: on"]
    assert False in reopened and reopened[-1]


class TestTwin:
    def test_it_refuses_while_it_is_busy_and_what_it_does_not_know(self) -> None:
        twin = PjlinkTwin(DeviceConfig("projector"))
        assert twin.receive(b"%1INPT 31\r%1POWR 1\r%1POWR 0\r%1POWR ?\r", 0) == [
            b"%1INPT=ERR3\r", b"%1POWR=OK\r", b"%1POWR=ERR3\r", b"%1POWR=3\r"
        ]  # fmt: skip
        assert twin.receive(b"%1POWR ?\r%1INPT 99\r%1ABCD 1\r%2FREZ 1\r", 2 * S) == [
            b"%1POWR=1\r", b"%1INPT=ERR2\r", b"%1ABCD=ERR1\r", b"%2FREZ=ERR1\r"
        ]  # fmt: skip
        assert twin.receive(b"%1AVMT 31\r%1AVMT ?\r%1AVMT 20\r%1AVMT ?\r", 3 * S)[1::2] == [
            b"%1AVMT=31\r",
            b"%1AVMT=11\r",
        ]

    def test_it_hangs_up_on_the_silent(self) -> None:
        twin = PjlinkTwin(DeviceConfig("projector"))
        twin.connected(0, "a")
        assert twin.attend(30 * S - 1) == [] and twin.attend(30 * S) == [("a", None)]
        assert twin.receive(b"%1POWR ?\r", 31 * S, "a") == ()

    @given(st.lists(st.binary(max_size=60), max_size=4))
    def test_noise(self, cuts: list[bytes]) -> None:
        twin = PjlinkTwin(DeviceConfig("projector", settings={"password": "x"}))
        for sender in ("", "a"):
            twin.connected(0, sender)
            for data in cuts:
                twin.receive(data, 0, sender)
        twin.state_at(1)
