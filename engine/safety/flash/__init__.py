"""Flash analysis by solid angle in a guest's view: pictures and lamps in one count, red flashes, stripes."""

from engine.safety.flash.lamps import LampTrack, strobe_lamp
from engine.safety.flash.meter import FlashMeter
from engine.safety.flash.profiles import BT1702, WCAG, FlashProfile, StripeRule
from engine.safety.flash.seams import FlashEnds, SeamCount, in_one, worst_across
from engine.safety.flash.values import FlashFrame, FlashResult, FlashSpan, FlashSummary, worst_of
from engine.safety.flash.view import EyeView, eye_view, flat_screen

__all__ = [
    "BT1702",
    "WCAG",
    "EyeView",
    "FlashEnds",
    "FlashFrame",
    "FlashMeter",
    "FlashProfile",
    "FlashResult",
    "FlashSpan",
    "FlashSummary",
    "LampTrack",
    "SeamCount",
    "StripeRule",
    "eye_view",
    "flat_screen",
    "in_one",
    "strobe_lamp",
    "worst_across",
    "worst_of",
]
