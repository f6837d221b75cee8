"""ADM documents: what is written is read again, what is wrong is told by line, nothing malicious is followed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from engine.audio.adm import programme_of, read_document
from engine.audio.adm.build import Builder, Part
from engine.audio.adm.common import common_channels, common_packs
from engine.audio.adm.items import HoaItem, ObjectItem, SpeakerItem
from engine.audio.adm.model import Loudness, ObjectBlock
from engine.audio.adm.times import parse_time
from engine.audio.adm.write import axml_of, chna_of, time_text
from engine.audio.formats import ChnaRow
from engine.errors import InputError
from tests.audio.adm.masters import KINDS, blocks_of, make_master


def own(document: object) -> tuple[dict[str, object], ...]:
    """What is the document's own, without the common definitions."""
    channels = {k: v for k, v in document.channels.items() if k not in common_channels()}  # type: ignore[attr-defined]
    packs = {k: v for k, v in document.packs.items() if k not in common_packs()}  # type: ignore[attr-defined]
    rest = (document.programmes, document.contents, document.objects, document.uids, document.streams)  # type: ignore[attr-defined]
    return (channels, packs, *rest, document.track_formats)  # type: ignore[attr-defined]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    document = make_master(tmp_path / "a.wav", frames=4800)
    again = read_document(axml_of(document), chna_of(document))
    assert own(again) == own(document)
    items = programme_of(again).items
    assert [type(item) for item in items] == [ObjectItem] * len(KINDS) + [SpeakerItem] * (6 + 12 + 24 + 3) + [
        HoaItem
    ] * 2
    assert items[-2].degrees == (0, 1, 1, 1, *[2] * 5, *[3] * 7)  # type: ignore[union-attr]


def test_programmes_by_language_share_what_has_none() -> None:
    builder = Builder()
    for language in ("", "en", "zh"):
        builder.add_object(Part(language or "all", "Dialogue", language), blocks_of("plain", 1))
    loudness = Loudness(-23.0, 7.5, -1.2)
    document = builder.finish("t", titles={"en": "T", "zh": "题"}, languages=("en", "zh"), loudness=loudness)
    again = read_document(axml_of(document), chna_of(document))
    assert [one.name for one in again.programmes.values()] == ["T", "题"]
    assert again.programmes["APR_1001"].loudness == loudness
    assert [item.common.name for item in programme_of(again, language="zh").items] == ["all", "zh"]
    with pytest.raises(InputError, match="no ADM programme 'x'; there is APR_1001 'T'"):
        programme_of(again, "x")


@pytest.mark.parametrize("samples", [0, 1, 479, 48_001, 123_456_789])
def test_a_time_written_is_the_same_sample(samples: int) -> None:
    time = parse_time(time_text(Fraction(samples, 48_000)))
    assert -(-time.numerator * 48_000 // time.denominator) == samples


def test_times_in_fractions_of_the_rate() -> None:
    assert parse_time("01:00:00.12000S48000") == 3600 + Fraction(1, 4)
    assert parse_time("00:00:01.5") == Fraction(3, 2)
    for wrong in ("1", "00:00", "00:00:00.5S0", "00:00:00.7S5", "-1:00:00.0"):
        with pytest.raises(ValueError, match=r"no (time|fraction)"):
            parse_time(wrong)


GOOD = """<audioFormatExtended>
<audioObject audioObjectID="AO_1001" audioObjectName="o"><audioPackFormatIDRef>AP_00031001</audioPackFormatIDRef>
<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef></audioObject>
<audioPackFormat audioPackFormatID="AP_00031001" audioPackFormatName="o" typeLabel="0003">
<audioChannelFormatIDRef>AC_00031001</audioChannelFormatIDRef></audioPackFormat>
<audioChannelFormat audioChannelFormatID="AC_00031001" audioChannelFormatName="o" typeLabel="0003">
<audioBlockFormat audioBlockFormatID="AB_00031001_00000001">BLOCK</audioBlockFormat></audioChannelFormat>
</audioFormatExtended>"""
POLAR = '<position coordinate="azimuth">30</position><position coordinate="elevation">0</position>'
ROW = ChnaRow(1, "ATU_00000001", "AC_00031001_00", "AP_00031001")


def block(text: str) -> ObjectBlock:
    document = read_document(GOOD.replace("BLOCK", text).encode(), (ROW,))
    (item,) = programme_of(document).items
    assert isinstance(item, ObjectItem)
    return item.blocks[0]


def test_a_document_of_the_second_edition_without_streams() -> None:
    assert block(POLAR + '<gain gainUnit="dB">-20</gain>').gain == pytest.approx(0.1)
    assert block(POLAR).position == (30.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POLAR.replace("30", "nan"), "azimuth is nan"),
        (POLAR.replace("30", "left"), "azimuth is 'left', no number"),
        (POLAR.replace(">0<", ">91<"), "elevation is 91; -90 to 90"),
        (POLAR.replace("azimuth", "azimut"), "coordinate 'azimut'"),
        ('<position coordinate="azimuth">30</position>', "no elevation"),
        (POLAR + "<diffuse>2</diffuse>", "diffuse is 2; 0 to 1"),
        (POLAR + "<width>-1</width>", "width is -1"),
        (POLAR + "<gain>inf</gain>", "gain is inf"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(
        InputError, match=r"x\.wav: axml line 7: audioBlockFormat AB_00031001_00000001"
    ) as error:
        read_document(GOOD.replace("BLOCK", text).encode(), (ROW,), path="x.wav")
    assert said in str(error.value)


def test_all_mistakes_at_once() -> None:
    text = GOOD.replace("BLOCK", POLAR + "<gain>x</gain>").replace(
        'audioObjectID="AO_1001"', 'audioObjectID=""'
    )
    with pytest.raises(InputError) as error:
        read_document(text.encode(), (ROW,))
    assert str(error.value).count("axml line") == 2


@pytest.mark.parametrize(
    "text",
    [
        "<a><b></a>",
        "",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * 100 + "</a>" * 100,
        "<html/>",
        '<?xml version="1.0" encoding="x-none"?><a/>',
        '<?xml version="1.0" encoding="UTF-7"?><a/>',
    ],
)
def test_what_is_no_adm_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError):
        programme_of(read_document(text.encode(), ()))


def test_references_that_lead_nowhere_are_notes() -> None:
    refs = "<audioTrackUIDRef>ATU_00000007</audioTrackUIDRef><audioObjectIDRef>AO_1001</audioObjectIDRef>"
    outer = f'<audioObject audioObjectID="AO_1002">{refs}</audioObject>'
    text = GOOD.replace("BLOCK", POLAR).replace("<audioObject ", outer + "<audioObject ", 1)
    found = programme_of(read_document(text.encode(), (ROW,)))
    assert len(found.items) == 1
    assert any("ATU_00000007, which the file has not" in note for note in found.notes)


def test_importance_and_complementary_objects_are_chosen_among() -> None:
    builder = Builder()
    for importance in (2, 8):
        builder.add_object(Part(f"i{importance}", importance=importance), blocks_of("plain", 1))
    document = builder.finish("t")
    read = read_document(axml_of(document), chna_of(document))
    assert [item.common.name for item in programme_of(read, least_importance=5).items] == ["i8"]
    text = (
        axml_of(document)
        .decode()
        .replace(
            "<audioTrackUIDRef>ATU_00000001",
            "<audioComplementaryObjectIDRef>AO_1002</audioComplementaryObjectIDRef><audioTrackUIDRef>ATU_00000001",
        )
    )
    read = read_document(text.encode(), chna_of(document))
    assert [item.common.name for item in programme_of(read).items] == ["i2"]
    assert [item.common.name for item in programme_of(read, complementary=("AO_1002",)).items] == ["i8"]
