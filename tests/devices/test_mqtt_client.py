"""The connection to a broker: what it keeps, and what it does not."""

from __future__ import annotations

from types import SimpleNamespace

from devices.mqtt.client import Broker
from devices.mqtt.codec import MAX_PACKET, Publish, encode_publish


def heard(topic: str, size: int) -> SimpleNamespace:
    return SimpleNamespace(topic=topic, payload=bytes(size), retain=False)


def test_a_message_larger_than_we_speak_is_dropped_and_counted() -> None:
    # A broker carries up to 256 MiB; one such message must not end whoever listens.
    broker = Broker("hall", "127.0.0.1", 1883)
    largest = MAX_PACKET - 2 - len("hall/é".encode())
    for size in (largest, largest + 1, 1 << 20):
        broker._on_message(None, None, heard("hall/é", size))
    (kept,) = broker.take()
    assert kept == Publish("hall/é", bytes(largest)) and broker.dropped == 2
    assert len(encode_publish(kept)) > largest


def test_at_most_4096_wait() -> None:
    broker = Broker("hall", "127.0.0.1", 1883)
    for _ in range(5000):
        broker._on_message(None, None, heard("a", 1))
    assert (len(broker.take()), broker.dropped) == (4096, 904)
