"""The station's own key, Ed25519: made at its first start, and never leaves the data folder.

Whoever has it can sign a log of his own making, so nobody but the station's user may read it. Who wants to be sure of
a log keeps the key's fingerprint elsewhere: on paper, on a certificate, at the customer's.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from station.errors import LogError
from station.log.archive import sync

KEY = "signing.key"  # 32 bytes, hexadecimal


class SigningKey:
    """A private key that signs."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature, 64 bytes, hexadecimal."""
        return self._key.sign(message).hex()


def has_key(folder: Path) -> bool:
    """Whether a station has kept a log in this data folder: its key outlives it."""
    return (folder / KEY).exists()


def own_key(folder: Path) -> SigningKey:
    """The key of the station with this data folder, made where there is none. Raises LogError, OSError."""
    path = folder / KEY
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(descriptor, "w") as file:  # noqa: PTH123 - it was opened with its mode
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(descriptor)
        sync(folder)
    with suppress(OSError):  # somebody else's, on a disk that is no longer ours to mend
        path.chmod(0o600)
    return read_key(folder)


def read_key(folder: Path) -> SigningKey:
    """The key that is there. Raises LogError, OSError."""
    path = folder / KEY
    try:
        return SigningKey(bytes.fromhex(path.read_text("ascii")))
    except (ValueError, UnicodeDecodeError):
        raise LogError(
            f"{path} is not the station's key: put it back from a copy, or move it aside and a new one is made."
        ) from None


def key_to_sign(folder: Path) -> SigningKey:
    """The key that is there, for who signs what leaves the station. Raises LogError alone."""
    try:
        return read_key(folder)
    except OSError as trouble:
        raise LogError(
            f"The station's key in {folder} cannot be read ({trouble.strerror}): run as its user."
        ) from trouble


def is_signed(public: str, message: bytes, signature: str) -> bool:
    """Whether the holder of this key has signed the message; key and signature hexadecimal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """A public key as people compare it: the first 128 bits of its SHA-256, in groups of four."""
    try:
        digest = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:32]
    except ValueError:
        return "no key"
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))
