"""MPEG-V sensory effect metadata (ISO/IEC 23005-3) in and out: SEM files to scenes, scenes to SEM files."""

from engine.experience.sem.package import import_sem
from engine.experience.sem.write import export_sem

__all__ = ["export_sem", "import_sem"]
