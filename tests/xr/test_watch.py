"""The cheap look: who listens on a socket, by the kernel's table; which runtimes it knows."""

from pathlib import Path

from engine.xr.watch import NoWatch, SocketWatch, watch_for

# Num RefCount Protocol Flags Type St Inode Path, as /proc/net/unix gives them: the second listens, the third is a connection to it
TABLE = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00000000 0002 01 17417
0000000000000000: 00000002 00000000 00010000 0001 01 22143 /run/xr/monado_comp_ipc
0000000000000000: 00000003 00000000 00000000 0001 03 22200 /run/xr/other with blanks
"""


def test_a_listener_is_seen_a_leftover_or_a_connection_is_not() -> None:
    assert SocketWatch(("/run/xr/monado_comp_ipc",), lambda: TABLE).look() is True
    assert SocketWatch(("/run/xr/other with blanks",), lambda: TABLE).look() is False
    assert SocketWatch(("/run/user/0/monado_comp_ipc",), lambda: TABLE).look() is False


def test_without_the_table_it_cannot_tell() -> None:
    def missing() -> str:
        raise FileNotFoundError("/proc/net/unix")

    assert SocketWatch(("/run/xr/monado_comp_ipc",), missing).look() is None
    assert NoWatch().look() is None


def test_the_runtime_is_known_by_its_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "openxr" / "1" / "active_runtime.json"
    manifest.parent.mkdir(parents=True)
    environment = {"XDG_RUNTIME_DIR": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path)}
    manifest.write_text('{"runtime": {"name": "Monado", "library_path": "libopenxr_monado.so"}}')
    assert isinstance(watch_for(environment, "linux"), SocketWatch)
    assert isinstance(watch_for({**environment, "XDG_RUNTIME_DIR": ""}, "linux"), NoWatch)
    assert isinstance(watch_for(environment, "win32"), NoWatch)
    manifest.write_text('{"runtime": {"name": "SteamVR", "library_path": "vrclient.so"}}')
    assert isinstance(watch_for(environment, "linux"), NoWatch)
    given = {"XDG_RUNTIME_DIR": "/nowhere", "XR_RUNTIME_JSON": str(tmp_path / "missing.json")}
    assert isinstance(watch_for(given, "linux"), NoWatch)


def test_it_sees_a_real_listener(tmp_path: Path) -> None:
    import socket

    manifest = tmp_path / "runtime.json"
    manifest.write_text('{"runtime": {"library_path": "libopenxr_wivrn.so"}}')
    (tmp_path / "wivrn").mkdir()
    watch = watch_for({"XDG_RUNTIME_DIR": str(tmp_path), "XR_RUNTIME_JSON": str(manifest)}, "linux")
    assert watch.look() in {False, None}  # None: a system without the table
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "wivrn" / "comp_ipc"))
        assert watch.look() in {False, None}
        listener.listen()
        assert watch.look() in {True, None}
    assert watch.look() in {False, None}, "the file is left behind, nobody listens"
