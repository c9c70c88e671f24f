from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from programmes import catalogue
from programmes.models import Stage, StagePromise, StageYear

pytestmark = pytest.mark.django_db


def promises_of(stage: str, year: int = 2026) -> list[str]:
    promises = StagePromise.objects.filter(stage_year__stage__slug=stage, stage_year__year=year)
    return list(promises.values_list("wording", flat=True))


def test_there_are_four_stages_for_primary_and_three_for_secondary_schools() -> None:
    assert list(Stage.objects.values_list("slug", flat=True)) == [
        "primary-readiness",
        "primary-developing",
        "primary-embedding",
        "primary-sustaining",
        "secondary-developing",
        "secondary-embedding-support",
        "secondary-embedding-sustaining",
    ]
    assert [Stage.objects.filter(phase=phase).count() for phase in ("primary", "secondary")] == [4, 3]


@pytest.mark.parametrize("year", catalogue.YEARS)
def test_every_stage_runs_in_every_year_and_asks_for_promises(year: int) -> None:
    stage_years = StageYear.objects.filter(year=year)

    assert stage_years.count() == 7
    assert all(stage_year.promises.exists() for stage_year in stage_years)


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("primary-readiness", 4),
        ("primary-developing", 6),
        ("primary-embedding", 6),
        ("primary-sustaining", 5),
        ("secondary-developing", 5),
        ("secondary-embedding-support", 5),
        ("secondary-embedding-sustaining", 5),
    ],
)
def test_a_stage_has_its_own_number_of_promises_each_worded_differently(stage: str, number: int) -> None:
    wordings = promises_of(stage)

    assert len(set(wordings)) == len(wordings) == number


def test_developing_for_primary_schools_pays_a_thousand_pounds() -> None:
    developing = StageYear.objects.get(stage__slug="primary-developing", year=2026)

    assert developing.grant_pence == 100_000
    assert str(developing) == "Developing (primary), 2026/27"


def test_secondary_stages_are_for_ages_from_eleven() -> None:
    ages = StageYear.objects.filter(stage__phase="secondary").values_list("youngest", "oldest").distinct()

    assert list(ages.order_by()) == [(11, 18)]


def test_loading_again_changes_nothing() -> None:
    StageYear.objects.filter(stage__slug="primary-developing", year=2026).update(name="Renamed by a hub's nation")
    before = StageYear.objects.count(), StagePromise.objects.count()

    catalogue.load(Stage, StageYear, StagePromise, using="default")

    assert (StageYear.objects.count(), StagePromise.objects.count()) == before
    assert StageYear.objects.get(stage__slug="primary-developing", year=2026).name == "Renamed by a hub's nation"


def test_a_new_year_is_a_copy_of_the_latest_one_before_it() -> None:
    StageYear.objects.filter(stage__slug="primary-developing", year=2027).update(
        grant="£1,200 towards release", grant_pence=120_000, code="NCP27-06"
    )

    added = catalogue.add_year(2028)

    copy = StageYear.objects.get(stage__slug="primary-developing", year=2028)
    assert added == 7
    assert (copy.grant, copy.grant_pence) == ("£1,200 towards release", 120_000)
    assert promises_of("primary-developing", 2028) == promises_of("primary-developing", 2027)


def test_a_new_year_has_no_code_until_it_is_known() -> None:
    StageYear.objects.filter(year=2027).update(code="NCP27-06")

    catalogue.add_year(2028)

    assert set(StageYear.objects.filter(year=2028).values_list("code", flat=True)) == {""}
    assert set(StageYear.objects.filter(year=2027).values_list("code", flat=True)) == {"NCP27-06"}


def test_adding_a_year_twice_adds_nothing_the_second_time() -> None:
    assert catalogue.add_year(2028) == 7
    assert catalogue.add_year(2028) == 0
    assert StageYear.objects.filter(year=2028).count() == 7


def test_a_year_that_has_some_stages_gets_the_others() -> None:
    catalogue.add_year(2028)
    missing = StageYear.objects.filter(year=2028, stage__phase="secondary")
    StagePromise.objects.filter(stage_year__in=missing).delete()
    missing.delete()

    assert catalogue.add_year(2028) == 3


def test_a_year_before_all_others_cannot_be_copied() -> None:
    with pytest.raises(catalogue.NoYearToCopy):
        catalogue.add_year(2024)


def test_the_command_says_how_many_stages_it_added(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("add_year", "2028")

    assert capsys.readouterr().out == "7 stages added for 2028/29.\n"


def test_the_command_says_why_it_cannot_add_a_year() -> None:
    with pytest.raises(CommandError, match="no earlier year"):
        call_command("add_year", "2000")
