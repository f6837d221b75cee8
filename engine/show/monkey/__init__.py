"""``sensorama monkey``: plays a story thousands of times and finds what breaks."""
