"""Every address of the site with something behind it, for tests that knock on all of them."""

import datetime as dt
import re

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from loaf.routes import all_routes
from members.models import (
    Announcement,
    Application,
    Approval,
    AuditEntry,
    DuplicatePair,
    Listing,
    MemberNote,
    Merge,
    Office,
    OwnCopy,
    ProfileField,
    Question,
    Reference,
    SavedFilter,
)
from tests.factories import (
    make_event,
    make_fund,
    make_member,
    make_payment,
    make_person,
    make_staff,
    make_term,
)

OUR_ROOMS = {"members", "billing", "events", "donations", "imports", "notices"}
"""Whose tables hold what people wrote."""

# One object for each pattern that names one; None: the pattern needs a state of its own and is
# covered by its room's tests.
SKIPPED = {
    "admin:view_on_site",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "account_reset_password_from_key",
    "account_confirm_email",
}
ROUTES = [
    r
    for r in all_routes()
    if not r.path.startswith("/accounts/")
    and r.name not in SKIPPED
    and "(?P" not in r.path
    and r.name != "admin:"
]


def things():
    """Rows that belong to another person than the one who knocks."""
    from billing.models import BankLine, Deposit, Dispute, Payout, ProviderEvent, Subscription
    from imports.models import ImportFile, ImportJob
    from notices.models import Message

    other = make_person(email="other@example.org")
    term, payment = make_term(member=other), make_payment(payer=other, source="site")
    application = Application.objects.create(member=make_member(status="pending_validation"))
    reference = Reference.objects.create(application=application, name="N", member=other)
    question = Question.objects.create(label="Q")
    announcement = Announcement.objects.create(subject="S", body="B")
    job = ImportJob.objects.create()
    file = ImportFile.objects.create(
        job=job, name="x.csv", stored_as="none", reader="wordpress_users", size=1, sha256="0"
    )
    fund = make_fund(slug="general")
    donation = payment.donations.create(fund=fund, kind="public", amount=1, currency="usd")
    event = make_event(slug="lunch", visibility="public")
    provider_event = ProviderEvent.objects.create(
        provider="stripe", event_id="e", kind="k", payload="{}", state="parked"
    )
    message = Message.objects.create(
        key="k", kind="k", to_email="x@example.org", subject="s", text="t"
    )
    staff = make_staff("superadmin")
    approval = Approval.objects.create(
        act="list:users.export",
        params={"title": "Members", "format": "csv", "narrowed": ""},
        summary="s",
        reason="r",
        asked_by=staff,
    )
    listing = Listing.objects.create(member=other, shows={})
    note = MemberNote.objects.create(sender=make_member(), recipient=other, text="t")
    binned, doubles = (
        make_member(deleted_at=timezone.now()),
        sorted([make_member(), make_member()], key=lambda m: m.pk),
    )
    pair = DuplicatePair.objects.create(one=doubles[0], other=doubles[1], why="name")
    Merge.objects.create(
        kept=doubles[0], dropped=binned, at=timezone.now() - dt.timedelta(days=40)
    )  # too late to take back
    saved = SavedFilter.objects.create(
        name="s", criteria={"status": ["active"], "joined_from": "2020-01-01"}
    )
    office = Office.objects.create(member=other, title="t", starts_on=timezone.localdate())
    field = ProfileField.objects.create(label="f")
    coming = event_today(other)
    deposit = Deposit.objects.create(currency="usd", made_by=make_staff("finance"))
    renewal = Subscription.objects.create(
        member=other, plan=term.plan, amount=4000, currency="usd", status="active"
    )
    dispute = Dispute.objects.create(
        payment=payment, stripe_id="du_1", status="open", amount=4000, currency="usd"
    )
    payout = Payout.objects.create(
        stripe_id="po_1",
        status="paid",
        amount=4000,
        currency="usd",
        arrives_on=timezone.localdate(),
    )
    bank_line = BankLine.objects.create(
        key="k", day=timezone.localdate(), text="t", amount=4000, currency="usd"
    )
    reported = MemberNote.objects.create(
        sender=make_member(), recipient=other, text="t", reported_at=timezone.now()
    )
    copy = OwnCopy.objects.create(member=other, stored_as="none", made_at=timezone.now())
    entry = AuditEntry.objects.create(action="looked", details={}, details_digest="")
    assignment = staff.role_assignments.get()
    return {
        "person.pk": listing.pk,
        "write_note.pk": listing.pk,
        "note.token": note.token,
        "own_data_file.token": copy.token,
        "part": "name",
        "billing_subscription": renewal.pk,
        "billing_dispute": dispute.pk,
        "billing_payout": payout.pk,
        "billing_bankline": bank_line.pk,
        "billing_deposit": deposit.pk,
        "members_savedfilter": saved.pk,
        "members_office": office.pk,
        "members_profilefield": field.pk,
        "whom_to_call.event_id": coming.pk,
        "member_id": other.pk,
        "members_member": other.pk,
        "members_application": application.pk,
        "members_role": assignment.role_id,
        "members_roleassignment": assignment.pk,
        "billing_plan": term.plan_id,
        "billing_membership": term.pk,
        "billing_payment": payment.pk,
        "billing_providerevent": provider_event.pk,
        "events_event": event.pk,
        "donations_fund": fund.pk,
        "donations_donation": donation.pk,
        "notices_message": message.pk,
        "imports_importjob": job.pk,
        "members_approval": approval.pk,
        "reference_pk": reference.pk,
        "token": reference.token,
        "members_question": question.pk,
        "members_membernote": reported.pk,
        "members_duplicatepair": pair.pk,
        "members_binnedmember": binned.pk,
        "members_announcement": announcement.pk,
        "step": 1,
        "kind": "welcome",
        "notices_lettertext": 1,
        "members_user": other.user_id,
        "members_auditentry": entry.pk,
        "file_pk": file.pk,
        "event_id": event.pk,
        "reference": payment.reference,
        "slug": "lunch",
        "fund": "general",
        "endpoint": "00000000-0000-0000-0000-000000000000",
    }


def event_today(member):
    event = make_event(days=0)
    event.rsvps.create(member=member, status="going")
    return event


def path_of(route, objects):
    """Fill the pattern's holes with the objects of somebody else."""
    bare = route.name.rpartition(":")[2]
    words = bare.split("_")
    model = next(
        ("_".join(words[:n]) for n in range(len(words), 0, -1) if "_".join(words[:n]) in objects),
        "",
    )

    def fill(match):
        name = match[1].split(":")[-1]
        return str(objects.get(f"{bare}.{name}") or objects.get(name) or objects.get(model, 1))

    return re.sub(r"<([^>]+)>", fill, route.path)


class Knocking:
    """Each knock from a browser of its own with the session as it was after signing in; signed in
    anew when a view ended it.
    """

    def __init__(self, sign_in):
        self.sign_in, self.session = sign_in, None

    def client(self):
        if self.session is None or not Session.objects.filter(pk=self.session.pk).update(
            session_data=self.session.session_data
        ):
            cookie = self.sign_in().cookies.get(settings.SESSION_COOKIE_NAME)
            self.session = Session.objects.get(pk=cookie.value) if cookie else None
        client = Client(raise_request_exception=False)
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session.pk
        return client
