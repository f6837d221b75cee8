"""Which context a headset gets, and what is said where none can be had."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import OutputError
from engine.render.headset import context

Asked = list[bool]


class Opener:
    """Opens nothing but what it is told to; notes what it was asked for."""

    def __init__(self, native_works: bool, headless_works: bool) -> None:
        self._works = {True: native_works, False: headless_works}
        self.asked: Asked = []
        self.drawn = 0

    def __call__(self, *, native: bool, **more: Any) -> Any:
        self.asked.append(native)
        if not self._works[native]:
            raise OutputError(f"no {'GLX' if native else 'EGL'} here")
        return self

    def draw(self) -> None:
        self.drawn += 1


@pytest.fixture(autouse=True)
def unchanged_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "os", SimpleNamespace(environ={}))


@pytest.mark.parametrize(
    ("prefer", "native", "headless", "asked"),
    [
        (None, True, True, [True]),
        ("glx", False, True, [True, False]),
        ("egl", True, True, [False]),
        ("egl", True, False, [False, True]),
    ],
)
def test_the_other_kind_is_tried_when_the_first_is_not_to_be_had(
    monkeypatch: pytest.MonkeyPatch, prefer: Any, native: bool, headless: bool, asked: Asked
) -> None:
    opener = Opener(native, headless)
    monkeypatch.setattr(context, "open_output", opener)
    assert context.open_context(prefer=prefer) is opener
    assert opener.asked == asked
    assert opener.drawn == 1  # current in this thread from here on


def test_both_reasons_are_said_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "open_output", Opener(False, False))
    with pytest.raises(OutputError, match=r"no GLX here.*no EGL here"):
        context.open_context()


@pytest.mark.parametrize(
    ("pipe", "kind"), [("glxGraphicsPipe", "glx"), ("wglGraphicsPipe", "wgl"), ("eglGraphicsPipe", "egl")]
)
def test_a_pipe_is_one_of_openxrs_bindings(pipe: str, kind: str) -> None:
    assert context.graphics_kind(output_on(pipe)) == kind


def test_a_pipe_that_openxr_cannot_bind_is_refused() -> None:
    with pytest.raises(OutputError, match=r"cocoaglgraphicspipe.*GLX, WGL or EGL is needed"):
        context.graphics_kind(output_on("CocoaGLGraphicsPipe"))


def output_on(pipe: str) -> Any:
    of_type = SimpleNamespace(get_name=lambda: pipe)
    return SimpleNamespace(buffer=SimpleNamespace(get_pipe=lambda: SimpleNamespace(get_type=lambda: of_type)))
