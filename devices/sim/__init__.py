"""Software twins: what a device would do with the same bytes, for machines that have none."""
