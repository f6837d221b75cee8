"""The setting ``scale`` that several families share: what the levels 0 and 1 become on the wire."""

from __future__ import annotations

from engine.bus.driver import SettingError

_LARGEST = 1e15


def read_scale(value: object, what: str, where: tuple[str, ...]) -> tuple[float, float]:
    """Offset and factor of ``scale: 127`` (0 to 127) or ``scale: [-60, 10]``.

    Raises
    ------
    SettingError
        For anything else, numbers beyond 1e15 and those that are none included.
    """
    rows = value if isinstance(value, list) else [0.0, value]
    # Held against the bound before it becomes a float, which whole numbers may be too large for; NaN is within none.
    numbers = [
        float(row)
        for row in rows
        if isinstance(row, int | float) and not isinstance(row, bool) and abs(row) <= _LARGEST
    ]
    if len(rows) != 2 or len(numbers) != 2:
        raise SettingError(
            f"{what}: scale is {value!r}; allowed: a number, or [what 0 is, what 1 is]", *where
        )
    return numbers[0], numbers[1] - numbers[0]
