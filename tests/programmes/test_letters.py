from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correspondence.models import Message
from hubs import tenancy
from hubs.links import HIDDEN, read_token
from hubs.models import Hub, Membership
from programmes import accepting, applying, deciding, letters
from programmes.agreement import agreement_of
from programmes.models import ExpressionOfInterest, RecruitmentWindow, Stage, StageYear, State
from schools.models import School
from tests import factories
from tests.programmes.conftest import reload


def confirmed(window: RecruitmentWindow, now: dt.datetime, **fields: Any) -> list[Message]:
    """The confirmations of an expression that is sent."""
    draft = factories.make_draft(window, **fields)
    with tenancy.use(window.hub):
        sent = applying.submit(draft=draft, now=now)
        return list(Message.objects.about(sent).order_by("pk"))


def decided(
    sent: ExpressionOfInterest, actor: Membership, now: dt.datetime, outcome: State, words: str
) -> list[Message]:
    """The letters of a decision."""
    with tenancy.use(sent.hub):
        if outcome == State.OFFERED:
            deciding.offer(expression=sent, actor=actor, now=now, words=words)
        else:
            deciding.decline(expression=sent, actor=actor, now=now, reason=words)
        return list(Message.objects.about(sent).order_by("pk"))


@pytest.mark.parametrize(
    ("fields", "recipients"),
    [
        ({}, ["cleo@school.example", "head@school.example"]),
        ({"contact_is_head": True, "head_name": "", "head_email": ""}, ["cleo@school.example"]),
        ({"head_email": "cleo@school.example"}, ["cleo@school.example"]),
        ({"head_email": "CLEO@School.Example"}, ["cleo@school.example"]),
        ({"contact_email": "Office@School.Example", "head_email": "office@school.example"}, ["Office@School.Example"]),
    ],
    ids=["two people", "the head alone", "one address", "one address in capitals", "the office's address"],
)
def test_contact_and_head_get_one_letter_each_and_one_where_they_share_an_address(
    window: RecruitmentWindow, now: dt.datetime, fields: dict[str, Any], recipients: list[str]
) -> None:
    messages = confirmed(window, now, **fields)

    assert sorted(message.recipients[0] for message in messages) == recipients
    assert all(len(message.recipients) == 1 for message in messages)


def test_each_is_addressed_by_name(window: RecruitmentWindow, now: dt.datetime) -> None:
    greetings = {message.recipients[0]: message.text.splitlines()[0] for message in confirmed(window, now)}

    assert greetings == {"cleo@school.example": "Dear Cleo Contact,", "head@school.example": "Dear Hana Head,"}


def test_the_confirmation_says_what_was_sent_and_links_to_it(window: RecruitmentWindow, now: dt.datetime) -> None:
    message = confirmed(window, now)[0]
    with tenancy.use(window.hub):
        sent = ExpressionOfInterest.objects.get()

    assert message.subject == f"We have received your expression of interest: {sent.reference}"
    assert message.reply_to == window.hub.reply_to
    for fact in (sent.reference, "Ash Lane Primary School", "Developing (primary), 2027/28", window.hub.name):
        assert str(fact) in message.text
    assert "21 November 2026" in message.text
    (link,) = [line for line in message.text.splitlines() if line.startswith("http")]
    token = link.rstrip("/").rsplit("/", 1)[1]
    found = read_token("expression-confirmation", token)
    assert (found.hub_id, found.subject_id) == (window.hub.pk, sent.pk)


def test_an_offer_holds_the_hubs_words_and_a_link(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    messages = decided(sent, decider, now, State.OFFERED, "See you in September.")

    assert {message.recipients[0] for message in messages} == {"cleo@school.example", "head@school.example"}
    for message in messages:
        assert message.kind == "eoi-offered"
        assert message.subject == f"A place for your school: Developing (primary), 2027/28 ({sent.reference})"
        assert "\nSee you in September.\n" in message.text
        assert "/expression-sent/" in message.text


def offered(
    sent: ExpressionOfInterest, actor: Membership, now: dt.datetime, answer_by: dt.date | None
) -> dict[str, str]:
    """The texts of an offer's letters, by address."""
    with tenancy.use(sent.hub):
        deciding.offer(expression=sent, actor=actor, now=now, answer_by=answer_by)
        return {message.recipients[0]: message.text for message in Message.objects.about(sent)}


def token_in(text: str, page: str) -> str:
    (token,) = re.findall(rf"^http\S+/{page}/(\S+)/$", text, re.MULTILINE)
    return str(token)


def test_the_head_alone_gets_the_link_to_answer_with_and_the_contact_is_told_so(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    letters_ = offered(sent, decider, now, dt.date(2026, 12, 5))

    to_head, to_contact = letters_["head@school.example"], letters_["cleo@school.example"]
    assert "Please answer by Saturday 5 December 2026\n" in to_head
    link = read_token("offer-answer", token_in(to_head, "offer"))
    assert (link.hub_id, link.subject_id) == (sent.hub_id, sent.pk)
    assert "/offer/" not in to_contact
    assert (
        "We have asked Hana Head to answer for the school by Saturday 5 December 2026. "
        "The link for that is in our message to head@school.example" in to_contact
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"contact_is_head": True, "head_name": "", "head_email": ""},
        {"contact_email": "Office@school.example", "head_email": "office@school.example"},
    ],
    ids=["the head alone", "one address"],
)
def test_where_one_letter_goes_out_it_has_the_link(
    window: RecruitmentWindow, decider: Membership, now: dt.datetime, fields: dict[str, Any]
) -> None:
    sent = factories.make_expression(window, **fields)

    (text,) = offered(sent, decider, now, None).values()

    assert "Please answer as soon as you can\n" in text
    assert "None" not in text
    assert read_token("offer-answer", token_in(text, "offer")).subject_id == sent.pk


def test_every_letter_of_an_offer_says_what_the_school_would_agree_to(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    with tenancy.use(sent.hub):
        agreement = agreement_of(reload(sent)).in_words()

    for text in offered(sent, decider, now, dt.date(2026, 12, 5)).values():
        assert agreement in text
        assert "\n\n\n" not in text


def test_the_preview_of_an_offer_has_no_link_that_answers_it(sent: ExpressionOfInterest) -> None:
    with tenancy.use(sent.hub):
        preview = letters.decision_preview(reload(sent), State.OFFERED, "", "[the day you choose above]")

    assert "Please answer by [the day you choose above]" in preview
    assert f"/offer/{HIDDEN}/" in preview
    assert "~" not in preview


@pytest.mark.parametrize("accepts", [True, False])
def test_head_and_contact_get_a_copy_of_the_answer(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime, accepts: bool
) -> None:
    offered(sent, decider, now - dt.timedelta(days=1), None)
    with tenancy.use(sent.hub):
        if accepts:
            answer = accepting.accept_offer(expression=sent, name="Dee", role="Deputy {head}", now=now)
        else:
            answer = accepting.turn_down_offer(
                expression=sent, name="Dee", role="Deputy {head}", reason="No {time}.", now=now
            )
        kind = "offer-accepted" if accepts else "offer-turned-down"
        copies = list(Message.objects.about(sent).filter(kind=kind))

    assert {copy.recipients[0] for copy in copies} == {"head@school.example", "cleo@school.example"}
    done = "has accepted a place in" if accepts else "has turned down the place in"
    for copy in copies:
        assert f"Dee, Deputy {{head}}, {done} Developing (primary), 2027/28" in copy.text
        assert "Saturday 21 November 2026, 10am" in copy.text
        assert (answer.agreement if accepts else "No {time}.") in copy.text
        assert str(sent.reference) in copy.subject
        assert "/offer/" not in copy.text
        assert "\n\n\n" not in copy.text


def test_without_words_an_offer_has_no_hole(sent: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> None:
    for message in decided(sent, decider, now, State.OFFERED, ""):
        assert "\n\n\n" not in message.text
        assert "None" not in message.text


def test_a_refusal_gives_the_reason_word_for_word(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime
) -> None:
    reason = "All places are taken.\n\nPlease apply again in spring: we keep {a place} in mind."

    for message in decided(sent, decider, now, State.DECLINED, reason):
        assert message.kind == "eoi-declined"
        assert reason in message.text
        assert message.subject.startswith("Your expression of interest: ")


@pytest.mark.parametrize("outcome", [State.OFFERED, State.DECLINED])
def test_what_is_shown_before_deciding_is_what_the_head_gets(
    sent: ExpressionOfInterest, decider: Membership, now: dt.datetime, outcome: State
) -> None:
    with tenancy.use(sent.hub):
        shown = letters.decision_preview(reload(sent), outcome, "Some words.")

    (to_head,) = [
        message
        for message in decided(sent, decider, now, outcome, "Some words.")
        if message.recipients == ["head@school.example"]
    ]

    def without_link(text: str) -> list[str]:
        # Each link has a signature of its own.
        return [line for line in text.splitlines() if not line.startswith("http")]

    assert without_link(to_head.text) == without_link(shown)


NASTY = [
    "{hub} {0} {reference!r}",
    "%s %(name)s %%",
    'O\'Brien-"Smith" & <b>Sons</b>',
    "עברית العربية",
    "\u202egnp.exe",
    "🧮👩🏽‍🏫",
    "Ann\r\nBcc: everybody@example.com",
    "Ann\n\nDear parents,",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_strange_name_is_only_a_name(window: RecruitmentWindow, now: dt.datetime, name: str) -> None:
    messages = confirmed(window, now, contact_name=name)

    assert {message.recipients[0] for message in messages} == {"cleo@school.example", "head@school.example"}
    for message in messages:
        assert "\n" not in message.subject
        assert message.from_name == window.hub.name
    (to_contact,) = [message for message in messages if message.recipients == ["cleo@school.example"]]
    assert to_contact.text.startswith(f"Dear {name},")


@pytest.mark.parametrize("name", NASTY)
def test_a_school_or_hub_of_a_strange_name_gets_its_letter(
    hub: Hub, window: RecruitmentWindow, now: dt.datetime, name: str
) -> None:
    Hub.objects.filter(pk=hub.pk).update(name=name)
    school = factories.make_school(name)

    draft = factories.make_draft(window, school)
    with tenancy.use(hub):
        sent = applying.submit(draft=draft, now=now)
        message = Message.objects.about(sent)[0]

    assert f"School: {name}" in message.text
    assert "\n" not in message.subject + message.from_name


@settings(max_examples=50)
@given(name=st.text(max_size=120), words=st.text(max_size=200))
def test_whatever_people_type_the_letter_can_be_filled_in(name: str, words: str) -> None:
    expression = ExpressionOfInterest(
        pk=1, hub=Hub(pk=1, name=name), contact_name=name, contact_is_head=True, school=School(name=name)
    )
    expression.window = RecruitmentWindow(
        stage_year=StageYear(name="Developing", year=2027, stage=Stage(phase="primary"))
    )

    text = letters.decision_preview(expression, State.DECLINED, words)

    assert text.startswith(f"Dear {name},")
    assert words.strip() in text


def test_the_preview_greets_whom_the_letter_greets_where_head_and_contact_share_an_address(hub: Hub) -> None:
    shared = "office@school.example"
    expression = factories.make_expression(factories.make_window(hub), contact_email=shared, head_email=shared)
    with tenancy.use(hub):
        found = ExpressionOfInterest.objects.with_stage().select_related("hub").get(pk=expression.pk)
        preview = letters.decision_preview(found, State.OFFERED, "")
    assert preview.startswith(f"Dear {expression.contact_name},")


def test_a_letter_names_the_school_as_it_is_called_now_and_the_confirmation_the_former_name_as_well(
    hub: Hub, window: RecruitmentWindow, now: dt.datetime
) -> None:
    ash = factories.make_school("Ash Lane Primary School")
    expression = factories.make_expression(window, ash)
    factories.go_on_as(ash, factories.make_school("Birch Academy"))

    with tenancy.use(hub):
        letters.send_confirmation(expression=reload(expression), now=now)
        texts = list(Message.objects.about(expression).values_list("text", flat=True))
        preview = letters.decision_preview(reload(expression), State.DECLINED, "Full.")

    assert len(texts) == 2
    assert all("School: Birch Academy, formerly Ash Lane Primary School\n" in text for text in texts)
    assert "we cannot offer Birch Academy a place" in preview
