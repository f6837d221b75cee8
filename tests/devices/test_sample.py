"""The family to copy, tested the way a copy should be: golden bytes, round trip, driver, twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sample import SampleDriver
from devices.sample.codec import decode_level, encode_level
from devices.sample.twin import SampleTwin
from engine.bus.driver import DeviceConfig, Driver, Latency
from engine.errors import DeviceGone

MS = 1_000_000


class TestCodec:
    @pytest.mark.parametrize(("share", "golden"), [(0.0, b"L0000\n"), (0.532, b"L0532\n"), (1.0, b"L1000\n")])
    def test_golden_bytes(self, share: float, golden: bytes) -> None:
        assert encode_level(share) == golden
        assert decode_level(golden) == share

    @given(st.integers(0, 1000))
    def test_round_trip_over_the_whole_range(self, thousandths: int) -> None:
        assert decode_level(encode_level(thousandths / 1000)) == thousandths / 1000

    @pytest.mark.parametrize("bad", [b"", b"L1001\n", b"X0532\n", b"L05x2\n", b"L0532;"])
    def test_what_is_no_command(self, bad: bytes) -> None:
        with pytest.raises(ValueError, match="not a sample command"):
            decode_level(bad)

    def test_out_of_range(self) -> None:
        with pytest.raises(ValueError, match=r"level is 1\.2; allowed 0 to 1"):
            encode_level(1.2)


class TestDriver:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(SampleDriver(DeviceConfig("fan")), Driver)

    def test_its_life_on_a_looped_line(self) -> None:
        driver = SampleDriver(DeviceConfig("fan", port="loop://"))
        assert driver.health.state == "closed"
        driver.open()
        driver.open()
        driver.send(driver.encode((0.5,)))
        assert (driver.health.state, driver.health.sent) == ("open", 1)
        driver.close()
        driver.close()
        with pytest.raises(DeviceGone, match="fan: port loop:// is not open"):
            driver.send(driver.encode((0.5,)))
        assert driver.health.state == "gone"

    def test_a_port_that_is_not_there(self) -> None:
        with pytest.raises(DeviceGone, match="fan: no device on port /dev/no-such-port"):
            SampleDriver(DeviceConfig("fan", port="/dev/no-such-port")).open()


class TestTwin:
    def test_it_obeys_after_its_dead_time(self) -> None:
        twin = SampleTwin(DeviceConfig("fan", latency=Latency(dead_ns=100 * MS)))
        twin.receive(b"noiseL0", 0)
        twin.receive(b"500\nL10", 10 * MS)
        assert twin.state_at(109 * MS) == {"fan.level": 0.0}
        assert twin.state_at(110 * MS) == {"fan.level": 0.5}
