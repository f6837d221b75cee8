"""Templates of commands: ``"VOL {value:03d}\\r"`` and a number become bytes. Pure, and nothing but this.

Not Python's own formatting: that follows attributes and builds fields of any width, and a rig may come from anybody.

====================  ==========================================================================================
in a template         becomes
====================  ==========================================================================================
``{value}``           the scaled level, as short as it can be written (``0.5``, ``12``)
``{value:d}``         rounded to a whole number; ``{value:03d}`` with zeros in front, ``{value:3d}`` with spaces
``{value:.2f}``       with two decimals; ``{value:06.2f}`` with zeros in front
``{value:02x}``       hexadecimal, ``X`` for capitals
``{percent}``         the level 0..1 in percent, rounded
``{{``, ``}}``        braces
``\\r \\n \\t \\0 \\xNN \\\\``  control characters, also where YAML's quotes have left the backslash alone
====================  ==========================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TEMPLATE = 1024
_MOST_WIDTH = 20
_FIELD = re.compile(r"(value|percent)(?::(0?)(\d{0,2})(?:\.(\d))?([dfxX])?)?")
_ESCAPES = {"r": 13, "n": 10, "t": 9, "0": 0, "\\": 92}


class TemplateError(ValueError):
    """A template that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    zeros: bool
    width: int
    decimals: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Template:
    """A command with places for a number.

    Parameters
    ----------
    parts : tuple
        Bytes that are always sent, and fields.
    """

    parts: tuple[bytes | _Field, ...]

    @property
    def has_fields(self) -> bool:
        """Whether what it gives depends on the level."""
        return any(isinstance(part, _Field) for part in self.parts)

    def render(self, level: float, value: float) -> bytes:
        """Bytes of the command.

        Parameters
        ----------
        level : float
            0..1, for ``{percent}``.
        value : float
            The level as it was scaled, for ``{value}``.
        """
        return b"".join(
            part if isinstance(part, bytes) else _written(part, level, value) for part in self.parts
        )


def _written(field: _Field, level: float, value: float) -> bytes:
    number = 100.0 * level if field.name == "percent" else value
    if field.kind == "f":
        text = f"{number:.{field.decimals if field.decimals is not None else 6}f}"
    elif field.kind in ("x", "X"):
        text = f"{round(number):{field.kind}}"
    elif field.kind == "d" or field.name == "percent":
        text = f"{round(number):d}"
    else:
        text = f"{number:.6g}"
    if text.strip("-0.") == "":
        text = text.lstrip("-")  # never "-0"
    if field.zeros:
        sign = "-" if text.startswith("-") else ""
        return (sign + text.removeprefix("-").rjust(field.width - len(sign), "0")).encode("ascii")
    return text.rjust(field.width).encode("ascii")


def parse_template(text: str) -> Template:
    """Read a template.

    Raises
    ------
    TemplateError
        With the place and what is allowed.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(f"template has {len(text)} characters; allowed {MAX_TEMPLATE}")
    parts: list[bytes | _Field] = []
    literal = bytearray()
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            byte, at = _escape(text, at)
            literal.append(byte)
        elif text.startswith(("{{", "}}"), at):
            literal += sign.encode("ascii")
            at += 2
        elif sign == "}":
            raise TemplateError(
                f"a brace is closed that was never opened, at character {at + 1}; write }}}} for a brace"
            )
        elif sign == "{":
            end = text.find("}", at)
            if end < 0:
                raise TemplateError(f"a brace is never closed, at character {at + 1}; write {{{{ for a brace")
            parts.append(bytes(literal))
            literal.clear()
            parts.append(_field(text[at + 1 : end]))
            at = end + 1
        else:
            literal += sign.encode("utf-8", "replace")
            at += 1
    parts.append(bytes(literal))
    return Template(tuple(part for part in parts if part != b""))


def _escape(text: str, at: int) -> tuple[int, int]:
    follows = text[at + 1 : at + 2]
    if follows in _ESCAPES:
        return _ESCAPES[follows], at + 2
    digits = text[at + 2 : at + 4]
    if follows == "x" and len(digits) == 2 and all(sign in "0123456789abcdefABCDEF" for sign in digits):
        return int(digits, 16), at + 4
    raise TemplateError(
        f"unknown escape {text[at : at + 2]!r} at character {at + 1}; allowed: \\r \\n \\t \\0 \\xNN \\\\"
    )


def _field(text: str) -> _Field:
    match = _FIELD.fullmatch(text)
    width = int(match[3]) if match is not None and match[3] else 0
    if match is None or width > _MOST_WIDTH or (match[4] is not None and match[5] != "f"):
        raise TemplateError(
            f"field {{{text:.40}}} is not understood; allowed: {{value}}, {{percent}}, each with a form as :d, :03d, :.2f, :02x "
            f"(width at most {_MOST_WIDTH})"
        )
    return _Field(
        match[1], match[2] == "0", width, None if match[4] is None else int(match[4]), match[5] or ""
    )
