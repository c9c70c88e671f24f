from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, HubArea, LocalAuthority, User
from schools import ancestry
from schools.models import RegisterLink, School, SuccessionRuling
from tests import factories
from tests.schools.families import CLOSED, link

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
ANSWER = {"answer": "same", "reason": "The head told us."}


@pytest.fixture(autouse=True)
def _areas(hub: Hub, other_hub: Hub) -> None:
    for one, code, name in ((hub, "001", "Northvale"), (other_hub, "009", "Severnmoor")):
        authority, _ = LocalAuthority.objects.get_or_create(code=code, defaults={"name": name})
        HubArea.objects.create(hub=one, authority=authority)


@pytest.fixture
def console(administrator: User, client_of: ClientOf) -> Client:
    return client_of(administrator)


def doubtful(number: int, *, day: str | None = None, **fields: Any) -> tuple[School, School]:
    """A school that closed, and one that the register calls its successor; without a date that is in doubt."""
    values = {"postcode": f"NV{number} 1AA"[:10], **fields}
    earlier = factories.make_school(f"Old School {number}", urn=100_000 + number, status=CLOSED, **values)
    later = factories.make_school(f"New School {number}", urn=150_000 + number, **values)
    link(earlier.urn, "Successor", later.urn, None)
    if day:
        # Dated, and in doubt for another reason: the earlier one is open still.
        RegisterLink.objects.filter(urn=earlier.urn).update(established_on=day)
        School.objects.filter(pk=earlier.pk).update(status=School.Status.OPEN)
    ancestry.rebuild()
    return earlier, later


def circle() -> tuple[School, School]:
    """Two schools of which the register says that each came before the other, and gives a date for one of that."""
    earlier, later = doubtful(1)
    RegisterLink.objects.all().update(established_on="2014-09-01")
    School.objects.update(status=CLOSED)
    link(later.urn, "Successor", earlier.urn, None)
    ancestry.rebuild()
    return earlier, later


def amalgamated() -> tuple[School, School]:
    """Two schools of which the register does not say which came first."""
    earlier, later = doubtful(1)
    RegisterLink.objects.all().update(kind="Result of Amalgamation", established_on="2014-09-01")
    ancestry.rebuild()
    return earlier, later


def list_url(hub: Hub, query: str = "") -> str:
    return reverse("school_changes", args=[hub.slug]) + (f"?{query}" if query else "")


def url(hub: Hub, earlier: School, later: School, query: str = "") -> str:
    return reverse("school_change", args=[hub.slug, earlier.urn, later.urn]) + (f"?{query}" if query else "")


def text_of(response: Any) -> str:
    return html.unescape(" ".join(response.content.decode().split()))


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def shown(response: Any) -> list[str]:
    return [row["change"].predecessor.name for row in response.context["rows"]]


def rule(hub: Hub, person: User, pair: tuple[School, School], *, same: bool = True, reason: str = "We know.") -> None:
    with tenancy.use(hub):
        ancestry.rule(
            predecessor=pair[0].urn,
            successor=pair[1].urn,
            same_school=same,
            reason=reason,
            actor=factories.membership_of(person, hub),
            now=timezone.now(),
        )


def queries_of(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    # A test runs inside a transaction, so a page's own is a savepoint, whose setting is taken back at its end.
    frame = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT set_config('hubadmin.hub_id', '',")
    return len([query for query in captured.captured_queries if not query["sql"].startswith(frame)])


# --- The list --------------------------------------------------------------------------------


def test_an_empty_list_says_that_nothing_is_in_doubt(console: Client, hub: Hub) -> None:
    assert "Nothing to confirm" in text_of(console.get(list_url(hub)))
    assert "Nothing decided yet" in text_of(console.get(list_url(hub, "state=decided")))


def test_the_list_says_who_may_have_gone_on_as_whom_and_what_is_in_doubt(console: Client, hub: Hub) -> None:
    earlier, later = doubtful(1)

    response = console.get(list_url(hub))

    page = text_of(response)
    assert url(hub, earlier, later) in page
    assert "URN 100001" in page
    assert "URN 150001" in page
    assert "The register gives no date" in page
    assert {figure.label: figure.value for figure in response.context["figures"]} == {"To confirm": 1, "Decided": 0}


def test_where_the_register_gives_no_date_those_of_the_two_schools_are_shown(console: Client, hub: Hub) -> None:
    earlier, later = doubtful(1)
    School.objects.filter(pk=earlier.pk).update(closed_on="2014-08-31")
    assert "Not known" not in text_of(console.get(list_url(hub)))
    School.objects.filter(pk=later.pk).update(opened_on="2014-09-01")

    (row,) = console.get(list_url(hub)).context["rows"]
    assert row["dates"] == [("closed", dt.date(2014, 8, 31)), ("opened", dt.date(2014, 9, 1))]
    page = text_of(console.get(url(hub, earlier, later)))
    assert "Old School 1 closed on Sunday 31 August 2014. New School 1 opened on Monday 1 September 2014." in page

    School.objects.update(closed_on=None, opened_on=None)
    assert "Not known" in text_of(console.get(list_url(hub)))


def test_a_school_with_several_successors_is_asked_about_once_for_each(console: Client, hub: Hub) -> None:
    earlier, _ = doubtful(1, day="2024-09-01")
    School.objects.filter(pk=earlier.pk).update(status=CLOSED)
    another = factories.make_school("Third School", urn=150_009)
    link(earlier.urn, "Successor", another.urn, "2024-09-01")
    ancestry.rebuild()

    response = console.get(list_url(hub, "doubt=several"))

    assert [row["change"].successor.name for row in response.context["rows"]] == ["New School 1", "Third School"]
    assert text_of(response).count("Old School 1 (URN 100001) has more than one successor") == 2


def test_two_schools_that_each_came_before_the_other_are_one_row(
    console: Client, hub: Hub, administrator: User
) -> None:
    earlier, later = circle()

    for query in ("", "doubt=cycle", "doubt=undated", "q=Old"):
        response = console.get(list_url(hub, query))
        assert shown(response) == ["Old School 1"], query
        assert response.context["figures"][0].value == 1
    assert response.context["rows"][0]["doubts"] == [
        "The register says that each came before the other",
        "The register gives no date",
    ]

    rule(hub, administrator, (later, earlier))
    assert shown(console.get(list_url(hub))) == []
    assert shown(console.get(list_url(hub, "state=decided"))) == ["New School 1"]


def test_the_newest_come_first_and_undated_ones_last(console: Client, hub: Hub) -> None:
    doubtful(1)
    doubtful(2, day="2015-09-01")
    doubtful(3, day="2024-09-01")

    assert shown(console.get(list_url(hub))) == ["Old School 3", "Old School 2", "Old School 1"]


def test_a_change_counts_for_the_area_of_either_school_and_for_no_other(
    console: Client, hub: Hub, other_hub: Hub, stranger: User, client_of: ClientOf
) -> None:
    severnmoor = LocalAuthority.objects.get(code="009")
    doubtful(1, authority=severnmoor)
    across = doubtful(2)
    School.objects.filter(pk=across[1].pk).update(authority=severnmoor)

    assert shown(console.get(list_url(hub))) == ["Old School 2"]
    assert shown(client_of(stranger).get(list_url(other_hub))) == ["Old School 1", "Old School 2"]


def test_what_is_clear_or_decided_is_not_in_the_list(console: Client, hub: Hub, administrator: User) -> None:
    clear = doubtful(1)
    RegisterLink.objects.filter(urn=clear[0].urn).update(established_on="2020-09-01")
    ancestry.rebuild()
    rule(hub, administrator, doubtful(2))

    response = console.get(list_url(hub))

    assert shown(response) == []
    assert [figure.value for figure in response.context["figures"]] == [0, 1]


def test_the_list_can_be_filtered_by_doubt_authority_and_school(console: Client, hub: Hub) -> None:
    severnmoor = LocalAuthority.objects.get(code="009")
    HubArea.objects.create(hub=hub, authority=severnmoor)
    doubtful(1)
    doubtful(2, day="2015-09-01", authority=severnmoor)

    def found(query: str) -> list[str]:
        return shown(console.get(list_url(hub, query)))

    assert found("doubt=undated") == ["Old School 1"]
    assert found("doubt=still_open") == ["Old School 2"]
    assert found("authority=009") == ["Old School 2"]
    assert found("q=school+2") == found("q=150002") == found("q=100002") == ["Old School 2"]
    assert "Nothing matches" in text_of(console.get(list_url(hub, "q=nowhere")))


@pytest.mark.parametrize("query", ["doubt=x", "authority=999", "state=x", "page=99", "page=x", "q=%00"])
def test_nonsense_in_the_address_is_ignored(console: Client, hub: Hub, query: str) -> None:
    doubtful(1)

    assert shown(console.get(list_url(hub, query))) == ["Old School 1"]


def test_the_list_has_pages_of_fifty(console: Client, hub: Hub) -> None:
    schools = [factories.make_school(f"Old School {n}", urn=100_000 + n, status=CLOSED) for n in range(60)]
    later = factories.make_school("New School", urn=150_000)
    for one in schools:
        link(one.urn, "Successor", later.urn, None)
    ancestry.rebuild()

    page = console.get(list_url(hub))

    assert "1 to 50 of 60 changes" in text_of(page)
    assert len(console.get(list_url(hub, "page=2")).context["rows"]) == 10


@pytest.mark.parametrize("state", ["", "state=decided"])
def test_the_list_takes_as_many_queries_with_three_changes_as_with_one(
    console: Client, hub: Hub, administrator: User, state: str
) -> None:
    def another(number: int) -> None:
        pair = doubtful(number)
        if state:
            rule(hub, administrator, pair)

    another(1)
    with_one = queries_of(console, list_url(hub, state))
    another(2)
    another(3)

    assert queries_of(console, list_url(hub, state)) == with_one <= 10


# --- What was decided ------------------------------------------------------------------------


def test_decided_ones_say_who_when_and_why(
    console: Client, hub: Hub, other_hub: Hub, administrator: User, stranger: User
) -> None:
    HubArea.objects.create(hub=other_hub, authority=LocalAuthority.objects.get(code="001"))
    rule(hub, administrator, doubtful(1), reason="The head told us.")
    rule(other_hub, stranger, doubtful(2), same=False, reason="Different sites.")

    response = console.get(list_url(hub, "state=decided"))

    page = text_of(response)
    assert shown(response) == ["Old School 2", "Old School 1"]
    assert "by Ada Administrator" in page
    assert "The head told us." in page
    assert "by a colleague of Severnmoor Maths Hub" in page
    assert stranger.name not in page


# --- One change ------------------------------------------------------------------------------


def test_the_evidence_stands_side_by_side(console: Client, hub: Hub) -> None:
    earlier, later = doubtful(1, easting=437_000, northing=468_000)
    School.objects.filter(pk=later.pk).update(northing=468_140, head_last_name="Heron", pupils=1211)
    factories.make_school("Third School", urn=150_009)
    link(earlier.urn, "Successor - Split School", 150_009, "2014-09-01")
    link(later.urn, "Predecessor", 199_999, "2014-09-01")
    ancestry.rebuild()

    page = text_of(console.get(url(hub, earlier, later)))

    assert "Old School 1 and New School 1" in page
    assert "Heron" in page
    assert "1,211" in page
    assert "as the crow flies: 140 metres" in page
    assert "URN 100001 has URN 150001 as “Successor”, without a date" in page
    assert "Third School (URN 150009), split into, Monday 1 September 2014" in page
    assert "A school that the register does not list (URN 199999)" in page


def test_a_decision_is_kept_with_its_reason_and_leads_back_to_the_same_list(
    console: Client, hub: Hub, administrator: User
) -> None:
    earlier, later = doubtful(1)
    listed = console.get(list_url(hub, "doubt=undated")).content.decode()
    assert html.escape(url(hub, earlier, later, "from=doubt%3Dundated")) in listed

    response = console.post(url(hub, earlier, later, "from=doubt%3Dundated"), ANSWER)

    evidence = console.get(url(hub, earlier, later, "from=doubt%3Dundated"))
    led_to = f"?via={earlier.urn}-{later.urn}&from=doubt%3Dundated"
    assert reverse("school", args=[hub.slug, later.urn]) + led_to in text_of(evidence)

    assert response["Location"] == list_url(hub, "doubt=undated")
    assert "are one school from now on" in said(response)[0]
    ruling = SuccessionRuling.objects.get()
    assert (ruling.same_school, ruling.reason, ruling.ruled_by) == (True, "The head told us.", administrator)
    assert ancestry.ancestors_of([later.urn]) == {later.urn: {earlier.urn}}


def test_a_decision_says_what_the_school_is_called_today(console: Client, hub: Hub) -> None:
    earlier, later = doubtful(1)
    now = factories.make_school("Phoenix Academy", urn=160_001, postcode="NV9 9ZZ")
    School.objects.filter(pk=later.pk).update(status=CLOSED)
    link(later.urn, "Successor", now.urn)

    first = console.post(url(hub, earlier, later), ANSWER)

    both = "Old School 1 (URN 100001) and New School 1 (URN 150001)"
    assert said(first) == [
        f"{both} are one school from now on, called Phoenix Academy (URN 160001) today. That holds for every hub."
    ]
    page = console.get(url(hub, earlier, later))
    text = text_of(page)
    assert "They are one school, and what Old School 1 (URN 100001) took part in counts for New School 1" in text
    assert "New School 1 (URN 150001) became Phoenix Academy (URN 160001)" in text

    seen = page.context["form"].initial["seen"]
    second = console.post(url(hub, earlier, later), {**ANSWER, "answer": "not", "seen": seen})
    assert f"{both} are two different schools from now on." in said(second)[-1]
    assert "They are two schools, and each keeps its own history." in text_of(console.get(url(hub, earlier, later)))


def test_the_page_says_what_holds_until_somebody_decides(console: Client, hub: Hub) -> None:
    pair = doubtful(1)

    def holds(*, of: tuple[School, School] = pair) -> str:
        return str(console.get(url(hub, *of)).context["holds"])

    assert holds().startswith("Until somebody decides, the register's word holds: what Old School 1 (URN 100001) took")
    RegisterLink.objects.update(established_on="2014-09-01")
    ancestry.rebuild()
    assert holds().startswith("The register's word holds: what Old School 1")
    RegisterLink.objects.update(kind="Result of Amalgamation")
    ancestry.rebuild()
    assert holds() == "Until somebody decides, they are two schools, and each keeps its own history."
    RegisterLink.objects.update(kind="Successor")
    link(pair[1].urn, "Successor", pair[0].urn)
    ancestry.rebuild()
    assert holds().startswith("Until somebody decides, the register's word holds in both directions")


@pytest.mark.parametrize(("make", "new_is"), [(circle, "closed"), (amalgamated, "open")])
@pytest.mark.parametrize(("answer", "before"), [("same", "earlier"), ("back", "later"), ("not", None)])
def test_where_nobody_knows_which_came_first_there_are_three_answers(
    console: Client, hub: Hub, make: Callable[[], tuple[School, School]], new_is: str, answer: str, before: str | None
) -> None:
    earlier, later = make()
    School.objects.filter(pk=earlier.pk).update(closed_on="2026-08-31")
    response = console.get(url(hub, earlier, later))
    page = text_of(response)
    old, new = "Old School 1 (URN 100001)", "New School 1 (URN 150001)"
    states = ("Old School 1 (URN 100001, closed on 31 August 2026)", f"New School 1 (URN 150001, {new_is})")
    assert [label for _, label in response.context["form"].fields["answer"].choices] == [
        " became ".join(states),
        " became ".join(reversed(states)),
        "They are not the same school",
    ]
    assert "later school" not in page
    assert "Earlier school" not in page

    response = console.post(url(hub, earlier, later), {"answer": answer, "reason": "We know."})

    assert said(response)
    came_first = {"earlier": {later.urn: {earlier.urn}}, "later": {earlier.urn: {later.urn}}, None: {}}[before]
    assert ancestry.ancestors_of([earlier.urn, later.urn]) == came_first
    # The address that was known leads there still, and so does the other.
    for pair in ((earlier, later), (later, earlier)):
        again = console.get(url(hub, *pair))
        assert len(again.context["rulings"]) == 1
        assert "became" in text_of(again)
    if before == "later":
        assert f"The same school: {new} went on as {old}" in text_of(again)


def test_which_came_first_can_be_decided_again_in_one_step(console: Client, hub: Hub) -> None:
    pair = amalgamated()
    console.post(url(hub, *pair), ANSWER)
    seen = console.get(url(hub, *pair)).context["form"].initial["seen"]

    console.post(url(hub, *pair), {"answer": "back", "reason": "It was the other way round.", "seen": seen})

    assert ancestry.ancestors_of([one.urn for one in pair]) == {pair[0].urn: {pair[1].urn}}


@pytest.mark.parametrize("kind", ["Successor", "Sixth Form Centre Link"])
def test_where_it_is_clear_which_came_first_there_are_two_answers(console: Client, hub: Hub, kind: str) -> None:
    pair = doubtful(1)
    link(pair[0].urn, kind, pair[1].urn, "2014-09-01")

    assert [value for value, _ in console.get(url(hub, *pair)).context["form"].fields["answer"].choices] == [
        "same",
        "not",
    ]
    refused = console.post(url(hub, *pair), {"answer": "back", "reason": "We know."})
    assert "Select a valid choice" in text_of(refused)


def test_what_was_decided_can_be_decided_again(console: Client, hub: Hub, administrator: User) -> None:
    pair = doubtful(1)
    rule(hub, administrator, pair)
    page = console.get(url(hub, *pair))
    assert "Decide again" in text_of(page)
    seen = page.context["form"].initial["seen"]

    console.post(url(hub, *pair), {"answer": "not", "reason": "We were wrong.", "seen": seen})

    assert [ruling.same_school for ruling in SuccessionRuling.objects.all()] == [False, True]
    assert "replaced by a later decision" in text_of(console.get(url(hub, *pair)))


def test_a_double_click_decides_once(console: Client, hub: Hub) -> None:
    pair = doubtful(1)

    first, second = (console.post(url(hub, *pair), ANSWER) for _ in range(2))

    assert said(first) and "are one school" in said(second)[-1]
    assert SuccessionRuling.objects.count() == 1


def test_who_was_slower_than_a_colleague_is_told_and_changes_nothing(
    console: Client, hub: Hub, lead: User, client_of: ClientOf
) -> None:
    pair = doubtful(1)
    client_of(lead).post(url(hub, *pair), {"answer": "not", "reason": "Different sites."})

    response = console.post(url(hub, *pair, "from=doubt%3Dundated"), ANSWER)

    assert response.status_code == 409
    page = text_of(response)
    assert "Leo Lead decided on " in page
    assert "Yours is not saved yet" in page
    assert "Different sites." in page
    assert SuccessionRuling.objects.get().reason == "Different sites."
    # What was typed is there still, and goes through when it is sent again.
    form = response.context["form"]
    typed = {name: form[name].value() for name in ("answer", "reason", "seen")}
    assert typed == {**ANSWER, "seen": SuccessionRuling.objects.get().pk}
    again = console.post(url(hub, *pair, "from=doubt%3Dundated"), typed)
    assert again["Location"] == list_url(hub, "doubt=undated")
    assert [ruling.same_school for ruling in SuccessionRuling.objects.all()] == [True, False]


def test_an_answer_means_the_same_when_a_colleague_has_turned_the_two_round_meanwhile(
    console: Client, hub: Hub, lead: User, client_of: ClientOf
) -> None:
    pair = amalgamated()
    client_of(lead).post(url(hub, *pair), {"answer": "back", "reason": "The minutes say so."})

    response = console.post(url(hub, *pair), ANSWER)

    form = response.context["form"]
    chosen = dict(form.fields["answer"].choices)[form["answer"].value()]
    assert chosen.startswith("Old School 1") and " became New School 1" in chosen
    console.post(url(hub, *pair), {**ANSWER, "seen": form["seen"].value()})
    assert ancestry.ancestors_of([one.urn for one in pair]) == {pair[1].urn: {pair[0].urn}}


def test_a_double_click_on_the_other_way_round_decides_once(console: Client, hub: Hub) -> None:
    pair = amalgamated()
    sent = {"answer": "back", "reason": "We know."}

    assert [console.post(url(hub, *pair), sent).status_code for _ in range(2)] == [302, 302]
    assert SuccessionRuling.objects.count() == 1


def test_the_page_says_before_and_after_what_becomes_of_work_under_way(console: Client, hub: Hub) -> None:
    pair = amalgamated()
    old, new = "Old School 1 (URN 100001)", "New School 1 (URN 150001)"
    page = text_of(console.get(url(hub, *pair)))
    assert f"and what is under way goes on under {new}." in page
    # The other way round work at the open one would have nowhere to go.
    assert f"What is under way at {new} stays there while it is open, and at {old}, which is closed, until" in page

    School.objects.filter(pk=pair[1].pk).update(status=CLOSED)
    page = text_of(console.get(url(hub, *pair)))
    assert f"What is under way does not go on under {new}: that is closed, and no open school that it became" in page

    School.objects.filter(pk=pair[0].pk).update(status=School.Status.OPEN)
    page = text_of(console.get(url(hub, *pair)))
    stays = f"What is under way at {old} stays there while it is open, and at {new}, which is closed, until an open"
    assert stays in page
    School.objects.filter(pk=pair[0].pk).update(status=CLOSED)

    (message,) = said(console.post(url(hub, *pair), ANSWER))
    assert f"{new} is closed, and no open school that it became is known: what is under way stays" in message
    assert old in message


def test_a_doubt_names_the_school_that_is_still_open(console: Client, hub: Hub) -> None:
    pair = doubtful(1, day="2024-09-01")

    for address in (list_url(hub), url(hub, *pair)):
        page = text_of(console.get(address))
        assert "Old School 1 (URN 100001) is still open" in page
        assert "The earlier school is still open" not in page


def test_the_list_says_which_is_the_later_one_only_where_that_is_known(
    console: Client, hub: Hub, administrator: User
) -> None:
    pair = amalgamated()
    page = text_of(console.get(list_url(hub)))
    assert "Earlier school" not in page
    assert "the later one" not in page

    rule(hub, administrator, pair)
    assert "URN 150001 · the later one" in text_of(console.get(list_url(hub, "state=decided")))


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"reason": "We know."}, "Choose whether they are the same school"),
        ({"answer": "same", "reason": " \u200b"}, "Say how you know"),
        ({"answer": "same", "reason": "x" * 2001}, "Write 2,000 characters or fewer"),
        ({"answer": "maybe", "reason": "We know."}, "Select a valid choice"),
    ],
)
def test_a_decision_that_is_not_whole_is_asked_for_again(
    console: Client, hub: Hub, sent: dict[str, str], message: str
) -> None:
    pair = doubtful(1)

    response = console.post(url(hub, *pair), sent)

    assert response.status_code == 200
    assert message in text_of(response)
    assert not SuccessionRuling.objects.exists()


def test_a_mastery_specialist_reads_and_does_not_decide(hub: Hub, specialist: User, client_of: ClientOf) -> None:
    pair = doubtful(1)
    browser = client_of(specialist)

    page = browser.get(url(hub, *pair))

    assert page.status_code == 200
    text = text_of(page)
    assert "Save the decision" not in text
    assert "Are they the same school?" not in text
    who = "Hub administrator, Hub lead, Assistant hub lead"
    assert f"one of these roles in a hub that serves them: {who}" in text
    listed = text_of(browser.get(list_url(hub)))
    assert f"Colleagues with one of these roles decide: {who}." in listed
    assert "Your decision" not in listed
    assert browser.post(url(hub, *pair), ANSWER).status_code == 403
    assert not SuccessionRuling.objects.exists()


def test_a_change_outside_the_hubs_area_is_not_there(console: Client, hub: Hub) -> None:
    pair = doubtful(1, authority=LocalAuthority.objects.get(code="009"))

    assert console.get(url(hub, *pair)).status_code == 404
    assert console.post(url(hub, *pair), ANSWER).status_code == 404
    for address in ("1-2", "99999999999999999999-1", "1-99999999999"):
        assert console.get(f"{list_url(hub)}{address}/").status_code == 404, address


def test_the_record_takes_as_many_queries_with_three_relations_as_with_one(
    console: Client, hub: Hub, administrator: User
) -> None:
    pair = doubtful(1)

    def another(number: int) -> None:
        factories.make_school(f"Third School {number}", urn=150_100 + number)
        link(pair[0].urn, "Successor - Split School", 150_100 + number, "2014-09-01")
        rule(hub, administrator, pair, reason=f"Reason {number}.")

    another(1)
    with_one = queries_of(console, url(hub, *pair))
    another(2)
    another(3)

    assert queries_of(console, url(hub, *pair)) == with_one <= 15


# --- Schools that a hub has added ------------------------------------------------------------


def add(hub: Hub, name: str, **fields: Any) -> School:
    return factories.make_school(name, urn=School.FIRST_ADDED + 7, added_by=hub, added_at=timezone.now(), **fields)


def test_schools_that_were_added_lead_to_their_pages(
    console: Client, hub: Hub, specialist: User, client_of: ClientOf
) -> None:
    added = add(hub, "Heron Rise Primary School", opened_on=dt.date(2027, 9, 1))
    its_page = f'href="{reverse("school", args=[hub.slug, added.urn])}">Heron Rise Primary School</a>'
    ways = [
        f'href="{reverse(name, args=[hub.slug, added.urn])}">{label}'
        '<span class="govuk-visually-hidden"> Heron Rise Primary School</span></a>'
        for name, label in (("school_added_change", "Change"), ("school_withdraw", "Withdraw"))
    ]

    page = text_of(console.get(list_url(hub)))
    assert its_page in page
    assert all(way in page for way in ways)

    page = text_of(client_of(specialist).get(list_url(hub)))
    assert its_page in page
    assert not any(way in page for way in ways)


def test_no_two_links_of_the_list_have_the_same_words(console: Client, hub: Hub) -> None:
    old, new = doubtful(1)
    another = factories.make_school("New School 1", urn=150_009)
    link(old.urn, "Successor", another.urn, None)
    ancestry.rebuild()

    page = text_of(console.get(list_url(hub)))

    for one in (new, another):
        words = f", URN {old.urn}, and New School 1, URN {one.urn}"
        assert f'{url(hub, old, one)}">Old School 1<span class="govuk-visually-hidden">{words}</span></a>' in page


def test_a_school_that_was_added_is_asked_about_first_when_the_register_knows_one_like_it(
    console: Client, hub: Hub
) -> None:
    doubtful(1, day="2026-09-01")
    added = add(hub, "Heron Rise Primary School", postcode="NV7 7ZZ")
    known = factories.make_school("Heron Rise Primary School", urn=160_000, postcode="NV7 7ZZ")
    ancestry.rebuild()

    response = console.get(list_url(hub))

    assert shown(response) == ["Heron Rise Primary School", "Old School 1"]
    page = text_of(response)
    assert "You added Heron Rise Primary School. Is it this one?" in page
    assert "URN not known yet" in page

    decided = console.post(url(hub, added, known), ANSWER)

    assert "are one school from now on" in said(decided)[0]
    added.refresh_from_db()
    assert added.status == CLOSED
    assert [school.urn for school in added.now.all()] == [known.urn]


def test_the_stand_in_for_a_urn_is_shown_nowhere(console: Client, hub: Hub) -> None:
    added = add(hub, "Heron Rise Primary School", postcode="NV7 7ZZ")
    known = factories.make_school("Heron Rise Primary School", urn=160_000, postcode="NV7 7ZZ")
    factories.make_school("Heron Rise Primary School Site", urn=160_001, postcode="NV7 7ZZ")
    ancestry.rebuild()

    for address in (list_url(hub), url(hub, added, known)):
        page = text_of(console.get(address))
        shown_text = " ".join(part.rpartition(">")[2] for part in page.split("<"))
        assert str(added.urn) not in shown_text, address


def test_what_another_hub_has_added_is_not_there(
    console: Client, hub: Hub, other_hub: Hub, stranger: User, client_of: ClientOf
) -> None:
    HubArea.objects.create(hub=other_hub, authority=LocalAuthority.objects.get(code="001"))
    added = add(other_hub, "Heron Rise Primary School", postcode="NV7 7ZZ")
    known = factories.make_school("Heron Rise Primary School", urn=160_000, postcode="NV7 7ZZ")
    ancestry.rebuild()

    assert shown(client_of(stranger).get(list_url(other_hub))) == ["Heron Rise Primary School"]
    assert "Heron Rise" not in text_of(console.get(list_url(hub)))
    assert console.get(url(hub, added, known)).status_code == 404
    assert console.post(url(hub, added, known), ANSWER).status_code == 404


def test_a_role_that_may_not_maintain_is_offered_no_way_to_add(
    hub: Hub, specialist: User, console: Client, client_of: ClientOf
) -> None:
    assert "Add a school" in text_of(console.get(list_url(hub)))
    assert "Add a school" not in text_of(client_of(specialist).get(list_url(hub)))


def test_the_day_of_a_decision_is_the_day_of_the_request(console: Client, hub: Hub) -> None:
    console.post(url(hub, *doubtful(1)), ANSWER)

    assert abs(SuccessionRuling.objects.get().ruled_at - timezone.now()) < dt.timedelta(minutes=5)
