from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubs import tenancy
from programmes.agreement import Agreement, agreement_of
from programmes.models import Decision, ExpressionOfInterest, StageYear
from tests import factories
from tests.programmes.conftest import reload

WORDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
AGREEMENTS = st.builds(
    Agreement,
    place=WORDS,
    promises=st.lists(WORDS, max_size=4).map(tuple),
    grant=WORDS | st.just(""),
    grant_pence=st.integers(0, 10**7) | st.none(),
    grant_condition=WORDS | st.just(""),
)


@given(AGREEMENTS)
def test_the_words_hold_every_promise_and_the_grant_as_they_stand(agreement: Agreement) -> None:
    words = agreement.in_words()

    assert words
    lines = words.split("\n")
    assert lines[0] == agreement.place
    for number, promise in enumerate(agreement.promises, start=1):
        assert f"{number}. {promise}" in lines
    if agreement.grant:
        assert f"Grant: {agreement.grant}" in lines
        assert not agreement.grant_condition or agreement.grant_condition in lines
    assert "\n\n\n" not in words


@given(AGREEMENTS, AGREEMENTS, st.integers(1, 3), st.integers(1, 3))
def test_a_seal_is_the_same_for_the_same_words_sum_and_offer_only(
    one: Agreement, other: Agreement, first: int, second: int
) -> None:
    said = [(each.in_words(), each.grant_pence, offer) for each, offer in ((one, first), (other, second))]

    same = one.seal(Decision(pk=first)) == other.seal(Decision(pk=second))

    assert same == (said[0] == said[1])


def test_the_sum_stands_in_the_words_also_where_the_stages_own_do_not_say_it(sent: ExpressionOfInterest) -> None:
    grants = {
        ("£1,000 towards release", 100_000): "£1,000 towards release",
        ("A grant towards release", 75_050): "£750.50. A grant towards release",
        ("", 75_000): "£750",
        ("No grant", None): "No grant",
    }
    for (words, pence), said in grants.items():
        StageYear.objects.filter(pk=sent.window.stage_year_id).update(grant=words, grant_pence=pence)
        with tenancy.use(sent.hub):
            assert agreement_of(reload(sent)).grant == said


def test_it_is_the_schools_of_today(sent: ExpressionOfInterest) -> None:
    factories.go_on_as(sent.school, factories.make_school("Birch Academy"))

    with tenancy.use(sent.hub):
        assert agreement_of(reload(sent)).place == "Birch Academy takes part in Developing (primary), 2027/28."
