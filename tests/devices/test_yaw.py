"""Yaw chairs: golden messages, a session over real sockets, being taken, limits, going round."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.serve import Recorder, attend, make_line
from devices.sim.yaw import YawTwin
from devices.yaw import create
from devices.yaw.codec import (
    CALLING,
    CHECK_IN,
    CHECK_IN_ANSWER,
    ERROR,
    EXIT,
    START,
    STOP,
    TILT_LIMITS,
    YAW_LIMIT,
    Announcement,
    Message,
    YawError,
    decode,
    decode_announcement,
    decode_motion,
    decode_report,
    encode,
    encode_announcement,
    encode_motion,
    encode_report,
)
from engine.bus.driver import Attentive, ChannelLimits, DeviceConfig, Driver, Measured, SettingError
from engine.errors import DeviceBusy, DeviceGone
from engine.time.clocks import ManualClock, MonotonicClock
from tests.devices.seats import ANGULAR, MS, S, play, seat

ALL = ("yaw", "pitch", "roll")


class TestCodec:
    @pytest.mark.parametrize(
        ("pose", "golden"),
        [
            ((0.0, 0.0, 0.0), b"Y[000.00]P[000.00]R[000.00]"),
            ((180.0, -0.01, 12.346), b"Y[180.00]P[359.99]R[012.35]"),
            ((359.997, -0.004, 720.5), b"Y[000.00]P[000.00]R[000.50]"),
        ],
    )
    def test_golden_poses(self, pose: tuple[float, float, float], golden: bytes) -> None:
        assert encode_motion(*pose) == golden

    @pytest.mark.parametrize(
        ("message", "golden"),
        [
            (Message(CHECK_IN, (50060,), "Sensorama"), "300000c38c53656e736f72616d61"),
            (Message(CHECK_IN_ANSWER, (), "AVAILABLE"), "31415641494c41424c45"),
            (Message(TILT_LIMITS, (50, 20, 25)), "40000000320000001400000019"),
            (Message(YAW_LIMIT, (90,)), "700000005a"),
            (Message(START), "a1"),
            (Message(STOP), "a2"),
            (Message(EXIT), "a3"),
        ],
    )
    def test_golden_messages(self, message: Message, golden: str) -> None:
        assert encode(message).hex() == golden
        assert list(decode(bytes.fromhex(golden))) == [message]

    @given(st.tuples(*[st.floats(-1000.0, 1000.0)] * 3))
    def test_poses_come_back_as_the_same_angles(self, pose: tuple[float, float, float]) -> None:
        for sent, found in zip(pose, decode_motion(encode_motion(*pose)), strict=True):
            assert abs((sent - found + 180.0) % 360.0 - 180.0) < 0.00501

    @given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda b: b"\x30" + b))
    def test_any_bytes(self, data: bytes) -> None:
        for reader in (decode, decode_motion, decode_report, decode_announcement):
            try:
                reader(data)
            except YawError:
                pass
        twin = YawTwin(seat(*ALL))
        for sender in ("", "tcp:a", "udp"):
            for reply in twin.receive(data, 0, sender):
                assert reply

    @pytest.mark.parametrize(
        ("told", "angles"),
        [
            (b"SY[010.50]SP[359.00]SR[000.25]", (10.5, -1.0, 0.25)),
            (b"SY[-10.5]SP[1]SR[2.125]U[3.92]", (-10.5, 1.0, 2.125)),
            (b"Y[180.00]P[000.00]R[000.00]", (-180.0, 0.0, 0.0)),
        ],
    )
    def test_positions_of_older_and_newer_chairs(self, told: bytes, angles: tuple[float, ...]) -> None:
        assert decode_report(told) == angles

    def test_an_announcement_round_trip_and_others(self) -> None:
        made = Announcement("7", "Chair", 50020, "RESERVED")
        assert decode_announcement(encode_announcement(made)) == made
        assert not made.available
        with pytest.raises(YawError, match="TCP port is '0'"):
            decode_announcement(b"YAWDEVICE;1;a;0;AVAILABLE")
        with pytest.raises(YawError, match="not a Yaw chair's answer"):
            decode_announcement(CALLING)

    def test_what_it_refuses(self) -> None:
        with pytest.raises(ValueError, match="1 numbers; code 0x40 has 3"):
            encode(Message(TILT_LIMITS, (1,)))
        with pytest.raises(ValueError, match="0x99, which no Yaw chair knows"):
            encode(Message(0x99))
        with pytest.raises(YawError, match="0x40 is cut short"):
            decode(b"\x40\x00\x00")


class TestDriver:
    def test_it_counts_as_the_chair_does_and_tells_its_limits_back_first(self) -> None:
        limits = {"pitch": ChannelLimits(-12.5, 30.0), "roll": ANGULAR, "yaw": ChannelLimits(-90.0, 90.0)}
        driver = create(DeviceConfig("seat", limits=limits))
        assert isinstance(driver, Driver) and isinstance(driver, Attentive)
        assert driver.encode((0.0, 0.0, 0.0, 5.0, -5.0, 90.0)) == (b"Y[270.00]P[005.00]R[355.00]",)
        assert [list(decode(frame)) for frame in driver.greeting_frames[1:]] == [
            [Message(TILT_LIMITS, (30, 13, 10))],
            [Message(YAW_LIMIT, (90,))],
            [Message(START)],
        ]

    def test_beyond_half_a_turn_yaw_has_no_limit(self) -> None:
        driver = create(
            DeviceConfig("s", limits={"yaw": ChannelLimits(-720.0, 720.0)}, settings={"axes": ["yaw"]})
        )
        assert not any(m.code == YAW_LIMIT for frame in driver.greeting_frames for m in decode(frame))

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (seat("heave"), r"axes is \['heave'\]; allowed: some of yaw, pitch, roll"),
            (
                seat("yaw", port="COM3"),
                "port is 'COM3'; allowed: twin, or udp.*or yaw:// to look for the chair",
            ),
            (DeviceConfig("s"), "no limits for yaw, pitch, roll"),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            create(config)


class TestTwin:
    def test_it_moves_only_when_started_and_within_its_limits(self) -> None:
        twin = YawTwin(seat(*ALL))
        twin.receive(encode_motion(10.0, 5.0, 0.0), 0, "udp")
        assert (twin.frames, twin.refused) == (0, 1)
        assert twin.receive(b"\xa1", 0, "tcp:a") == [bytes((ERROR,)) + b"check in first"]
        for message in (Message(CHECK_IN, (1,), "A"), Message(TILT_LIMITS, (30, 10, 7)), Message(START)):
            twin.receive(encode(message), 0, "tcp:a")
        twin.receive(encode_motion(10.0, 40.0, -40.0), 0, "udp")
        assert twin.state_at(5 * S) == {"yaw": 10.0, "pitch": 10.0, "roll": -7.0}
        twin.receive(encode_motion(10.0, -60.0, 0.0), 5 * S, "udp")
        assert twin.state_at(9 * S)["pitch"] == -30.0

    def test_it_goes_round_the_shorter_way(self) -> None:
        twin = YawTwin(seat(*ALL))
        for message in (Message(CHECK_IN, (1,), "A"), Message(START)):
            twin.receive(encode(message), 0)
        for turn in range(0, 720, 30):
            twin.receive(encode_motion(float(turn), 0.0, 0.0), 0)
        assert twin.state_at(60 * S)["yaw"] == 690.0

    def test_one_at_a_time_and_a_lost_connection_frees_it(self) -> None:
        twin = YawTwin(seat(*ALL))
        twin.receive(encode(Message(CHECK_IN, (1,), "First")), 0, "tcp:a")
        (answer,) = twin.receive(encode(Message(CHECK_IN, (1,), "Second")), 0, "tcp:b")
        assert list(decode(answer)) == [Message(CHECK_IN_ANSWER, (), "RESERVED by First")]
        assert b"RESERVED by First" in twin.receive(CALLING, 0, "udp")[0]
        twin.receive(b"", 0, "tcp:a")
        assert twin.receive(encode(Message(CHECK_IN, (1,), "Second")), 0, "tcp:b") == [b"1AVAILABLE"]

    def test_a_whole_show_in_memory(self) -> None:
        bus = play(create, seat(*ALL))
        twin = bus.twins["seat"]
        assert isinstance(twin, YawTwin)
        bus.run_until(2 * S)
        values = bus.core.values("seat")
        state = twin.state_at(2 * S)
        wanted = [-values[5], -values[4], -values[3]]
        assert [state["yaw"], state["pitch"], state["roll"]] == pytest.approx(wanted, abs=0.2)
        assert twin.refused == 0


class TestSession:
    def test_over_real_sockets(self) -> None:
        config = seat(*ALL)
        twin, line, clock = YawTwin(config), make_line("udp+tcp"), ManualClock()
        moved, left = Event(), Event()
        receive = twin.receive

        def hear(data: bytes, at_ns: int, sender: str = "") -> object:
            replies = receive(data, at_ns, sender)  # the rival's attempt ends too, and frees nothing
            if twin.frames:
                moved.set()
            if not data and not twin.reserved_by:
                left.set()
            return replies

        twin.receive = hear  # type: ignore[method-assign, assignment]
        attend(twin, line, Recorder(None), clock)
        ours, other = (create(replace(config, port=line.port)) for _ in range(2))
        ours.open()
        assert ours.health.state == "open" and "Yaw chair seat" in ours.health.note
        assert (twin.started, twin.reserved_by, twin.tilt) == (True, "Sensorama", (10, 10, 10))
        with pytest.raises(DeviceBusy, match=r"taken \(RESERVED by Sensorama\)"):
            other.open()
        ours.send(ours.encode((0.0, 0.0, 0.0, 1.0, 2.0, 3.0)))
        assert moved.wait(2.0)
        assert ours.attend(0) == []
        ours.close()
        assert left.wait(2.0)
        assert (twin.started, twin.reserved_by, ours.health.state) == (False, "", "closed")

    def test_where_the_chair_is_comes_back_in_our_axes(self) -> None:
        config = seat("yaw", "pitch", "roll", feedback=True, report_age="20ms")
        twin, line, clock = YawTwin(config), make_line("udp+tcp"), ManualClock(S)
        attend(twin, line, Recorder(None), clock)
        driver = create(replace(config, port=line.port))
        assert isinstance(driver, Measured) and driver.measured() is None
        driver.open()
        try:
            wall, now_ns = MonotonicClock(), 5 * S
            until_ns = wall.now_ns() + 3 * S
            while driver.measured() is None and wall.now_ns() < until_ns:
                driver.send(driver.encode((0.0, 0.0, 0.0, 1.0, 2.0, 3.0)))
                clock.advance_ns(10 * MS)
                wall.sleep_until_ns(wall.now_ns() + 2 * MS)
                assert driver.attend(now_ns) == []
            told = driver.measured()
        finally:
            driver.close()
        assert told is not None
        assert (told.at_ns, told.arrived_ns, told.axes) == (now_ns - 21 * MS, now_ns, 0b111000)
        # On its way: right side down, nose up, to the left, as commanded.
        assert all(
            0.0 <= value <= wanted for value, wanted in zip(told.pose[3:], (1.0, 2.0, 3.0), strict=True)
        )

    def test_what_is_no_position_is_told_and_changes_nothing(self) -> None:
        driver = create(seat(*ALL, feedback=True))
        driver._session.listen = lambda: iter(())  # type: ignore[method-assign]
        driver._session.position = encode_report(350.0, 1.0, 0.0)
        assert driver.attend(9 * S) == []
        before = driver.measured()
        assert before is not None and before.pose == (0.0, 0.0, 0.0, 0.0, -1.0, 10.0)
        driver._session.position = b"SY[abc]"
        assert [report.kind for report in driver.attend(10 * S)] == ["garbage"]
        assert driver.measured() is before

    def test_nobody_asks_without_feedback(self) -> None:
        driver = create(seat(*ALL))
        driver._session.listen = lambda: iter(())  # type: ignore[method-assign]
        driver._session.position = encode_report(350.0, 1.0, 0.0)
        assert driver.attend(9 * S) == [] and driver.measured() is None
        assert driver.attend_ns > create(seat(*ALL, feedback=True)).attend_ns

    def test_nobody_there(self) -> None:
        driver = create(seat(*ALL, port="udp://127.0.0.1:9"))
        with pytest.raises(DeviceGone, match="seat: "):
            driver.open()
        assert driver.health.state == "gone"

    def test_what_the_chair_says_is_told(self) -> None:
        driver = create(seat(*ALL))
        said = [Message(STOP), Message(STOP), Message(ERROR, (), "motor hot"), Message(START)]
        driver._session.listen = lambda: iter(said)  # type: ignore[method-assign]
        assert [(r.kind, r.text) for r in driver.attend(0)] == [
            ("session", "somebody stopped the chair; it moves again after a new start"),
            ("fault", "the chair says: motor hot"),
            ("session", "the chair was started again"),
        ]
