"""One hypothesis profile for the whole suite: same examples on every machine, no deadline on a busy one."""

import os

# Before numpy is loaded, as the command line does: products of small matrices, for which a second thread is only waited for.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from hypothesis import HealthCheck, settings  # noqa: E402 - see above

settings.register_profile(
    "sensorama",
    derandomize=True,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sensorama")
