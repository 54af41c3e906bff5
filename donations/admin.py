"""The donations' room at the desk."""

from django.contrib import admin
from django.utils.translation import gettext as _

from core.admin import DeskAdmin, read_only_fields
from core.columns import Column, FileColumn, Filter
from core.i18n import gettext_lazy
from core.money import format_money
from core.templatetags.loaf import badge, short_day
from donations.models import Donation, Fund

TONES = {"received": "ok", "pending": "info", "failed": "bad"}


@admin.register(Fund)
class FundAdmin(DeskAdmin):
    """Where gifts go."""

    permissions = {"view": "donations.view", "add": "donations.edit", "change": "donations.edit"}
    order = ["position", "id"]
    list_values = ["name", "code", "is_active"]
    export_permission = "donations.export"
    file_columns = [
        FileColumn(gettext_lazy("Fund"), "name"),
        FileColumn(gettext_lazy("About the fund"), "description"),
        FileColumn(gettext_lazy("Code in the books"), "code"),
        FileColumn(gettext_lazy("Open"), "is_active"),
        FileColumn(gettext_lazy("Position"), "position"),
    ]
    columns = [
        Column(gettext_lazy("Fund"), lambda r: r["name"], lead=True),
        Column(gettext_lazy("Kept apart as"), lambda r: r["code"] or _("not kept apart")),
        Column(gettext_lazy("Open"), lambda r: _("yes") if r["is_active"] else _("no")),
    ]


@admin.register(Donation)
class DonationAdmin(DeskAdmin):
    """Gifts, newest first."""

    permissions = {"view": "donations.view"}
    order = ["-given_at", "-id"]
    list_values = ["donor_name", "amount", "currency", "status", "fund__name", "kind"]
    export_permission = "donations.export"
    file_columns = [
        FileColumn(gettext_lazy("Number of the payment"), "payment__reference"),
        FileColumn(gettext_lazy("Paid on"), "given_at"),
        FileColumn(gettext_lazy("Member number"), "donor__member_number"),
        FileColumn(gettext_lazy("Name"), "donor_name"),
        FileColumn(gettext_lazy("E-mail address"), "donor_email", permission="users.view_private"),
        FileColumn(gettext_lazy("Amount"), "amount", money="currency"),
        FileColumn(gettext_lazy("Currency"), "currency"),
        FileColumn(gettext_lazy("Status of the payment"), "status"),
        FileColumn(gettext_lazy("Fund"), "fund__name"),
        FileColumn(gettext_lazy("Code in the books"), "fund__code"),
        FileColumn(gettext_lazy("From"), "kind"),
        FileColumn(gettext_lazy("In memory or honor of"), "dedication"),
        FileColumn(gettext_lazy("May be thanked by name"), "may_be_thanked"),
    ]
    columns = [
        Column(gettext_lazy("From"), lambda r: r["donor_name"] or _("not known"), lead=True),
        Column(gettext_lazy("Amount"), lambda r: format_money(r["amount"], r["currency"])),
        Column(gettext_lazy("Fund"), lambda r: r["fund__name"]),
        Column(
            gettext_lazy("Status"),
            lambda r: badge(TONES.get(r["status"], "quiet"), Donation.Status(r["status"]).label),
        ),
        Column(gettext_lazy("Date"), lambda r: short_day(r["given_at"])),
    ]
    filters = [Filter("status", gettext_lazy("Status"), Donation.Status.choices)]
    readonly_fields = read_only_fields(Donation)
    empty_text = gettext_lazy("No gifts yet.")
