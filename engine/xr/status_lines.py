"""What an operator reads of a headset, by rung, English and Chinese."""

from __future__ import annotations

from engine.xr.ladder import Ladder, Rung, Stands
from engine.xr.session import SessionLife
from engine.xr.values import SessionState

_LINES: dict[Rung, tuple[str, str]] = {
    Rung.NO_RUNTIME: (
        "no headset software; start the OpenXR runtime, the picture comes by itself",
        "未检测到头显软件；请启动 OpenXR 运行时，画面会自动出现",
    ),
    Rung.NO_HEADSET: ("no headset; check cable and power", "未检测到头显；请检查线缆与电源"),
    Rung.NO_SESSION: ("the headset is being set up again", "正在重新连接头显"),
    Rung.ASLEEP: ("the headset is off or asleep", "头显未佩戴或处于休眠"),
    Rung.RUNNING: ("the headset shows its own picture", "头显正在显示自己的画面"),
    Rung.SHOWN: (
        "the guest sees the show, a menu of the headset is open",
        "客人可以看到画面，头显菜单已打开",
    ),
    Rung.FOCUSED: ("the guest sees the show", "客人可以看到画面"),
}
_EXHAUSTED = (
    "; nothing tried here has helped, this viewer is to be replaced",
    "；多次尝试无效，需要更换此画面进程",
)


def rung_of(ladder: Ladder, life: SessionLife) -> Rung:
    """The rung for people of what stands and what the session says."""
    if ladder.stands is not Stands.SESSION:
        if ladder.headset_missing:
            return Rung.NO_HEADSET
        missed = ladder.stands is Stands.NOTHING and (ladder.misses > 0 or ladder.seen is False)
        return Rung.NO_RUNTIME if missed or not ladder.has_run else Rung.NO_SESSION
    if not life.running:
        return Rung.ASLEEP
    if life.state is SessionState.FOCUSED:
        return Rung.FOCUSED
    return Rung.SHOWN if life.state is SessionState.VISIBLE else Rung.RUNNING


def line_of(rung: Rung, *, exhausted: bool = False, detail: str = "") -> tuple[str, str]:
    """English and Chinese line; `detail` (what the runtime said, English) goes behind both."""
    english, chinese = _LINES[rung]
    if exhausted:
        english, chinese = english + _EXHAUSTED[0], chinese + _EXHAUSTED[1]
    if detail and rung in {Rung.NO_RUNTIME, Rung.NO_HEADSET, Rung.NO_SESSION}:
        return f"{english} ({detail})", f"{chinese}（{detail}）"
    return english, chinese
