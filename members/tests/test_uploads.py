"""Forty-one files somebody might upload as a photo: each is refused in words, or comes out as
nothing but its dots.
"""

import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, PngImagePlugin

from members import photos
from members.paper import write_pdf
from tests.factories import make_person

pytestmark = pytest.mark.django_db
SCRIPT = b"<script>CANARY</script><?php CANARY ?>"


def made(fmt, size=(60, 40), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size).save(out, fmt, **options)
    return out.getvalue()


def png_with_text():
    facts = PngImagePlugin.PngInfo()
    facts.add_text("Comment", SCRIPT.decode())
    facts.add_itxt("XML:com.adobe.xmp", "<x>CANARY</x>")
    return made("PNG", pnginfo=facts)


def jpeg_with_gps():
    exif = Image.Exif()
    exif[0x010E] = "CANARY"
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 45.0, 0.0)})
    return made("JPEG", exif=exif, comment=SCRIPT)


def jpeg_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("CANARY.class", "CANARY")
    return made("JPEG") + out.getvalue()


def lying_png(width, height):
    """A header that claims more dots than there are."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk + made("PNG")[33:]


def animated(fmt):
    out = io.BytesIO()
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "teal")]
    frames[0].save(out, fmt, save_all=True, append_images=frames[1:])
    return out.getvalue()


TEXTS = {
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="CANARY"/>',
    "page.html": b"<html><body onload=CANARY>",
    "data.xml": b"<?xml version='1.0'?><a/>",
    "script.js": b"alert('CANARY')",
    "shell.php": SCRIPT,
    "drawing.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "trick.mvg": b"push graphic-context\nimage over 0,0 0,0 'https://evil.example'",
    "trick.msl": b"<image><read filename='/etc/passwd'/></image>",
    "paper.pdf": b"%PDF-1.7\n1 0 obj<<>>",
    "program.exe": b"MZ" + b"\x00" * 200,
    "shell.sh": b"#!/bin/sh\nid\n",
    "table.csv": b"a,b\n=cmd|' /C calc'!A0,1\n",
    "style.css": b"body{background:url(//evil.example)}",
    "archive.zip": b"PK\x03\x04" + b"\x00" * 60,
    "nothing.jpg": b"",
    "one.byte": b"\xff",
    "text.jpg": b"This is no picture.",
    "header.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + SCRIPT,
    "header.png": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "header.webp": b"RIFF\x00\x00\x00\x00WEBP" + SCRIPT,
    "gif.jpg": b"GIF89a/*CANARY*/=1;",
    "photoshop.psd": b"8BPS\x00\x01" + b"\x00" * 60,
    "heic.heic": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 60,
}
REFUSED = {
    **{name: (lambda data=data: data) for name, data in TEXTS.items()},
    "real.gif": lambda: made("GIF"),
    "real.bmp": lambda: made("BMP"),
    "real.tiff": lambda: made("TIFF"),
    "real.ico": lambda: made("ICO", (32, 32)),
    "half.jpg": lambda: made("JPEG", (600, 400))[:900],
    "half.png": lambda: made("PNG", (600, 400))[:60],
    "bomb.png": lambda: made("PNG", (13_000, 13_000), "1"),
    "\u202egpj.exe": lambda: made("PNG"),
    "photo.jpg.html": lambda: made("JPEG"),
    "photo.png.svg": lambda: made("PNG"),
    "lying.png": lambda: lying_png(30_000, 30_000),
    "long.png": lambda: made("PNG", (12_500, 4)),
}
HARMLESS = {
    "text.png": png_with_text,
    "gps.jpg": jpeg_with_gps,
    "tail.jpg": lambda: made("JPEG") + SCRIPT,
    "tail.png": lambda: made("PNG") + SCRIPT,
    "polyglot.jpg": jpeg_zip,
    "double.php.jpg": lambda: made("JPEG"),
    "../../etc/passwd.jpg": lambda: made("JPEG"),
    "a" * 300 + ".png": lambda: made("PNG", mode="RGBA"),
}


def upload(as_user, name, data):
    member = make_person()
    client = as_user(member.user)
    answer = client.post(
        reverse("members:profile_photo"),
        {"do": "upload", "photo": SimpleUploadedFile(name, data, "image/jpeg")},
    )
    member.refresh_from_db()
    return client, member, answer


def test_there_are_at_least_forty_one_of_them():
    assert len(REFUSED) + len(HARMLESS) >= 41


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_honest_picture_is_refused_in_words(as_user, name):
    _, member, answer = upload(as_user, name, REFUSED[name]())
    assert answer.status_code == 422
    assert answer.context["form"].errors["photo"]
    assert member.photo == ""


@pytest.mark.parametrize("name", HARMLESS, ids=lambda name: name[:20])
def test_what_can_be_read_comes_out_as_dots_alone(as_user, name):
    client, member, answer = upload(as_user, name, HARMLESS[name]())
    assert answer.status_code == 302
    assert len(member.photo) == 32, "nothing of its name is kept"
    for size in (*photos.SIZES, photos.MASTER):
        with default_storage.open(photos.path(member.photo, size)) as file:
            data = file.read()
        assert data[:4] == b"RIFF"
        assert b"CANARY" not in data
        assert Image.open(io.BytesIO(data)).getexif() == {}
    served = client.get(photos.link(member, "m", member.user))
    assert (served["Content-Type"], served["X-Content-Type-Options"]) == ("image/webp", "nosniff")


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_moving_pictures_stand_still(as_user, fmt):
    _, member, answer = upload(as_user, f"moving.{fmt.lower()}", animated(fmt))
    assert answer.status_code == 302
    with default_storage.open(photos.path(member.photo, "m")) as file:
        assert getattr(Image.open(file), "n_frames", 1) == 1


def test_private_files_have_no_address_of_their_own(as_user):
    client, member, _ = upload(as_user, "me.jpg", made("JPEG"))
    for path in (
        f"/media/photos/{member.photo}/l.webp",
        f"/static/photos/{member.photo}/l.webp",
        f"/photos/{member.photo}/l.webp",
        f"/photo/{member.photo}/",
    ):
        assert client.get(path).status_code == 404
    client.post(reverse("members:profile_photo"), {"do": "remove"})
    assert client.get(photos.link(member, "m", member.user)).status_code == 404, (
        "deleted means gone, also through a link that is still fresh"
    )


def test_half_a_picture_is_refused_after_a_pdf_was_made(as_user):
    """The library that makes our PDFs tells Pillow, for the whole process, to take what is cut
    short.
    """
    write_pdf("<p>a letter</p>")
    _, _, answer = upload(as_user, "half.jpg", REFUSED["half.jpg"]())
    assert answer.status_code == 422
