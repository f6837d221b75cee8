"""One module a stage; each has `stage() -> Stage`."""
