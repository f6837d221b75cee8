"""The published JSON Schemas say what the models say, and accept what the models accept."""

from __future__ import annotations

import json

from engine.experience.schema import REFRESH_COMMAND, SCHEMA_FOLDER, schemas, stale


def test_the_published_schemas_are_fresh() -> None:
    assert stale() == [], f"stale schema files; refresh them with: {REFRESH_COMMAND}"


def test_authors_words_are_in_the_schemas_and_ours_are_not() -> None:
    scene = json.dumps(schemas()["scene.json"])
    assert '"at"' in scene and "at_fl" not in scene
    assert '"as"' in json.dumps(schemas()["rig.json"])
    assert "default" not in schemas()["experience.json"]["properties"]["story"]
    assert "title" in schemas()["experience.json"]["properties"]


def test_every_schema_has_a_name_and_a_version() -> None:
    for name, schema in schemas().items():
        assert schema["$id"] == f"urn:sensorama:schema:{name.removesuffix('.json')}:1"
        assert (SCHEMA_FOLDER / name).is_file()
