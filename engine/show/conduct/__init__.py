"""The conductor: what happens next, decided without a clock."""
