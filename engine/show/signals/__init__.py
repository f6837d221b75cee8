"""What comes in from consoles, sequencers, PLCs and pages, as what people do."""
