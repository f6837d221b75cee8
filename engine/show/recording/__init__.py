"""`sensorama record`: what a source sends, as tracks of a scene."""
