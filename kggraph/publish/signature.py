"""Who made a generation: its manifest signed with Ed25519 (RFC 8032), in `manifest.json.sig` beside it.

The manifest has the checksum of every file, so its signature stands for all of them. The keys are those of
`openssl genpkey -algorithm ed25519`. The private key is read where it is used, and no sentence has a part of it.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING, Final

from kggraph.config import Settings
from kggraph.errors import ConfigError, PullError
from kggraph.publish.generation import MANIFEST, SIGNATURE, Generation

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_KEYS: Final = "trusted_keys"


def sign(generation: Generation, settings: Settings) -> bool:
    """Sign the manifest when the settings have a key and it is not signed with that one; gives whether it was signed.

    :raises ConfigError: the key cannot be read, or the package for it is missing.
    """
    key = _private_key(settings)
    if key is None:
        return False
    text, target = (generation.path / MANIFEST).read_bytes(), generation.path / SIGNATURE
    made = base64.b64encode(key.sign(text)) + b"\n"
    if target.is_file() and target.read_bytes() == made:  # Ed25519 has one signature of a text
        return False
    new = target.with_name(f".{SIGNATURE}.new")
    with new.open("wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    new.replace(target)
    return True


def check(manifest: bytes, signature: bytes, settings: Settings) -> None:
    """Return when one of `trusted_keys` signed the manifest.

    :raises PullError: none of them did.
    :raises ConfigError: a key cannot be read, or the package for it is missing.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        made = base64.b64decode(signature.strip(), validate=True)
    except binascii.Error:
        raise PullError("The signature of the manifest cannot be read; nothing was fetched.") from None
    for key in public_keys(settings):
        try:
            return key.verify(made, manifest)
        except InvalidSignature:
            continue
    raise PullError(
        "The manifest is not signed with one of the keys in trusted_keys: it was changed, or someone else made it. "
        "Nothing was fetched."
    )


def public_keys(settings: Settings) -> list[Ed25519PublicKey]:
    """The keys in `trusted_keys`.

    :raises ConfigError: one of them cannot be read, or the package for it is missing.
    """
    if not settings.trusted_keys:
        return []
    _needs_cryptography(_KEYS)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    found = []
    for text in settings.trusted_keys:
        try:
            key = load_der_public_key(base64.b64decode(text, validate=True))
        except Exception:  # noqa: BLE001 (the library has many errors for bytes that are no key)
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(
                f"trusted_keys has {text[:80]!r}, which is no public Ed25519 key; it needs the line between BEGIN and "
                "END that openssl pkey -pubout writes.",
                key=_KEYS,
            )
        found.append(key)
    return found


def _private_key(settings: Settings) -> Ed25519PrivateKey | None:
    told = "signing_key" if settings.signing_key else "signing_key_file"
    if settings.signing_key:
        text = settings.signing_key.replace("\\n", "\n").encode()  # as files of environments write the end of a line
    elif settings.signing_key_file:
        try:
            text = (settings.root / settings.signing_key_file).read_bytes()
        except OSError as error:
            raise ConfigError(f"{settings.signing_key_file} cannot be read: {error.strerror}.", key=told) from None
    else:
        return None
    _needs_cryptography(told)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text, None)
    except Exception:  # noqa: BLE001 (as above; nothing of the key may be told)
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(
            f"{told} is no private Ed25519 key without a password; make one with openssl genpkey -algorithm ed25519.",
            key=told,
        )
    return key


def _needs_cryptography(setting: str) -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise ConfigError(
            f"{setting} needs the package cryptography (pip install kggraph[signing]).", key=setting
        ) from None
