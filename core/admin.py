"""The volunteers' desk on Django's admin: our permissions, and lists that never count or skip."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Model, QuerySet
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import keyset
from core.access import declare
from core.columns import Column, FileColumn, Filter
from core.htmx import render_page
from core.i18n import gettext_lazy
from core.money import exponent, format_money
from core.templatetags.loaf import clock, day, short_day

COUNT_LIMIT = 1_000


desk_saved = Signal()
"""Sent by a DeskAdmin with `user`, `target`, `before` and `after` (dicts of what changed) when
somebody saved a row by hand.
"""


@dataclass(frozen=True)
class ListPage:
    """What the page of a list shows, the same for every table."""

    title: str
    admin: "DeskAdmin"
    links: list[tuple[str, str]]
    filters: list[Filter]
    search_label: str
    columns: list[Column]
    rows: SafeString
    page: keyset.Page
    count: str
    q: str
    chosen: dict[str, str]
    note: str
    can_add: bool
    file_url: str
    narrowed: str
    add_url: str


class DeskAdmin(ModelAdmin):
    """A ModelAdmin whose doors are the registry's permissions, whose list is keyset-paged and whose
    pages have our look.

    `permissions` maps view/add/change/delete to a permission's name; a verb that is left out is
    allowed to nobody.
    """

    permissions: dict[str, str] = {}
    private: dict[str, str] = {}
    """Field (through relations) → the permission it takes beside the list's own: one rule for list,
    record, file and preview.
    """
    columns: list[Column] = []
    list_values: list[str] = []
    order: list[str] = ["-id"]
    filters: list[Filter] = []
    search_help = ""
    add_form_template = change_form_template = "admin/desk_form.html"
    empty_text = gettext_lazy("There is nothing here yet.")
    add_words = gettext_lazy("Add one")
    export_permission = ""
    """Whoever holds it may take the list out as a file, with `file_columns`; "" for nobody."""
    file_columns: list[FileColumn] = []
    file_page: Callable[..., Any] | None = None
    """The page that takes a list out; the room that knows second people and papers provides it."""
    list_links: list[tuple[str, str]] = []
    """Other pages of this table: the name of the address and the words of the link."""

    def _may(self, request: HttpRequest, verb: str) -> bool:
        name = self.permissions.get(verb)
        return bool(name) and request.user.has_perm(name)  # type: ignore[arg-type]

    def closed_to(self, user: Any) -> set[str]:
        """The private fields somebody may not see, whatever way they would come out."""
        return {
            field for field, permission in self.private.items() if not user.has_perm(permission)
        }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields of a record, without those that are closed; of somebody new everything is
        asked.
        """
        closed = self.closed_to(request.user) if obj is not None else set()
        kept = []
        for title, options in super().get_fieldsets(request, obj):
            names = [name for name in flatten(options["fields"]) if name not in closed]
            if names:
                kept.append((title, {**options, "fields": names}))
        return kept

    def columns_of_file(self, user: Any) -> list[FileColumn]:
        """The columns of the list as a file that somebody may have."""
        closed = self.closed_to(user)
        return [
            c
            for c in self.file_columns
            if c.field not in closed and (not c.permission or user.has_perm(c.permission))
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be seen."""
        return self._may(request, "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be added by hand."""
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be changed by hand; whoever changes must be allowed to look."""
        return self._may(request, "view") and self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be deleted."""
        return self._may(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the model shows on the desk."""
        return self.has_view_permission(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The browser's own controls for dates and times; none of the stock admin's scripts."""
        if isinstance(db_field, models.DateTimeField):
            kwargs |= {
                "widget": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
                "form_class": forms.DateTimeField,
            }
        elif isinstance(db_field, models.DateField):
            kwargs |= {"widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        elif isinstance(db_field, models.TextField):
            kwargs |= {"widget": forms.Textarea({"rows": 4})}
        elif isinstance(db_field, models.ForeignKey):
            kwargs.setdefault("empty_label", _("None"))
        return db_field.formfield(**kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The form, or the facts for somebody who may only look."""
        obj = kwargs.get("obj")
        may_write = (
            self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        )
        prefix = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        context |= {
            "list_title": str(self.opts.verbose_name_plural).capitalize(),
            "list_url": f"{prefix}_changelist",
            "history_url": f"{prefix}_history",
            "may_write": may_write,
        }
        if obj is not None and not may_write:
            context["facts"] = self.facts(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def facts(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """What a row says, in words: labels and texts; what is empty is left out."""
        names = [
            name
            for __, options in self.get_fieldsets(request, obj)
            for name in flatten(options["fields"])
        ]
        fields = [
            self.opts.get_field(name)
            for name in names
            if name in {f.name for f in self.opts.get_fields()}
        ]
        shown = [(str(field.verbose_name).capitalize(), in_words(obj, field)) for field in fields]  # type: ignore[union-attr]
        return [(label, text) for label, text in shown if text]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and say what changed."""
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data} if change else {}
        after = {name: form.cleaned_data.get(name) for name in form.changed_data}
        desk_saved.send(
            sender=type(obj),
            user=request.user,
            target=obj,
            before=_plain(before),
            after=_plain(after),
        )

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """A record that is gone, in our words."""
        messages.error(request, _("There is no such record, or it is not for you to see."))
        return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing: our own audit holds what changed and cannot be edited."""

    log_change = log_deletions = log_addition  # type: ignore[assignment]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        """Back to the list, with one plain sentence."""
        return self._saved(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the list, with one plain sentence."""
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, _("Saved: {obj}.").format(obj=obj))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What happened to a row is in the audit."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect(
            f"{reverse('admin:members_auditentry_changelist')}?q={self.opts.label_lower}:{unquote(object_id)}"
        )

    def get_urls(self) -> list[Any]:
        """Taking the list out as a file, beside the stock pages."""
        if not self.export_permission or DeskAdmin.file_page is None:
            return super().get_urls()
        page = desk_page(self.export_permission, "GET", "POST")(
            functools.partial(DeskAdmin.file_page, self)
        )
        return [
            path(
                "as-file/", self.admin_site.admin_view(page), name=self.file_url.partition(":")[2]
            ),
            *super().get_urls(),
        ]

    @property
    def file_url(self) -> str:
        """The name of the address of the list as a file."""
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_file"

    def file_rows(self, request: HttpRequest) -> tuple[list[str], Iterator[list[Any]]]:
        """Heading and rows of the list as a file, narrowed as the request says, with the columns
        this person may see.
        """
        columns = self.columns_of_file(request.user)
        fields = list(
            dict.fromkeys([c.field for c in columns] + [c.money for c in columns if c.money])
        )
        found = self.narrowed(request)[0].order_by(*self.order).values_list(*fields)
        if not any(c.money for c in columns):
            plain = (
                [v if v.__class__ is str or v is None else for_file(v) for v in row]
                for row in found.iterator(chunk_size=2000)
            )
            return [c.label for c in columns], plain
        takes = [(fields.index(c.field), fields.index(c.money) if c.money else -1) for c in columns]
        return [c.label for c in columns], (
            [for_file(row[at], row[coin] if coin >= 0 else "") for at, coin in takes]
            for row in found.iterator(chunk_size=2000)
        )

    def file_needs(self, request: HttpRequest) -> list[str]:
        """The permissions a file holds the fruits of, made for this person now; whoever takes it
        away must hold them still.
        """
        held = self.columns_of_file(request.user)
        seen = [
            name for c in held for name in (c.permission, self.private.get(c.field, "")) if name
        ]
        return list(dict.fromkeys([self.export_permission, self.permissions["view"], *seen]))

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows this person may see, before search and filters."""
        return self.model._default_manager.all()

    def search(self, queryset: QuerySet[Any], text: str, request: HttpRequest) -> QuerySet[Any]:
        """Narrow the rows to a search text; only used when `search_help` is set."""
        return queryset

    def list_note(self, request: HttpRequest) -> str:
        """A sentence above the list; "" for none."""
        return ""

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        """The filters of the list, for this person."""
        return self.filters

    def get_list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Other pages of this table, for this person."""
        return self.list_links

    def search_label(self, request: HttpRequest) -> str:
        """What this person can search by."""
        return self.search_help

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list: two queries whatever the number of rows, one page at a time by cursor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        queryset, text, chosen = self.narrowed(request)
        filters = self.get_filters(request)
        fields = sorted({*self.list_values, "id", *(name.lstrip("-") for name in self.order)})
        page = keyset.paginate(
            queryset.values(*fields),
            self.order,
            after=request.GET.get("after", "")[:600],
            before=request.GET.get("before", "")[:600],
        )
        columns = [
            c for c in self.columns if not c.permission or request.user.has_perm(c.permission)
        ]
        for field in self.closed_to(request.user):
            for row in page.rows:
                row.update({field: ""} if field in row else {})
        shown = ListPage(
            title=str(self.opts.verbose_name_plural).capitalize(),
            admin=self,
            links=self.get_list_links(request),
            filters=filters,
            search_label=self.search_label(request),
            columns=columns,
            rows=self._rows(page.rows, columns),
            page=page,
            count=self._count(queryset, page, narrowed=bool(text or chosen)),
            q=text,
            chosen=chosen,
            note=self.list_note(request),
            can_add=self.has_add_permission(request),
            file_url=self.file_url
            if self.export_permission and request.user.has_perm(self.export_permission)
            else "",
            narrowed=request.GET.urlencode(),
            add_url=f"admin:{self.opts.app_label}_{self.opts.model_name}_add",
        )
        return render_page(request, "admin/desk_list.html", vars(shown), fragment="list")

    def narrowed(self, request: HttpRequest) -> tuple[QuerySet[Any], str, dict[str, str]]:
        """The rows this person may see after search and filters, with the search text and what was
        chosen.
        """
        text = " ".join(request.GET.get("q", "").split())[:100]
        queryset = self.rows(request)
        chosen: dict[str, str] = {}
        for one in self.get_filters(request):
            value = request.GET.get(one.field, "")
            if value in dict(one.choices):
                chosen[one.field] = value
                queryset = (
                    one.narrow(queryset, value)
                    if one.narrow
                    else queryset.filter(**{one.field: value})
                )
        if text and self.search_help:
            queryset = self.search(queryset, text, request)
        return queryset, text, chosen

    def _count(self, queryset: QuerySet[Any], page: keyset.Page, *, narrowed: bool) -> str:
        """How many there are, in words. A whole list is never counted; what was searched for, up to
        a thousand.
        """
        if not page.after and not page.before:
            words = _("{count} found") if narrowed else _("{count} in all")
            return words.format(count=len(page))
        if not narrowed:
            return _("{count} shown, more behind").format(count=len(page))
        count = queryset.order_by()[: COUNT_LIMIT + 1].count()
        words = _("{count:,}+ found") if count > COUNT_LIMIT else _("{count:,} found")
        return words.format(count=min(count, COUNT_LIMIT))

    def _rows(self, rows: list[dict[str, Any]], columns: list[Column]) -> SafeString:
        """The table's rows as HTML. Written here and not by a template: a row costs a tenth of what
        a template's loops cost.
        """
        here = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=["ID"])
        before, after = (escape(part) for part in here.split("ID"))
        cells = [
            (
                (
                    (
                        f'<td role="cell" data-label="{escape(column.label)}" data-lead><a'
                        f' href="{before}%s{after}">%s</a></td>'
                    ),
                    True,
                )
                if column.lead
                else (
                    f'<td role="cell" data-label="{escape(column.label)}">%s</td>',
                    False,
                )
            )
            for column in columns
        ]
        written = []
        for row in rows:
            written.append('<tr role="row">')
            for (shape, lead), column in zip(cells, columns, strict=True):
                text = conditional_escape(column.show(row))
                written.append(shape % (row["id"], text) if lead else shape % text)
            written.append("</tr>")
        return mark_safe("".join(written))  # noqa: S308 (every text is escaped above)


def desk_page(permission: str, *methods: str) -> Callable[[Callable[..., HttpResponseBase]], Any]:
    """Declare an extra page of a DeskAdmin; the admin site's own wrapper lets only staff in, this
    asks for the permission.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Any:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return declare(guarded, permission, methods or ("GET",))

    return decorate


def in_words(obj: Any, field: Any) -> str:
    """One field of a row as a person reads it: money with its currency, dates in full, yes and no,
    the choice's own words.
    """
    value = getattr(obj, field.name)
    if value in (None, ""):
        return ""
    if field.choices:
        return str(getattr(obj, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return f"{day(value)}, {clock(value)}"
    if isinstance(value, dt.date):
        return short_day(value)
    if field.name in ("amount", "fee") or field.name.endswith("_amount"):
        return format_money(value, obj.currency)
    return str(value)


def for_file(value: Any, currency: str = "") -> Any:
    """A value as a file holds it: ISO 8601 days and moments in the house's zone, amounts as
    decimals, yes and no.
    """
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if currency:
        return Decimal(value).scaleb(-exponent(currency))
    return value if isinstance(value, int) else str(value)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the audit keeps them: a row by its id."""
    return {name: value.pk if isinstance(value, Model) else value for name, value in values.items()}


def read_only_fields(model: type[Model]) -> list[str]:
    """All concrete fields of a model, for pages where nothing is typed."""
    return [f.name for f in model._meta.fields if f.name != "id"]
