"""Objects' places told to somebody else's renderer while a show runs: ADM-OSC 1.0 over UDP."""
