"""Where a seat's actuators are when the seat is in a pose, and the other way round."""
