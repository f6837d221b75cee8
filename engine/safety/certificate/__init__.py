"""The certificate: what a package can do to a guest at most, on a rig, over every way through its story."""
