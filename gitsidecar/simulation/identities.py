"""The names that a cluster makes up: UIDs, container IDs and image IDs; random ones from a seeded generator."""

from __future__ import annotations

import hashlib
import random
import uuid


def new_uid(generator: random.Random) -> str:
    """Return a random UID."""
    return str(uuid.UUID(int=generator.getrandbits(128), version=4))


def new_container_id(generator: random.Random) -> str:
    """Return a random container ID, as a kubelet with containerd reports it."""
    return f"containerd://{generator.getrandbits(256):064x}"


def image_id(image: str) -> str:
    """Return the image ID of *image*: the same for the same text, wherever it runs."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
