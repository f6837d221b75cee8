"""Haptic files of other tools: AHAP, .haptic, HJIF, .tact, .haps and WAV in; AHAP, .haptic and HJIF out."""

from engine.experience.haptics.clip import HapticClip, HapticFile, Knock, Point
from engine.experience.haptics.files import read_haptic, write_haptic

__all__ = ["HapticClip", "HapticFile", "Knock", "Point", "read_haptic", "write_haptic"]
