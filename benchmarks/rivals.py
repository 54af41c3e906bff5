"""What a user would build or pick instead: a plain Django page, the stock admin, the SDK's webhook
view, import-export.
"""

import itertools
import json

import stripe
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from import_export import resources
from import_export.instance_loaders import CachedInstanceLoader

from billing.models import ProviderEvent
from events.models import Event
from members.models import Member

SECRET = "whsec_" + "b" * 32


def plain_page(request: HttpRequest) -> HttpResponse:
    """A member page as one writes it first: session, user, member with plan, five payments, five
    events, one template.
    """
    member = Member.objects.select_related("user").get(user=request.user)
    term = member.memberships.select_related("plan").first()
    payments = list(member.payments.order_by("-created_at")[:5])
    events = list(Event.objects.filter(starts_at__gte=timezone.now()).order_by("starts_at")[:5])
    return render(
        request,
        "plain_page.html",
        {"member": member, "term": term, "payments": payments, "events": events},
    )


@csrf_exempt
@login_not_required
def sdk_webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's documented view with the usual get_or_create."""
    try:
        event = stripe.Webhook.construct_event(
            request.body, request.headers["Stripe-Signature"], SECRET
        )
    except (ValueError, stripe.SignatureVerificationError):
        return HttpResponse(status=400)
    with transaction.atomic():
        row, is_new = ProviderEvent.objects.get_or_create(
            provider="stripe",
            event_id=event.id,
            defaults={"kind": event.type, "payload": json.dumps(event.to_dict())},
        )
        if is_new:
            row.state, row.processed_at = "processed", timezone.now()
            row.save()
    return HttpResponse("ok")


class StockAdmin(admin.ModelAdmin):
    """The members list as Django gives it."""

    list_display = [
        "last_name",
        "first_name",
        "email",
        "phone",
        "status",
        "joined_on",
        "member_number",
    ]
    list_filter = ["status"]
    search_fields = ["last_name", "first_name", "email"]
    ordering = ["last_name", "first_name", "id"]
    show_full_result_count = True

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return True

    has_module_permission = has_change_permission = has_view_permission


class StockSite(admin.AdminSite):
    """Django's own admin site."""

    def has_permission(self, request: HttpRequest) -> bool:
        return True


stock = StockSite(name="stock")
stock.register(Member, StockAdmin)


NUMBERS = itertools.count(1_000_000)


class MemberResource(resources.ModelResource):
    """import-export as its documentation begins."""

    class Meta:
        model = Member
        import_id_fields = ["email"]
        fields = ["email", "first_name", "last_name", "phone", "city", "joined_on"]


class BulkResource(MemberResource):
    """The same with its own options for speed."""

    class Meta(MemberResource.Meta):
        use_bulk = True
        batch_size = 1000
        skip_diff = True

    def before_save_instance(self, instance: Member, row: object, **kwargs: object) -> None:
        """Bulk writing passes over save(): the number comes from a counter in memory, which is
        cheaper than any honest one.
        """
        instance.member_number = instance.member_number or next(NUMBERS)


class TunedResource(BulkResource):
    """The best tuning found: the rows that are there already are read once."""

    class Meta(BulkResource.Meta):
        instance_loader_class = CachedInstanceLoader
