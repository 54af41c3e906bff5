"""A login: one e-mail address and its ways to sign in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from core.i18n import gettext_lazy
from core.text import normal_email
from members.models.role import HELD, RoleAssignment, RolePermission
from members.permissions import is_sensitive


class UserManager(BaseUserManager["User"]):
    """Makes logins; there is no superuser flag, the superadmin role holds that power."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a login; without a password it is entered by e-mailed code."""
        user = self.model(email=normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normal_email(username or ""))


class User(AbstractBaseUser):
    """One login. It may act for several members (partners who share an address); power comes from
    roles alone.
    """

    email = models.EmailField(gettext_lazy("e-mail address"), max_length=254, unique=True)
    is_staff = models.BooleanField(gettext_lazy("may open the volunteers' desk"), default=False)
    is_active = models.BooleanField(gettext_lazy("may sign in"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    came_with_key: bool | None = None
    """Whether a second key was used in the session this object was read for; None outside of one.
    """

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("login"), gettext_lazy("logins")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normal_email(self.email)
        super().save(*args, **kwargs)

    @property
    def held_permissions(self) -> frozenset[str]:
        """Names of the permissions this login has today. Those that sleep (see
        `sleeping_permissions`) are not among them.
        """
        return self._roles[0]

    @property
    def sleeping_permissions(self) -> frozenset[str]:
        """Powers that wait until a second key (a passkey or an authenticator app) is there, and was
        used in this session.
        """
        return self._roles[1]

    @property
    def has_key(self) -> bool:
        """Whether a login with powers has a second key at all."""
        return self._roles[2]

    @property
    def needs_key(self) -> bool:
        """Whether only the second key proves who this is: a login with powers that has one."""
        return settings.STAFF_SECOND_FACTOR and self.has_key

    @property
    def granted_permissions(self) -> frozenset[str]:
        """All that running roles give this login today, awake or asleep."""
        return self._roles[0] | self._roles[1]

    @property
    def assigned_permissions(self) -> frozenset[str]:
        """All that roles give or will give, also while the login is shut: what somebody must hold
        to decide about it.
        """
        held = RoleAssignment.objects.not_over().filter(user=self)
        return frozenset(
            RolePermission.objects.filter(role__assignments__in=held).values_list("name", flat=True)
        )

    @cached_property
    def _roles(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Powers awake and asleep, and whether there is a second key; one query, once a request."""
        if not (self.is_active and self.is_staff):
            return frozenset(), frozenset(), False
        held = HELD(user=self.pk, day=timezone.localdate())
        names, has_key = frozenset(name for name, _ in held), any(key for _, key in held)
        is_awake = not settings.STAFF_SECOND_FACTOR or (has_key and self.came_with_key is not False)
        asleep = (
            frozenset() if is_awake else frozenset(name for name in names if is_sensitive(name))
        )
        return names - asleep, asleep, has_key

    def forget_permissions(self) -> None:
        """Read the roles again when they are asked for next."""
        self.__dict__.pop("_roles", None)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Say whether a running role gives this permission ("users.approve"), or one of several
        ("users.approve|users.reject").
        """
        return any(name in self.held_permissions for name in perm.split("|"))

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        """Say whether all the permissions are held."""
        return all(self.has_perm(perm) for perm in perm_list)

    def has_module_perms(self, module: str) -> bool:
        """Say whether any permission of the module ("users", "events", …) is held."""
        return any(name.startswith(f"{module}.") for name in self.held_permissions)
