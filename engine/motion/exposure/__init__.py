"""What a moving seat does to a body: weightings, doses, norms that add up, accelerations at the guest."""
