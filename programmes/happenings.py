"""What happens to expressions of interest that the rooms above act on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hubs.happenings import Happening
from hubs.models import Membership
from programmes.models import ExpressionOfInterest, OfferAnswer
from schools.models import School


@dataclass(frozen=True)
class OfferAccepted:
    """A school has accepted the place that it was offered."""

    expression: ExpressionOfInterest
    answer: OfferAnswer
    now: dt.datetime


@dataclass(frozen=True)
class SchoolChosen:
    """The hub has said which school an expression is for, of those that its own has split into."""

    expression: ExpressionOfInterest
    former: School
    actor: Membership
    now: dt.datetime


offer_accepted: Happening[OfferAccepted] = Happening()
school_chosen: Happening[SchoolChosen] = Happening()
