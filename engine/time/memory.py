"""Shared memory as every block of a show has it: made by one process, opened by others, removed by its maker alone."""

from __future__ import annotations

import mmap
import os
import sys
from multiprocessing.shared_memory import SharedMemory

from engine.errors import InputError, OutputError


def create_shared(size: int, name: str | None = None) -> SharedMemory:
    """Make a block of `size` zero bytes, under a fresh name unless one is given.

    Raises
    ------
    InputError
        When a block of that name exists: another show is running, or one ended without tidying up.
    OutputError
        When the system has no shared memory left.
    """
    try:
        return SharedMemory(name=name, create=True, size=size)
    except FileExistsError:
        raise InputError(
            f"the shared memory block '{name}' exists; another show is using it, choose another name"
        ) from None
    except OSError as error:
        raise OutputError(
            f"{size} bytes of shared memory cannot be had ({error.strerror or error}); "
            "free some (on Linux: what lies in /dev/shm), or end other shows on this machine"
        ) from error


def open_shared(name: str) -> SharedMemory | mmap.mmap:
    """Map existing shared memory without telling Python's resource tracker. Raises FileNotFoundError or ValueError.

    The tracker would remove the block when *this* process ends (CPython issue 82300). Python 3.13 has
    ``track=False``; before, on POSIX, we map it ourselves, since registering and then unregistering would
    also cancel the creator's own registration when both share one tracker, as spawned children do.
    """
    if sys.version_info >= (3, 13):
        return SharedMemory(name=name, track=False)
    if sys.platform == "win32":
        return SharedMemory(name=name)  # Windows has no tracker: the memory goes with its last handle
    import _posixshmem  # type: ignore[import-not-found]  # in the standard library, unknown to the type stubs

    descriptor = _posixshmem.shm_open("/" + name.lstrip("/"), os.O_RDWR, mode=0o600)
    try:
        return mmap.mmap(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def view_of(memory: SharedMemory | mmap.mmap) -> memoryview:
    """Its bytes, to be read and written in place."""
    if isinstance(memory, mmap.mmap):
        return memoryview(memory)
    if memory.buf is None:  # only after close
        raise ValueError("the shared memory is closed")
    return memory.buf
