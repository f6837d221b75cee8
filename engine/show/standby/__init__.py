"""A second conductor that follows muted and takes over."""
