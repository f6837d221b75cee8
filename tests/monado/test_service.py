"""The testbed's own service: it runs, is killed like a crash, comes back, with either headset."""

import pytest

from tests.monado.service import Service

pytestmark = pytest.mark.monado


def test_a_killed_service_leaves_its_socket_and_comes_back_as_another_process(service: Service) -> None:
    before = service.pid
    service.kill()
    assert service.pid is None
    assert service.socket.exists(), "what the recovery has to cope with: a socket that nobody listens to"
    service.start()
    assert service.running
    assert service.pid != before


def test_the_remote_headset_can_be_had(remote_service: Service) -> None:
    assert remote_service.driver == "remote"


def test_a_test_may_find_no_runtime_and_bring_it_itself(no_service: Service) -> None:
    assert not no_service.running
    no_service.start()
    assert no_service.driver == "simulated"


def test_the_next_test_finds_the_simulated_headset_again(service: Service, display: str) -> None:
    assert service.driver == "simulated"
    assert display.startswith(":")
