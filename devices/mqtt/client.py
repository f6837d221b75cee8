"""One connection to a broker through paho, run from our own thread: no thread of paho's, no reconnecting behind our back."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from devices.mqtt.codec import MAX_PACKET, Publish
from engine.errors import DeviceGone, MissingExtra
from engine.time.clocks import Clock, MonotonicClock

_CONNECT_NS = 3_000_000_000
_KEEP_ALIVE_S = 10
_MOST_WAITING = 4096
_STEP_S = 0.05


def load_paho() -> Any:
    """The library. Raises MissingExtra, which a rig that needs it meets before anything moves."""
    try:
        from paho.mqtt import client
    except ImportError:
        raise MissingExtra("mqtt", "devices and inputs over MQTT") from None
    return client


class Broker:
    """A connection to one broker.

    Parameters
    ----------
    name : str
        Of the device or source, for messages; the client's name is the broker's to give.
    host, port
        Of the broker.
    user, password : str or None
    will : Publish or None
        What the broker publishes when we are lost.
    subscriptions : mapping of str to int
        Filters with quality of service, asked for on every connection.
    clock : Clock, optional
        For the patience while connecting.

    Attributes
    ----------
    dropped : int
        Messages lost because nobody read for 4096 of them, or because they were above 64 KiB.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        *,
        user: str | None = None,
        password: str | None = None,
        will: Publish | None = None,
        subscriptions: Mapping[str, int] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._paho = load_paho()
        self._name = name
        self._address = (host, port)
        self._login = (user, password)
        self._will = will
        self._subscriptions = dict(subscriptions or {})
        self._clock = clock if clock is not None else MonotonicClock()
        self._client: Any = None
        self._answer: Any = None
        self._heard: deque[Publish] = deque()
        self.dropped = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._client is not None

    def open(self) -> None:
        """Connect and subscribe. Raises DeviceGone."""
        if self._client is not None:
            return
        paho = self._paho
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="", reconnect_on_failure=False)
        client.connect_timeout = _CONNECT_NS / 1e9
        # A broker that takes messages and never confirms them must not fill our memory; the line counts as gone then.
        client.max_queued_messages_set(_MOST_WAITING)
        if self._login[0] is not None:
            client.username_pw_set(*self._login)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        self._answer = None
        shown = f"{self._address[0]}:{self._address[1]}"
        try:
            client.connect(*self._address, keepalive=_KEEP_ALIVE_S)
        except (OSError, ValueError) as error:
            raise DeviceGone(
                f"{self._name}: cannot connect to the broker at {shown} ({error}); check that it runs, and the port in the rig file"
            ) from error
        self._client = client
        self._heard.clear()  # what was said before the line was lost must not come as if said now
        limit_ns = self._clock.now_ns() + _CONNECT_NS
        while self._answer is None and self._clock.now_ns() < limit_ns:
            try:
                self.run(_STEP_S)
            except DeviceGone:
                if self._answer is None:
                    self.close()
                    raise
        answer = self._answer
        if answer is None or answer.is_failure:
            self.close()
            why = "it does not answer" if answer is None else f"it refuses: {answer}"
            raise DeviceGone(f"{self._name}: no connection to the broker at {shown}: {why}")
        if self._subscriptions:
            client.subscribe(list(self._subscriptions.items()))

    def publish(self, messages: Sequence[Publish]) -> None:
        """Hand over messages. Raises DeviceGone."""
        client = self._connected()
        for message in messages:
            done = client.publish(message.topic, message.payload, message.qos, message.retain)
            if done.rc != self._paho.MQTT_ERR_SUCCESS:
                raise self._gone(done.rc)

    def run(self, timeout_s: float = 0.0) -> None:
        """Move bytes both ways, keep the session alive; waits up to `timeout_s` for the first. Raises DeviceGone."""
        client = self._connected()
        try:
            code = client.loop(timeout_s)
        except (ValueError, LookupError, struct.error) as error:
            # A packet that makes no sense makes paho 2 raise whatever it trips over: a topic that is no UTF-8, a length beyond it.
            raise DeviceGone(
                f"{self._name}: what answers at {self._address[0]}:{self._address[1]} does not speak MQTT: {error}"
            ) from error
        if code != self._paho.MQTT_ERR_SUCCESS:
            raise self._gone(code)

    def take(self) -> list[Publish]:
        """Messages that came in since the last call."""
        found = list(self._heard)
        self._heard.clear()
        return found

    def close(self, farewell: Publish | None = None) -> None:
        """Say a last word and leave; never raises. Without a farewell the broker publishes no will: we did not get lost."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if farewell is not None:
                client.publish(farewell.topic, farewell.payload, farewell.qos, farewell.retain)
                for _ in range(3):
                    client.loop(0.01)
            client.disconnect()
            client.loop(0.01)
        except (OSError, ValueError):
            pass  # a broker that is gone cannot be taken leave of

    def _connected(self) -> Any:
        if self._client is None:
            raise DeviceGone(f"{self._name}: there is no connection to the broker")
        return self._client

    def _gone(self, code: int) -> DeviceGone:
        shown = f"{self._address[0]}:{self._address[1]}"
        return DeviceGone(f"{self._name}: the broker at {shown} went away ({self._paho.error_string(code)})")

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, answer: Any, _properties: Any) -> None:
        self._answer = answer

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        topic = str(message.topic)
        size = len(topic.encode("utf-8")) + len(message.payload) + 2
        if len(self._heard) >= _MOST_WAITING or size > MAX_PACKET:
            self.dropped += 1
            return
        self._heard.append(Publish(topic, bytes(message.payload), 0, bool(message.retain)))
