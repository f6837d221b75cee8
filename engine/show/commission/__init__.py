"""``sensorama audio``: the machine's sound devices, and a venue's loudspeakers walked with the operator (`engine.audio.commission`)."""
