"""``sensorama timecode generate|read``, to and from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main

UUID = "e004046e-0923-4f90-a4ae-4355e7e83506"


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def run(*words: str) -> int:
    return main(["timecode", *words])


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        (["--rate", "29.97df", "--start", "00:00:59;28", "--frames", "4"], ["00:00:59;28", "00:00:59;29", "00:01:00;02", "00:01:00;03"]),
        (["--rate", "25", "--start", "01:00:00:01", "--frames", "3", "--reverse"], ["01:00:00:01", "01:00:00:00", "00:59:59:24"]),
        (["--rate", "24", "--for", "100ms", "--speed", "2", "--sample-rate", "96000"], [f"00:00:00:0{n}" for n in range(5)]),
    ],
)  # fmt: skip
def test_ltc_there_and_back(
    options: list[str], labels: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "reel.flac")
    assert run("generate", "ltc", *options, "--user-bits", "1234abcd", "--to", path) == 0
    assert run("read", "ltc", "--from", path, "--rate", options[1], "--json") == 0
    *words, summary = rows(capsys)
    assert [word["label"] for word in words] == labels
    assert {word["user_bits"] for word in words} == {"1234abcd"}
    assert words[0]["direction"] == (-1 if "--reverse" in options else 1)
    assert summary["summary"] == {"words": len(labels), "lost": 0, "refused": 0, "overruns": 0,
                                  "longest_gap_ms": summary["summary"]["longest_gap_ms"]}  # type: ignore[index] # fmt: skip


def test_cinema_sync_there_and_back_on_channel_14(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "dcp.wav")
    assert (
        run(
            "generate",
            "cinema",
            "--rate",
            "48",
            "--start",
            "240",
            "--frames",
            "6",
            "--uuid",
            UUID,
            "--to",
            f"{path}#14",
        )
        == 0
    )
    assert run("read", "cinema", "--from", path) == 0
    text = capsys.readouterr().out
    assert UUID in text and "6 words, 0 lost, 0 refused" in text


def test_a_hole_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import soundfile

    path = str(tmp_path / "reel.wav")
    assert run("generate", "ltc", "--for", "1s", "--to", path) == 0
    sound, rate_hz = soundfile.read(path, dtype="float32")
    sound[9700:13_000] = 0.0
    soundfile.write(path, sound, rate_hz)
    assert run("read", "ltc", "--from", path, "--json") == 0
    summary = rows(capsys)[-1]["summary"]
    assert (summary["words"], summary["lost"], summary["longest_gap_ms"]) == (
        23,
        2,
        pytest.approx(120.0, abs=0.01),
    )  # type: ignore[index]


def test_no_timecode_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "still.wav", np.zeros(48_000), 48_000)
    assert run("read", "ltc", "--from", str(tmp_path / "still.wav")) == 1
    assert "no timecode was found" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["generate", "ltc", "--rate", "26", "--to", "x.wav"], 2, "known frame rate"),
        (
            ["generate", "ltc", "--rate", "29.97df", "--start", "00:01:00;00", "--to", "x.wav"],
            2,
            "does not exist",
        ),
        (["generate", "ltc", "--speed", "0", "--to", "x.wav"], 2, "allowed 0.1 to 10"),
        (["generate", "ltc", "--user-bits", "xyz45678", "--to", "x.wav"], 2, "hexadecimal"),
        (["generate", "ltc", "--user-bits", "12", "--to", "x.wav"], 2, "eight"),
        (["generate", "ltc", "--frames", "0", "--to", "x.wav"], 2, "1 or more"),
        (["generate", "ltc", "--reverse", "--to", "x.wav"], 2, "midnight"),
        (["generate", "ltc", "--to", "nowhere/x.wav"], 1, "cannot be written"),
        (["generate", "mtc", "--to", "x.wav"], 2, "no sound"),
        (["generate", "cinema", "--uuid", "x", "--rate", "24", "--to", "x.wav"], 2, "UUID"),
        (["generate", "cinema", "--speed", "2", "--to", "x.wav"], 2, "nominal speed"),
        (["read", "ltc", "--from", "udp://1.2.3.4"], 2, "LTC is sound"),
        (["read", "ltc", "--from", "missing.wav"], 1, "no sound file"),
        (["read", "ltc", "--from", "missing.wav", "--for", "soon"], 2, "soon"),
    ],
)
def test_what_is_refused(
    words: list[str],
    status: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) == status
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("rate", "first"), [("50", "10:00:00:02"), ("59.94df", "10:00:00;02"), ("120", "10:00:00:004")]
)
def test_a_high_frame_rate_is_written_and_read_as_base_rate_and_phase(
    rate: str, first: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "high.wav")
    start = first.replace("4", "1") if rate == "120" else first.replace("02", "01")
    assert (
        main(
            [
                "timecode",
                "generate",
                "ltc",
                "--rate",
                rate,
                "--start",
                start,
                "--frames",
                rate[:2] + "0",
                "--to",
                path,
            ]
        )
        == 0
    )
    capsys.readouterr()
    assert main(["timecode", "read", "ltc", "--rate", rate, "--from", path, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    words = [row for row in rows if "label" in row]
    # It begins within a frame of the base rate: the first whole one is the next, its first picture.
    assert words[0]["label"] == first
    assert {row["rate"] for row in words} == {rate}
    assert {row["base_rate"] for row in words} <= {"25", "29.97df", "30"}
