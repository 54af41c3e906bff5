"""The directory: finding each other, writing to each other, and what others see of oneself."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from core import keyset
from core.htmx import render_page
from members import assist, fresh, limits, photos, tiers
from members.actions import errors, grouping
from members.actions.directory import (
    block,
    listing_initial,
    may_write,
    opens_more,
    report_note,
    save_listing,
    take_off_the_list,
    unblock,
    write_to,
)
from members.doors import member_required
from members.forms.directory import ListingForm, NoteForm, ReportForm
from members.looks import Look, note_look
from members.models import Block, Listing, Member, MemberNote, Office, PanicSwitch
from members.models.listing import FIELDS

PAGE_SIZE = 20
LOOKS_A_DAY, LISTS_A_DAY, LOOKS_A_MINUTE = 200, 600, 60


def is_officer(request: HttpRequest) -> bool:
    """Whether what is for officers is shown: to people with power over the list, never while they
    help somebody.
    """
    return assist.helped(request) is None and bool(request.user.has_perm("users.view"))


def _viewer(request: HttpRequest) -> Member:
    """The active member who looks; for anybody else there is no directory. Raises Http404."""
    member: Member = request.member  # type: ignore[attr-defined]
    if not tiers.has_everything(member) or PanicSwitch.is_on():
        raise Http404
    return member


def _within_looks(viewer: Member, kind: str, limit: int) -> bool:
    day = limits.allow(f"directory-{kind}", str(viewer.pk), limit=limit, seconds=86_400)
    return day and limits.allow(
        f"directory-{kind}-minute", str(viewer.pk), limit=LOOKS_A_MINUTE, seconds=60
    )


def _too_often(request: HttpRequest) -> HttpResponse:
    return render_page(request, "members/directory_limit.html", {}, status=429)


@member_required()
def directory(request: HttpRequest) -> HttpResponse:
    """The people who chose to be found, twenty a page, by name and neighborhood."""
    if not tiers.has_everything(request.member):  # type: ignore[attr-defined]
        return render_page(request, "members/directory_closed.html", {}, status=404)
    if PanicSwitch.is_on():
        raise Http404
    viewer: Member = request.member  # type: ignore[attr-defined]
    if not _within_looks(viewer, "lists", LISTS_A_DAY):
        return _too_often(request)
    text = " ".join(request.GET.get("q", "").split())[:60]
    letter = request.GET.get("letter", "").lower()[:1]
    found = Listing.objects.visible_to(viewer)
    if text:
        found = found.matching(text)
    elif letter.isalpha():
        found = found.filter(sort_name__startswith=letter)
    page = keyset.paginate(
        found.values("member_id", "sort_name"),
        ["sort_name", "member_id"],
        after=request.GET.get("after", "")[:600],
        before=request.GET.get("before", "")[:600],
        size=PAGE_SIZE,
    )
    ids = [row["member_id"] for row in page.rows]
    listings = {row.pk: row for row in Listing.objects.filter(pk__in=ids).select_related("member")}
    officer = is_officer(request)
    context = {
        "people": [_card(request, listings[pk], officer=officer) for pk in ids if pk in listings],
        "page": page,
        "q": text,
        "letter": letter,
        "letters": "abcdefghijklmnopqrstuvwxyz",
        "mine": Listing.objects.filter(member=viewer, is_on=True).exists(),
    }
    return render_page(request, "members/directory.html", context, fragment="results")


def _card(request: HttpRequest, listing: Listing, *, officer: bool) -> dict[str, Any]:
    """One person as a list shows her: name, neighborhood, plate; numbers and addresses wait on her
    own page.
    """
    facts = listing.facts(officer=officer)
    user: Any = request.user
    return {
        "pk": listing.pk,
        "name": listing.name_for(officer=officer),
        "area": facts.get("area", ""),
        "plate": listing.plate,
        "photo": photos.link(listing.member, "s", user) if facts.get("photo") else "",
    }


@member_required()
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's page; every look at it is counted, limited and written down."""
    viewer = _viewer(request)
    if not _within_looks(viewer, "looks", LOOKS_A_DAY):
        return _too_often(request)
    listing = get_object_or_404(Listing.objects.visible_to(viewer).select_related("member"), pk=pk)
    if listing.pk != viewer.pk:
        note_look(Look.LISTING, listing.member)
    return render_page(
        request, "members/person.html", {**_whole(request, listing, viewer), "viewer": viewer}
    )


def _whole(
    request: HttpRequest, listing: Listing, viewer: Member, *, officer: bool | None = None
) -> dict[str, Any]:
    officer = is_officer(request) if officer is None else officer
    user: Any = request.user
    facts = listing.facts(officer=officer)
    return {
        "person": _card(request, listing, officer=officer),
        "facts": [
            (FIELDS[name], name, text)
            for name, text in facts.items()
            if name not in ("last_name", "photo", "area")
        ],
        "photo": photos.link(listing.member, "m", user) if facts.get("photo") else "",
        "partner": listing.partner_shown(viewer, officer=officer),
        "may_write": may_write(sender=viewer, recipient=listing.member),
    }


@member_required("GET", "POST")
def write_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to somebody through the office."""
    viewer = _viewer(request)
    listing = get_object_or_404(
        Listing.objects.visible_to(viewer).exclude(pk=viewer.pk).select_related("member"), pk=pk
    )
    form = NoteForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _passed_on(request, form, viewer, listing.member)
    ):
        return redirect("members:person", pk)
    context = {"form": form, "name": listing.name_for(officer=is_officer(request)), "back": pk}
    return render_page(
        request, "members/note_write.html", context, status=422 if form.errors else 200
    )


def _passed_on(request: HttpRequest, form: NoteForm, sender: Member, recipient: Member) -> bool:
    try:
        write_to(sender=sender, recipient=recipient, text=form.cleaned_data["text"])
    except errors.MembersError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Your note is on its way."))
    return True


@member_required("GET", "POST")
def notes(request: HttpRequest) -> HttpResponse:
    """The notes that came for her, and whom she wants no notes from."""
    member: Member = request.member  # type: ignore[attr-defined]
    if request.method == "POST":
        whom = request.POST.get("unblock", "")
        if whom.isdecimal() and len(whom) < 18:
            unblock(by=member, whom=int(whom))
            messages.success(request, _("Saved."))
        return redirect("members:notes")
    context = {
        "notes": MemberNote.objects.filter(recipient=member).select_related("sender")[:100],
        "blocks": Block.objects.filter(by=member).select_related("whom"),
    }
    return render_page(request, "members/notes.html", context)


@member_required("GET", "POST")
def note(request: HttpRequest, token: str) -> HttpResponse:
    """One note: answer it, block its writer, or ask the office to look at it."""
    member: Member = request.member  # type: ignore[attr-defined]
    found = get_object_or_404(
        MemberNote.objects.select_related("sender"), token=token, recipient=member
    )
    do = request.POST.get("do", "")
    answer, report = (
        NoteForm(request.POST if do == "answer" else None),
        ReportForm(request.POST if do == "report" else None),
    )
    if do == "block":
        block(by=member, whom=found.sender)
        messages.success(
            request,
            _("You get no more notes from {called}. She is not told.").format(
                called=found.sender.called
            ),
        )
        return redirect("members:notes")
    if do == "report" and report.is_valid():
        report_note(note=found, reason=report.cleaned_data["reason"])
        messages.success(request, _("Thank you. One of us looks at it and calls you."))
        return redirect("members:notes")
    if do == "answer" and answer.is_valid() and _passed_on(request, answer, member, found.sender):
        return redirect("members:notes")
    context = {
        "note": found,
        "form": answer,
        "report": report,
        "may_answer": may_write(sender=member, recipient=found.sender),
    }
    return render_page(
        request, "members/note.html", context, status=422 if answer.errors or report.errors else 200
    )


@member_required("GET", "POST")
def my_listing(request: HttpRequest) -> HttpResponse:
    """Being in the directory or not, what each sees, and a preview of it."""
    member: Member = request.member  # type: ignore[attr-defined]
    listing = Listing.objects.filter(member=member).first()
    by: Any = request.user
    if request.POST.get("do") == "off":
        take_off_the_list(member=member, by=by)
        messages.success(request, _("You are off the list. Nobody finds you there any more."))
        return redirect("members:my_listing")
    if request.POST.get("do") in ("show_office", "hide_office"):
        grouping.show_offices(member=member, is_public=request.POST["do"] == "show_office", by=by)
        messages.success(request, _("Saved."))
        return redirect("members:my_listing")
    form = ListingForm(
        request.POST or None, has_photo=bool(member.photo), initial=listing_initial(listing)
    )
    if request.method == "POST" and form.is_valid():
        if opens_more(listing, form.shows) and not fresh.is_fresh(request):
            return fresh.ask_again(request)
        given = form.cleaned_data
        save_listing(
            member=member,
            shows=form.shows,
            plate=given["plate"],
            wants_notes=given["wants_notes"],
            by=by,
        )
        messages.success(request, _("Saved. “What members see” shows it as it is now."))
        return redirect("members:my_listing")
    shown = listing or Listing(member=member)
    context = {
        "form": form,
        "rows": [(form[f"show_{name}"], label) for name, label in FIELDS.items()],
        "listing": listing if listing and listing.is_on else None,
        "offices": Office.objects.running().filter(member=member),
        "preview": _whole(request, shown, member, officer=False),
        "for_officers": _whole(request, shown, member, officer=True) if listing else None,
        "member": member,
    }
    return render_page(
        request, "members/my_listing.html", context, status=422 if form.errors else 200
    )
