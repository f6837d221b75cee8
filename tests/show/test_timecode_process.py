"""The two timecode processes for real, over a socket of this machine: what one sends, the other hears."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from itertools import pairwise

import pytest

from engine.errors import Place
from engine.experience.venue import FollowSpec, SendSpec, Venue
from engine.show.live.children import Child
from engine.show.timecode.part import TimecodePart
from engine.time import FLICKS_PER_SECOND, MonotonicClock, TransportBlock, TransportWriter, rate_named
from engine.time.codes.word import CodeWord

MS = 1_000_000
S_NS = 1_000_000_000
PLACE = Place("rig.yaml", 1)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.long
def test_what_one_process_leads_with_the_other_hears_and_a_dead_conductor_is_silence() -> None:
    clock = MonotonicClock()
    rate, port = rate_named("25"), f"udp://127.0.0.1:{free_port()}"
    follow = FollowSpec(
        "artnet", port, rate, 0, 0, S_NS, "hold", 2000.0, FLICKS_PER_SECOND // 4, "skip", PLACE
    )
    venue = Venue(follow=follow, send=(SendSpec("artnet", port, rate, 90_000, 0, PLACE),))
    with ExitStack() as stack:
        block = TransportBlock.create()
        stack.callback(block.close)
        writer = TransportWriter(block)
        part = TimecodePart(venue, block.name, silent_ns=200 * MS)
        listener, sender = part.children
        heard: list[CodeWord] = []

        def wait_until(enough: int, limit_ns: int, *, beats: bool = True) -> None:
            until_ns = clock.now_ns() + limit_ns
            while len(heard) < enough and clock.now_ns() < until_ns:
                if beats:
                    writer.beat(clock.now_ns())
                for child in part.children:
                    for kind, payload in child.messages():
                        if kind == "words":
                            heard.extend(payload)
                        elif kind == "ready":
                            child.ready = payload
                        else:
                            raise AssertionError(f"{child.name}: {kind} {payload}")
                clock.sleep_until_ns(clock.now_ns() + 5 * MS)

        def start(child: Child) -> None:
            child.start(clock.now_ns())
            stack.callback(child.close)
            stack.callback(child.retire, 2.0)

        start(listener)
        start(sender)
        until_ns = clock.now_ns() + 20 * S_NS
        while any(child.ready is None for child in part.children) and clock.now_ns() < until_ns:
            wait_until(1 << 30, 10 * MS)
        assert "artnet on udp://127.0.0.1" in sender.ready and "artnet" in listener.ready
        heard.clear()
        begin_ns = clock.now_ns() + 20 * MS
        writer.append(from_ns=begin_ns, scene=0)
        wait_until(12, 5 * S_NS)
        running = [word for word in heard if word.direction == 1]
        assert len(running) >= 8
        steps = [b.index - a.index for a, b in pairwise(running)]
        assert set(steps) == {1}
        late_ns = sorted(word.at_ns - begin_ns - (word.index - 90_000) * 40 * MS for word in running)
        assert late_ns[0] > -1 * MS and late_ns[len(late_ns) // 2] < 20 * MS, "frames leave at their instants"

        # The conductor dies: no more signs of life, and no more timecode.
        wait_until(1 << 30, 350 * MS, beats=False)
        heard.clear()
        wait_until(1, 200 * MS, beats=False)
        assert heard == []
        for child in part.children:
            assert child.retire(3.0), f"{child.name} ends when asked to"
