"""The one role × permission table. Groups in the database are synced from it, never edited."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as StoredPermission
from django.contrib.contenttypes.models import ContentType


class Role(StrEnum):
    """What a person is to the shop. Each person has exactly one."""

    ADMIN = "admin"
    OPS = "ops"
    ANALYST = "analyst"
    CUSTOMER = "customer"


class Permission(StrEnum):
    """What can be done, as `thing:verb`. A view names one of these or says that it is public."""

    ORDER_PLACE = "order:place"
    ORDER_VIEW_OWN = "order:view-own"
    ORDER_VIEW = "order:view"
    ORDER_CANCEL = "order:cancel"
    ORDER_FULFIL = "order:fulfil"
    REFUND_ISSUE = "refund:issue"
    ISSUE_VIEW = "issue:view"
    ISSUE_ACKNOWLEDGE = "issue:acknowledge"
    AUDIT_VIEW = "audit:view"
    PERSON_MANAGE = "person:manage"
    PRICE_CHANGE = "price:change"
    SECOND_FACTOR_USE = "second-factor:use"
    PASSWORD_CHANGE = "password:change"  # noqa: S105 (a permission)
    EXPORT_DOWNLOAD = "export:download"
    EXPORT_CUSTOMERS = "export:customers"
    PERSON_VIEW_OWN = "person:view-own"
    PERSON_VIEW = "person:view"
    PERSON_ERASE = "person:erase"
    SUBSCRIPTION_START = "subscription:start"
    SUBSCRIPTION_CANCEL_OWN = "subscription:cancel-own"
    SUBSCRIPTION_VIEW = "subscription:view"
    SUBSCRIPTION_CANCEL = "subscription:cancel"
    ANALYTICS_VIEW = "analytics:view"


TABLE: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(
        {
            Permission.ORDER_PLACE,
            Permission.ORDER_VIEW_OWN,
            Permission.PERSON_VIEW_OWN,
            Permission.PASSWORD_CHANGE,
            Permission.SUBSCRIPTION_START,
            Permission.SUBSCRIPTION_CANCEL_OWN,
        }
    ),
    Role.ANALYST: frozenset(
        {
            Permission.ORDER_VIEW,
            Permission.ISSUE_VIEW,
            Permission.SECOND_FACTOR_USE,
            Permission.EXPORT_DOWNLOAD,
            Permission.PERSON_VIEW_OWN,
            Permission.PASSWORD_CHANGE,
            Permission.SUBSCRIPTION_VIEW,
            Permission.ANALYTICS_VIEW,
        }
    ),
    Role.OPS: frozenset(
        {
            Permission.ORDER_VIEW,
            Permission.ORDER_CANCEL,
            Permission.ORDER_FULFIL,
            Permission.REFUND_ISSUE,
            Permission.ISSUE_VIEW,
            Permission.ISSUE_ACKNOWLEDGE,
            Permission.SECOND_FACTOR_USE,
            Permission.EXPORT_DOWNLOAD,
            Permission.PERSON_VIEW_OWN,
            Permission.PASSWORD_CHANGE,
            Permission.PERSON_VIEW,
            Permission.SUBSCRIPTION_VIEW,
            Permission.SUBSCRIPTION_CANCEL,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Permission.ORDER_VIEW,
            Permission.ORDER_CANCEL,
            Permission.ORDER_FULFIL,
            Permission.REFUND_ISSUE,
            Permission.ISSUE_VIEW,
            Permission.ISSUE_ACKNOWLEDGE,
            Permission.AUDIT_VIEW,
            Permission.PERSON_MANAGE,
            Permission.PRICE_CHANGE,
            Permission.SECOND_FACTOR_USE,
            Permission.EXPORT_DOWNLOAD,
            Permission.EXPORT_CUSTOMERS,
            Permission.PERSON_VIEW_OWN,
            Permission.PASSWORD_CHANGE,
            Permission.PERSON_VIEW,
            Permission.PERSON_ERASE,
            Permission.SUBSCRIPTION_VIEW,
            Permission.SUBSCRIPTION_CANCEL,
            Permission.ANALYTICS_VIEW,
        }
    ),
}


def sync() -> None:
    """Make the groups of the database what `TABLE` says. Runs after every migration, and again
    by `sync_roles`; a second run changes nothing. Groups that are no role are left alone."""
    permissions = _permissions()
    for role in Role:
        group, _ = Group.objects.get_or_create(name=role.value)
        group.permissions.set(permissions[permission] for permission in TABLE[role])


def _permissions() -> dict[str, StoredPermission]:
    """The permissions by code. Made here when missing, because after a migration nothing says
    that Django's own receiver, which makes them too, has already run."""
    kind = ContentType.objects.get_for_model(get_user_model())
    for permission in Permission:
        StoredPermission.objects.get_or_create(
            content_type=kind, codename=permission.value, defaults={"name": permission.name}
        )
    return {
        stored.codename: stored
        for stored in StoredPermission.objects.filter(
            content_type=kind, codename__in=[permission.value for permission in Permission]
        )
    }
