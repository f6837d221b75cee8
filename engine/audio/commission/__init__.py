"""Commissioning a venue's sound: which channel is which loudspeaker, which way round it is wired, when and how loud it arrives.

A sweep a channel is played into one recording by one microphone (`measure`), each response judged (`response`), and what would make all
of them alike is worked out (`proposal`). Where the sound goes is a `SoundLink`: a duplex device (`device`), or a room that is simulated
(`room`), with which everything here is tested and can be practised. The walk with the operator and the rig file are the show's.
"""
