"""The story: ink behind a thin interface, how a group decides, and the journal of a run."""

from engine.story.decide import Decision, Rule, Vote, decide
from engine.story.ink import Beat, Line, Option, Settled, Story

__all__ = ["Beat", "Decision", "Line", "Option", "Rule", "Settled", "Story", "Vote", "decide"]
