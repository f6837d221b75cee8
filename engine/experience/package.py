"""An experience package in memory, and the one call that loads it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import PackageError, Problem
from engine.experience.bundled import DEFAULT_FONT, find_package, find_shared
from engine.experience.content_hash import content_files, content_hash
from engine.experience.lines import LineTable

if TYPE_CHECKING:
    from engine.experience.ink_tags import StoryMentions
    from engine.experience.manifest import AssetRow, Comfort, Credit, Manifest
    from engine.timeline.program import Program
    from engine.timeline.roles import RoleTable


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """An experience, checked and compiled: the immutable thing that every process of a show holds.

    Parameters
    ----------
    path : Path
        The folder.
    manifest : Manifest
        `experience.yaml` as written.
    scenes : tuple of Program
        Compiled scenes, sorted by id; the transport names them by their position here.
    roles : RoleTable
        In the order of the manifest.
    story_json : str
        The compiled story.
    mentions : StoryMentions
        What the story's tags name.
    lines : LineTable
        Captions, option texts and speakers.
    assets : mapping of str to AssetRow
        By POSIX path within the package.
    hash : str
        SHA-256 of the content; a journal and a saved state belong to one hash. Empty when not asked for.
    warnings : tuple of Problem
        What does not keep the show from playing.
    scene_index : mapping of str to int
        Position in `scenes` by scene id.
    """

    path: Path
    manifest: Manifest
    scenes: tuple[Program, ...]
    roles: RoleTable
    story_json: str
    mentions: StoryMentions
    lines: LineTable
    assets: Mapping[str, AssetRow]
    hash: str
    warnings: tuple[Problem, ...] = ()
    scene_index: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scene_index", {scene.id: scene.index for scene in self.scenes})

    @property
    def id(self) -> str:
        """The experience's id."""
        return self.manifest.id

    @property
    def title(self) -> Mapping[str, str]:
        """Title per locale."""
        return self.manifest.title

    @property
    def languages(self) -> tuple[str, ...]:
        """Locales with captions; the first is the fallback."""
        return tuple(self.manifest.languages)

    @property
    def comfort(self) -> Comfort:
        """What a guest is told beforehand."""
        return self.manifest.comfort

    @property
    def credits(self) -> tuple[Credit, ...]:
        """Who made it."""
        return tuple(self.manifest.credits)

    @property
    def story_path(self) -> Path:
        """The compiled story's file, for messages."""
        return self.path / self.manifest.story

    @property
    def font(self) -> Path | None:
        """The caption font: the package's, else the engine's; None where this installation has none."""
        return find_shared(DEFAULT_FONT) if self.manifest.font is None else self.path / self.manifest.font

    def scene(self, scene_id: str) -> Program:
        """Give a compiled scene by id; KeyError when there is none."""
        return self.scenes[self.scene_index[scene_id]]

    def file(self, relative: str) -> Path:
        """Give the path of a file of the package."""
        return self.path / relative


def load_package(path_or_name: str | Path, *, cwd: Path | None = None, hashed: bool = True) -> Package:
    """Load an experience.

    Parameters
    ----------
    path_or_name : str or Path
        A folder, its `experience.yaml`, or the name of an experience.
    cwd : Path, optional
        Where relative paths start and how files are named in messages; default the process's own folder.
    hashed : bool, default True
        Compute the content hash, which reads every byte. Followers that only play leave it out: the hash of
        their package is empty.

    Returns
    -------
    Package

    Raises
    ------
    PackageError
        With every mistake of every file, each as `file:line: message. hint`.
    """
    from engine.experience.loader import Loader

    folder = find_package(path_or_name, cwd=cwd)
    files = content_files(folder)
    # Hashing reads every byte; hashlib lets other threads run, so it goes on beside the parsing.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="content-hash") as pool:
        hashing = pool.submit(content_hash, folder, files) if hashed else None
        loader = Loader(folder, files, cwd=cwd)
        loaded = loader.load()
        digest = "" if hashing is None else hashing.result()
    if loaded is None or any(problem.severity == "error" for problem in loader.problems):
        raise PackageError(loader.problems)
    return Package(
        path=folder,
        manifest=loaded.manifest,
        scenes=loaded.scenes,
        roles=loaded.roles,
        story_json=loaded.story_json,
        mentions=loaded.mentions,
        lines=loaded.lines,
        assets=loaded.assets,
        hash=digest,
        warnings=tuple(loader.problems),
    )
