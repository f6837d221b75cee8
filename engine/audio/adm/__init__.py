"""The Audio Definition Model (ITU-R BS.2076-2): what the tracks of a master are, read, rendered and written."""

from engine.audio.adm.document import read_document
from engine.audio.adm.items import Programme, programme_of
from engine.audio.adm.model import Document

__all__ = ["Document", "Programme", "programme_of", "read_document"]
