"""OSC as bytes."""

from __future__ import annotations

from engine.show.adm_osc.packets import MOST_BYTES, bundles, message_bytes


def test_a_message_is_the_specifications() -> None:
    # OSC 1.0's own example: /oscillator/4/frequency with 440.0.
    assert message_bytes(("/oscillator/4/frequency", (440.0,))).hex(" ", 4) == (
        "2f6f7363 696c6c61 746f722f 342f6672 65717565 6e637900 2c660000 43dc0000"
    )
    assert (
        message_bytes(("/a", (1, "abc", -1.0))).hex(" ", 4)
        == "2f610000 2c697366 00000000 00000001 61626300 bf800000"
    )
    assert message_bytes(("/n", ("灯",))) == b"/n\0\0,s\0\0?\0\0\0"


def test_bundles_fit_a_frame_and_lose_nothing() -> None:
    messages = [(f"/adm/obj/{k}/aed", (float(k), 0.0, 1.0)) for k in range(200)]
    packets = list(bundles(messages))
    assert all(len(packet) <= MOST_BYTES for packet in packets)
    assert len(packets) == 7
    assert b"".join(packets).count(b"/aed") == 200
    assert packets[0][:16] == b"#bundle\0" + bytes(7) + b"\1"
    assert list(bundles([])) == []
    long = ("/name", ("x" * 3000,))
    assert [len(packet) > MOST_BYTES for packet in bundles([messages[0], long, messages[1]])] == [
        False,
        True,
        False,
    ]
