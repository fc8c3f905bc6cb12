"""Every change to persons, memberships, grants and tokens."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.people import rules
from teahorse.people.models import ApiToken, Grant, Membership, Organisation, Person
from teahorse.people.queries import digest_of

NOTED_EVERY = timedelta(hours=1)
TOKEN_PREFIX = "th_"  # noqa: S105 - a mark by which leaked tokens are found, no secret


class AlreadyMember(Refusal):
    """The person already acts for the organisation; a role changes by ending the membership and giving another."""

    code = "already_member"
    sentence = _("%(person)s already acts for %(organisation)s.")


class MembershipHasEnded(Refusal):
    """The membership was ended before."""

    code = "membership_has_ended"
    sentence = _("This membership ended before.")


class RightAlreadyGranted(Refusal):
    """The grantee already has the right."""

    code = "right_already_granted"
    sentence = _("%(grantee)s already has this right.")


class NotOursToGrant(Refusal):
    """An organisation can give away only what its own kind may do, and not to itself."""

    code = "not_ours_to_grant"
    sentence = _("%(grantor)s cannot give this right away.")


class GrantHasEnded(Refusal):
    """The grant was revoked before."""

    code = "grant_has_ended"
    sentence = _("This right was taken back before.")


class TokenIsRevoked(Refusal):
    """The token was revoked before."""

    code = "token_is_revoked"
    sentence = _("This key was revoked before.")


@transaction.atomic
def receive_person(*, phone: str, locale: str, now: datetime) -> tuple[Person, bool]:
    """
    Return the person of a phone (E.164) that has just been proven, made when she is new; and whether she is.

    A person who was written down by somebody else before is verified by it.
    """
    new = {"is_phone_verified": True, "locale": locale, "password": make_password(None), "joined_at": now}
    person, is_new = Person.objects.get_or_create(phone=phone, defaults=new)
    if not person.is_phone_verified:
        person.is_phone_verified = True
        person.save(update_fields=["is_phone_verified"])
    return person, is_new


@transaction.atomic
def rename_person(*, person: Person, name: str) -> Person:
    """
    Write down what a person calls herself.

    :raises Malformed: naming the field ``name``, if it is none (see :func:`teahorse.people.rules.normal_name`); nothing is changed.
    """
    try:
        person.name = rules.normal_name(name)
    except rules.NotAName as error:
        reason = {
            "empty": _("Write a name."),
            "long": _("A name has at most 80 characters."),
            "unseen": _("There is a character in it that nobody can see. Type the name anew."),
        }[str(error)]
        raise Malformed(field="name", reason=reason) from error
    person.save(update_fields=["name"])
    return person


@transaction.atomic
def set_telephone(*, organisation: Organisation, telephone: str) -> Organisation:
    """
    Write down under which number an organisation is called by buyers and carriers, mobile or landline; empty: under none.

    :raises Malformed: naming the field ``telephone``, if it is no number; nothing is changed.
    """
    try:
        organisation.phone = rules.normal_telephone(telephone) if telephone.strip() else ""
    except rules.NotAPhone as error:
        reason = _("This is no telephone number. Write a mobile number, or a landline with its area code, such as 0893 7820000.")
        raise Malformed(field="telephone", reason=reason) from error
    organisation.save(update_fields=["phone"])
    return organisation


@transaction.atomic
def give_membership(*, person: Person, organisation: Organisation, role: str, now: datetime) -> Membership:
    """
    Let a person act for an organisation in a role, from now on.

    :raises AlreadyMember: if she does already, in whatever role.
    """
    try:
        with transaction.atomic():
            return Membership.objects.create(person=person, organisation=organisation, role=Membership.Role(role), since_at=now)
    except IntegrityError as error:
        raise AlreadyMember(field="person", person=str(person), organisation=str(organisation)) from error


@transaction.atomic
def end_membership(*, membership: Membership, now: datetime) -> Membership:
    """
    End a membership, and every session of its person: what was open on a lost tablet is open no more.

    :raises MembershipHasEnded: if it ended before; nothing is changed.
    """
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.until_at is not None:
        raise MembershipHasEnded
    membership.until_at = now
    membership.save(update_fields=["until_at"])
    Person.objects.filter(pk=membership.person_id).update(sessions_ended_at=now)
    return membership


@transaction.atomic
def grant_right(*, grantor: Organisation, grantee: Organisation, right: str, now: datetime) -> Grant:
    """
    Let the members of one organisation use a right of another one.

    :raises NotOursToGrant: if the grantor's kind does not have the right itself, or both are the same.
    :raises RightAlreadyGranted: if the grantee has it already.
    """
    if grantor.pk == grantee.pk or not rules.may_grant(grantor.kind, right):
        raise NotOursToGrant(field="right", grantor=str(grantor))
    try:
        with transaction.atomic():
            return Grant.objects.create(grantor=grantor, grantee=grantee, right=right, since_at=now)
    except IntegrityError as error:
        raise RightAlreadyGranted(field="grantee", grantee=str(grantee)) from error


@transaction.atomic
def revoke_grant(*, grant: Grant, now: datetime) -> Grant:
    """
    Take a granted right back.

    :raises GrantHasEnded: if it was taken back before; nothing is changed.
    """
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.until_at is not None:
        raise GrantHasEnded
    grant.until_at = now
    grant.save(update_fields=["until_at"])
    return grant


@transaction.atomic
def issue_token(*, organisation: Organisation, name: str, now: datetime) -> tuple[ApiToken, str]:
    """Make a key with which a machine acts for an organisation; return its row and the secret, which is shown now and never again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(organisation=organisation, name=name, digest=digest_of(secret), created_at=now), secret


def use_token(*, secret: str, now: datetime) -> Organisation | None:
    """
    Return the organisation that a machine's key stands for: none for a key that is unknown or revoked, or of one that has left.

    One look into the digest's index; once an hour it is written down that the key is in use.
    """
    valid = ApiToken.objects.filter(Q(revoked_at=None) | Q(revoked_at__gt=now), digest=digest_of(secret), organisation__left_at=None)
    token = valid.select_related("organisation").first()
    if token is None:
        return None
    if token.used_at is None or now - token.used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token.organisation


@transaction.atomic
def revoke_token(*, token: ApiToken, now: datetime) -> ApiToken:
    """
    Make a key useless.

    :raises TokenIsRevoked: if it was before; nothing is changed.
    """
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is not None:
        raise TokenIsRevoked
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    return token
