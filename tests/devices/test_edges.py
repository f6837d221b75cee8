"""What goes out only when it changes: states again after a loss, deeds never twice."""

from __future__ import annotations

import pytest

from devices.edges import Edges

STATE, DEED = 0, 1


def test_only_what_changed_and_is_not_empty() -> None:
    edges = Edges([False, True])
    assert edges.news((b"a", b"")) == [(STATE, b"a")]
    assert edges.news((b"a", b"go")) == [(DEED, b"go")]
    assert edges.news((b"a", b"go")) == []
    assert edges.news((b"b", b"")) == [(STATE, b"b")]
    assert edges.news((b"b", b"go")) == [(DEED, b"go")]


def test_who_takes_over_from_another_machine_does_not_do_again_what_that_did() -> None:
    edges = Edges([False, True])
    assert edges.news((b"a", b"go")) == [(STATE, b"a")]
    assert edges.news((b"b", b"go")) == [(STATE, b"b")]
    assert edges.news((b"b", b"")) == []
    assert edges.news((b"b", b"go")) == [(DEED, b"go")]


def test_a_line_that_came_back_hears_states_again_and_no_deed() -> None:
    edges = Edges([False, True])
    edges.news((b"a", b""))
    edges.news((b"b", b"go"))
    edges.reopened()
    assert edges.news((b"park", b"")) == [(STATE, b"park")]  # the bus parks a line that is new
    assert edges.news((b"b", b"go")) == [(STATE, b"b")]  # and takes up the show again: the cue has been given
    assert edges.news((b"b", b"")) == []
    assert edges.news((b"b", b"go")) == [(DEED, b"go")]


def test_a_deed_due_while_the_line_was_away_is_done_late() -> None:
    edges = Edges([True])
    edges.news((b"",))
    edges.reopened()
    assert edges.news((b"",)) == []
    assert edges.news((b"go",)) == [(0, b"go")]


def test_another_number_of_frames_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        Edges([False]).news((b"a", b"b"))
