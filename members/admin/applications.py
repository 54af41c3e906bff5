"""The queue of applications: oldest first, who waits on whom, one key a decision; paper forms keyed
in on one screen.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin import DeskAdmin, desk_page
from core.columns import Column, FileColumn, Filter
from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.templatetags.loaf import badge, short_day
from members.actions import applications, errors
from members.actions.applications import WAIT_AFTER_NO
from members.admin.people import status_badge
from members.forms import PaperForm
from members.looks import Look, note_look
from members.models import Application, Member, Question, Reference
from members.models.member import Status
from members.views import path_to_membership

DECIDERS = "users.approve|users.reject|users.validate"
NEXT = {
    Status.PENDING_EMAIL: ("info", gettext_lazy("Waits for them: address or phone")),
    Status.PENDING_VALIDATION: ("warn", gettext_lazy("Waits for us: get to know them")),
    Status.PRE_VALIDATED: ("warn", gettext_lazy("Waits for us: say yes or no")),
    Status.PAYMENT_PENDING: ("info", gettext_lazy("Waits for them: dues")),
}
NEEDS = {
    "validate": "users.validate",
    "prove": "users.validate",
    "ask": DECIDERS,
    "approve": "users.approve",
    "reject": "users.reject",
    "vote_yes": "users.approve",
    "vote_no": "users.approve",
}


UNDECIDED = (Status.PENDING_EMAIL, Status.PENDING_VALIDATION, Status.PRE_VALIDATED)
DECIDED = [Status.REJECTED, Status.ACTIVE, Status.INACTIVE]


def _days(days: int) -> str:
    return _("today") if days < 1 else ngettext("{days} day", "{days} days", days).format(days=days)


def _next_step(row: dict[str, Any]) -> str:
    """Who waits on whom."""
    known = NEXT.get(row["member__status"])
    if row["member__status"] == Status.PENDING_EMAIL and not row["member__email"]:
        known = ("warn", _("Waits for us: call to confirm"))
    return badge(*known) if known else status_badge({"status": row["member__status"]})


def _of(rows: Any, who: str) -> Any:
    if who == "done":
        return rows.filter(member__status__in=DECIDED)
    return rows.waiting_for_us() if who == "us" else rows.waiting_for_them()


class DecisionForm(forms.Form):
    """One decision about an application."""

    do = forms.ChoiceField(choices=[(name, "") for name in NEEDS])
    reason = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("Why, or what you would like to know"),
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "Saying no needs a reason; it stays in the office. A question goes to the applicant as"
            " you write it."
        ),
    )
    apply_again_on = forms.DateField(
        required=False,
        label=gettext_lazy("After a no: may apply again from"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )


@admin.register(Application)
class ApplicationAdmin(DeskAdmin):
    """The queue, oldest first."""

    permissions = {"view": DECIDERS, "add": "users.create"}
    order = ["created_at", "id"]
    list_values = [
        "member__first_name",
        "member__last_name",
        "member__status",
        "member__email",
        "created_at",
    ]
    export_permission = "users.export"
    file_columns = [
        FileColumn(gettext_lazy("Member number"), "member__member_number"),
        FileColumn(gettext_lazy("First name"), "member__first_name"),
        FileColumn(gettext_lazy("Last name"), "member__last_name"),
        FileColumn(
            gettext_lazy("E-mail address"), "member__email", permission="users.view_private"
        ),
        FileColumn(gettext_lazy("Telephone"), "member__phone", permission="users.view_private"),
        FileColumn(gettext_lazy("Status"), "member__status"),
        FileColumn(gettext_lazy("Applied"), "created_at"),
    ]
    columns = [
        Column(
            gettext_lazy("Name"),
            lambda r: f"{r['member__first_name']} {r['member__last_name']}",
            lead=True,
        ),
        Column(gettext_lazy("Next step"), _next_step),
        Column(gettext_lazy("Waiting"), lambda r: _days((timezone.now() - r["created_at"]).days)),
        Column(gettext_lazy("Sent on"), lambda r: short_day(r["created_at"])),
    ]
    filters = [
        Filter(
            "who",
            gettext_lazy("Who waits"),
            [
                ("us", gettext_lazy("Waiting for us")),
                ("them", gettext_lazy("Waiting for them")),
                ("done", gettext_lazy("Decided")),
            ],
            narrow=_of,
        )
    ]
    list_links = [
        ("admin:members_application_bulk", gettext_lazy("Say yes to several")),
        ("members:blank_form", gettext_lazy("Blank form to print")),
    ]
    empty_text = gettext_lazy("Nobody is waiting. New applications appear here, oldest first.")

    def get_urls(self) -> list[Any]:
        """Decide one, say yes to several, key in a paper form, ask somebody who was named."""
        view, ask = self.admin_site.admin_view, desk_page(DECIDERS, "POST")(self.reference)
        return [
            path(
                "<int:pk>/change/",
                view(desk_page(DECIDERS, "GET", "POST")(self.decide)),
                name="members_application_change",
            ),
            path(
                "bulk/",
                view(desk_page("users.approve", "GET", "POST")(self.bulk)),
                name="members_application_bulk",
            ),
            path(
                "add/",
                view(desk_page("users.create", "GET", "POST")(self.key_in)),
                name="members_application_add",
            ),
            path(
                "<int:pk>/reference/<int:reference_pk>/",
                view(ask),
                name="members_application_reference",
            ),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read one application and decide; then the next one waits."""
        application = get_object_or_404(Application.objects.select_related("member"), pk=pk)
        member = application.member
        initial = {"apply_again_on": timezone.localdate() + WAIT_AFTER_NO}
        if request.method == "GET":
            note_look(Look.RECORD, member)
        form = DecisionForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                self._act(request, application, form.cleaned_data)
                return redirect("admin:members_application_changelist")
            except errors.MembersError as error:
                form.add_error("reason", str(error))
        context = {
            "title": str(member),
            "application": application,
            "member": member,
            "form": form,
            "path": path_to_membership(member.status) if member.status != Status.REJECTED else [],
            "may": _powers(request, member),
            **_known(request, application),
        }
        return render_page(
            request, "admin/members/application.html", context, status=422 if form.errors else 200
        )

    def _act(self, request: HttpRequest, application: Application, given: dict[str, Any]) -> None:
        user: Any = request.user
        member = application.member
        if not user.has_perm(NEEDS[given["do"]]):
            raise PermissionDenied
        if given["do"] == "prove":
            applications.prove_by_phone(application=application, by=user)
            messages.success(
                request, _("{member} is confirmed and in the queue.").format(member=member)
            )
        elif given["do"] == "validate":
            applications.validate_applicant(member=member, by=user, reason=given["reason"])
            messages.success(request, _("{member} is known to us now.").format(member=member))
        elif given["do"] == "approve":
            applications.approve_applicant(member=member, by=user)
            messages.success(
                request,
                _("{member} may pay the dues now. A letter is on its way.").format(member=member),
            )
        elif given["do"] in ("vote_yes", "vote_no"):
            applications.vote(application=application, is_yes=given["do"] == "vote_yes", by=user)
            messages.success(request, _("Your word is noted. Nobody sees how you voted."))
        elif given["do"] == "ask":
            applications.ask_applicant(application=application, question=given["reason"], by=user)
            messages.success(
                request, _("Your question is on its way to {member}.").format(member=member)
            )
        else:
            applications.reject_applicant(
                member=member,
                by=user,
                reason=given["reason"],
                apply_again_on=given["apply_again_on"],
            )
            messages.success(
                request, _("A kind letter is on its way to {member}.").format(member=member)
            )

    def bulk(self, request: HttpRequest) -> HttpResponse:
        """Say yes to everybody ticked; each is decided for herself, and one that fails does not
        stop the others.
        """
        ready = (
            Application.objects.filter(member__status=Status.PRE_VALIDATED)
            .select_related("member")
            .order_by("created_at")
        )
        if request.method == "POST":
            wanted = [
                pk for pk in request.POST.getlist("application") if pk.isdecimal() and len(pk) < 18
            ]
            done = 0
            for application in ready.filter(pk__in=wanted[:200]):
                try:
                    applications.approve_applicant(member=application.member, by=request.user)  # type: ignore[arg-type]
                    done += 1
                except errors.MembersError as error:
                    messages.error(request, f"{application.member}: {error}")
            messages.success(
                request,
                ngettext(
                    "{done} person may pay the dues now.",
                    "{done} people may pay the dues now.",
                    done,
                ).format(done=done),
            )
            return redirect("admin:members_application_changelist")
        return render(
            request,
            "admin/members/application_bulk.html",
            {"title": _("Say yes to several"), "ready": ready[:200]},
        )

    def key_in(self, request: HttpRequest) -> HttpResponse:
        """A paper form on one screen, in the paper's order; whoever signed on paper is
        confirmed.
        """
        form = PaperForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            application = applications.start_application(given=form.cleaned_data, by=request.user)  # type: ignore[arg-type]
            applications.prove_by_phone(application=application, by=request.user)  # type: ignore[arg-type]
            messages.success(
                request, _("{member} is in the queue.").format(member=application.member)
            )
            return redirect(
                "admin:members_application_add"
                if "another" in request.POST
                else "admin:members_application_changelist"
            )
        context = {"title": _("Key in a paper form"), "form": form}
        return render_page(
            request,
            "admin/members/application_add.html",
            context,
            status=422 if form.errors else 200,
        )

    def reference(self, request: HttpRequest, pk: int, reference_pk: int) -> HttpResponse:
        """Ask the member somebody named (by member number), or note what she said on the phone."""
        reference = get_object_or_404(
            Reference.objects.select_related("application"), pk=reference_pk, application_id=pk
        )
        user: Any = request.user
        try:
            if answer := request.POST.get("answer", ""):
                if not user.has_perm("users.validate"):
                    raise PermissionDenied
                applications.answer_reference(
                    reference=reference, is_known=answer == "yes", by=user
                )
                messages.success(request, _("Noted."))
            else:
                number = request.POST.get("number", "").strip()
                member = (
                    Member.objects.filter(member_number=number).first()
                    if number.isdecimal() and len(number) < 9
                    else None
                )
                if member is None:
                    raise errors.MembersError(_("There is no member with this number."))
                applications.match_reference(reference=reference, member=member, by=user)
                messages.success(request, _("{member} is asked.").format(member=member))
        except errors.MembersError as error:
            messages.error(request, str(error))
        return redirect("admin:members_application_change", pk)


def _powers(request: HttpRequest, member: Member) -> dict[str, bool]:
    """Which of the buttons there are, by right and by where the application stands."""
    may = request.user.has_perm
    open_to_us = member.status in (Status.PENDING_VALIDATION, Status.PRE_VALIDATED)
    may_decline = member.status in (*UNDECIDED, Status.PAYMENT_PENDING)
    return {
        "prove": member.status == Status.PENDING_EMAIL and may("users.validate"),
        "validate": member.status == Status.PENDING_VALIDATION and may("users.validate"),
        "approve": open_to_us and may("users.approve"),
        "reject": may_decline and may("users.reject"),
        "ask": open_to_us and bool(member.email),
    }


def _known(request: HttpRequest, application: Application) -> dict[str, Any]:
    """What an application brought and what others said, as far as this reader may see it."""
    member, may = application.member, request.user.has_perm
    votes = settings.COMMITTEE_YES and member.status == Status.PRE_VALIDATED
    answers = application.answers.select_related("question")
    same = Member.objects.with_address(member.email).exclude(pk=member.pk)
    return {
        "committee": _committee(request, application) if votes else None,
        "answers": [answer for answer in answers if may(answer.question.readers)],
        "references": application.references.select_related("member"),
        "partners": _partners(application),
        "contacts": member.status not in DECIDED or may("users.view_private"),
        "others": same[:5] if member.email else [],
    }


def _committee(request: HttpRequest, application: Application) -> dict[str, Any]:
    """How far the vote is, without telling who said what."""
    voters = set(application.votes.values_list("voter_id", flat=True))
    may = request.user.has_perm("users.approve") and request.user.pk not in voters
    return {"given": len(voters), "needed": settings.COMMITTEE_YES, "may": may}


def _partners(application: Application) -> list[Member]:
    """Members with the name of the partner somebody gave, for the office alone."""
    if not application.partner_last_name or not application.partner_is_member:
        return []
    same = Member.objects.filter(
        last_name__iexact=application.partner_last_name,
        first_name__iexact=application.partner_first_name,
    )
    return list(same.exclude(pk=application.member_id)[:5])


class QuestionForm(forms.ModelForm):
    """A question of our own; one of several needs its choices."""

    label = TidyCharField(max_length=120, label=gettext_lazy("Question"))

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        if (
            given.get("kind") == Question.Kind.CHOICE
            and len([c for c in given.get("choices", "").splitlines() if c.strip()]) < 2
        ):
            self.add_error("choices", _("Please write at least two choices, one a line."))
        return given


@admin.register(Question)
class QuestionAdmin(DeskAdmin):
    """Our own questions on the form to join."""

    permissions = {"view": DECIDERS, "add": "settings.edit", "change": "settings.edit"}
    form = QuestionForm
    order = ["position", "id"]
    list_values = ["label", "kind", "is_active", "delete_after_days"]
    columns = [
        Column(gettext_lazy("Question"), lambda r: r["label"], lead=True),
        Column(gettext_lazy("Kind"), lambda r: Question.Kind(r["kind"]).label),
        Column(gettext_lazy("On the form"), lambda r: _("Yes") if r["is_active"] else _("No")),
        Column(
            gettext_lazy("Answers kept"),
            lambda r: _("{delete_after_days} days").format(
                delete_after_days=r["delete_after_days"]
            ),
        ),
    ]
    fields = (
        "label",
        "help_text",
        "kind",
        "choices",
        "is_required",
        "readers",
        "delete_after_days",
        "position",
        "is_active",
    )
