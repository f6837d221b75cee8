from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import UsageError
from engine.show.view_choice import Choice, choose_view

ABSENT = "no OpenXR runtime"


def chosen(wanted: str, no_headset: str = "", *, display: bool = True, require_xr: bool = False) -> Choice:
    return choose_view(wanted, no_headset=no_headset, display=display, require_xr=require_xr, windows=False)


@pytest.mark.parametrize(
    ("wanted", "no_headset", "display", "view", "said"),
    [
        ("auto", "", True, "xr", ""),
        ("auto", ABSENT, True, "window", "no OpenXR runtime; a window instead"),
        ("auto", ABSENT, False, "headless", "no display either"),
        ("auto", "", False, "headless", "looked for without a display"),
        ("xr", "", False, "xr", ""),
        ("xr", ABSENT, True, "window", "no OpenXR runtime; a window instead"),
        ("xr", ABSENT, False, "headless", "no display either"),
        ("window", ABSENT, True, "window", ""),
        ("headless", "", True, "headless", ""),
    ],
)
def test_each_view_has_its_next_best_and_says_so(
    wanted: str, no_headset: str, display: bool, view: str, said: str
) -> None:
    choice = chosen(wanted, no_headset, display=display)
    assert choice.view == view
    assert said in choice.say
    assert bool(said) == bool(choice.say)


def test_what_is_insisted_on_is_not_replaced() -> None:
    with pytest.raises(UsageError, match="--require-xr: no OpenXR runtime"):
        chosen("xr", ABSENT, require_xr=True)
    with pytest.raises(UsageError, match="exclude each other"):
        chosen("window", require_xr=True)
    with pytest.raises(UsageError, match="there is no display"):
        chosen("window", display=False)


def test_a_recorded_head_is_shown_to_nobody_else() -> None:
    def recorded(wanted: str, *, display: bool = True) -> Choice:
        return choose_view(
            wanted, no_headset="", display=display, require_xr=False, windows=False, recorded=True
        )

    assert recorded("auto").view == "window"
    assert recorded("auto", display=False).view == "headless"
    with pytest.raises(UsageError, match="--poses"):
        recorded("xr")


@pytest.mark.parametrize("words", [[], ["--speed", "max"]])
def test_why_there_is_no_headset_is_said_however_fast_the_show_runs(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def enough(*_: object, **__: object) -> None:
        raise UsageError("seen enough")

    monkeypatch.setattr("engine.show.offline.play_offline", enough)
    monkeypatch.setenv("XR_RUNTIME_JSON", str(tmp_path / "gone.json"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["play", "first_light", "--xr", "--quiet", *words]) == 2
    said = capsys.readouterr().out
    assert "no headset: " in said
    assert ("faster than real time" in said) is not bool(words)
