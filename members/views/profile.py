"""The member's own pages about herself: one task a page, each line saying who sees it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core import pictures
from core.access import signed_in
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import phone
from members import assist, codes, fresh, photos
from members.actions import errors, grouping, logins
from members.actions.profile import SEALED, change_address, save_profile
from members.doors import member_required
from members.forms import AgainForm, EmailForm
from members.forms.own_fields import OwnFieldsForm
from members.forms.profile import (
    AboutForm,
    AccessForm,
    AddressForm,
    ContactForm,
    CropForm,
    EmergencyForm,
    NameForm,
    PhotoForm,
)
from members.looks import Look, note_look
from members.models import (
    NEEDS,
    Listing,
    Member,
    PrivateDetails,
    ProfileField,
    ProfileValue,
    Voicemail,
)
from members.models.listing import Audience


@dataclass(frozen=True)
class Part:
    """One task of the profile: its name in the address and on the page, its form, who sees what it
    holds.
    """

    title: str
    form: type[forms.Form]
    lede: str


PARTS = {
    "name": Part(
        gettext_lazy("Your name"),
        NameForm,
        gettext_lazy("What we call you, and what stands on paper."),
    ),
    "contact": Part(
        gettext_lazy("Telephone"),
        ContactForm,
        gettext_lazy("How we may reach you, and how we had better not."),
    ),
    "address": Part(
        gettext_lazy("Postal address"),
        AddressForm,
        gettext_lazy("Letters come in a plain envelope."),
    ),
    "about": Part(
        gettext_lazy("About you"),
        AboutForm,
        gettext_lazy("Only if you like. Nobody has to say anything about herself."),
    ),
    "access": Part(
        gettext_lazy("What helps you to come"),
        AccessForm,
        gettext_lazy("Said once, here; you need not say it again for each event."),
    ),
    "emergency": Part(
        gettext_lazy("Whom to call"),
        EmergencyForm,
        gettext_lazy(
            "If something happens at one of our events. Every look at it is written down."
        ),
    ),
}


def details_of(member: Member) -> PrivateDetails:
    """Her private details; empty ones when she told us nothing."""
    return PrivateDetails.objects.filter(member=member).first() or PrivateDetails(member=member)


def initial_of(member: Member, part: str) -> dict[str, Any]:
    """What a part holds now, as its form shows it."""
    details = details_of(member) if part in SEALED else None
    if details is None:
        return {name: getattr(member, name) for name in PARTS[part].form.base_fields}
    if part == "emergency":
        people = details.emergency.get("people", [])
        return {
            f"{key}{n}": value
            for n, person in enumerate(people, start=1)
            for key, value in person.items()
        }
    held = dict(getattr(details, part))
    return held | {"phone": member.phone} if part == "contact" else held


@member_required()
def profile(request: HttpRequest) -> HttpResponse:
    """Everything about her at a glance: what it says, who sees it, and the way to change it."""
    member: Member = request.member  # type: ignore[attr-defined]
    listing = Listing.objects.filter(member=member, is_on=True).first()
    private = _may_see_private(request, member)
    context = {
        "member": member,
        "listing": listing,
        "sections": [s for s in _sections(member, listing) if private or s["part"] not in SEALED],
        "picture": _picture(request, member, "m"),
        "more": _more(member),
    }
    return render_page(request, "members/profile.html", context)


def _may_see_private(request: HttpRequest, member: Member) -> bool:
    """Whether what she told in confidence is shown: to herself; to a helper only with the power for
    it, and written down.
    """
    if assist.helped(request) is None:
        return True
    if not request.user.has_perm("users.view_private"):
        return False
    note_look(Look.CONFIDENCE, member)
    return True


def _picture(request: HttpRequest, member: Member, size: str) -> str:
    return photos.link(member, size, request.user) if member.photo else ""  # type: ignore[arg-type]


def _who(listing: Listing | None, field: str) -> str:
    audience = listing.shows.get(field, Audience.NOBODY) if listing else Audience.NOBODY
    return str(Audience(audience).label)


def _more(member: Member) -> list[tuple[str, str, str]]:
    """Our own fields: label, what she said, who reads it."""
    told = dict(ProfileValue.objects.filter(member=member).values_list("field", "text"))
    fields = ProfileField.objects.filter(is_active=True, member_writes=True)
    return [(field.label, told.get(field.pk, ""), field.get_readers_display()) for field in fields]


def _voicemail(details: PrivateDetails) -> str:
    chosen = details.contact.get("voicemail", "")
    return Voicemail(chosen).label if chosen else ""


def _access(details: PrivateDetails) -> tuple[str, str]:
    """What somebody needs, and who learns whose need it is."""
    told = details.access
    needs = [str(NEEDS[name]) for name in told.get("needs", []) if name in NEEDS]
    words = "; ".join([*needs, *filter(None, [told.get("diet"), told.get("other")])])
    if told.get("may_name"):
        return words, _("The organiser, by name")
    return words, _("Organisers see a number, no name")


def _people(details: PrivateDetails) -> str:
    return "; ".join(
        f"{one['name']}{', ' + one['relation'] if one['relation'] else ''}: {phone(one['phone'])}"
        for one in details.emergency.get("people", [])
    )


def _sections(member: Member, listing: Listing | None) -> list[dict[str, Any]]:
    """The parts of the profile as lines: label, what it says, who sees it."""
    details, called = details_of(member), _("Whoever calls you from the office")
    in_directory = _("Members, in the directory") if listing else _("Only the office")
    rows = {
        "name": [
            (
                _("We call you"),
                member.called,
                _("{in_directory}; whoever you meet at an event").format(in_directory=in_directory),
            ),
            (_("First and last name"), str(member), _who(listing, "last_name")),
            (_("Pronouns"), member.pronouns, _who(listing, "pronouns")),
            (_("On the envelope"), member.mailing_name, _("Only the office")),
        ],
        "contact": [
            (_("Phone"), phone(member.phone), _who(listing, "phone")),
            (_("Best time"), details.contact.get("best_time", ""), called),
            (_("Voicemail"), _voicemail(details), called),
            (_("Before we call"), details.contact.get("note", ""), called),
        ],
        "address": [
            (_("Address"), ", ".join(member.postal_lines[1:]), _who(listing, "address")),
            (_("Neighborhood"), member.area, _who(listing, "area")),
        ],
        "about": [
            (_("About you"), member.bio, _who(listing, "bio")),
            (
                _("Pictures"),
                member.get_photo_consent_display(),
                _("Whoever takes or shows pictures"),
            ),
        ],
        "access": [(_("You told us"), *_access(details))],
        "emergency": [
            (
                _("We would call"),
                _people(details),
                _("The event lead on the day, and care volunteers"),
            )
        ],
    }
    return [
        {"part": part, "title": PARTS[part].title, "rows": lines} for part, lines in rows.items()
    ]


@member_required("GET", "POST")
def profile_part(request: HttpRequest, part: str) -> HttpResponse:
    """One task: show it, save it."""
    if part not in PARTS:
        raise Http404
    member: Member = request.member  # type: ignore[attr-defined]
    if part in SEALED and not _may_see_private(request, member):
        raise Http404
    form = PARTS[part].form(request.POST or None, initial=initial_of(member, part))
    if request.method == "POST" and form.is_valid():
        save_profile(member=member, part=part, given=form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return redirect("members:profile")
    context = {"form": form, "part": PARTS[part]}
    return render_page(
        request, "members/profile_part.html", context, status=422 if form.errors else 200
    )


@member_required("GET", "POST")
def profile_more(request: HttpRequest) -> HttpResponse:
    """Fields of our own that members fill in themselves."""
    member: Member = request.member  # type: ignore[attr-defined]
    fields = list(ProfileField.objects.filter(is_active=True, member_writes=True))
    if not fields:
        raise Http404
    form = OwnFieldsForm(request.POST or None, fields=fields, member=member)
    if request.method == "POST" and form.is_valid():
        grouping.save_own_fields(member=member, given=form.given, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return redirect("members:profile")
    context = {
        "form": form,
        "part": Part(
            _("More about you"),
            forms.Form,
            _("What we would like to know besides. All of it is up to you."),
        ),
    }
    return render_page(
        request, "members/profile_part.html", context, status=422 if form.errors else 200
    )


@member_required("GET", "POST")
def profile_email(request: HttpRequest) -> HttpResponse:
    """Another e-mail address: six digits go there first, and nothing changes before
    they are typed.
    """
    member: Member = request.member  # type: ignore[attr-defined]
    purpose = f"address-{member.pk}"
    waits = codes.waiting(request, purpose)
    if request.method == "POST" and not fresh.is_fresh(request):
        return fresh.ask_again(request)
    if request.method == "POST" and "code" in request.POST:
        code_form = AgainForm(request.POST)
        if code_form.is_valid():
            if address := codes.use(request, purpose, code_form.cleaned_data["code"]):
                return _changed_address(request, member, address)
            left = (
                codes.standing(request, purpose, waits).tries_words
                if waits
                else _("Please begin anew")
            )
            code_form.add_error(
                "code", _("That is not the code we sent there. {left}.").format(left=left)
            )
        context = {"form": code_form, "waits": codes.waiting(request, purpose), "member": member}
        return render_page(request, "members/profile_email.html", context, status=422)
    form: forms.Form = EmailForm(request.POST or None, initial={"email": member.email})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["email"] == member.email:
            messages.info(request, _("That is the address we have."))
            return redirect("members:profile")
        codes.send(request, purpose, form.cleaned_data["email"])
        return redirect("members:profile_email")
    shown = AgainForm() if waits and "anew" not in request.GET and not form.is_bound else form
    context = {"form": shown, "waits": waits if shown is not form else "", "member": member}
    return render_page(
        request, "members/profile_email.html", context, status=422 if form.errors else 200
    )


def _changed_address(request: HttpRequest, member: Member, address: str) -> HttpResponse:
    try:
        change_address(member=member, email=address)
    except errors.MembersError as error:
        messages.error(request, str(error))
        return redirect("members:profile")
    if member.user is not None:
        logins.end_sessions(user=member.user, keep=request.session.session_key)
    messages.success(
        request,
        _("From now on we write to {address}, and you sign in with it.").format(address=address),
    )
    return redirect("members:profile" if member.user_id == request.user.pk else "account_logout")


@member_required("GET", "POST")
def profile_photo(request: HttpRequest) -> HttpResponse:
    """Put a photo in, turn it, choose the part, take it away."""
    member: Member = request.member  # type: ignore[attr-defined]
    do = request.POST.get("do", "")
    form: forms.Form = PhotoForm(request.POST, request.FILES) if do == "upload" else PhotoForm()
    crop = CropForm(request.POST if do == "crop" else None)
    if do == "upload" and form.is_valid():
        file = form.cleaned_data["photo"]
        try:
            photos.save_photo(member=member, file=file.file, size=file.size)
        except pictures.PictureError as error:
            form.add_error("photo", str(error))
        else:
            messages.success(
                request, _("Your photo is in. Is it upright, and is it the right part?")
            )
            return redirect("members:profile_photo")
    elif do in ("left", "right"):
        photos.change_photo(member=member, turn=-90 if do == "left" else 90)
        return redirect("members:profile_photo")
    elif do == "crop" and crop.is_valid():
        photos.change_photo(member=member, **crop.cleaned_data)
        return redirect("members:profile_photo")
    elif do == "remove":
        photos.delete_photo(member=member)
        messages.success(
            request, _("Your photo is gone. A plate with your initials takes its place.")
        )
        return redirect("members:profile_photo")
    bad = form.errors or crop.errors
    context = {
        "form": form,
        "crop": crop,
        "member": member,
        "picture": _picture(request, member, "l"),
    }
    return render_page(request, "members/profile_photo.html", context, status=422 if bad else 200)


@signed_in()
def photo(request: HttpRequest, key: str) -> HttpResponseBase:
    """One size of a member's photo, for the login the link was made for, for five minutes."""
    where = photos.opened(key, request.user)  # type: ignore[arg-type]
    if where is None or not Member.objects.filter(photo=where.split("/")[1]).exists():
        raise Http404
    try:
        file = default_storage.open(where)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = f"private, max-age={photos.LINK_LIFE}"
    response["Content-Disposition"] = 'inline; filename="photo.webp"'
    return response
