"""Publishes the JSON Schemas of the authored files, for editors that check YAML while it is typed.

They are generated from the same models that read the files; `python -m engine.experience.schema` writes them
again, and a test fails when they are stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

SCHEMA_FOLDER = Path(__file__).resolve().parent / "schema"
REFRESH_COMMAND = "python -m engine.experience.schema"

_ID = "urn:sensorama:schema:{name}:1"


def schemas() -> dict[str, dict[str, Any]]:
    """Generate the schemas.

    Returns
    -------
    dict
        JSON Schema (2020-12) by file name: experience.json, scene.json, rig.json, captions.json.
    """
    from engine.experience.manifest import Captions, Manifest
    from engine.experience.rig_model import RigDoc
    from engine.timeline.model import SceneFile

    models: dict[str, type[BaseModel]] = {
        "experience": Manifest, "scene": SceneFile, "rig": RigDoc, "captions": Captions,
    }  # fmt: skip
    return {
        f"{name}.json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": _ID.format(name=name),
            **_for_authors(model.model_json_schema(by_alias=True)),
        }
        for name, model in models.items()
    }


def rendered() -> dict[str, str]:
    """Give the text of each schema file as it is published."""
    return {
        name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in schemas().items()
    }


def stale() -> list[str]:
    """List the published files that differ from what the models say."""
    return [
        name
        for name, text in rendered().items()
        if not (SCHEMA_FOLDER / name).is_file() or (SCHEMA_FOLDER / name).read_text(encoding="utf-8") != text
    ]


def _for_authors(node: Any) -> Any:
    """Drop what is not for authors: defaults in the engine's units (flicks), titles made of field names."""
    if isinstance(node, dict):
        return {
            key: {name: _for_authors(inner) for name, inner in value.items()}
            if key in {"properties", "$defs"}
            else _for_authors(value)
            for key, value in node.items()
            if key != "default" and not (key == "title" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_for_authors(inner) for inner in node]
    return node


def main() -> int:
    """Write the published files."""
    SCHEMA_FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (SCHEMA_FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{SCHEMA_FOLDER / name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
