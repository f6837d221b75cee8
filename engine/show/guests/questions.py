"""What a guest may be asked when she sits down, in every language the package has, and what each answer means.

Nothing is assumed about which language she reads: the question about it names each language in itself, and every other question is
written in hers, with English (Chinese, where hers is English) in smaller letters below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.experience.guest_words import ASKING, COMFORT_WORDS, LANGUAGE_NAMES
from engine.experience.headset import COMFORT_LEVELS

QuestionKind = Literal["language", "comfort"]

#: Begins the id of every answer; no story's option has a slash in it.
ANSWER = "guest/"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its id, what it sets (`engine.show.conduct.inputs.Guest.value`), and its words by language."""

    answer_id: str
    value: int
    words: Mapping[str, str]

    def text(self, language: str) -> str:
        """In a language; in English where it has no words for that."""
        return self.words.get(language, self.words["en"])


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes
    ----------
    kind : {"language", "comfort"}
    answers : tuple of Answer
        At least two.
    """

    kind: QuestionKind
    answers: tuple[Answer, ...]

    def asking(self, language: str, second: str | None) -> str:
        """The question itself, in one line; both languages where there is a second."""
        words = ASKING[self.kind]
        first = words.get(language, words["en"])
        other = words.get(second, "") if second is not None else ""
        return f"{first}  {other}" if other and other != first else first


def question(kind: str, languages: Sequence[str]) -> Question | None:
    """The question of a kind, or None where there is nothing to ask (a package in one language; a step that is no question)."""
    if kind == "language":
        if len(languages) < 2:
            return None
        answers = tuple(
            Answer(f"{ANSWER}language/{code}", index, {"en": LANGUAGE_NAMES.get(code, code)})
            for index, code in enumerate(languages)
        )
        return Question("language", answers)
    if kind == "comfort":
        answers = tuple(
            Answer(f"{ANSWER}comfort/{name}", level, COMFORT_WORDS[name])
            for level, name in enumerate(COMFORT_LEVELS)
        )
        return Question("comfort", answers)
    return None
