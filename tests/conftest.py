"""One hypothesis profile for the whole suite: same examples on every machine, no deadline on a busy one."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "sensorama",
    derandomize=True,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sensorama")
