"""What an operator reads of a headset: every rung, both languages, and which rung stands for what."""

import pytest

from engine.xr.ladder import Ladder, Rung, Stands
from engine.xr.session import SessionLife
from engine.xr.status_lines import line_of, rung_of
from engine.xr.values import SessionState as S

SESSION = Ladder(Stands.SESSION, has_run=True)


@pytest.mark.parametrize("rung", list(Rung))
def test_every_rung_in_both_languages(rung: Rung) -> None:
    english, chinese = line_of(rung)
    assert english.isascii() and not chinese.isascii()
    helpless = line_of(rung, exhausted=True)
    assert "replaced" in helpless[0] and "更换" in helpless[1]


def test_what_the_runtime_said_is_only_told_where_something_is_missing() -> None:
    assert "no answer" in line_of(Rung.NO_RUNTIME, detail="no answer")[0]
    assert "no answer" in line_of(Rung.NO_HEADSET, detail="no answer")[1]
    assert "no answer" not in line_of(Rung.FOCUSED, detail="no answer")[0]


@pytest.mark.parametrize(
    ("ladder", "life", "rung"),
    [
        (Ladder(), SessionLife(), Rung.NO_RUNTIME),
        (Ladder(has_run=True), SessionLife(), Rung.NO_SESSION),
        (Ladder(has_run=True, misses=1), SessionLife(), Rung.NO_RUNTIME),
        (Ladder(has_run=True, seen=False), SessionLife(), Rung.NO_RUNTIME),
        (Ladder(has_run=True, misses=3, headset_missing=True), SessionLife(), Rung.NO_HEADSET),
        (Ladder(Stands.INSTANCE, headset_missing=True), SessionLife(), Rung.NO_HEADSET),
        (Ladder(Stands.INSTANCE, has_run=True), SessionLife(), Rung.NO_SESSION),
        (Ladder(Stands.SYSTEM, has_run=True, misses=1), SessionLife(), Rung.NO_SESSION),
        (SESSION, SessionLife(S.IDLE), Rung.ASLEEP),
        (SESSION, SessionLife(S.SYNCHRONIZED, running=True), Rung.RUNNING),
        (SESSION, SessionLife(S.VISIBLE, running=True), Rung.SHOWN),
        (SESSION, SessionLife(S.FOCUSED, running=True), Rung.FOCUSED),
        (SESSION, SessionLife(S.FOCUSED), Rung.ASLEEP),
    ],
)
def test_the_rung_of_what_stands(ladder: Ladder, life: SessionLife, rung: Rung) -> None:
    assert rung_of(ladder, life) is rung
