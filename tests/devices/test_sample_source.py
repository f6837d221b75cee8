"""The sample source: lines to signals, and that nothing but its own error comes out."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sample import SampleSource
from devices.sample.source import decode_line
from engine.bus.driver import SettingError
from engine.bus.source import Chunk, Signal, Source, SourceConfig


def test_a_line_is_an_address_and_its_values() -> None:
    assert decode_line(b"/fan 0.5 on nan\n") == ("/fan", (0.5, "on", "nan"))
    source = SampleSource(SourceConfig("hand", "udp://127.0.0.1:9100"))
    assert isinstance(source, Source)
    assert source.decode(Chunk(b"/bell"), 7) == (Signal("hand", "/bell", (), 7),)


@given(st.binary(max_size=1500))
def test_no_bytes_raise(data: bytes) -> None:
    source = SampleSource(SourceConfig("hand", "udp://127.0.0.1:9100"))
    assert len(source.decode(Chunk(data), 0)) + source.refused == 1


@pytest.mark.parametrize("config", [("tcp://x", {}), ("udp://x:y", {}), ("udp://x:1", {"baud": 1})])
def test_wrong_settings(config: tuple[str, dict[str, int]]) -> None:
    with pytest.raises(SettingError):
        SampleSource(SourceConfig("hand", *config))


def test_a_look_without_waiting_finds_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    source = SampleSource(SourceConfig("hand", f"udp://127.0.0.1:{port}"))
    source.open()
    assert source.read(0.0) == ()
    source.close()
