"""Opens GLB models for those who only want to know what is in them: node names, geometry.

The picture has a reader of its own (`engine.render.glb`), which knows materials and baked light.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError

_HEADER = 12


@dataclass(frozen=True, slots=True, eq=False)
class Glb:
    """A GLB file, opened.

    Attributes
    ----------
    path : str
    tree : dict
        The JSON chunk.
    binary : memoryview
        The binary chunk.
    """

    path: str
    tree: dict[str, Any]
    binary: memoryview

    def node_names(self) -> tuple[str, ...]:
        """Names of all nodes that have one, in the file's order."""
        nodes = self.tree.get("nodes", [])
        names = (
            (node.get("name") for node in nodes if isinstance(node, dict)) if isinstance(nodes, list) else ()
        )
        return tuple(name for name in names if isinstance(name, str))


def open_glb(path: Path) -> Glb:
    """Opens a GLB 2 file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Glb

    Raises
    ------
    InputError
        Missing, cut short, no GLB 2, or its JSON is none.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); check stage.model in the scene file"
        ) from error
    if raw[:4] != b"glTF" or len(raw) < _HEADER:
        raise InputError(
            f"{path}: not a GLB file (starts with {raw[:4]!r}, expected b'glTF'); export as binary glTF 2.0"
        )
    version, length = struct.unpack_from("<II", raw, 4)
    if version != 2 or length > len(raw):
        raise InputError(
            f"{path}: GLB version {version}, {len(raw)} of {length} bytes; expected version 2, complete; export it again"
        )
    tree: Any = None
    binary = memoryview(b"")
    offset = _HEADER
    while offset + 8 <= length:
        size, kind = struct.unpack_from("<I4s", raw, offset)
        chunk = memoryview(raw)[offset + 8 : offset + 8 + size]
        if len(chunk) < size:
            raise InputError(
                f"{path}: a chunk of {size} bytes, of which {len(chunk)} are there; export it again"
            )
        if kind == b"JSON" and tree is None:
            try:
                tree = json.loads(bytes(chunk))
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"{path}: its JSON chunk cannot be read ({error}); export it again"
                ) from error
        elif kind == b"BIN\0":
            binary = chunk
        offset += 8 + size
    if not isinstance(tree, dict):
        raise InputError(f"{path}: GLB without a JSON chunk; export it again")
    return Glb(str(path), tree, binary)
