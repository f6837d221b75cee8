"""A show follows the venue's timecode, and gives its own."""
