"""PosiStageNet read by pypsn, an independent receiver (it does not send)."""

from __future__ import annotations

import pytest

from devices.psn.codec import Tracker, encode_data, encode_info, stamped

pytestmark = pytest.mark.peer


def test_an_independent_receiver_reads_positions_and_names() -> None:
    import pypsn

    trackers = [Tracker(3, (1.5, -2.25, 0.5), (0.0, 0.25, 0.0)), Tracker(9, (0.0, 8.0, -4.0))]
    (packet,) = encode_data(trackers)
    found = pypsn.parse_psn_packet(stamped(packet, 123_456, 42))
    assert found.info.timestamp == 123_456
    assert found.info.frame_id == 42
    rows = {row.id: (row.pos.x, row.pos.y, row.pos.z) for row in found.trackers}
    assert rows == {3: (1.5, -2.25, 0.5), 9: (0.0, 8.0, -4.0)}
    assert found.trackers[0].ori.y == 0.25
    (info,) = encode_info("Sensorama", [(3, "boat"), (9, "bell")])
    named = pypsn.parse_psn_packet(stamped(info, 1, 1))
    print("pypsn read", rows, vars(named))
    names = {row.tracker_id: row.tracker_name for row in named.trackers}
    assert {key: bytes(value).decode().rstrip("\x00") for key, value in names.items()} == {
        3: "boat",
        9: "bell",
    }
