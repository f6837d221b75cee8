"""Who signs a certificate, and whose signature counts."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from engine.errors import InputError, OutputError, Place, SafetyError
from engine.safety.certificate.document import Certificate, body_of

_KEY_FILE = "certificate.key"


def key_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where this user's signing key lives: the platform's folder for settings, never the package."""
    if sys.platform == "win32":
        return Path(environ.get("APPDATA", str(Path.home()))) / "sensorama"
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "sensorama"


def signing_key(folder: Path) -> bytes:
    """This user's private key, 32 bytes; made on first use, readable by its owner alone.

    Raises
    ------
    InputError
        The key file is no key.
    OutputError
        There is none, and it cannot be made.
    """
    path = folder / _KEY_FILE
    try:
        return _read_key(path)
    except FileNotFoundError:
        pass
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Exclusively: of two first users at once, the second takes the key of the first.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    except OSError as error:
        raise OutputError(
            f"{path}: no signing key can be made there: {error.strerror}; give a folder that can be written"
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secret.hex() + "\n")
    return secret


def own_keys(folder: Path) -> tuple[str, ...]:
    """The public key of this user, where there is one yet: what is signed here is trusted here.

    Raises
    ------
    InputError
        The key file is no key.
    """
    try:
        return (public_key(_read_key(folder / _KEY_FILE)),)
    except FileNotFoundError:
        return ()


def _read_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(
            f"the signing key cannot be read ({error}); mend it, or move it away and a new one is made",
            Place(str(path)),
        ) from error
    if len(secret) != 32:
        raise InputError(
            f"the signing key has {len(secret)} bytes, not 32; mend it, or move it away and a new one is made",
            Place(str(path)),
        )
    return secret


def public_key(secret: bytes) -> str:
    """The public half, 64 hexadecimal digits: what a rig names to trust it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw().hex()


def sign(certificate: Certificate, secret: bytes) -> Certificate:
    """The certificate with its signature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(secret)
    return replace(certificate, signature=key.sign(body_of(certificate)).hex(), key=public_key(secret))


def verify(certificate: Certificate, trusted: Collection[str]) -> None:
    """Make sure that somebody who is trusted signed exactly this.

    Parameters
    ----------
    certificate : Certificate
    trusted : collection of str
        Public keys, 64 hexadecimal digits each.

    Raises
    ------
    SafetyError
        Unsigned, altered after it was signed, or signed by somebody else.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not certificate.signature:
        raise SafetyError("the certificate is not signed; make it again with `sensorama check --certificate`")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(certificate.key))
        key.verify(bytes.fromhex(certificate.signature), body_of(certificate))
    except (InvalidSignature, ValueError) as error:
        raise SafetyError(
            "the certificate was altered after it was signed; make it again with `sensorama check --certificate`"
        ) from error
    if certificate.key not in trusted:
        raise SafetyError(
            f"the certificate is signed by {certificate.key[:16]}..., whom this rig does not trust; "
            "name that key in the rig's `certificate: {trust: [...]}`, or make the certificate here"
        )
