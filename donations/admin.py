"""The donations' room at the desk."""

from django.contrib import admin

from core.admin import Column, DeskAdmin, FileColumn, Filter, read_only_fields
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from donations.models import Donation, Fund

TONES = {"received": "ok", "pending": "info", "failed": "bad"}


@admin.register(Fund)
class FundAdmin(DeskAdmin):
    """Where gifts go."""

    permissions = {"view": "donations.view", "add": "donations.edit", "change": "donations.edit"}
    order = ["position", "id"]
    list_values = ["name", "is_active"]
    export_permission = "donations.export"
    file_columns = [
        FileColumn("Fund", "name"),
        FileColumn("About the fund", "description"),
        FileColumn("Open", "is_active"),
        FileColumn("Position", "position"),
    ]
    columns = [
        Column("Fund", lambda r: r["name"], lead=True),
        Column("Open", lambda r: "yes" if r["is_active"] else "no"),
    ]


@admin.register(Donation)
class DonationAdmin(DeskAdmin):
    """Gifts, newest first."""

    permissions = {"view": "donations.view"}
    order = ["-given_at", "-id"]
    list_values = ["donor_name", "amount", "currency", "status", "fund__name", "kind"]
    export_permission = "donations.export"
    file_columns = [
        FileColumn("Number of the payment", "payment__reference"),
        FileColumn("Paid on", "given_at"),
        FileColumn("Member number", "donor__member_number"),
        FileColumn("Name", "donor_name"),
        FileColumn("E-mail address", "donor_email", permission="users.view_private"),
        FileColumn("Amount", "amount", money="currency"),
        FileColumn("Currency", "currency"),
        FileColumn("Status of the payment", "status"),
        FileColumn("Fund", "fund__name"),
        FileColumn("From", "kind"),
        FileColumn("In memory or honor of", "dedication"),
        FileColumn("May be thanked by name", "may_be_thanked"),
    ]
    columns = [
        Column("From", lambda r: r["donor_name"] or "not known", lead=True),
        Column("Amount", lambda r: format_money(r["amount"], r["currency"])),
        Column("Fund", lambda r: r["fund__name"]),
        Column(
            "Status",
            lambda r: badge(TONES.get(r["status"], "quiet"), Donation.Status(r["status"]).label),
        ),
        Column("Date", lambda r: short_day(r["given_at"])),
    ]
    filters = [Filter("status", "Status", Donation.Status.choices)]
    readonly_fields = read_only_fields(Donation)
    empty_text = "No gifts yet."
