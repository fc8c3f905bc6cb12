"""Persons, organisations and what they may do, for the long tail that no page of the workbench covers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teahorse.common.admin_pages import Listed, ReadOnly
from teahorse.common.refusals import Refusal
from teahorse.people import actions, rules
from teahorse.people.models import ApiToken, Grant, Membership, Organisation, Person, ServicePoint


@admin.register(Person)
class Persons(Listed):
    list_display = ("name", "phone", "is_phone_verified", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff", "locale")
    search_fields = ("=phone", "name")
    ordering = ("-joined_at", "pk")
    fields = ("phone", "is_phone_verified", "name", "locale", "is_active", "is_staff", "is_superuser", "groups", "joined_at", "last_login")
    readonly_fields = ("phone", "is_phone_verified", "joined_at", "last_login")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's; a person comes by proving a phone
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - as above; she is made inactive
        return False


@admin.register(Organisation)
class Organisations(Listed):
    list_display = ("name", "key", "kind", "area", "left_at")
    list_filter = ("kind", ("left_at", admin.EmptyFieldListFilter))
    list_select_related = ("area",)
    search_fields = ("name", "key", "^area__code")
    ordering = ("name", "pk")
    raw_id_fields = ("area",)
    fields = ("key", "kind", "name", "name_bo", "name_en", "about", "about_bo", "about_en", "area", "phone", "left_at")

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep it in the county of its area."""
        obj.county_id = obj.area.county_id
        obj.save()


@admin.register(ServicePoint)
class ServicePoints(Listed):
    list_display = ("name", "level", "organisation", "area", "accepts_pickup", "takes_cash")
    list_filter = ("level", "accepts_pickup", "takes_cash")
    list_select_related = ("organisation", "area")
    search_fields = ("name", "organisation__name", "^area__code")
    ordering = ("name", "pk")
    raw_id_fields = ("organisation", "area")
    fields = (
        *("organisation", "level", "name", "name_bo", "name_en", "area", "address_line", "latitude", "longitude"),
        *("is_point_invented", "hours", "accepts_pickup", "takes_cash"),
    )

    def save_model(self, request: HttpRequest, obj: ServicePoint, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Keep it in the county of its area."""
        obj.county_id = obj.area.county_id
        obj.save()


@admin.register(Membership)
class Memberships(ReadOnly):
    list_display = ("person", "organisation", "role", "since_at", "until_at")
    list_filter = ("role", ("until_at", admin.EmptyFieldListFilter))
    list_select_related = ("person", "organisation")
    search_fields = ("person__name", "=person__phone", "organisation__name", "organisation__key")
    ordering = ("-since_at", "pk")
    actions = ("end",)

    @admin.action(description=_("End these memberships, and every session of their persons"), permissions=["view"])
    def end(self, request: HttpRequest, chosen: QuerySet[Membership]) -> None:
        """End the chosen memberships; those that ended before are left."""
        for membership in chosen.filter(until_at=None).order_by("pk"):
            actions.end_membership(membership=membership, now=timezone.now())
            self.log_change(request, membership, "ended")


class GrantForm(forms.ModelForm[Grant]):
    """A right that an organisation gives to another one."""

    class Meta:
        model = Grant
        fields = ("grantor", "grantee", "right")

    def clean(self) -> dict[str, Any]:
        """Refuse what is not the grantor's to give."""
        typed = super().clean() or {}
        grantor, grantee, right = (typed.get(name) for name in ("grantor", "grantee", "right"))
        if grantor and grantee and right and (grantor == grantee or not rules.may_grant(grantor.kind, right)):
            raise ValidationError(str(actions.NotOursToGrant(grantor=str(grantor))))
        return typed


@admin.register(Grant)
class Grants(ReadOnly):
    form = GrantForm
    list_display = ("grantor", "grantee", "right", "since_at", "until_at")
    list_filter = ("right", ("until_at", admin.EmptyFieldListFilter))
    list_select_related = ("grantor", "grantee")
    search_fields = ("grantor__name", "grantee__name", "grantor__key", "grantee__key")
    ordering = ("-since_at", "pk")
    raw_id_fields = ("grantor", "grantee")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("people.add_grant"))

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: Any) -> None:  # noqa: ARG002 - Django's
        """Give the right from now on."""
        obj.since_at = timezone.now()
        obj.save(force_insert=True)

    @admin.action(description=_("Take these rights back"), permissions=["add"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Grant]) -> None:
        """Take the chosen rights back; those that were taken back before are left."""
        for grant in chosen.filter(until_at=None).order_by("pk"):
            try:
                actions.revoke_grant(grant=grant, now=timezone.now())
            except Refusal as refusal:
                messages.error(request, str(refusal))
            else:
                self.log_change(request, grant, "revoked")


@admin.register(ApiToken)
class ApiTokens(ReadOnly):
    list_display = ("name", "organisation", "created_at", "used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("organisation",)
    search_fields = ("name", "organisation__name", "organisation__key")
    ordering = ("-created_at", "pk")
    fields = ("name", "organisation", "created_at", "used_at", "revoked_at")
