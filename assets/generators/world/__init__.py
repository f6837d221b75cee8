"""Generator of the lantern street's models. Build-time only: needs numpy, scipy and embreex."""
