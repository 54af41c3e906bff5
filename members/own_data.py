"""A member's own copy of everything: one ZIP with a PDF one can read and a JSON file a
machine can.
"""

import datetime as dt
import io
import json
import zipfile

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tasks import retrying_task
from core.templatetags.loaf import short_day
from members import about, audit, paper, photos
from members.models import Member, OwnCopy


def make_copy(copy_id: int) -> None:
    """Gather, write, store; a second run does nothing. The file lives for a day."""
    copy = OwnCopy.objects.select_related("member").filter(pk=copy_id, made_at=None).first()
    if copy is None:
        return
    stored = default_storage.save(f"own-data/{copy.token}.zip", ContentFile(as_zip(copy.member)))
    OwnCopy.objects.filter(pk=copy_id).update(stored_as=stored, made_at=timezone.now())
    audit.record("own_data.made", target=copy.member)


def as_zip(member: Member) -> bytes:
    """The ZIP: `about-you.pdf`, `about-you.json`, and the photo when there is one."""
    tables = about.own_data(member)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        whole = {"made_at": timezone.now(), **{name: rows for name, _, rows in tables}}
        archive.writestr(
            "about-you.json", json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        )
        archive.writestr("about-you.pdf", as_pdf(member, tables))
        if member.photo:
            with default_storage.open(photos.path(member.photo, photos.MASTER)) as file:
                archive.writestr("photo.webp", file.read())
    return out.getvalue()


def as_pdf(member: Member, tables: list[tuple[str, str, list[about.Row]]]) -> bytes:
    """Everything as a paper one can read, at 12 points."""
    shown = [
        (title, [[(label, _words(value)) for label, value in row.items()] for row in rows])
        for _, title, rows in tables
    ]
    context = {
        "called": member.called,
        "tables": shown,
        "org": settings.ORG,
        "today": timezone.localdate(),
    }
    return paper.write_pdf(render_to_string("members/own_data.html", context))


def _words(value: object) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.date):
        return short_day(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def forget_copies() -> int:
    """Delete copies older than a day, with their files."""
    old = list(OwnCopy.objects.filter(asked_at__lt=timezone.now() - OwnCopy.LIFE))
    for copy in old:
        if copy.stored_as:
            default_storage.delete(copy.stored_as)
        copy.delete()
    return len(old)


@retrying_task()
def make_own_copy(copy_id: int) -> None:
    """Make the copy of her own data a member asked for."""
    make_copy(copy_id)
