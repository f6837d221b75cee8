"""The words of what a guest is asked on arrival, by language: here, because whoever draws them has to know their letters beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Names of languages, each in itself.
LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "zh": "中文",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "it": "Italiano",
        "pt": "Português",
        "nl": "Nederlands",
    }
)

#: Comfort levels, by level and language.
COMFORT_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "full": {"en": "Everything", "zh": "完整体验"},
        "gentle": {"en": "Gentle", "zh": "温和一些"},
        "still": {"en": "Seat stays still", "zh": "座椅不动"},
    }
)

#: The questions themselves, by kind and language.
ASKING: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "language": {"en": "Your language?", "zh": "请选择语言"},
        "comfort": {"en": "How lively may it be?", "zh": "您想要多强的体感？"},
    }
)


def guest_characters() -> frozenset[str]:
    """Every character of these words."""
    tables = (*COMFORT_WORDS.values(), *ASKING.values(), LANGUAGE_NAMES)
    return frozenset("".join(text for table in tables for text in table.values()))
