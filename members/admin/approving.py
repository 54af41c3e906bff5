"""What the second person reads before she agrees: the very words, the very people, the very
choices.
"""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from core.tables import ALL_FORMATS
from core.templatetags.loaf import phone, short_day
from members.actions.merging import CHOSEN
from members.models import Announcement, Approval, AuditEntry, Member, Paper, SavedFilter

Facts = list[tuple[str, str]]


def particulars(approval: Approval) -> Facts:
    """The request in full, as labels and texts; nothing for acts whose summary says everything."""
    tell = {
        "mass_mail": _letter,
        "merge": _merge,
        "delete": _delete,
        "papers": _paper,
        "move_login": _move,
    }.get(approval.act)
    if approval.act.startswith("list:") and "narrowed" in approval.params:
        tell = _list
    return tell(approval) if tell else []


def _letter(approval: Approval) -> Facts:
    letter = (
        Announcement.objects.select_related("saved")
        .filter(pk=approval.params["announcement"])
        .first()
    )
    if letter is None:
        return [(_("The letter"), _("It is gone."))]
    changed = letter.digest != approval.params["digest"]
    people = letter.recipients()
    narrowed = _(", on the list “{saved}”").format(saved=letter.saved) if letter.saved else ""
    return [
        *(
            [(_("Careful"), _("It was changed after this was asked; agreeing will be refused."))]
            if changed
            else []
        ),
        (_("Subject"), letter.subject),
        (_("Text"), letter.body),
        (
            _("To"),
            _("{audience}{narrowed}: {count} people").format(
                audience=letter.get_audience_display(), narrowed=narrowed, count=people.count()
            ),
        ),
        (_("For example"), ", ".join(map(str, people[:5]))),
    ]


def _move(approval: Approval) -> Facts:
    member = Member.objects.select_related("user").filter(pk=approval.params["member"]).first()
    if member is None:
        return [(_("Whose"), _("They are not on the list any more."))]
    changed = AuditEntry.objects.filter(
        target_type="members.member", target_id=member.pk, details__after__phone__isnull=False
    ).first()
    since = (
        _("changed on {at}").format(at=short_day(changed.at))
        if changed
        else _("as it was when they came")
    )
    return [
        (
            _("Whose"),
            _("{member}, no. {member_number}").format(
                member=member, member_number=member.member_number
            ),
        ),
        (_("Signs in with"), member.user.email if member.user else _("nothing")),
        (_("Would sign in with"), approval.params["email"]),
        (_("Number that was called"), f"{phone(member.phone) or _('none')} ({since})"),
        (
            _("Then"),
            _(
                "Letters go to both addresses. It moves in 48 hours, and either address or the"
                " office can stop it."
            ),
        ),
    ]


def _person(member: Member) -> str:
    told = [
        _("no. {member_number}").format(member_number=member.member_number),
        member.get_status_display(),
        member.email,
        _("{count} payments").format(count=member.payments.count()),
    ]
    return f"{member}: {', '.join(part for part in told if part)}"


def _merge(approval: Approval) -> Facts:
    keep, drop = (
        Member.objects.filter(pk=approval.params[name]).first() for name in ("keep", "drop")
    )
    if keep is None or drop is None:
        return [(_("The two records"), _("One of them is gone."))]
    facts = [(_("Stays"), _person(keep)), (_("Is joined into it"), _person(drop))]
    theirs = set(approval.params.get("theirs", []))
    for name in CHOSEN:
        mine, other = getattr(keep, name), getattr(drop, name)
        if mine != other:
            label = str(Member._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
            chosen, left = (other or mine, mine) if name in theirs else (mine or other, other)
            facts.append(
                (
                    label,
                    _("{chosen} (the other record: {left})").format(
                        chosen=chosen, left=left or _("empty")
                    ),
                )
            )
    return facts


def _delete(approval: Approval) -> Facts:
    return [
        (_("Person"), _person(member))
        for member in Member.objects.filter(pk__in=approval.params["members"])
    ]


def _list(approval: Approval) -> Facts:
    asked = approval.params
    narrowed = ", ".join(
        _narrowing(asked, name, value)
        for name, value in QueryDict(asked["narrowed"]).dict().items()
        if value
    )
    return [
        (_("List"), asked["title"]),
        (_("Narrowed down to"), narrowed or _("nothing: all of it")),
        (_("As"), ALL_FORMATS[asked["format"]][0]),
    ]


NARROWED = {
    "q": gettext_lazy("the search “{}”"),
    "first": gettext_lazy("from {}"),
    "last": gettext_lazy("until {}"),
    "event": gettext_lazy("event no. {}"),
}


def _narrowing(asked: dict[str, str], name: str, value: str) -> str:
    """One thing a list was narrowed by, as its page calls it."""
    if name in NARROWED:
        return NARROWED[name].format(value)
    desk: Any = (
        admin.site.get_model_admin(apps.get_model(asked["model"])) if "model" in asked else None
    )
    for one in desk.filters if desk else []:
        if one.field == name:
            return f"{one.label}: {dict(one.choices).get(value, value)}"
    return f"{name}: {value}"


def _paper(approval: Approval) -> Facts:
    saved = SavedFilter.objects.filter(pk=approval.params["saved"]).first()
    found = saved.members() if saved else Member.objects.filter(status="active")
    people = _("{saved}: {count} people").format(
        saved=saved or _("All active members"), count=found.count()
    )
    return [(_("What"), Paper.Kind(approval.params["kind"]).label), (_("Of"), people)]
