"""What we keep of people, and for how long: a class for every column that may tell something about
somebody.

The system check `loaf.E006` fails when a text column of ours is in no class and not named as
impersonal; the desk's page “What we keep” shows the classes with what the last sweeps let go of.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from core.i18n import gettext_lazy

OUR_ROOMS = {"notices", "members", "billing", "events", "donations", "imports", "loaf"}


@dataclass(frozen=True)
class DataClass:
    """One kind of data: what it is, how long it is kept in words, and the chore of the sweep that
    lets go of it ("" when a person asks).
    """

    title: str
    kept: str
    chore: str = ""


CLASSES = {
    "rolls": DataClass(
        gettext_lazy("Who somebody is and how to reach her"),
        gettext_lazy("As long as she is on our list, and 30 days longer"),
        "people to forget",
    ),
    "bin": DataClass(
        gettext_lazy("Deleted and joined records"), gettext_lazy("30 days"), "the bin"
    ),
    "private": DataClass(
        gettext_lazy("Access needs, emergency contacts, rules for calling, notes"),
        gettext_lazy("As the rolls, encrypted"),
        "people to forget",
    ),
    "own_fields": DataClass(
        gettext_lazy("Fields of our own"),
        gettext_lazy("As each field says, or as the rolls"),
        "values of our own fields",
    ),
    "application": DataClass(
        gettext_lazy("Applications"),
        gettext_lazy("Not proved: 30 days. Declined: two years. Else as the rolls"),
        "declined applicants",
    ),
    "answers": DataClass(
        gettext_lazy("Answers to our questions on the form to join"),
        gettext_lazy("As each question says"),
        "answers to forget",
    ),
    "drafts": DataClass(
        gettext_lazy("Forms that were begun"),
        gettext_lazy("30 days"),
        "applications nobody proved",
    ),
    "consents": DataClass(
        gettext_lazy("What somebody agreed to"),
        gettext_lazy("As the rolls"),
        "people to forget",
    ),
    "between": DataClass(
        gettext_lazy("Notes between members"),
        gettext_lazy("90 days"),
        "notes between members",
    ),
    "messages": DataClass(
        gettext_lazy("Messages we sent"),
        gettext_lazy("Words: a year (about signing in: 30 days). That one went: two years"),
        "old messages",
    ),
    "copies": DataClass(
        gettext_lazy("Copies of own data, papers of lists"),
        gettext_lazy("A day; a week"),
        "papers taken out",
    ),
    "events": DataClass(
        gettext_lazy("What people bring, names of guests and walk-ins"),
        gettext_lazy("A year after the event"),
        "names at events",
    ),
    "money": DataClass(
        gettext_lazy("Names and addresses of payers and givers"),
        gettext_lazy("Seven years, as the books want"),
        "names in old books",
    ),
    "webhooks": DataClass(gettext_lazy("What Stripe told us"), gettext_lazy("90 days"), "old rows"),
    "imports": DataClass(
        gettext_lazy("Rows of files that were brought in"),
        gettext_lazy("30 days after they were brought in"),
        "old import files",
    ),
    "audit": DataClass(
        gettext_lazy("Who did and saw what"),
        gettext_lazy("As long as the books; details are erased with the person"),
        "people to forget",
    ),
    "logins": DataClass(gettext_lazy("Logins"), gettext_lazy("As the rolls"), "people to forget"),
    "codes": DataClass(
        gettext_lazy("Codes we mailed"),
        gettext_lazy("They work for 15 minutes; a day later they are gone"),
        "codes that were mailed",
    ),
    "limits": DataClass(
        gettext_lazy("Counters against guessing"),
        gettext_lazy("Until their time is over, a week at most"),
        "old rows",
    ),
}

_CONTACT = (
    "email phone phone_as_written address_line1 address_line2 city region postal_code country"
)
PERSONAL: dict[str, dict[str, str]] = {
    "members.Member": {
        "rolls": (
            f"first_name last_name chosen_name pronouns {_CONTACT} area mailing_name bio photo"
            " channels mail_phrase"
        )
    },
    "members.StatusChange": {"rolls": "reason"},
    "members.ExternalId": {"rolls": "value"},
    "members.Tag": {"rolls": "name"},
    "members.Office": {"rolls": "body title"},
    "members.Listing": {"rolls": "shows sort_name search"},
    "members.Draft": {"drafts": "data email"},
    "members.Application": {
        "application": (
            "about best_time partner_first_name partner_last_name found_us rejection_reason"
        )
    },
    "members.Reference": {"application": "name"},
    "members.Answer": {"answers": "text"},
    "members.PrivateDetails": {"private": "access emergency contact"},
    "members.Note": {"private": "text"},
    "members.NoContact": {"private": "reason"},
    "members.ProfileValue": {"own_fields": "text"},
    "members.Consent": {"consents": "text"},
    "members.MemberNote": {"between": "text report"},
    "members.Merge": {"bin": "before moved"},
    "members.OwnCopy": {"copies": "stored_as"},
    "members.Paper": {"copies": "options stored_as note"},
    "members.SavedFilter": {"rolls": "name criteria"},
    "members.Approval": {"audit": "params summary reason"},
    "members.AuditEntry": {"audit": "network details"},
    "members.PanicSwitch": {"audit": "reason"},
    "members.RateCount": {"limits": "key"},
    "loaf.OnceKey": {"limits": "key result"},
    "members.MailedCode": {"codes": "address digest browser"},
    "members.LoginMove": {"logins": "old_email new_email"},
    "members.User": {"logins": "email password"},
    "notices.Message": {"messages": "key to_email to_name to_address subject text html error"},
    "billing.Payment": {
        "money": "check_number payer_name payer_email description card_last4 receipt_url attention"
    },
    "billing.Membership": {"money": "granted_reason"},
    "billing.Subscription": {"money": "card_last4"},
    "billing.BankLine": {"money": "text note"},
    "billing.Reconciliation": {"money": "sentences"},
    "billing.PaymentLine": {"money": "label"},
    "billing.Refund": {"money": "reason"},
    "billing.ProviderEvent": {"webhooks": "payload error"},
    "donations.Donation": {"money": "donor_name donor_email dedication"},
    "events.Rsvp": {"events": "note"},
    "events.Guest": {"events": "name"},
    "events.Attendance": {"events": "name"},
    "imports.ImportJob": {"imports": "left_out"},
    "imports.ImportFile": {"imports": "name stored_as header"},
    "imports.ImportRow": {
        "imports": (
            "raw reasons why before source_id customer_id first_name last_name pronouns bio"
            " provider_id intent_id invoice_id charge_id receipt_url subscription_id description"
            " payer_name fund_name card_last4 purpose news plan_name plan_source order_ref"
            " event_ref event_title event_place answer partner_first partner_last partner_email"
            f" {_CONTACT}"
        )
    },
    "imports.ImportKey": {"imports": "value"},
}
"""Model → class → its columns."""
IMPERSONAL: dict[str, str] = {
    "members.NumberSeries": "name",
    "members.StatusChange": "from_status inactive_reason from_inactive_reason",
    "members.ExternalId": "source",
    "members.Member": "joined_precision",
    "members.MailedCode": "purpose",
    "members.Application": "reference",
    "members.Reference": "token",
    "members.Question": "label help_text choices",
    "members.ProfileField": "label help_text choices",
    "members.TwoPersonRule": "act",
    "members.Approval": "act",
    "members.AuditEntry": "action target_type details_digest hash",
    "members.OwnCopy": "token",
    "members.Paper": "token",
    "members.Role": "name description",
    "members.RolePermission": "name",
    "members.HouseholdMember": "token",
    "members.MemberNote": "token",
    "members.Announcement": "subject body",
    "notices.Message": "kind from_name",
    "notices.LetterText": "kind subject heading body",
    "billing.Plan": "name slug description currency stripe_product_id stripe_price_id",
    "billing.Membership": "currency provider",
    "billing.Subscription": (
        "reference currency card_brand payment_method stripe_id stripe_customer_id"
        " stripe_session_id stripe_price_id"
    ),
    "billing.GiftCard": "code code_hash",
    # Numbers by which Stripe and we name the same thing; they tell nothing without one of the two.
    "billing.Payment": (
        "reference provider provider_id currency card_brand receipt_number attempt"
        " stripe_session_id stripe_session_url stripe_subscription_id stripe_customer_id"
        " stripe_payment_intent_id stripe_invoice_id stripe_charge_id"
    ),
    "billing.PaymentNumber": "value",
    "billing.Refund": "currency provider_id source",
    "billing.Deposit": "currency",
    "billing.Dispute": "stripe_id currency reason",
    "billing.Payout": "stripe_id currency",
    "billing.BankLine": "key currency",
    "billing.LedgerEntry": "posting account fund_code side currency source",
    "billing.PaymentLine": "fund_code",
    "billing.ClosedMonth": "page",
    "billing.LedgerSeal": "posting hash",
    "billing.ProviderEvent": "provider event_id kind mirror_error",
    "donations.Fund": "name slug description code",
    "donations.Donation": "currency",
    "events.Event": (
        "title slug summary description picture venue area address access_facts cost timezone"
    ),
    "imports.ImportJob": "plans counts seen error new_status written made",
    "imports.ImportFile": "reader sha256 encoding delimiter mapping",
    "imports.ImportMapping": "signature reader columns",
    "imports.ImportRow": (
        "kind action decision source joined_precision new_status currency card_brand provider"
        " method interval term_status"
    ),
    "loaf.WorkerBeat": "worker_id",
    "loaf.ScheduleSlot": "name",
    "loaf.SweepCount": "name",
}
"""Columns that tell nothing about a person."""


def class_of(label: str, field: str) -> str:
    """The class of a column; "" when it has none."""
    return next(
        (name for name, columns in PERSONAL.get(label, {}).items() if field in columns.split()), ""
    )


def without_class() -> Iterator[str]:
    """Text columns of ours that are in no class and not named as impersonal."""
    for model in apps.get_models():
        label = model._meta.label
        if model._meta.app_label not in OUR_ROOMS or model._meta.proxy:
            continue
        for field in model._meta.concrete_fields:
            is_text = (
                isinstance(field, (models.CharField, models.TextField, models.JSONField))
                and not field.choices
            )
            if (
                is_text
                and not class_of(label, field.name)
                and field.name not in IMPERSONAL.get(label, "").split()
            ):
                yield f"{label}.{field.name}"


def unknown_columns() -> Iterator[str]:
    """Columns named above that no model has."""
    for label, columns in [
        *((m, " ".join(c.values())) for m, c in PERSONAL.items()),
        *IMPERSONAL.items(),
    ]:
        known = {field.name for field in apps.get_model(label)._meta.concrete_fields}
        yield from (f"{label}.{name}" for name in columns.split() if name not in known)
