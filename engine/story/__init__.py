"""The story: ink behind a thin interface, how a group decides, the journal of a run, and the static graph.

The compiler front ends live in `engine.story.compile`, which only authoring needs.
"""

from engine.story.decide import Decision, Rule, Vote, decide
from engine.story.graph import Conservative, Edge, Limit, SceneNode, SceneOption, StoryGraph, build_graph
from engine.story.ink import Beat, Line, Option, Settled, Story
from engine.story.journal import Journal, JournalEvent, JournalHeader, JournalWriter, read_journal

__all__ = [
    "Beat",
    "Conservative",
    "Decision",
    "Edge",
    "Journal",
    "JournalEvent",
    "JournalHeader",
    "JournalWriter",
    "Limit",
    "Line",
    "Option",
    "Rule",
    "SceneNode",
    "SceneOption",
    "Settled",
    "Story",
    "StoryGraph",
    "Vote",
    "build_graph",
    "decide",
    "read_journal",
]
