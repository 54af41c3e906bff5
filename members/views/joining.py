"""Who you are, joining in five steps, and where an application stands."""

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from core.access import open_to_all, signed_in
from core.compat.allauth import LoginCodeVerificationProcess
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.text import normal_email
from members import codes, emails, limits, robots
from members.actions import applications, drafts, errors, logins
from members.doors import SESSION_KEY, current_member, member_required, members_of
from members.forms import STEPS as FORMS
from members.forms import AgainForm, ReferenceForm
from members.models import Application, Draft, Reference, User
from members.models.member import Status
from members.paper import blank_form_pdf
from members.receivers import APPLICATION_KEY
from members.views.front_door import refused

DRAFT_KEY, PAPER_KEY, RESUME = "application_draft", "application_paper", "resume"
A_VISIT = 3600
"""Seconds a visitor's form stays open on a device nobody touches; what was typed is kept, and found
again with a code.
"""
STEPS = [
    (
        gettext_lazy("Say hello"),
        gettext_lazy("Ten minutes of questions, online, on paper or by phone."),
    ),
    (gettext_lazy("Confirm your e-mail"), gettext_lazy("So we know we can reach you.")),
    (gettext_lazy("Come and meet us"), gettext_lazy("Be our guest at any event.")),
    (gettext_lazy("We get to know you"), gettext_lazy("A volunteer calls to say yes.")),
    (gettext_lazy("Pay your dues"), gettext_lazy("By card, check or cash.")),
    (gettext_lazy("Pull up a chair"), gettext_lazy("You are a member.")),
]
POSITION = {
    Status.PENDING_EMAIL: 1,
    Status.PENDING_VALIDATION: 2,
    Status.PRE_VALIDATED: 3,
    Status.PAYMENT_PENDING: 4,
    Status.ACTIVE: 6,
    Status.INACTIVE: 4,
}
WAITING = {
    Status.PENDING_EMAIL: gettext_lazy("It waits for you: please type the six digits we sent."),
    Status.PENDING_VALIDATION: gettext_lazy(
        "It waits for a volunteer, who reads it within a week. Come to any open event in the"
        " meantime."
    ),
    Status.PRE_VALIDATED: gettext_lazy("It waits for a volunteer, who will call you."),
    Status.PAYMENT_PENDING: gettext_lazy("It waits for you: your dues are the last step."),
    Status.ACTIVE: gettext_lazy("You are a member. There is nothing left to do."),
    Status.INACTIVE: gettext_lazy(
        "Your membership is not active at the moment. Paying your dues brings it back."
    ),
    Status.REJECTED: gettext_lazy(
        "We could not say yes at this time. Please call us if you would like to talk about it."
    ),
}


def path_to_membership(status: str = "", *, begun: bool = False) -> list[dict[str, str]]:
    """The six steps with their state (done, now, next) for a status; the first is now for somebody
    who has `begun` the form.
    """
    now = POSITION.get(Status(status), 0) if status else 0 if begun else -1
    states = ["done" if n < now else "now" if n == now else "next" for n in range(len(STEPS))]
    words = {"done": _("Done"), "now": _("You are here"), "next": _("Still to come")}
    return [
        {"state": s, "words": words[s], "title": t, "text": x}
        for s, (t, x) in zip(states, STEPS, strict=True)
    ]


@signed_in("GET", "POST")
def who(request: HttpRequest) -> HttpResponse:
    """Ask which of the people who share this login is here."""
    members = members_of(request)
    if request.method == "POST":
        chosen = next((m for m in members if str(m.pk) == request.POST.get("member")), None)
        if chosen:
            request.session[SESSION_KEY] = chosen.pk
            return redirect("dashboard")
    if len(members) < 2:
        return redirect("dashboard" if members else "members:join_status")
    return render(
        request, "members/who.html", {"members": members, "current": current_member(request)}
    )


@never_cache
@open_to_all("GET", "POST")
def join(request: HttpRequest, step: int = 0) -> HttpResponse:
    """One step of the form. Each is saved as it is left; the last one sends it."""
    if request.user.is_authenticated:
        return redirect("members:join_status")
    draft = _draft_of(request)
    if not 0 <= step <= len(FORMS) or step > (draft.step if draft else 1):
        return redirect("members:join_step", draft.step) if draft else redirect("members:join")
    step = step or 1
    form = FORMS[step - 1](request.POST or None, initial=draft.data if draft else None)
    if request.method == "POST" and (way_on := _leave_step(request, draft, step, form)):
        return way_on
    context = {
        "form": form,
        "step": step,
        "steps": [(n, f.title) for n, f in enumerate(FORMS, 1)],
        "said": _said(draft) if step == len(FORMS) and draft else [],
        "challenge": robots.new_challenge() if step == len(FORMS) else "",
        "question": robots.QUESTION if form.has_error(NON_FIELD_ERRORS, "person") else "",
        "path": path_to_membership(begun=True),
    }
    status = 429 if form.has_error(NON_FIELD_ERRORS, "often") else 422 if form.errors else 200
    return render_page(request, "members/join.html", context, status=status)


def _leave_step(
    request: HttpRequest, draft: Draft | None, step: int, form: Any
) -> HttpResponse | None:
    """Keep what the step gave and go on, or send; None when something has to be mended first (the
    form says what).
    """
    if form.data.get("website"):  # a field people never see
        return redirect("home")
    if not limits.allow("join", limits.client_address(request), limit=60, seconds=3600):
        form.add_error(
            None,
            ValidationError(
                _("That was often. Please wait an hour, or call {phone}.").format(
                    phone=settings.ORG["phone"]
                ),
                code="often",
            ),
        )
        return None
    if not form.is_valid():
        return None
    if step < len(FORMS) or draft is None:
        kept = drafts.save_step(draft=draft, step=step + 1, given=form.cleaned_data)
        request.session[DRAFT_KEY] = str(kept.key)
        request.session.set_expiry(A_VISIT)
        return (
            redirect("members:join_later")
            if "later" in request.POST
            else redirect("members:join_step", step + 1)
        )
    sent = request.POST
    why = robots.problem(
        challenge=sent.get("challenge", ""),
        work=sent.get("work", ""),
        answer=sent.get("person", ""),
    )
    if why == "robot":
        return redirect("home")
    if why:
        form.add_error(
            None,
            ValidationError(
                _("One small question is left, at the end of the form."), code="person"
            ),
        )
        return None
    return _send(request, draft, form.cleaned_data)


def _draft_of(request: HttpRequest) -> Draft | None:
    key = request.session.get(DRAFT_KEY)
    return Draft.objects.filter(key=key).first() if key else None


def _said(draft: Draft) -> list[tuple[int, str, str]]:
    """What was typed so far: step, label, words; for the look before sending."""
    said = []
    for n, form_class in enumerate(FORMS[:-1], 1):
        for name, field in form_class(initial=draft.data).fields.items():
            value = draft.data.get(name)
            if value:
                words = dict(getattr(field, "choices", [])).get(
                    value, _("Yes") if value is True else value
                )
                said.append((n, str(field.label), str(words)))
    return said


def _send(request: HttpRequest, draft: Draft, last: dict[str, Any]) -> HttpResponse:
    """Send the form once: the draft's row goes with it, so a second click finds none and is shown
    the way on.
    """
    with transaction.atomic():
        if not Draft.objects.filter(pk=draft.pk).delete()[0]:
            return redirect("members:join")
        application = applications.start_application(given={**draft.data, **last})
    request.session.pop(DRAFT_KEY, None)
    email = application.member.email
    if not email:
        request.session[PAPER_KEY] = application.reference
        return redirect("members:join_paper")
    request.session[APPLICATION_KEY] = application.pk
    LoginCodeVerificationProcess.initiate(request=request, user=_login_of(email), email=email)
    return redirect(
        f"{reverse('account_confirm_login_code')}?next={reverse('members:join_status')}"
    )


def _login_of(email: str) -> User:
    try:
        return User.objects.filter(email=email).first() or logins.make_login(email=email)
    except IntegrityError:  # the same person in another window
        return User.objects.get(email=email)


@never_cache
@open_to_all("GET", "POST")
def join_later(request: HttpRequest) -> HttpResponse:
    """Stop here and go on another day: how, and the code for those who come back on
    another device.
    """
    address = str(request.session.get(f"code_{RESUME}", ""))
    form = AgainForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and not form.is_bound:
        address = normal_email(request.POST.get("email", "")[:254])
        if refused := _send_resume_code(request, address):
            return refused
    elif form.is_bound and form.is_valid():
        draft = drafts.open_draft(email=codes.use(request, RESUME, form.cleaned_data["code"]))
        if draft is not None:
            request.session[DRAFT_KEY] = str(draft.key)
            return redirect("members:join_step", draft.step)
        form.add_error(
            "code",
            _("That is not the code we sent. {tries_words}.").format(
                tries_words=codes.standing(request, RESUME, address).tries_words
            ),
        )
    context = {
        "draft": _draft_of(request),
        "asked": bool(address) and "anew" not in request.GET,
        "form": form,
        "standing": codes.standing(request, RESUME, address) if address else None,
    }
    return render_page(
        request, "members/join_later.html", context, status=422 if form.errors else 200
    )


def _send_resume_code(request: HttpRequest, address: str) -> HttpResponse | None:
    """Mail a code for the unsent form of an address, or that there is none; over a limit, the page
    that says until when.
    """
    often = limits.count("resume", limits.network(request), limit=30, seconds=3600)
    standing = codes.standing(request, RESUME, address)
    again_at = standing.next_at or (None if often.allowed else often.again_at)
    if again_at:
        context = {
            "asked": not standing.is_over,
            "form": AgainForm(),
            "standing": standing,
            "again_at": again_at,
        }
        return refused(render(request, "members/join_later.html", context), again_at)
    request.session[f"code_{RESUME}"] = address
    request.session.set_expiry(A_VISIT)
    code = codes.issue(request, RESUME, address)
    if code and drafts.newest_draft(email=address):
        emails.login_code(to_email=address, code=code)
    elif code:
        emails.unknown_address(to_email=address, nonce=secrets.token_hex(8))
    return None


@never_cache
@open_to_all()
def join_paper(request: HttpRequest) -> HttpResponse:
    """The page to print for somebody without e-mail: what happens next, and the number
    of the form.
    """
    application = get_object_or_404(
        Application.objects.select_related("member"), reference=request.session.get(PAPER_KEY, "")
    )
    return render(
        request,
        "members/join_paper.html",
        {"application": application, "short": application.reference[:6].upper()},
    )


@open_to_all()
def blank_form(request: HttpRequest) -> HttpResponse:
    """The form on one sheet of paper, as a PDF."""
    response = HttpResponse(blank_form_pdf(), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="form.pdf"'
    return response


@signed_in()
def join_status(request: HttpRequest) -> HttpResponse:
    """Show how far an application is, where it waits and on whom."""
    member = current_member(request)
    if member is None and members_of(request):
        return redirect("members:who")
    application = Application.objects.filter(member=member).first() if member else None
    context = {
        "member": member,
        "application": application,
        "path": (
            path_to_membership(member.status) if member and member.status != Status.REJECTED else []
        ),
        "waiting": WAITING[Status(member.status)] if member else "",
    }
    return render(request, "members/join_status.html", context)


@member_required("GET", "POST")
def answer_reference(request: HttpRequest, token: str) -> HttpResponse:
    """The named member says yes or no, signed in: whoever has the link alone learns nothing. It
    ends with the question.
    """
    found = Reference.objects.select_related("application__member", "member")
    reference = found.filter(token=token, member=request.member).first()  # type: ignore[attr-defined]
    if reference is None or not (reference.answered_at or reference.is_open(timezone.now())):
        raise Http404
    if request.method == "POST":
        form = ReferenceForm(request.POST)
        if form.is_valid():
            try:
                applications.answer_reference(
                    reference=reference, is_known=form.cleaned_data["answer"] == "yes"
                )
            except errors.MembersError:
                raise Http404 from None
            return redirect("members:answer_reference", token)
    applicant = reference.application.member if reference.is_open(timezone.now()) else None
    return render(
        request, "members/reference.html", {"reference": reference, "applicant": applicant}
    )
