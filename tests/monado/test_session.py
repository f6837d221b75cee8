"""A session of the testbed: its own network and processes, and a checkout that nothing in it can change."""

import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.monado

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _in_the_testbed(display: str) -> str:
    """Outside it these tests fail and say how to run them."""
    return display


def test_the_network_is_the_loopback_alone() -> None:
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


def test_processes_are_its_own() -> None:
    assert Path("/proc/1/cmdline").read_bytes().split(b"\0")[1:3] == [b"-m", b"tests.monado.inside"]


def test_the_checkout_is_read_only() -> None:
    with pytest.raises(OSError, match="Read-only"):
        (ROOT / "left-behind").touch()
