"""The words of an experience: captions, option texts and speakers, per locale, by stable id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocaleText:
    """All texts of one locale.

    Parameters
    ----------
    locale : str
        BCP 47 tag as the manifest writes it (`en`, `zh`, `zh-Hant`).
    lines, options : mapping of str to str
        Text by line id and by option id.
    speakers : mapping of str to str
        Name of the speaker by line id.
    path : Path or None
        The file it came from.
    """

    locale: str
    lines: Mapping[str, str]
    options: Mapping[str, str]
    speakers: Mapping[str, str]
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class LineTable:
    """Texts by id and locale, with one declared fallback chain.

    A text that the asked locale lacks is looked up in the locale without its region or script (`zh-Hant` ->
    `zh`), then in the package's languages in their order, and at the very last the id itself is shown: a
    guest sees an odd caption rather than a show that ends.
    """

    languages: tuple[str, ...]
    locales: Mapping[str, LocaleText] = field(default_factory=dict)

    def chain(self, locale: str) -> tuple[str, ...]:
        """List the locales that are asked, in order, for texts in `locale`."""
        asked = [locale]
        while "-" in asked[-1]:
            asked.append(asked[-1].rpartition("-")[0])
        return tuple(dict.fromkeys([*asked, *self.languages]))

    def line(self, line_id: str, locale: str) -> str:
        """Give the caption of a line."""
        return self._first("lines", line_id, self.chain(locale), line_id)

    def option(self, option_id: str, locale: str) -> str:
        """Give the text on the panel of an option."""
        return self._first("options", option_id, self.chain(locale), option_id)

    def speaker(self, line_id: str, locale: str) -> str:
        """Give the name of who speaks a line; empty when nobody is named."""
        return self._first("speakers", line_id, self.chain(locale), "")

    def has_line(self, line_id: str, locale: str) -> bool:
        """Tell whether this very locale has a caption for the line."""
        return locale in self.locales and line_id in self.locales[locale].lines

    def has_option(self, option_id: str, locale: str) -> bool:
        """Tell whether this very locale has a text for the option."""
        return locale in self.locales and option_id in self.locales[locale].options

    def characters(self, locale: str) -> frozenset[str]:
        """Collect every character that the texts of a locale use (glyph check, font subsets)."""
        text = self.locales.get(locale)
        if text is None:
            return frozenset()
        parts: Iterable[str] = (*text.lines.values(), *text.options.values(), *text.speakers.values())
        return frozenset("".join(parts))

    def _first(self, part: str, key: str, chain: Iterable[str], default: str) -> str:
        for locale in chain:
            text = self.locales.get(locale)
            if text is not None:
                found: str | None = getattr(text, part).get(key)
                if found is not None:
                    return found
        return default
