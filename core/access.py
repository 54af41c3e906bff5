"""Who may enter a URL: declared beside each view, read by the `routes` command and the permission
matrix.

LoginRequiredMiddleware shuts every door; these decorators open one and say for whom. A view without
one fails the system check `loaf.E001`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]

OPEN, SIGNED_IN, MEMBER, STAFF = "open", "signed-in", "member", "staff"


def declare(view: Any, access: str, methods: tuple[str, ...]) -> Any:
    """Note on the view who may enter and with which methods; other methods get 405."""
    allowed = methods + (("HEAD",) if "GET" in methods else ())
    guarded = require_http_methods(list(allowed))(view)
    guarded.access, guarded.methods = access, methods
    return guarded


def open_to_all(*methods: str, post: str = "") -> Callable[[View], View]:
    """Let anybody in, with these methods (GET when none is named); `post` names who may POST when
    the view asks for more.
    """

    def decorate(view: View) -> View:
        opened: Any = login_not_required(declare(view, OPEN, methods or ("GET",)))
        opened.post_access = post
        return opened  # type: ignore[no-any-return]

    return decorate


def signed_in(*methods: str) -> Callable[[View], View]:
    """Let any login in, member or not."""

    def decorate(view: View) -> View:
        return declare(never_cache(view), SIGNED_IN, methods or ("GET",))

    return decorate


def permission_required(permission: str, *methods: str) -> Callable[[View], View]:
    """Let staff in who hold the permission; a login without it is told nothing is here (404)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not (user.is_authenticated and user.has_perm(permission)):
                if set(permission.split("|")) & set(getattr(user, "sleeping_permissions", ())):
                    raise PermissionDenied  # theirs, but asleep: the page says how it wakes
                raise Http404
            return view(request, *args, **kwargs)

        return declare(login_required(never_cache(guarded)), permission, methods or ("GET",))

    return decorate
