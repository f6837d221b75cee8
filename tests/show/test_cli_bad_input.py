"""Whatever is wrong ends in one clear message and the right exit status; nobody is shown a traceback."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.cli import main
from engine.experience.rig import load_rig
from engine.story.journal import read_journal
from tests.experience.packages import append, line_of, remove, replace, write
from tests.show.runs import LIVE, OFFLINE, Run, Started, play_offline

STUDIO = load_rig(None).path


def refused(capsys: pytest.CaptureFixture[str], *words: str, status: int = 2) -> str:
    """Run a command that has to be refused; what it said."""
    try:
        got = main(words)
    except SystemExit as ended:  # argparse ends by itself
        got = int(str(ended.code))
    out, err = capsys.readouterr()
    assert got == status, f"exit status {got}\n{out}\n{err}"
    assert "Traceback" not in out + err and "internal error" not in out + err
    return str(err).strip()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not refused leaves its run here."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(scaffold: Path, copy_of: Callable[[Path | str], Path]) -> Path:
    """A good package to break."""
    return copy_of(scaffold)


@pytest.fixture
def rig(tmp_path: Path) -> Callable[[str, str], Path]:
    """The studio rig with a text replaced."""

    def make(old: str, new: str) -> Path:
        text = STUDIO.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "rig.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return make


# ---- words on the command line -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing"], ["nothing: no such experience", "first_light"]),
        (["first_lihgt"], ["did you mean first_light?"]),
        (["first_light", "--from", "nowhere"], ["--from nowhere", "away, shore"]),
        (["first_light", "--from", "shore@99s"], ["--from shore", "20 s", "99 s lies behind its end"]),
        (["first_light", "--from", "shore@-5s"], ["--from shore@-5s", "negative"]),
        (["first_light", "--from", "shore@soon"], ["'soon' is not a time", "18s"]),
        (["first_light", "--from", "@3s"], ["there is no such scene"]),
        (["first_light", "--speed", "fast"], ["--speed fast", "up to 100", "max"]),
        (["first_light", "--speed", "0"], ["--speed 0"]),
        (["first_light", "--speed", "-1"], ["--speed"]),
        (["first_light", "--speed", "nan"], ["--speed nan"]),
        (["first_light", "--speed", "1/0"], ["--speed 1/0"]),
        (["first_light", "--speed", "101"], ["--speed 101", "100"]),
        (["first_light", "--size", "big"], ["--size big", "1280x720"]),
        (["first_light", "--size", "10x10"], ["--size 10x10", "64x64"]),
        (["first_light", "--size", "99999x99999"], ["--size 99999x99999", "7680x4320"]),
        (["first_light", "--fps", "0"], ["--fps 0", "1 to 240"]),
        (["first_light", "--language", "fr"], ["--language fr", "en, zh"]),
        (["first_light", "--choices", "sun"], ["--choices sun", "moon, wait"]),
        (["first_light", "--choices", "moon,son"], ["--choices son", "moon, wait"]),
        (["first_light", "--seed", "x"], ["--seed", "'x'"]),
        (["first_light", "--rig", "nofile.yaml"], ["nofile.yaml", "studio"]),
        (["first_light", "--frobnicate"], ["--frobnicate"]),
        ([], ["experience"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_words(
    words: list[str], says: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    text = refused(capsys, "play", *OFFLINE, "--out", str(out), *words)
    for word in says:
        assert word in text
    assert not out.exists()  # nothing has started


def test_a_window_without_a_display(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert "there is no display" in refused(capsys, "play", "first_light", "--view", "window")


@pytest.mark.parametrize("command", ["check", "compile"])
def test_other_commands_on_nothing(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing: no such experience" in refused(capsys, command, "nothing")


def test_new_refuses_bad_names_and_full_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'Bad Name' is not a name" in refused(capsys, "new", "Bad Name", "--folder", str(tmp_path))
    assert main(["new", "fine", "--folder", str(tmp_path)]) == 0
    assert "exists already" in refused(capsys, "new", "fine", "--folder", str(tmp_path))


def test_an_unknown_command_lists_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(capsys, "plya")
    assert "'plya'" in text and "play" in text


def test_debug_shows_where_it_came_from() -> None:
    from engine.errors import UsageError

    with pytest.raises(UsageError):
        main(["--debug", "play", "first_light", "--speed", "fast"])


# ---- packages ----------------------------------------------------------------------------------------------


def test_every_mistake_of_a_package_in_one_run(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace("scenes/quay.yaml", "role: air.wind", "role: air.storm")(small)
    append("scenes/lamp.yaml", "\nwindow: [\n")(small)
    remove("captions/zh.yaml")(small)
    replace("story.ink.json", '"inkVersion":21', '"inkVersion":99')(small)
    replace("scenes/water.yaml", "duration: ", "duraton: ")(small)
    text = refused(capsys, "play", str(small), *OFFLINE, "--out", str(tmp_path / "run"))
    storm = line_of(small / "scenes" / "quay.yaml", "air.storm")
    duraton = line_of(small / "scenes" / "water.yaml", "duraton")
    assert (
        f"quay.yaml:{storm}: " in text and "air.storm" in text and "air.wind" in text
    )  # the role, and those there are
    assert f"water.yaml:{duraton}: " in text and "duration" in text
    assert "lamp.yaml:" in text and "not valid YAML" in text
    assert "captions/zh.yaml does not exist" in text
    assert "inkVersion 99" in text and "sensorama compile" in text
    assert not (tmp_path / "run").exists()
    for line in text.splitlines():
        assert ": " in line and line.startswith(("packages/small_show/", str(small))), line


@pytest.mark.parametrize(
    ("breaking", "says"),
    [
        (remove("scenes/lamp.yaml"), ["lamp"]),
        (remove("story.ink.json"), ["story.ink.json", "sensorama compile"]),
        (write("story.ink.json", "{"), ["story.ink.json", "not JSON"]),
        (write("experience.yaml", "\tid: x"), ["experience.yaml:1", "not valid YAML"]),
        (write("experience.yaml", b"\xff\xfe\x00"), ["experience.yaml"]),
        (replace("experience.yaml", "sensorama: 1", "sensorama: 9"), ["experience.yaml:", "9"]),
        (replace("experience.yaml", "story", "stroy"), ["experience.yaml:", "stroy"]),
        (write("scenes/quay.yaml", ""), ["quay.yaml"]),
    ],
    ids=[
        "no scene",
        "no story",
        "torn story",
        "tab",
        "not text",
        "later format",
        "unknown key",
        "empty scene",
    ],
)
def test_broken_packages(
    breaking: Callable[[Path], None],
    says: list[str],
    small: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "story" not in (small / "experience.yaml").read_text(encoding="utf-8"):
        append("experience.yaml", "\nstory: story.ink.json\n")(small)
    breaking(small)
    text = refused(capsys, "play", str(small), *OFFLINE, "--out", str(tmp_path / "run"))
    for word in says:
        assert word in text


def test_a_folder_without_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has no experience.yaml" in refused(capsys, "play", str(tmp_path), *OFFLINE)


def test_check_tells_the_same_with_its_own_last_line(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace("scenes/quay.yaml", "role: air.wind", "role: air.storm")(small)
    assert main(["check", str(small)]) == 2
    out, err = capsys.readouterr()
    assert "air.storm" in err and "1 errors" in out and "Traceback" not in out + err


# ---- stories -----------------------------------------------------------------------------------------------


FAULT = replace("story.ink.json", '"^It leads you home. ', '"ev",1,0,"/","out","/ev","^It leads you home. ')


def test_a_story_that_breaks_ends_the_show_with_its_ink_path(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FAULT(small)
    run = play_offline(tmp_path / "run", str(small), "--choices", "follow")
    out, err = capsys.readouterr()
    assert run.status == 1
    assert "FAILED in 'quay'" in out.splitlines()[-1] and "ink path 'lamp." in out.splitlines()[-1]
    assert "Traceback" not in out + err
    (end,) = run.journal.of_kind("end")
    assert end.fields["how"] == "failed" and "lamp." in end.fields["reason"]
    parked = {
        event.fields["device"] for event in run.journal.of_kind("device") if event.fields["what"] == "parked"
    }
    assert len(parked) == 6
    assert "The show failed" in run.report


def test_a_fault_on_a_way_not_taken_stops_nobody(small: Path, tmp_path: Path) -> None:
    FAULT(small)
    run = play_offline(tmp_path / "run", str(small), "--choices", "stay")
    assert run.status == 0 and run.beats()[-1][0] == "water"


def test_a_choice_that_is_not_offered_here_fails_the_rehearsal(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option exists, but the scene does not offer it."""
    run = play_offline(tmp_path / "run", str(small), "--choices", "follow")
    assert run.status == 0
    FAULT(small)
    replace("story.ink.json", "^id: stay", "^id: rest")(small)
    for locale in ("en", "zh"):
        replace(f"captions/{locale}.yaml", "stay:", "rest:")(small)
    replace("scenes/quay.yaml", "stay:", "rest:")(small)
    assert "--choices stay" in refused(capsys, "play", str(small), *OFFLINE, "--choices", "stay")


# ---- rigs --------------------------------------------------------------------------------------------------


def test_every_mistake_of_a_rig_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = STUDIO.read_text(encoding="utf-8")
    text = text.replace("driver: amc ", "driver: amcx ", 1).replace(
        "port: twin                   # or udp", "port: udp://   # or udp", 1
    )
    path = tmp_path / "rig.yaml"
    path.write_text(text, encoding="utf-8")
    said = refused(capsys, "play", "first_light", "--rig", str(path), *OFFLINE)
    assert f"{path.name}:{line_of(path, 'amcx')}: unknown driver 'amcx'" in said
    assert "amc, artnet" in said  # those there are
    assert f"{path.name}:{line_of(path, 'udp://   #')}: " in said and "udp://host:port" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sensorama_rig: 1", "sensorama_rig: 7", "7"),
        ("rate_hz: 200", "rate_hz: fast", "fast"),
        ("device: seat_a}", "device: seat_z}", "seat_z"),
        ("seat: a", "seat: q", "q"),
        ("group: hero", "group: gale", "gale"),
        ("velocity: 200mm/s", "velocity: 200mm", "200mm"),
    ],
)
def test_broken_rigs(
    old: str, new: str, says: str, rig: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = rig(old, new)
    text = refused(capsys, "play", "first_light", "--rig", str(path), *OFFLINE)
    assert f"{path.name}:" in text and says in text


def test_a_rig_that_is_not_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text("a: [1,\nb: 2", encoding="utf-8")
    assert f"{path.name}:" in refused(capsys, "play", "first_light", "--rig", str(path), *OFFLINE)


def test_a_real_port_stays_closed_on_the_manual_clock(
    rig: Callable[[str, str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rig("port: twin                   # or a serial", "port: /dev/no-such-port   # or a serial")
    run = play_offline(tmp_path / "run", "first_light", "--from", "away@11s", "--rig", str(path))
    out, _ = capsys.readouterr()
    assert run.status == 0 and "seat_a named on a real port: not opened" in out


def test_a_role_that_only_the_rig_lacks_degrades(
    rig: Callable[[str, str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rig("  light.hero: [{device: lights, group: hero}]\n", "")
    run = play_offline(tmp_path / "run", "first_light", "--from", "away@11s", "--rig", str(path))
    out, _ = capsys.readouterr()
    assert run.status == 0
    assert out.count("light.hero: left out") == 2  # as it starts, and among the warnings at the end
    assert "light.hero" in run.report


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose system answers nobody: connecting to it neither works nor fails."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = int(server.getsockname()[1])
        waiting = []
        for _ in range(4):  # fills the queue of connections that nobody accepts
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
            waiting.append(caller)
        yield port
        for caller in waiting:
            caller.close()


@pytest.mark.long
def test_dead_ports_are_said_once_and_the_show_goes_on(tmp_path: Path, deaf_port: int) -> None:
    """One port that is not there, and one whose opening never ends and may not hang the start."""
    text = STUDIO.read_text(encoding="utf-8")
    text = text.replace(
        "port: twin                   # or a serial", "port: /dev/no-such-port  # or a serial", 1
    )
    head, shaker, tail = text.partition("  shaker_a:\n")
    path = tmp_path / "rig.yaml"
    path.write_text(
        head + shaker + tail.replace("port: twin", f"port: socket://127.0.0.1:{deaf_port}", 1),
        encoding="utf-8",
    )
    started = Started(
        ["play", "first_light", *LIVE, "--from", "away", "--rig", str(path), "--out", "run"], tmp_path
    )
    run = started.finish(tmp_path / "run")
    assert run.status == 0, run.errors
    assert run.errors == ""
    lines = run.text.splitlines()
    (seat,) = [line for line in lines if line.startswith("device") and "/dev/no-such-port" in line]
    assert "check the cable and the port in the rig file" in seat and "goes on without it" in seat
    assert len([line for line in lines if line.startswith("device shaker_a")]) == 1
    assert "software twins for lights, air, haze, scents" in run.text
    assert run.beats()[-1][0] == "away" and "ended at 'away'" in lines[-1]
    assert not started.left_behind()
    assert main(["replay", str(run.folder)]) == 0


# ---- folders and disks -------------------------------------------------------------------------------------


def test_a_run_is_never_overwritten(
    scaffold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert play_offline(folder, str(scaffold), "--from", "lamp@11s").status == 0
    picture = folder / "frames" / "001-0m01s-lamp.png"
    picture.write_bytes(b"a picture of that run")
    before = (folder / "journal.jsonl").read_bytes()
    for speed in ("max", "20"):
        text = refused(
            capsys, "play", str(scaffold), *OFFLINE, "--speed", speed, "--out", str(folder), status=1
        )
        assert str(folder) in text and "--out" in text
    assert (folder / "journal.jsonl").read_bytes() == before
    assert picture.read_bytes() == b"a picture of that run"


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        text = refused(capsys, "play", "first_light", *OFFLINE, "--out", str(out), status=1)
        assert str(out) in text and "--out" in text


def test_a_folder_that_may_not_be_written(
    scaffold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        (locked / "probe").mkdir()
    except OSError:
        pass
    else:  # root may write anywhere; then the system's refusal is played

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        (locked / "probe").rmdir()
        monkeypatch.setattr(Path, "mkdir", refuse)
    text = refused(capsys, "play", str(scaffold), *OFFLINE, "--out", str(locked / "run"), status=1)
    assert "writing is not allowed here" in text and str(locked / "run") in text


def test_too_little_room_is_said_before_anything_moves(
    scaffold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**9, 10**9 - 5_000_000, 5_000_000))
    text = refused(capsys, "play", str(scaffold), *OFFLINE, "--out", str(tmp_path / "run"), status=1)
    assert "5 MB are free, a run needs" in text
    assert not (tmp_path / "run" / "journal.jsonl").exists()


def small_files(size: int) -> Callable[[], None]:
    """No file of this process may grow beyond `size`: what a full disk looks like to it."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def after_a_full_disk(run: Run, name: str) -> None:
    assert run.status == 1, (run.status, run.text, run.errors)
    assert "Traceback" not in run.text + run.errors and "internal error" not in run.errors
    (message,) = run.errors.splitlines()
    assert name in message
    journal = run.journal
    assert not journal.torn and journal.events
    assert (run.folder / "journal.jsonl").read_bytes().endswith(b"}\n")


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run(scaffold: Path, tmp_path: Path) -> None:
    words = ["play", str(scaffold), "--headless", "--no-picture", "--no-sound", "--quiet", "--out", "run"]
    run = Started(words, tmp_path, prepare=small_files(9000)).finish(tmp_path / "run")
    after_a_full_disk(run, "journal.jsonl")
    assert len(run.journal.events) > 40


@pytest.mark.long
def test_a_disk_that_fills_up_with_sound_ends_the_run(scaffold: Path, tmp_path: Path) -> None:
    words = ["play", str(scaffold), "--headless", "--no-picture", "--quiet", "--out", "run"]
    run = Started(words, tmp_path, prepare=small_files(70_000)).finish(tmp_path / "run")
    after_a_full_disk(run, "audio.wav")


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="the limit of another process can be set on Linux only"
)
@pytest.mark.long
def test_a_disk_that_fills_up_mid_show_leaves_the_devices_safe(tmp_path: Path) -> None:
    """In real time: only the conductor's disk is full, its bus has to be told."""
    started = Started(["play", "first_light", *LIVE, "--out", "run"], tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"event":"beat"' in journal.read_bytes())
    size = journal.stat().st_size
    resource.prlimit(started.pid, resource.RLIMIT_FSIZE, (size, size))
    run = started.finish(tmp_path / "run")
    after_a_full_disk(run, "journal.jsonl")
    assert "devices are in their safe state" in run.errors
    assert not started.left_behind()


# ---- Ctrl-C ------------------------------------------------------------------------------------------------


def after_ctrl_c(started: Started, folder: Path) -> Run:
    run = started.finish(folder)
    assert run.status == 130, (run.status, run.text, run.errors)
    assert "Traceback" not in run.text + run.errors
    assert not started.left_behind(), started.left_behind()
    return run


@pytest.mark.long
def test_ctrl_c_while_everything_starts(tmp_path: Path) -> None:
    started = Started(["play", "first_light", *LIVE, "--out", "run"], tmp_path)
    # The first child has just been spawned: it is still importing, and must not answer with a traceback.
    started.wait_for(lambda: any("spawn_main" in command for command in started.processes().values()))
    started.interrupt()
    run = after_ctrl_c(started, tmp_path / "run")
    assert run.errors.strip() == "interrupted"
    assert not (tmp_path / "run" / "journal.jsonl").exists()


@pytest.mark.long
def test_ctrl_c_twice_in_the_show(tmp_path: Path) -> None:
    """The second does not wait for what rings out, and breaks nothing."""
    started = Started(["play", "first_light", *LIVE, "--speed", "4", "--out", "run"], tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"event":"beat"' in journal.read_bytes())
    started.interrupt()
    started.interrupt()
    run = after_ctrl_c(started, tmp_path / "run")
    assert run.errors == ""
    assert "interrupted in 'shore'; devices are in their safe state" in run.text.splitlines()[-1]
    (end,) = run.journal.of_kind("end")
    assert (end.fields["how"], end.fields["reason"]) == ("interrupted", "Ctrl-C") and not run.journal.torn
    said = [event.fields["what"] for event in run.journal.of_kind("device")]
    assert "stop" in said and said.count("parked") == 6
    assert "The show was interrupted" in run.report
    assert main(["replay", str(run.folder)]) == 0


@pytest.mark.long
def test_ctrl_c_in_the_count_in(tmp_path: Path) -> None:
    """The show is there, its first scene is not."""
    started = Started(["play", "first_light", *LIVE, "--out", "run"], tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"event":"segment"' in journal.read_bytes())
    started.interrupt()
    run = after_ctrl_c(started, tmp_path / "run")
    assert run.journal.of_kind("end")[0].fields["how"] == "interrupted"
    assert "The show was interrupted" in run.report


@pytest.mark.slow
def test_ctrl_c_on_the_manual_clock(small: Path, tmp_path: Path) -> None:
    replace("scenes/lamp.yaml", "duration: 12s", "duration: 3600s")(small)
    words = ["play", str(small), *OFFLINE, "--from", "lamp", "--out", "run"]
    started = Started(words, tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"frames"' in journal.read_bytes())
    started.interrupt()
    run = after_ctrl_c(started, tmp_path / "run")
    (end,) = run.journal.of_kind("end")
    assert end.fields["how"] == "interrupted" and end.at_ns < 3600e9
    assert "The show was interrupted" in run.report


@pytest.mark.long
def test_a_parent_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    started = Started(["play", "first_light", *LIVE, "--out", "run"], tmp_path)
    journal = tmp_path / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"event":"beat"' in journal.read_bytes())
    signal_only_the_parent(started)
    run = started.finish(tmp_path / "run")
    assert run.status == -signal.SIGKILL
    assert not started.left_behind(patience_s=8.0)
    assert read_journal(journal).of_kind("beat") and not read_journal(journal).of_kind("end")


def signal_only_the_parent(started: Started) -> None:
    os.kill(started.pid, signal.SIGKILL)
