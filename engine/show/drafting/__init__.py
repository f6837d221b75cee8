"""Drafts: tracks that a machine proposes from films and sounds, for a person to edit."""
