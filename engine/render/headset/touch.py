"""What the guest's hands feel, played through whichever session there is."""

from __future__ import annotations

from engine.time.segments import Transport
from engine.xr.faults import XrError
from engine.xr.feel import HandFeel
from engine.xr.haptics import HapticFeed, HapticSetup, HapticStop
from engine.xr.headset import Headset, Rung
from engine.xr.runtime import InputPort

_HANDS = (0, 1)


class HandPulses:
    """Feeds both hands of one headset.

    Parameters
    ----------
    headset : Headset
    feel : HandFeel
        What they feel at an instant.
    """

    def __init__(self, headset: Headset, feel: HandFeel) -> None:
        self._headset = headset
        self._feel = feel
        self._port: InputPort | None = None
        self._feeds: list[HapticFeed] = []

    def controllers_changed(self) -> None:
        """Something else is in the guest's hands: it may play another form."""
        self._port = None

    def advance(self, transport: Transport, now_ns: int, period_ns: int) -> None:
        """Order what comes next; once a frame.

        Parameters
        ----------
        transport : Transport
        now_ns : int
        period_ns : int
            Until the next call, as it is expected.
        """
        port = self._headset.input
        if port is None:
            self._port = None
            return
        self._feel.take(transport)
        try:
            if port is not self._port:
                self._feeds = [HapticFeed(_setup(port, hand), self._feel.curve(hand)) for hand in _HANDS]
                self._port = port
        except XrError as error:
            self._headset.failed(error)
            return
        worn = self._headset.status.rung is Rung.FOCUSED and self._headset.present is not False
        for hand, feed in zip(_HANDS, self._feeds, strict=True):
            for order in feed.step(now_ns, period_ns, self._feel.revision, active=worn):
                if isinstance(order, HapticStop):
                    self._headset.stop(hand)
                else:
                    self._headset.play(order)


def _setup(port: InputPort, hand: int) -> HapticSetup:
    form = port.haptic_form(hand)
    return HapticSetup(hand, form, port.pcm_rate_hz(hand) if form == "pcm" else 0.0)
