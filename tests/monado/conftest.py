"""What tests on a real runtime stand on: its service, and a display. Run by ``python -m tests.monado``.

Where there is no runtime these tests fail and say how to get one; they are never skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.monado.service import Service, ServiceError


@pytest.fixture(scope="session")
def _testbed() -> Iterator[Service]:
    """The session's service, ended with the session where the tests had to start it."""
    try:
        service = Service()
    except ServiceError as error:
        pytest.fail(str(error))
    was_running = service.running
    yield service
    if not was_running:
        service.stop()


@pytest.fixture
def service(_testbed: Service) -> Iterator[Service]:
    """Monado's service, running with its simulated headset; to kill and to restart.

    Whatever a test leaves, the next one finds it running again.
    """
    _testbed.use("simulated")
    yield _testbed


@pytest.fixture
def remote_service(_testbed: Service) -> Iterator[Service]:
    """The same with Monado's remote driver: head and controllers are set through TCP port 4242."""
    _testbed.use("remote")
    yield _testbed


@pytest.fixture
def no_service(_testbed: Service) -> Iterator[Service]:
    """The same with nothing running: the runtime is installed and away. A test may start it."""
    _testbed.kill()
    _testbed.socket.unlink(missing_ok=True)
    yield _testbed


@pytest.fixture(scope="session")
def display() -> str:
    """The X display that the testbed brought."""
    name = os.environ.get("DISPLAY", "")
    if not name or not os.environ.get("XRT_COMPOSITOR_NULL"):
        pytest.fail("this is not the testbed; run the tests by: python -m tests.monado")
    return name
