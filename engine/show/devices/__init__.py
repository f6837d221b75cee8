"""`sensorama devices`: list, monitor, test, learn, twins."""
