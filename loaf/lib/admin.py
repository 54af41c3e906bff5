"""The volunteers' desk on Django's admin: our permissions, and lists that never count or skip."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from loaf.lib import keyset
from loaf.lib.access import declare
from loaf.lib.htmx import render_page

Cell = str | SafeString
COUNT_LIMIT = 1_000


@dataclass(frozen=True)
class Column:
    """One column of a desk list: its heading and how a row (a dict of `values()`) is shown."""

    label: str
    show: Callable[[dict[str, Any]], Cell]
    lead: bool = False
    permission: str = ""
    """Whoever lacks it does not see the column; "" is for everybody who sees the list."""


@dataclass(frozen=True)
class Filter:
    """One filter of a desk list: a field and its choices, as links."""

    field: str
    label: str
    choices: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None
    """How a choice narrows the rows, where it is more than `field = value`."""


class DeskAdmin(ModelAdmin):
    """A ModelAdmin whose doors are the registry's permissions and whose list is keyset-paged.

    `permissions` maps view/add/change/delete to a permission's name; a verb that is left out is allowed to nobody.
    """

    permissions: dict[str, str] = {}
    columns: list[Column] = []
    list_values: list[str] = []
    order: list[str] = ["-id"]
    filters: list[Filter] = []
    search_help = ""
    empty_text = "There is nothing here yet."

    def _may(self, request: HttpRequest, verb: str) -> bool:
        name = self.permissions.get(verb)
        return bool(name) and request.user.has_perm(name)  # type: ignore[arg-type]

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

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows this person may see, before search and filters."""
        return self.model._default_manager.all()

    def search(self, queryset: QuerySet[Any], text: str, request: HttpRequest) -> QuerySet[Any]:
        """Narrow the rows to a search text; only used when `search_help` is set."""
        return queryset

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list: two queries whatever the number of rows, one page at a time by cursor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = " ".join(request.GET.get("q", "").split())[:100]
        queryset = self.rows(request)
        chosen: dict[str, str] = {}
        for one in self.filters:
            value = request.GET.get(one.field, "")
            if value in dict(one.choices):
                chosen[one.field] = value
                queryset = one.narrow(queryset, value) if one.narrow else queryset.filter(**{one.field: value})
        if text and self.search_help:
            queryset = self.search(queryset, text, request)
        fields = sorted({*self.list_values, "id", *(name.lstrip("-") for name in self.order)})
        page = keyset.paginate(
            queryset.values(*fields), self.order, after=request.GET.get("after", "")[:600], before=request.GET.get("before", "")[:600]
        )
        columns = [c for c in self.columns if not c.permission or request.user.has_perm(c.permission)]
        context = {
            "title": str(self.opts.verbose_name_plural).capitalize(),
            "admin": self,
            "columns": columns,
            "rows": self._rows(page.rows, columns),
            "page": page,
            "count": self._count(queryset, page, narrowed=bool(text or chosen)),
            "q": text,
            "chosen": chosen,
            "can_add": self.has_add_permission(request),
            "add_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_add",
        }
        return render_page(request, "admin/desk_list.html", context, fragment="list")

    def _count(self, queryset: QuerySet[Any], page: keyset.Page, *, narrowed: bool) -> str:
        """How many there are, in words. A whole list is never counted; what was searched for, up to a thousand."""
        if not page.after and not page.before:
            return f"{len(page)} {'found' if narrowed else 'in all'}"
        if not narrowed:
            return f"{len(page)} shown, more behind"
        count = queryset.order_by()[: COUNT_LIMIT + 1].count()
        return f"{COUNT_LIMIT:,}+ found" if count > COUNT_LIMIT else f"{count:,} found"

    def _rows(self, rows: list[dict[str, Any]], columns: list[Column]) -> SafeString:
        """The table's rows as HTML. Written here and not by a template: a row costs a tenth of what a template's loops cost."""
        here = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=["ID"])
        before, after = (escape(part) for part in here.split("ID"))
        cells = [
            (f'<td role="cell" data-label="{escape(column.label)}" data-lead><a href="{before}%s{after}">%s</a></td>', True)
            if column.lead
            else (f'<td role="cell" data-label="{escape(column.label)}">%s</td>', False)
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
    """Declare an extra page of a DeskAdmin; the admin site's own wrapper lets only staff in, this asks for the permission."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Any:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return declare(guarded, permission, methods or ("GET",))

    return decorate


def read_only_fields(model: type[Model]) -> list[str]:
    """All concrete fields of a model, for pages where nothing is typed."""
    return [f.name for f in model._meta.fields if f.name != "id"]
