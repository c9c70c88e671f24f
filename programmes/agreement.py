"""What a school agrees to when it accepts a place: shown on the offer, kept with the answer, in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hubs.seen import seal
from hubs.wording import pounds
from programmes.models import Decision, ExpressionOfInterest


@dataclass(frozen=True)
class Agreement:
    """The place, the promises as the school had agreed to them, and the grant with its condition."""

    place: str
    promises: tuple[str, ...]
    grant: str
    grant_pence: int | None
    grant_condition: str

    def in_words(self) -> str:
        """All of it as text."""
        promises = "\n".join(f"{number}. {promise}" for number, promise in enumerate(self.promises, start=1))
        parts = [
            self.place,
            f"The school promises:\n{promises}" if promises else "",
            "\n".join(part for part in (f"Grant: {self.grant}", self.grant_condition) if part) if self.grant else "",
        ]
        return "\n\n".join(part for part in parts if part)

    def seal(self, offer: Decision) -> str:
        """What tells this agreement and this offer from any other: a page remembers by it what it has shown."""
        return seal(offer.pk, self.grant_pence, self.in_words())


def agreement_of(expression: ExpressionOfInterest, promises: Iterable[str] | None = None) -> Agreement:
    """What the school of an expression would agree to today.

    Reads its promises, unless they are at hand: `queries.latest_offer` finds an offer with them.
    """
    if promises is None:
        promises = (promise.wording for promise in expression.agreed_promises.all())
    stage_year = expression.stage_year
    grant, amount = stage_year.grant, pounds(stage_year.grant_pence)
    if amount and amount not in grant:
        grant = f"{amount}. {grant}".rstrip(". ")
    return Agreement(
        place=f"{expression.school_now.name} takes part in {stage_year.title}, {stage_year.year_label}.",
        promises=tuple(promises),
        grant=grant,
        grant_pence=stage_year.grant_pence,
        grant_condition=stage_year.grant_condition,
    )
