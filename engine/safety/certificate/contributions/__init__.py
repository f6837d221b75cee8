"""What each piece of a story, and each way between two, adds to every measure of the certificate."""
