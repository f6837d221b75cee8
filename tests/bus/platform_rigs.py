"""The bundled cinema with its seats on platforms."""

from __future__ import annotations

from pathlib import Path

from engine.experience.rig import load_rig

PLATFORM = """
    platform:
      kind: hexapod
      home: 620mm
      base: {radius: 0.7m, spread: 20deg}
      moving: {radius: 0.5m, spread: 20deg}
      actuators: {length: 620mm, stroke: [0, 250mm], velocity: 500mm/s, acceleration: 6m/s2}
"""


def cinema(tmp_path: Path, phase: str = "0s", platform: str = PLATFORM) -> Path:
    """The bundled cinema with two seats on a platform of one make, the second with a phase."""
    text = load_rig("cinema4d").path.read_text(encoding="utf-8")
    for name in "ab":
        text = text.replace(f"  seat_{name}:\n", f"  seat_{name}:{platform}", 1)
    text = text.replace("  b:", f"  b: {{phase: {phase}, ", 1).replace(
        f"{{phase: {phase},  {{", f"{{phase: {phase}, ", 1
    )
    path = tmp_path / "cinema.yaml"
    path.write_text(text, encoding="utf-8")
    return path
