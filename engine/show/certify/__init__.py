"""``sensorama check --certificate``: a package judged over every branch, and the evidence for it."""
