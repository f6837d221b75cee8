"""Scene files: model, compiled programs, and the pure evaluation of a show's state at an instant."""
