"""One hypothesis profile for the whole suite: same examples on every machine, no deadline on a busy one."""

import os
from pathlib import Path

# Before numpy is loaded, as the command line does: products of small matrices, for which a second thread is only waited for.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402 - see above
from hypothesis import HealthCheck, settings  # noqa: E402

_HERE = Path(__file__).parent
# They open pseudo-terminals, which the system numbers anew as soon as one is closed: a device that looks for its twin under the number it
# had would find another test's. So one worker runs all of them, one after another.
_LINES = (
    "bus/test_process.py", "bus/timecode/test_endpoints.py", "devices/test_links.py", "devices/test_midi.py", "devices/test_sim.py",
    "devices/test_text.py", "faults/", "show/test_cli_bad_input.py", "show/test_live_run.py", "show/test_standby_run.py", "test_cli.py",
)  # fmt: skip

settings.register_profile(
    "sensorama",
    derandomize=True,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sensorama")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of a file share what the file sets up, so a worker takes a file at a time (``--dist loadgroup``)."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        path = item.path.relative_to(_HERE).as_posix() if item.path.is_relative_to(_HERE) else str(item.path)
        item.add_marker(pytest.mark.xdist_group("lines" if path.startswith(_LINES) else path))
