import pytest

from engine.xr import formats
from engine.xr.faults import XrRefused

MONADO = (0x805B, 0x881A, 0x8C43, 0x8058, 0x8CAC, 0x81A5, 0x88F0, 0x8CAD)


def test_srgb_is_chosen_wherever_it_stands() -> None:
    assert formats.choose_color(MONADO) == formats.SRGB8_ALPHA8
    assert formats.choose_color(tuple(reversed(MONADO))) == formats.SRGB8_ALPHA8


def test_float_is_chosen_for_a_picture_beyond_white() -> None:
    assert formats.choose_color(MONADO, hdr=True) == formats.RGBA16F
    assert formats.choose_color((formats.RGBA8, formats.SRGB8_ALPHA8), hdr=True) == formats.SRGB8_ALPHA8


def test_linear_eight_bits_come_last() -> None:
    assert formats.choose_color((formats.RGBA8, formats.RGBA16)) == formats.RGBA16
    assert formats.choose_color((formats.RGBA8,)) == formats.RGBA8


def test_an_overlay_never_gets_a_format_without_alpha() -> None:
    assert formats.choose_color((formats.SRGB8, formats.RGB10_A2, formats.RGBA8), alpha=True) == formats.RGBA8
    with pytest.raises(XrRefused, match="offers SRGB8"):
        formats.choose_color((formats.SRGB8,), alpha=True)


def test_nothing_that_fits_says_what_is_there_and_what_is_wanted() -> None:
    with pytest.raises(XrRefused, match=r"offers 0x8229, DEPTH_COMPONENT16.*draws into: SRGB8_ALPHA8"):
        formats.choose_color((0x8229, 0x81A5))
    with pytest.raises(XrRefused, match="offers none"):
        formats.choose_color(())


def test_depth_is_float_where_it_can_be_and_nothing_where_there_is_none() -> None:
    assert formats.choose_depth(MONADO) == formats.DEPTH_COMPONENT32F
    assert formats.choose_depth((0x81A5, 0x88F0)) == formats.DEPTH24_STENCIL8
    assert formats.choose_depth((0x8C43,)) is None


def test_only_srgb_formats_are_decoded_by_a_compositor() -> None:
    assert [formats.is_srgb(each) for each in MONADO[:4]] == [False, False, True, False]
