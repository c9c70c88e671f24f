"""Stages by year, recruitment, expressions of interest and what was decided on them, participation."""

from programmes.models.expressions import (
    LIVE,
    TRANSITIONS,
    AgreedPromise,
    Decision,
    ExpressionOfInterest,
    ExpressionQuerySet,
    LeadTeacher,
    OfferAnswer,
    State,
)
from programmes.models.participation import Participation
from programmes.models.school_changes import SchoolChange
from programmes.models.stages import RecruitmentWindow, Stage, StagePromise, StageYear

__all__ = [
    "LIVE",
    "TRANSITIONS",
    "AgreedPromise",
    "Decision",
    "ExpressionOfInterest",
    "ExpressionQuerySet",
    "LeadTeacher",
    "OfferAnswer",
    "Participation",
    "RecruitmentWindow",
    "SchoolChange",
    "Stage",
    "StagePromise",
    "StageYear",
    "State",
]
