"""What the lighting families share: fixtures on slots, listening on a port, naming rivals, telling what changed."""
