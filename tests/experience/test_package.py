"""What a loaded package gives: scenes, texts, identity; where packages are found; what a new one is."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.errors import PackageError, UsageError
from engine.experience import LineTable, LocaleText, bundled_experiences, find_package, load_package
from engine.experience.asset_rows import is_asset, matches
from engine.experience.bundled import content_roots
from engine.experience.content_hash import content_files, content_hash
from engine.experience.ink_tags import parse_story, story_mentions
from engine.experience.media_lengths import MediaLengths, sound_length_fl
from engine.experience.scaffold import new_package, template_files
from engine.time.flicks import FLICKS_PER_SECOND
from tests.experience.packages import append, good_package, replace, write


def test_scenes_are_sorted_and_found_by_id(tmp_path: Path) -> None:
    package = load_package(good_package(tmp_path))
    assert [scene.id for scene in package.scenes] == ["lamp", "quay", "water"]
    assert package.scene_index == {"lamp": 0, "quay": 1, "water": 2}
    assert [scene.index for scene in package.scenes] == [0, 1, 2]
    assert package.scene("quay").duration.nominal_fl == 18 * FLICKS_PER_SECOND
    with pytest.raises(KeyError):
        package.scene("attic")


def test_roles_keep_the_order_and_rest_of_the_manifest(tmp_path: Path) -> None:
    roles = load_package(good_package(tmp_path)).roles
    assert roles.names == ("seat.motion", "air.wind", "light.hero")
    np.testing.assert_array_equal(roles.rest, [0.0] * 7 + [0.02, 0.02, 0.04])


def test_texts_come_in_the_asked_language(tmp_path: Path) -> None:
    package = load_package(good_package(tmp_path))
    assert package.lines.line("lamp_A1", "zh") == "它带你回家。"
    assert package.lines.option("stay", "en") == "Stay with the water"
    assert package.title["en"] == "Small" and package.languages == ("en", "zh")


def test_speakers_come_from_the_story_or_the_caption_file(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    replace(
        "story.ink.json", '"#","^id: lamp_A1","/#"', '"#","^id: lamp_A1","/#","#","^speaker: keeper","/#"'
    )(folder)
    append("captions/en.yaml", "speakers: {keeper: Lock keeper}\n")(folder)
    replace(
        "captions/en.yaml", "water_A1: The water carries you on.", "water_A1: {text: On., speaker: River}"
    )(folder)
    lines = load_package(folder).lines
    assert lines.speaker("lamp_A1", "en") == "Lock keeper"
    assert lines.speaker("lamp_A1", "zh") == "keeper"
    assert lines.speaker("water_A1", "en") == "River"
    assert lines.speaker("quay_A1", "en") == ""


def test_a_missing_text_falls_back_along_one_chain() -> None:
    table = LineTable(
        ("en", "zh"),
        {
            "en": LocaleText("en", {"a": "A", "b": "B"}, {"o": "O"}, {}),
            "zh": LocaleText("zh", {"a": "甲"}, {}, {}),
        },
    )
    assert table.chain("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh", "en")
    assert table.line("a", "zh-Hant") == "甲"
    assert table.line("b", "zh") == "B"
    assert table.option("o", "fr") == "O"
    assert table.line("never_written", "zh") == "never_written"
    assert table.characters("zh") == frozenset("甲") and table.characters("fr") == frozenset()


# -- identity ----------------------------------------------------------------------------------------------


def test_the_hash_follows_names_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    first = good_package(tmp_path / "here")
    second = good_package(tmp_path / "there")
    base = content_hash(first)
    assert content_hash(second) == base == load_package(first).hash
    for name in (".DS_Store", "notes.txt~", "runs/1/journal.jsonl", "__pycache__/x.pyc", ".git/HEAD"):
        write(name, "x")(second)
    assert content_hash(second) == base
    write("notes.txt", "x")(second)
    assert content_hash(second) != base
    append("captions/en.yaml", "# a note\n")(first)
    assert content_hash(first) != base


def test_a_follower_can_leave_the_hash_out(tmp_path: Path) -> None:
    folder = good_package(tmp_path)
    assert load_package(folder, hashed=False).hash == ""


def test_moving_bytes_between_name_and_content_changes_the_hash(tmp_path: Path) -> None:
    digests = set()
    for name, content in (("ab", "c"), ("a", "bc"), ("abc", "")):
        folder = tmp_path / name
        write(name, content)(folder)
        digests.add(content_hash(folder))
    assert len(digests) == 3


def test_files_are_listed_in_one_order_on_every_machine(tmp_path: Path) -> None:
    for name in ("b/a", "a.b", "a/b", "B"):
        write(name, "x")(tmp_path)
    assert [path.as_posix() for path in content_files(tmp_path)] == ["B", "a.b", "a/b", "b/a"]


# -- finding -----------------------------------------------------------------------------------------------


def test_a_package_is_found_by_folder_file_and_name(tmp_path: Path) -> None:
    folder = new_package("night_ferry", tmp_path / "experiences")
    for asked in (folder, folder / "experience.yaml", "experiences/night_ferry", "night_ferry"):
        assert find_package(asked, cwd=tmp_path).resolve() == folder.resolve()
    assert ("night_ferry", folder.resolve()) in bundled_experiences(tmp_path)


def test_the_working_folder_wins_over_what_came_with_the_engine(tmp_path: Path) -> None:
    assert content_roots(tmp_path)[0] == tmp_path.resolve()


def test_an_unknown_name_lists_what_there_is(tmp_path: Path) -> None:
    new_package("night_ferry", tmp_path / "experiences")
    with pytest.raises(PackageError, match="did you mean night_ferry") as caught:
        load_package("night_fery", cwd=tmp_path)
    assert caught.value.exit_status == 2


def test_a_folder_without_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"has no experience\.yaml.*sensorama new"):
        load_package(tmp_path)


# -- the scaffold ------------------------------------------------------------------------------------------


def test_a_new_package_is_complete_and_bears_its_name(tmp_path: Path) -> None:
    folder = new_package("night_ferry", tmp_path)
    assert tuple(path.as_posix() for path in content_files(folder)) == template_files()
    package = load_package(folder)
    assert (package.id, package.title["en"], package.warnings) == ("night_ferry", "Night Ferry", ())


def test_a_new_package_never_overwrites(tmp_path: Path) -> None:
    new_package("night_ferry", tmp_path)
    with pytest.raises(UsageError, match="exists already"):
        new_package("night_ferry", tmp_path)


@pytest.mark.parametrize("name", ["Night", "night ferry", "../x", "", "1st"])
def test_a_name_that_would_not_travel_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        new_package(name, tmp_path)


# -- the story's tags --------------------------------------------------------------------------------------


def test_tags_tell_lines_from_options() -> None:
    """The second option is written without brackets: what it shares with its echo lies in a container `s`."""
    story = parse_story(
        '{"inkVersion":21,"listDefs":{},"root":[["#","^scene: hall ","/#","^Hi. ","#","^id:h1","/#","#",'
        '"^speaker: Ann","/#","\\n","ev","str","^Go ","#","^id: go","/#","/str","/ev",{"*":".^.c-0","flg":4},'
        '["ev",{"^->":"0.14.$r1"},{"temp=":"$r"},"str",{"->":".^.s"},[{"#n":"$r1"}],"/str","/ev",'
        '{"*":".^.^.c-1","flg":2},{"s":["^Wait ","#","^id: wait","/#",{"->":"$r","var":true},null]}],'
        '{"c-0":["\\n","end",null],"c-1":["\\n","^Later. ","#","^id: h2","/#","\\n","end",null]}],'
        '"done",null]}'
    )
    mentions = story_mentions(story)
    assert mentions.scenes == ("hall",)
    assert mentions.line_ids == ("h1", "h2")
    assert mentions.option_ids == ("go", "wait")
    assert mentions.speakers == {"h1": "Ann"}


# -- media and asset rows ----------------------------------------------------------------------------------


def _flac(rate_hz: int, samples: int) -> bytes:
    packed = (rate_hz << 44) | (1 << 41) | (15 << 36) | samples
    return b"fLaC\x80\x00\x00\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(16)


def _wav(rate_hz: int, samples: int) -> bytes:
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, rate_hz, rate_hz * 4, 4, 16)
    odd = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    return b"RIFF\0\0\0\0WAVE" + odd + chunk + struct.pack("<4sI", b"data", samples * 4)


@pytest.mark.parametrize("encode", [_flac, _wav])
@pytest.mark.parametrize(
    ("rate_hz", "samples"), [(48_000, 48_000), (44_100, 1), (96_000, 7), (192_000, 2**31)]
)
def test_the_length_of_a_sound_is_exact(tmp_path: Path, encode: object, rate_hz: int, samples: int) -> None:
    if encode is _wav and samples * 4 >= 2**32:
        samples = 2**29
    write("a.bin", (_flac if encode is _flac else _wav)(rate_hz, samples))(tmp_path)
    assert sound_length_fl(tmp_path / "a.bin") == samples * FLICKS_PER_SECOND // rate_hz


@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF\0\0\0\0WAVEfmt ", b"nothing we know"])
def test_a_header_that_does_not_tell_gives_no_length(tmp_path: Path, content: bytes) -> None:
    write("a.bin", content)(tmp_path)
    assert sound_length_fl(tmp_path / "a.bin") is None


def test_a_line_is_as_long_as_its_longest_voice(tmp_path: Path) -> None:
    write("audio/voice/en/h1.flac", _flac(48_000, 48_000))(tmp_path)
    write("audio/voice/zh/h1.wav", _wav(48_000, 96_000))(tmp_path)
    files = [path.as_posix() for path in content_files(tmp_path)]
    length_of = MediaLengths(tmp_path, files, ("en", "zh"))
    assert length_of("line", "h1") == 2 * FLICKS_PER_SECOND
    assert length_of("line", "h2") is None
    assert length_of("audio", "audio/voice/en/h1.flac") == FLICKS_PER_SECOND
    assert length_of("audio", "audio/none.flac") is None


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("audio/*.flac", "audio/a.flac", True),
        ("audio/*.flac", "audio/voice/a.flac", False),
        ("audio/**", "audio/voice/a.flac", True),
        ("audio/**/*.flac", "audio/a.flac", True),
        ("models/?.glb", "models/ab.glb", False),
        ("models/a.glb", "models/axglb", False),
    ],
)
def test_a_star_stays_within_its_folder(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_texts_beside_assets_need_no_row() -> None:
    assert is_asset("fonts/a.ttf") and is_asset("models/x/a.glb")
    assert not is_asset("fonts/OFL.txt") and not is_asset("audio/INDEX.md") and not is_asset("scenes/a.yaml")
