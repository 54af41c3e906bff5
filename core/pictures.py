"""Pictures people upload: made anew from their dots alone, so that place, camera, text and hidden
files stay behind.

The size is judged from the header before a single dot is read.
"""

import io
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
MAX_DOTS = 20_000_000
MAX_SIDE = 12_000
FORMATS = ["JPEG", "PNG", "WEBP"]
Image.MAX_IMAGE_PIXELS = None  # our own limit, judged from the header, is lower

UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    EOFError,
    MemoryError,
    UserWarning,
)
"""What damaged and hostile files make Pillow raise."""


class PictureError(ValueError):
    """The file cannot be used as a picture; the message may be shown."""


def open_picture(file: IO[bytes], size: int) -> Image.Image:
    """Read an upload of `size` bytes; upright, in RGB, without anything but its dots. Raises
    PictureError.
    """
    if size > MAX_BYTES:
        raise PictureError(
            _("This picture is larger than 10 megabytes. Please choose a smaller one.")
        )
    if not size:
        raise PictureError(_("This file is empty. Please choose another one."))
    try:
        file.seek(0)
        image = Image.open(file, formats=FORMATS)
        if image.width * image.height > MAX_DOTS or max(image.size) > MAX_SIDE:
            raise PictureError(
                _("This picture has more than 20 million dots. Please choose a smaller one.")
            )
        if getattr(image, "n_frames", 1) > 1:
            image.seek(0)
        ImageFile.LOAD_TRUNCATED_IMAGES = (
            False  # WeasyPrint switches it on for the whole process when it is first used
        )
        image.load()
        return _bare(_on_white(ImageOps.exif_transpose(image) or image))
    except PictureError:
        raise
    except UNREADABLE as error:
        raise PictureError(
            _("This is no picture we can read. Please choose a JPEG, PNG or WebP file.")
        ) from error


def _on_white(image: Image.Image) -> Image.Image:
    """In RGB; what was transparent is white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return Image.alpha_composite(
            Image.new("RGBA", image.size, "white"), image.convert("RGBA")
        ).convert("RGB")
    return image.convert("RGB")


def _bare(image: Image.Image) -> Image.Image:
    """The same dots in a new picture: no EXIF, XMP, comments or colour profile come along."""
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    return clean


def square(
    image: Image.Image, *, across: float = 0.5, down: float = 0.5, zoom: float = 1.0
) -> Image.Image:
    """Cut a square out: `across` and `down` are its place (0 left or top, 1 right or bottom),
    `zoom` 1 is as large as fits.
    """
    side = max(16, int(min(image.size) / max(1.0, zoom)))
    left, top = int((image.width - side) * across), int((image.height - side) * down)
    return image.crop((left, top, left + side, top + side))


def as_webp(image: Image.Image, side: int) -> bytes:
    """The picture as WebP, at most `side` dots wide and high."""
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    fitted.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
