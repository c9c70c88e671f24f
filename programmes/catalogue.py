"""The stages of Teaching for Mastery as yearly data: names, rules, sizes, grants and promises.

`load` puts these into the database for the years in `YEARS`; from then on the rows are the truth and
may differ from year to year. A later year begins as a copy of the one before it: see `add_year`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

YEARS = (2024, 2025, 2026, 2027)

SIX_PROMISES = (
    "Two lead teachers will attend the half-day meetings and change teaching in their own class, and then beyond it.",
    "The lead teachers will have at least ten days' release between them over the year, meetings included.",
    "The headteacher will meet the Mastery Specialist and the hub's leaders, and work with the other headteachers.",
    (
        "The school will introduce teaching for mastery across the school "
        "and set up professional development in the style of a Teacher Research Group."
    ),
    "The school will provide reports and take part in evaluation.",
    "The school will go on collaborating in the next year and beyond.",
)
SUSTAINING_PROMISES = (
    "Two lead teachers will attend the workshops and carry what they learn into the whole school.",
    "The school is ready to host a workshop.",
    SIX_PROMISES[2],
    SIX_PROMISES[4],
    SIX_PROMISES[5],
)
READINESS_PROMISES = (
    "The maths lead and the headteacher will attend the first workshop together.",
    "The school will work with the Mastery Readiness Lead on the five areas of readiness.",
    SIX_PROMISES[4],
    "The school intends to join a Developing Work Group in the year after.",
)
DEPARTMENT_PROMISES = (
    (
        "Two lead teachers will attend the meetings and change teaching in their own classes, "
        "and then across the department."
    ),
    "The head of department will lead the work in the department and make time for it in department meetings.",
    "The headteacher will release the two lead teachers for the meetings.",
    SIX_PROMISES[4],
    SIX_PROMISES[5],
)
SUPPORT_PROMISES = (
    "Two lead teachers will work with the Mastery Specialist on each of the three days.",
    DEPARTMENT_PROMISES[1],
    "The headteacher will release the two lead teachers for the three days.",
    SIX_PROMISES[4],
    SIX_PROMISES[5],
)

GRANT_CONDITION = (
    "The grant is paid towards releasing the two lead teachers once the school has taken part: "
    "they attend the meetings, and the school takes at least ten days' release between them over the year."
)
DEPARTMENT_GRANT_CONDITION = (
    "The grant is paid to the maths department once its two lead teachers have attended the meetings of the year."
)


@dataclass(frozen=True)
class StageFacts:
    """A stage of one kind of school, as it stands in the years listed in `YEARS`. Grants in pence."""

    slug: str
    name: str
    phase: str
    who_may_join: str
    group: str
    meetings: str
    visits: str
    grant: str
    promises: tuple[str, ...]
    lead_teachers: str
    grant_pence: int | None = None
    grant_condition: str = ""
    smallest_group: int = 1
    largest_group: int = 12
    meetings_planned: int = 0
    # In the autumn, spring and summer terms.
    visits_per_term: tuple[int, int, int] = (0, 0, 0)
    # Half-days of both lead teachers together.
    release_half_days: int = 0
    youngest: int = 3
    oldest: int = 11
    order: int = 0

    def working_year(self) -> dict[str, Any]:
        """What the working year of a group is made of, as the fields of `StageYear`."""
        return {
            "grant_condition": self.grant_condition,
            "smallest_group": self.smallest_group,
            "largest_group": self.largest_group,
            "meetings_planned": self.meetings_planned,
            "visits_per_term": list(self.visits_per_term),
            "release_half_days": self.release_half_days,
        }


STAGES = (
    StageFacts(
        slug="primary-readiness",
        name="Mastery Readiness",
        phase="primary",
        who_may_join="Primary schools that are not ready for teaching for mastery yet, because of a barrier to "
        "tackle first.",
        group="Up to 8 schools, led by the Mastery Readiness Lead",
        meetings="Workshops on vision and culture, mathematical mindsets, subject expertise, school systems and "
        "arithmetical proficiency",
        visits="About 6 visits to each school",
        grant="No grant",
        promises=READINESS_PROMISES,
        lead_teachers="One of the two should be the maths lead.",
        smallest_group=4,
        largest_group=8,
        meetings_planned=5,
        visits_per_term=(2, 2, 2),
        order=10,
    ),
    StageFacts(
        slug="primary-developing",
        name="Developing",
        phase="primary",
        who_may_join="State-funded primary schools that have not done Developing before.",
        group="6 or 7 schools and their Mastery Specialist",
        meetings="6 half-day meetings, one each half-term",
        visits="3 visits to each school, one each term",
        grant="£1,000 towards release",
        grant_pence=100_000,
        promises=SIX_PROMISES,
        lead_teachers="One of the two should be the maths lead or a senior leader.",
        grant_condition=GRANT_CONDITION,
        smallest_group=6,
        largest_group=7,
        meetings_planned=6,
        visits_per_term=(1, 1, 1),
        release_half_days=20,
        order=20,
    ),
    StageFacts(
        slug="primary-embedding",
        name="Embedding",
        phase="primary",
        who_may_join="Primary schools that completed Developing the year before.",
        group="6 or 7 schools and their Mastery Specialist",
        meetings="Half-termly meetings",
        visits="1 visit to each school",
        grant="A smaller grant than for Developing; your hub will tell you the amount",
        promises=SIX_PROMISES,
        lead_teachers="One of the two should be the maths lead or a senior leader.",
        grant_condition=GRANT_CONDITION,
        smallest_group=6,
        largest_group=7,
        meetings_planned=6,
        visits_per_term=(0, 1, 0),
        release_half_days=20,
        order=30,
    ),
    StageFacts(
        slug="primary-sustaining",
        name="Sustaining",
        phase="primary",
        who_may_join="Primary schools that have done Developing or Embedding at any time, and Specialists' schools.",
        group="6, 7 or more schools",
        meetings="6 workshops, hosted by different schools",
        visits="Visits as agreed",
        grant="A smaller grant than for Developing; your hub will tell you the amount",
        promises=SUSTAINING_PROMISES,
        lead_teachers="One of the two should be the maths lead or a senior leader.",
        smallest_group=6,
        largest_group=12,
        meetings_planned=6,
        order=40,
    ),
    StageFacts(
        slug="secondary-developing",
        name="Developing",
        phase="secondary",
        who_may_join="State-funded secondary schools that have not done Developing before.",
        group="2 or more maths departments",
        meetings="Regular meetings, and work shaped for each department",
        visits="Visits as agreed",
        grant="Paid to the maths department; your hub will tell you the amount",
        promises=DEPARTMENT_PROMISES,
        lead_teachers="Ideally one of the two is a Mastery Specialist or a Mastery Advocate.",
        youngest=11,
        oldest=18,
        grant_condition=DEPARTMENT_GRANT_CONDITION,
        smallest_group=2,
        meetings_planned=6,
        visits_per_term=(1, 1, 1),
        order=50,
    ),
    StageFacts(
        slug="secondary-embedding-support",
        name="Embedding Year Support",
        phase="secondary",
        who_may_join="Secondary schools that completed Developing the year before.",
        group="One school, alongside Embedding and Sustaining",
        meetings="No meetings of its own",
        visits="Three days from a Mastery Specialist",
        grant="Your hub will tell you the amount",
        promises=SUPPORT_PROMISES,
        lead_teachers="Ideally one of the two is a Mastery Specialist or a Mastery Advocate.",
        youngest=11,
        oldest=18,
        largest_group=1,
        visits_per_term=(1, 1, 1),
        order=60,
    ),
    StageFacts(
        slug="secondary-embedding-sustaining",
        name="Embedding and Sustaining",
        phase="secondary",
        who_may_join="Secondary schools that have done Developing, Embedding or Sustaining at any time, "
        "and those with a Secondary Mastery Specialist.",
        group="Departments, in pairs of teachers",
        meetings="The equivalent of three days, online or in person, with collaborative lesson observation",
        visits="No visits",
        grant="Your hub will tell you the amount",
        promises=DEPARTMENT_PROMISES,
        lead_teachers="Ideally one of the two is a Mastery Specialist or a Mastery Advocate.",
        youngest=11,
        oldest=18,
        smallest_group=2,
        meetings_planned=6,
        order=70,
    ),
)


def load(stage_model: Any, stage_year_model: Any, promise_model: Any, *, using: str) -> None:
    """Add every stage, year and promise that is not there yet; takes models so that migrations can call it."""
    for facts in STAGES:
        stage, _ = stage_model.objects.using(using).get_or_create(
            slug=facts.slug, defaults={"phase": facts.phase, "order": facts.order}
        )
        for year in YEARS:
            stage_year, is_new = stage_year_model.objects.using(using).get_or_create(
                stage=stage,
                year=year,
                defaults={
                    "name": facts.name,
                    "youngest": facts.youngest,
                    "oldest": facts.oldest,
                    "who_may_join": facts.who_may_join,
                    "group": facts.group,
                    "meetings": facts.meetings,
                    "visits": facts.visits,
                    "grant": facts.grant,
                    "grant_pence": facts.grant_pence,
                    "lead_teachers": facts.lead_teachers,
                },
            )
            if is_new:
                promise_model.objects.using(using).bulk_create(
                    promise_model(stage_year=stage_year, position=position, wording=wording)
                    for position, wording in enumerate(facts.promises, start=1)
                )


class NoYearToCopy(LookupError):
    """There is no earlier year to copy a new one from."""


@transaction.atomic
def add_year(year: int) -> int:
    """Copy the stages and promises of the latest year before `year` into it; returns how many were added.

    Stages that the year has already are left alone. Raises `NoYearToCopy`.
    """
    from programmes.models import StagePromise, StageYear

    earlier = StageYear.objects.filter(year__lt=year).order_by("-year").first()
    if earlier is None:
        raise NoYearToCopy(year)
    there = set(StageYear.objects.filter(year=year).values_list("stage", flat=True))
    added = 0
    for stage_year in StageYear.objects.filter(year=earlier.year).exclude(stage__in=there):
        promises = list(stage_year.promises.all())
        # Codes change every year: the new year's is entered when it is known.
        stage_year.pk, stage_year.year, stage_year.code = None, year, ""
        stage_year._state.adding = True
        stage_year.save()
        StagePromise.objects.bulk_create(
            StagePromise(stage_year=stage_year, position=promise.position, wording=promise.wording)
            for promise in promises
        )
        added += 1
    return added


def load_working_years(stage_year_model: Any, *, using: str) -> None:
    """Give the stages of the catalogue's years what their groups' working year is made of; for a migration."""
    for facts in STAGES:
        found = stage_year_model.objects.using(using).filter(stage__slug=facts.slug)
        found.update(**facts.working_year())
