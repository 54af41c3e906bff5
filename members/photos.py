"""A member's photo: kept in private storage in three sizes, shown by links that live five minutes
and open for one login only.
"""

import secrets
from typing import IO

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from PIL import Image

from core import pictures
from members.models import Member, User

SIZES = {"s": 96, "m": 256, "l": 640}
MASTER, MASTER_SIDE = "master", 1600
LINK_LIFE = 300
SALT = "members.photo"
PLACES = {"start": 0.0, "middle": 0.5, "end": 1.0}


def path(folder: str, size: str) -> str:
    """Where one size of a photo lies."""
    return f"photos/{folder}/{size}.webp"


def save_photo(*, member: Member, file: IO[bytes], size: int) -> None:
    """Take an upload as the member's photo; the earlier one is deleted. Raises
    pictures.PictureError.
    """
    _store(member, pictures.open_picture(file, size), across=0.5, down=0.5, zoom=1.0)


def change_photo(
    *,
    member: Member,
    turn: int = 0,
    across: str = "middle",
    down: str = "middle",
    zoom: float = 1.0,
) -> None:
    """Turn the photo by degrees (clockwise) or cut another square out of it. Nothing happens
    without a photo.
    """
    if not member.photo:
        return
    with default_storage.open(path(member.photo, MASTER)) as file:
        image = Image.open(file, formats=["WEBP"]).convert("RGB")
    if turn:
        image = image.rotate(-turn, expand=True)
    _store(
        member,
        image,
        across=PLACES.get(across, 0.5),
        down=PLACES.get(down, 0.5),
        zoom=min(4.0, max(1.0, zoom)),
    )


def _store(member: Member, image: Image.Image, *, across: float, down: float, zoom: float) -> None:
    """Write all sizes under a new name, then let the record point there: no old copy is ever shown
    as the new one.
    """
    folder, earlier = secrets.token_hex(16), member.photo
    cut = pictures.square(image, across=across, down=down, zoom=zoom)
    default_storage.save(path(folder, MASTER), ContentFile(pictures.as_webp(image, MASTER_SIDE)))
    for size, side in SIZES.items():
        default_storage.save(path(folder, size), ContentFile(pictures.as_webp(cut, side)))
    member.photo = folder
    member.save(update_fields=["photo", "updated_at"])
    if earlier:
        transaction.on_commit(lambda: delete_files(earlier))


def delete_photo(*, member: Member) -> None:
    """Take the photo away, with all its sizes."""
    if folder := member.photo:
        member.photo = ""
        member.save(update_fields=["photo", "updated_at"])
        transaction.on_commit(lambda: delete_files(folder))


def delete_files(folder: str) -> None:
    """Delete every size of a photo from storage."""
    for size in (MASTER, *SIZES):
        default_storage.delete(path(folder, size))


def link(member: Member, size: str, viewer: User) -> str:
    """An address of one size that works for this login for five minutes."""
    key = signing.dumps([member.photo, size, viewer.pk], salt=SALT)
    return reverse("members:photo", args=[key])


def opened(key: str, viewer: User) -> str | None:
    """The file a link opens for this login; None for another's, an old or a made-up one."""
    try:
        folder, size, owner = signing.loads(key, salt=SALT, max_age=LINK_LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return path(folder, size) if owner == viewer.pk else None
