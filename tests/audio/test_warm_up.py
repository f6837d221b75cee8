"""What is played to nobody before a device calls."""

from __future__ import annotations

import numpy as np

from engine.audio.assembly import make_mix
from engine.audio.block import BLOCK
from engine.audio.sounds import SoundBook
from engine.audio.warm_up import WARM_UP_BLOCKS, instant_of, warm_up_show


def test_the_warm_up_is_heard_through_every_stage() -> None:
    book, clips, transport = warm_up_show(SoundBook(()))
    mix = make_mix(book, clips, live=True)
    heard = np.concatenate([mix.render(transport, instant_of(k), BLOCK) for k in range(WARM_UP_BLOCKS)])
    assert np.abs(heard[-BLOCK:]).max() > 1e-4
    assert len(mix.mixers[0].plan.voices) == 4
    assert mix.late_clips == 0 and mix.resyncs == 0 and mix.unsound == 0
