"""Each family's page says what it is, shows a rig, names every setting, what goes over the wire and what its twin is."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.bus.registry import BUNDLED, BUNDLED_SOURCES

DEVICES = Path(__file__).resolve().parents[2] / "devices"
FAMILIES = sorted({*BUNDLED, *BUNDLED_SOURCES} - {"sample"})
ORDER = ("\n    ", "\n| setting |", "\nOn the wire: ", "\nThe twin ")
WITHOUT_TWIN = {"http"}


def settings_of(family: str) -> set[str]:
    modules = [f"devices.{family}.{name}" for name in ("driver", "source")]
    return {
        key
        for module in modules
        if find_spec(module) is not None
        for key in getattr(import_module(module), "_SETTINGS", ())
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_has_everything_in_its_order(family: str) -> None:
    page = (DEVICES / family / "README.md").read_text(encoding="utf-8")
    wanted = ORDER[:-1] if family in WITHOUT_TWIN else ORDER
    places = [page.find(mark) for mark in wanted]
    assert -1 not in places, f"{family}: {wanted[places.index(-1)]!r} is missing"
    assert places == sorted(places), f"{family}: the order is example, settings, wire, twin"
    assert len(page[: places[0]].strip().splitlines()) >= 3, f"{family}: say what it is before the example"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_names_every_setting(family: str) -> None:
    page = (DEVICES / family / "README.md").read_text(encoding="utf-8")
    rows = "\n".join(row for row in page.splitlines() if row.startswith("|"))
    named = set(re.findall(r"`([a-z_]+)`", rows))
    assert not settings_of(family) - named


def test_the_index_leads_to_every_family_and_twin() -> None:
    index = (DEVICES / "README.md").read_text(encoding="utf-8")
    missing = [name for name in [*FAMILIES, "sample", "dmx", "sim"] if f"]({name}/README.md)" not in index]
    assert not missing
    for name, driver, source in re.findall(r"^\| \[(\w+)\]\S* \| (\w*) ?\| (\w*) ?\|", index, re.MULTILINE):
        assert (driver == "yes", source == "yes") == (name in BUNDLED, name in BUNDLED_SOURCES), name
    twins = (DEVICES / "sim" / "README.md").read_text(encoding="utf-8")
    there = {path.stem for path in (DEVICES / "sim").glob("*.py")} & set(FAMILIES)
    assert not [name for name in sorted(there) if f"| `{name}` |" not in twins]
