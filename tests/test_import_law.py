"""Who may import whom, who may draw, and who may look at a clock: read from the sources, nothing is imported.

The law is ARCHITECTURE.md's. Lower parts never import higher ones::

    errors, units < time < timeline < story, experience < motion < bus, audio, xr < render < safety, show
    < bench, cli
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RANKS = (
    {"errors", "units"},
    {"time"},
    {"timeline"},
    {"story", "experience"},
    {"motion"},
    {"bus", "audio", "xr"},
    {"render"},
    {"safety", "show"},
    {"bench", "cli"},
)
RANK_OF = {name: rank for rank, names in enumerate(RANKS) for name in names}
STRANGERS = ({"errors", "units"}, {"story", "experience"}, {"bus", "audio", "xr"})
"""Parts of one rank that do not import each other."""

DEVICES_MAY_IMPORT = {"errors", "units", "time", "bus"}
ONLY_IN = {
    "panda3d": "engine/render",
    "direct": "engine/render",
    "gltf": "engine/render",
    "xr": "engine/xr",
    "inkpython": "engine/story",
}
NOT_AT_MODULE_LEVEL = {
    "sounddevice",
    "soundfile",
    "quickjs",
    "fontTools",
    "xr",
    "OpenGL",
    "paho",
    "mido",
    "rtmidi2",
    "evdev",
    "websockets",
    "defusedxml",
    "xmlschema",
    "ruckig",
    "cv2",
    "cryptography",
}
"""Optional or slow to load: imported where they are used, so that the base install stays importable."""

CLOCK_MODULES = {"time", "sched"}
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("asyncio", "sleep"),
}


def sources() -> list[Path]:
    found = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "devices").rglob("*.py")])
    return [path for path in found if "content" not in path.relative_to(ROOT).parts]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module a file imports, absolute, with the line."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = ".".join([*base, *([node.module] if node.module else [])])
            if full in ("engine", "devices"):
                yield from ((f"{full}.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield full, node.lineno


def part_of(module: str) -> str:
    """``engine.time.flicks`` -> ``time``; the package itself -> ''."""
    return module.split(".")[1] if "." in module else ""


def verdict(module: str, target: str) -> str:
    """Why `module` may not import `target`; empty when it may."""
    if not target.startswith(("engine.", "devices.")) and target not in ("engine", "devices"):
        return ""
    if module.startswith("devices"):
        if target.startswith("devices") or part_of(target) in DEVICES_MAY_IMPORT:
            return ""
        return f"devices may import engine.{{{', '.join(sorted(DEVICES_MAY_IMPORT))}}} only"
    if target.startswith("devices"):
        return "the engine finds drivers by entry point and imports none"
    mine, theirs = part_of(module), part_of(target)
    if mine in ("", "__main__") or mine == theirs or theirs in ("__version__", ""):
        return ""
    if theirs not in RANK_OF or mine not in RANK_OF:
        return f"'{mine if mine not in RANK_OF else theirs}' has no place in the import order"
    if RANK_OF[theirs] > RANK_OF[mine]:
        return f"{theirs} stands above {mine}"
    if any({mine, theirs} <= group for group in STRANGERS):
        return f"{mine} and {theirs} do not import each other"
    return ""


def clock_uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in CLOCK_MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module in CLOCK_MODULES:
            yield str(node.module), node.lineno
        elif isinstance(node, ast.Attribute):
            owner = node.value
            name = (
                owner.id
                if isinstance(owner, ast.Name)
                else owner.attr
                if isinstance(owner, ast.Attribute)
                else ""
            )
            if (name, node.attr) in CLOCK_CALLS:
                yield f"{name}.{node.attr}", node.lineno


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: parsed(path) for path in sources()}


def shown(path: Path, line: int, text: str) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}: {text}"


def test_imports_point_down_only(trees: dict[Path, ast.Module]) -> None:
    broken = [
        shown(path, line, f"imports {target}: {why}")
        for path, tree in trees.items()
        for target, line in imported(path, tree)
        if (why := verdict(module_name(path), target))
    ]
    assert not broken, "\n".join(broken)


def test_bound_libraries_stay_in_their_package(trees: dict[Path, ast.Module]) -> None:
    broken = [
        shown(path, line, f"imports {target}, which belongs in {home}")
        for path, tree in trees.items()
        for target, line in imported(path, tree)
        if (home := ONLY_IN.get(target.split(".")[0]))
        and not path.relative_to(ROOT).as_posix().startswith(home + "/")
    ]
    assert not broken, "\n".join(broken)


def test_optional_libraries_are_imported_where_they_are_used(trees: dict[Path, ast.Module]) -> None:
    broken = []
    for path, tree in trees.items():
        top = ast.Module(
            body=[n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], type_ignores=[]
        )
        broken += [
            shown(path, line, f"imports {target} at module level")
            for target, line in imported(path, top)
            if target.split(".")[0] in NOT_AT_MODULE_LEVEL
        ]
    assert not broken, "\n".join(broken)


def test_only_the_time_package_looks_at_a_clock(trees: dict[Path, ast.Module]) -> None:
    broken = [
        shown(path, line, f"uses {what}; take a Clock from engine.time instead")
        for path, tree in trees.items()
        if not path.relative_to(ROOT).as_posix().startswith("engine/time/")
        for what, line in clock_uses(tree)
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("module", "target", "says"),
    [
        ("engine.time.flicks", "engine.timeline.model", "timeline stands above time"),
        ("engine.story.ink", "engine.experience", "do not import each other"),
        ("engine.audio.mixer", "engine.bus.governor", "do not import each other"),
        ("engine.show.play", "devices.sim", "entry point"),
        ("devices.artnet", "engine.timeline", "devices may import"),
        ("engine.new_thing", "engine.time", "has no place"),
        ("engine.render.viewer", "engine.xr", ""),
        ("devices.artnet", "devices.sim", ""),
        ("engine.cli", "engine.bench", ""),
    ],
)
def test_the_law_itself(module: str, target: str, says: str) -> None:
    assert says in verdict(module, target) if says else not verdict(module, target)


def test_clock_uses_are_seen() -> None:
    code = "import time\nfrom time import sleep\nimport datetime\ndatetime.datetime.now()\nclock.now_ns()\n"
    assert [line for _, line in clock_uses(ast.parse(code))] == [1, 2, 4]
