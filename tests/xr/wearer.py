"""A headset over the scripted device, driven as a viewer drives it."""

from __future__ import annotations

from collections.abc import Callable

from engine.motion.seat_model import SeatPoses
from engine.time.clocks import ManualClock
from engine.xr.faults import XrError
from engine.xr.headset import Headset
from engine.xr.runtime import (
    EyeImage,
    ImageRect,
    InstanceWish,
    ProjectionLayer,
    Session,
    Swapchain,
    SwapchainSpec,
    SystemInfo,
)
from engine.xr.scripted import SRGB8_ALPHA8, ScriptedDevice, scripted
from engine.xr.watch import RuntimeWatch
from engine.xr.wearing import HeadsetEvent, HeadsetSetup, Seen

S_NS = 1_000_000_000


class Canvas:
    """One swapchain, as a renderer has it; fills nothing."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.held = False
        self.swapchain: Swapchain | None = None

    def open(self, session: Session, system: SystemInfo) -> None:
        self.opened += 1
        self.held = False
        self.swapchain = session.swapchain(SwapchainSpec(SRGB8_ALPHA8, system.recommended_px))

    def close(self) -> None:
        self.closed += 1
        if self.swapchain is not None:
            self.swapchain.close()
        self.swapchain = None

    def drawn(self, seen: Seen) -> tuple[ProjectionLayer, ...]:
        if self.swapchain is None or not seen.live:
            return ()
        if not self.held:  # else its release was refused the last time
            self.swapchain.acquire()
            self.held = True
        self.swapchain.release()
        self.held = False
        image = ImageRect(self.swapchain, 0, 0, 640, 480)
        left, right = (EyeImage(view, image) for view in seen.raw.eyes)
        return (ProjectionLayer(seen.space, (left, right)),)


class Wearer:
    """Device, headset and the loop around them."""

    def __init__(
        self,
        setup: HeadsetSetup | None = None,
        *,
        seat: SeatPoses | None = None,
        watch: RuntimeWatch | None = None,
        device: Callable[[ScriptedDevice], None] = lambda device: None,
    ) -> None:
        self.clock = ManualClock()
        self.device = ScriptedDevice(self.clock)
        device(self.device)
        self.said: list[str] = []
        self.events: list[HeadsetEvent] = []
        self.canvas = Canvas()
        self.headset = Headset(
            scripted(self.device),
            InstanceWish(),
            setup or HeadsetSetup(),
            self.clock,
            say=self.said.append,
            seat=seat,
            watch=watch,
        )
        self.headset.canvas = self.canvas
        self.seen: Seen | None = None
        self.frames = 0

    def turn(self) -> None:
        """One turn of the loop, as `engine.xr.headset` documents it."""
        self.events.extend(self.headset.pump())
        frame = self.headset.wait()
        if frame is None:
            self.clock.advance_ns(self.device.period_ns)
            return
        self.headset.tracked(frame)
        self.headset.begin(frame)
        self.seen = self.headset.views(frame)
        layers: tuple[ProjectionLayer, ...] = ()
        try:
            layers = self.canvas.drawn(self.seen)
        except XrError as error:
            self.headset.failed(error)
        self.headset.end(frame, layers)
        self.frames += 1

    def run(self, for_s: float) -> None:
        until_ns = self.clock.now_ns() + int(for_s * S_NS)
        while self.clock.now_ns() < until_ns:
            self.turn()

    def until(self, reached: Callable[[], bool], within_s: float) -> float:
        """Seconds until it is so."""
        from_ns = self.clock.now_ns()
        while not reached():
            self.turn()
            took_s = (self.clock.now_ns() - from_ns) / S_NS
            assert took_s <= within_s, (self.headset.status, self.device.calls[-20:])
        return (self.clock.now_ns() - from_ns) / S_NS

    def of(self, kind: type) -> list[HeadsetEvent]:
        return [event for event in self.events if isinstance(event, kind)]
