"""Device families: one folder each, with a pure codec, a driver, a README and a software twin."""
