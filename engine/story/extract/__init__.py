"""How the graph of a story is read from compiled ink; `engine.story.graph` is the way in."""
