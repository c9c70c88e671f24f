"""Hubs, the people who work in them, and what happened when."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse

from hubs import colours
from hubs.ranges import DatesFromTo, DatesUntil
from hubs.tenancy import HubManager, HubOwned


class LocalAuthority(models.Model):
    """One of England's local authorities, by the register's three-digit code."""

    national_columns: ClassVar[tuple[str, ...]] = ("code", "name", "region")

    code = models.CharField(primary_key=True, max_length=3, validators=[RegexValidator(r"^\d{3}$")])
    name = models.CharField(max_length=100)
    region = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "local authorities"

    def __str__(self) -> str:
        return self.name


class Hub(models.Model):
    """A Maths Hub: the tenant. It keeps its identity when its name, area or lead school changes."""

    class PrivacyRole(models.TextChoices):
        PROCESSOR = "processor", "Processor, on behalf of the Department for Education"
        CONTROLLER = "controller", "Controller in its own right"

    national_columns: ClassVar[tuple[str, ...]] = ("id", "name", "slug")

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=40, unique=True)
    colour = models.CharField(max_length=7, default=colours.DEFAULT, validators=[RegexValidator(r"^#[0-9a-f]{6}$")])
    contact_email = models.EmailField()
    contact_phone = models.CharField(max_length=30, blank=True)
    reply_to = models.EmailField("reply-to address")
    privacy_role = models.CharField(max_length=12, choices=PrivacyRole, default=PrivacyRole.PROCESSOR)
    privacy_contact_email = models.EmailField()
    privacy_version = models.PositiveIntegerField(default=1)
    areas = models.ManyToManyField(LocalAuthority, through="HubArea", related_name="hubs")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-f]{6}$"), name="hub_colour_is_hex"),
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]+$"), name="hub_slug_is_lower_case"),
            models.UniqueConstraint(
                Lower("name"), name="hub_name_once", violation_error_message="A hub with this name already exists."
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The way into the hub's console, for its members."""
        return reverse("console_home", args=[self.slug])

    @property
    def colour_version(self) -> str:
        """Part of the style sheet's address, so that a new colour shows at once."""
        return self.colour.removeprefix("#")


class HubArea(models.Model):
    """A local authority whose schools a hub serves. Others may still apply to it."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="hub_areas")
    authority = models.ForeignKey(LocalAuthority, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "authority"], name="hub_area_once")]

    def __str__(self) -> str:
        return f"{self.hub}: {self.authority}"


class LeadSchool(models.Model):
    """Which school or trust runs a hub, and from when to when."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="lead_schools")
    name = models.CharField(max_length=200)
    urn = models.PositiveIntegerField("URN", null=True, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="lead_school_ends_after_start"),
            ExclusionConstraint(
                name="hub_has_one_lead_school_at_a_time",
                expressions=[
                    ("hub", RangeOperators.EQUAL),
                    (DatesFromTo("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """People by their e-mail address, whatever its capitals."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who can sign in; without a password, by code only."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this address, ignoring capitals."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in. The e-mail address is the name; rights come from memberships."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_in_lower_case")]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        """The name as the person gave it: nobody is cut to a first name."""
        return self.name


class Role(models.TextChoices):
    """What a person is in a hub; `hubs.permissions` says what that allows."""

    ADMINISTRATOR = "administrator", "Hub administrator"
    HUB_LEAD = "hub_lead", "Hub lead"
    ASSISTANT_LEAD = "assistant_lead", "Assistant hub lead"
    MASTERY_SPECIALIST = "mastery_specialist", "Mastery Specialist"
    FINANCE = "finance", "Finance officer"

    @property
    def with_article(self) -> str:
        """As it stands in a sentence: "is now a Hub lead"."""
        article = "an" if self.label[0] in "AEIOU" else "a"
        return f"{article} {self.label}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by when they hold."""

    def active_on(self, day: dt.date) -> Self:
        """Memberships that hold on a day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)

    def with_second_factor(self) -> Self:
        """With `has_second_factor`: whether the person has set one up, as allauth asks for it, in the same query."""
        factors = apps.get_model("mfa", "Authenticator")._default_manager.filter(user=OuterRef("user"))
        return self.annotate(has_second_factor=Exists(factors))


class Membership(models.Model):
    """A person's role in a hub, from `starts_on` until `ends_on`, the first day on which it no longer holds."""

    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    # Not a column: see `MembershipQuerySet.with_second_factor`.
    has_second_factor: bool

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="membership_ends_after_start"),
            ExclusionConstraint(
                name="one_membership_of_a_hub_at_a_time",
                expressions=[
                    ("hub", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (DatesUntil("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.hub}"


class NationalRole(models.Model):
    """A person who sees national figures: counts of every hub, nobody's notes or names."""

    class Kind(models.TextChoices):
        VIEWER = "viewer", "National viewer"

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="national_role")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.VIEWER)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=["viewer"]), name="national_role_known")]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_kind_display()}"


class Invitation(HubOwned):
    """An invitation to become a member, sent by e-mail; the link in it is signed and expires."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role)
    # Nobody for a hub's first administrator, who is invited when the hub is made.
    invited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        constraints = [
            *HubOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_in_lower_case"),
            models.UniqueConstraint(
                fields=["hub", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="invitation_not_both_accepted_and_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} as {self.get_role_display()}"

    @property
    def is_open(self) -> bool:
        """Neither accepted nor withdrawn."""
        return self.accepted_at is None and self.withdrawn_at is None


class TimelineEntry(HubOwned):
    """One thing that happened, in plain English. Entries are added, never changed."""

    append_only = True

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    text = models.TextField()

    objects: ClassVar[HubManager[Self]] = HubManager()

    class Meta(HubOwned.Meta):
        # The timeline of one record page.
        indexes = [
            models.Index(fields=["hub", "subject_kind", "subject_id", "-happened_at"], name="timeline_of_record")
        ]

    def __str__(self) -> str:
        return self.text
