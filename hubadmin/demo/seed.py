"""The demo's world: three invented hubs in the middle of an academic year, made through the real verbs."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction

from correspondence.delivery import deliver
from correspondence.deriving import bring_up_to_date
from correspondence.models import Message
from correspondence.models import State as MessageState
from hubadmin.demo import history, invented, successions, terms
from hubadmin.demo.invented import InventedSchool
from hubadmin.demo.people import FAMILY_NAMES, GIVEN_NAMES, PERSONAS, Persona
from hubadmin.demo.places import AREAS, Area
from hubadmin.demo.working_year import WorkingYear
from hubs import tenancy
from hubs.models import Hub, HubArea, LeadSchool, LocalAuthority, Membership, NationalRole, Role, User
from hubs.years import academic_year_of
from programmes import applying, catalogue, deciding, following
from programmes.models import ExpressionOfInterest, RecruitmentWindow, StageYear
from schools.models import RegisterImport, School
from schools.register import import_register

ACTOR = "Demo"
APPLIED = RegisterImport.Outcome.APPLIED
LONDON = ZoneInfo("Europe/London")
FIVE = dt.time(17, 0)
COLOURS = {"northvale": "#00625e", "severnmoor": "#5a2a82", "wealdshore": "#8a3b12"}
NAMES = {
    "northvale": "Northvale Maths Hub",
    "severnmoor": "Severnmoor Maths Hub",
    "wealdshore": "Wealdshore and Downs Maths Hub",
}
# How many expressions of interest a hub has had for the year in progress and for the next one.
EXPRESSIONS = {"northvale": (54, 26), "severnmoor": (40, 10), "wealdshore": (38, 6)}
# How often schools wish for a stage: enough of most for a Work Group of each.
WISHES = {
    "primary-readiness": 5,
    "primary-developing": 14,
    "primary-embedding": 7,
    "primary-sustaining": 7,
    "secondary-developing": 5,
    "secondary-embedding-support": 1,
    "secondary-embedding-sustaining": 4,
}
# So long schools are given to answer an offer.
DAYS_TO_ANSWER = 14
ALL_TAKEN = "All places of this stage are taken this year. Please apply again when recruitment opens in spring."
# Other reasons, by stage.
REASONS = {
    "primary-developing": "Your school did Developing two years ago. We suggest Sustaining instead.",
    "primary-embedding": "Embedding is for schools that completed Developing last year. Please begin with Developing.",
}


class RealRegister(Exception):
    """The database holds a register that is not the demo's own; the message is a sentence or two for a person."""


def seed(*, now: dt.datetime) -> bool:
    """Make the demo's world; returns False when it is there already. Raises `RealRegister`, having changed nothing."""
    if Hub.objects.filter(slug__in=NAMES).count() == len(NAMES):
        return False
    _refuse_a_real_register()
    schools = invented.invented_schools()
    today = now.astimezone(LONDON).date()
    with transaction.atomic():
        _register_as_of(today - dt.timedelta(days=180), schools, now)
        year = academic_year_of(today)
        for missing in (year, year + 1):
            catalogue.add_year(missing)
        hubs = {area.hub: _hub(area, year) for area in AREAS}
        for persona in PERSONAS:
            _person(persona, hubs, year)
        converting: set[int] = set()
        for hub in hubs.values():
            with tenancy.use(hub):
                terms.enter_term_dates(hub=hub, year=year, now=now)
                _recruitment(hub, year, now)
                WorkingYear(hub, year=year, now=now).tell()
                history.record_history(hub=hub, year=year, now=now)
                converting |= set(history.schools_to_convert())
        # Schools with work in progress become academies: the register tells, and the hubs are told.
        a_while_ago = (today - dt.timedelta(days=14)).replace(day=1)
        _register_as_of(today, successions.converted(schools, converting, a_while_ago), now)
        for hub in hubs.values():
            with tenancy.use(hub):
                # Now, and not when a worker finds the time.
                following.notice_changes(now=now)
                bring_up_to_date(now=now)
    for hub in hubs.values():
        _deliver_everything(hub, now)
    return True


def _refuse_a_real_register() -> None:
    """The demo's own files lack all links of the real ones and are forced: they would take those away."""
    real = School.objects.filter(urn__lt=invented.FIRST_URN)
    if real.exists() or RegisterImport.objects.exclude(actor_name=ACTOR).filter(outcome=APPLIED).exists():
        raise RealRegister(
            "This database holds schools of a real register, and the demo would take its links away. "
            "Seed the demo into a database of its own: see DATABASE_URL in docs/configuration.md."
        )


def _register_as_of(day: dt.date, schools: Sequence[InventedSchool], now: dt.datetime) -> None:
    """Take in the register's files of a day, through the real import."""
    with TemporaryDirectory() as folder:
        register, links = (
            Path(folder) / f"{name}{day:%Y%m%d}.csv" for name in ("edubasealldata", "links_edubasealldata")
        )
        invented.write_register(register, schools)
        successions.write_links(links, schools)
        # The second one links other schools than the first, more of them than only a mistake would.
        night = dt.datetime.combine(day, dt.time(4, 30), LONDON)
        import_register(register, links=links, actor_name=ACTOR, now=min(now, night), force=True)


def _hub(area: Area, year: int) -> Hub:
    slug, telephone = area.hub, area.telephone.format(100)
    hub = Hub.objects.create(
        slug=slug,
        name=NAMES[slug],
        colour=COLOURS[slug],
        contact_email=f"hello@{slug}.example",
        contact_phone=_spaced(telephone),
        reply_to=f"hello@{slug}.example",
        privacy_contact_email=f"privacy@{slug}.example",
    )
    authorities = LocalAuthority.objects.filter(code__in=[authority.code for authority in area.authorities])
    HubArea.objects.bulk_create(HubArea(hub=hub, authority=authority) for authority in authorities)
    schools = School.objects.open().filter(authority__in=authorities, phase="Secondary").order_by("urn")
    former, current = schools[0], schools[1]
    change = dt.date(year - 1, 8, 31)
    LeadSchool.objects.create(hub=hub, name=former.name, urn=former.urn, starts_on=dt.date(2015, 9, 1), ends_on=change)
    LeadSchool.objects.create(hub=hub, name=current.name, urn=current.urn, starts_on=change + dt.timedelta(days=1))
    return hub


def _spaced(telephone: str) -> str:
    """A number as people write it: 0113 496 0100, 01632 960100."""
    if telephone.startswith("01632"):
        return f"{telephone[:5]} {telephone[5:]}"
    return f"{telephone[:4]} {telephone[4:7]} {telephone[7:]}"


def _person(persona: Persona, hubs: dict[str, Hub], year: int) -> None:
    user = User.objects.create_user(persona.email, name=persona.name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(user, generate_totp_secret())
    if persona.national:
        NationalRole.objects.create(user=user, kind=NationalRole.Kind.VIEWER)
    for slug, role in persona.roles:
        Membership.objects.create(hub=hubs[slug], user=user, role=role, starts_on=dt.date(year - 2, 9, 1))


def _recruitment(hub: Hub, year: int, now: dt.datetime) -> None:
    """The round for the year in progress, decided; the round for the next one, open."""
    # The same world every time, another for each hub.
    chance = random.Random(hub.slug)  # noqa: S311
    schools = list(School.objects.open().filter(authority__hubs=hub).order_by("urn"))
    chance.shuffle(schools)
    this_year, next_year = EXPRESSIONS[hub.slug]
    of_this_hub_alone = [persona.email for persona in PERSONAS if len(persona.roles) == 1]
    decider = Membership.objects.select_related("hub", "user").get(
        hub=hub, role=Role.ADMINISTRATOR, user__email__in=of_this_hub_alone
    )
    past = [_past_window(hub, stage_year) for stage_year in StageYear.objects.select_related("stage").filter(year=year)]
    for expression in _expressions(chance, past, schools, this_year, now):
        _decide(chance, expression, decider, now)
    upcoming = _current_windows(hub, year + 1, now)
    for number, expression in enumerate(_expressions(chance, upcoming, schools, next_year, now)):
        if number % 3 == 0:
            _decide(chance, expression, decider, now)


def _past_window(hub: Hub, stage_year: StageYear) -> RecruitmentWindow:
    return RecruitmentWindow.objects.create(
        hub=hub,
        stage=stage_year.stage,
        stage_year=stage_year,
        opens_at=dt.datetime(stage_year.year, 3, 1, tzinfo=LONDON),
        closes_at=dt.datetime(stage_year.year, 6, 26, 17, tzinfo=LONDON),
    )


def _current_windows(hub: Hub, year: int, now: dt.datetime) -> list[RecruitmentWindow]:
    """Open ones, one that closes soon, one closed but late ones accepted, one closed, one yet to open."""
    days = {
        "primary-readiness": (-40, 9, None),
        "primary-developing": (-40, 45, None),
        "primary-embedding": (-40, 45, 60),
        "primary-sustaining": (12, 80, None),
        "secondary-developing": (-40, 45, None),
        "secondary-embedding-support": (-40, -8, None),
        "secondary-embedding-sustaining": (-40, -5, 20),
    }
    today = now.astimezone(LONDON).date()
    windows = []
    for stage_year in StageYear.objects.select_related("stage").filter(year=year):
        opens, closes, late = days[stage_year.stage.slug]
        windows.append(
            RecruitmentWindow.objects.create(
                hub=hub,
                stage=stage_year.stage,
                stage_year=stage_year,
                opens_at=dt.datetime.combine(today + dt.timedelta(days=opens), dt.time(0), LONDON),
                closes_at=_deadline(today, closes),
                late_until=_deadline(today, late) if late else None,
            )
        )
    return windows


def _deadline(today: dt.date, days: int) -> dt.datetime:
    """Five o'clock on a day so far from today or, at a weekend, on the Friday before."""
    day = today + dt.timedelta(days=days)
    return dt.datetime.combine(day - dt.timedelta(days=max(0, day.weekday() - 4)), FIVE, LONDON)


def _expressions(
    chance: random.Random, windows: list[RecruitmentWindow], schools: list[School], number: int, now: dt.datetime
) -> list[ExpressionOfInterest]:
    """Expressions of schools that fit the stage, sent through the real journey, oldest first."""
    sent: list[tuple[dt.datetime, RecruitmentWindow, School]] = []
    started = [window for window in windows if window.opens_at < now]
    taken: set[tuple[int, int]] = set()
    while len(sent) < number:
        (window,) = chance.choices(started, [WISHES[one.stage_year.stage.slug] for one in started])
        school = chance.choice(schools)
        if (window.pk, school.pk) in taken or not _fits(school, window.stage_year):
            continue
        taken.add((window.pk, school.pk))
        latest = min(now - dt.timedelta(hours=2), window.late_until or window.closes_at, window.closes_at)
        span = (latest - window.opens_at).total_seconds()
        moment = _in_the_day(chance, window.opens_at + dt.timedelta(seconds=chance.uniform(0.02, 0.99) * span))
        if window.opens_at < moment < latest:
            sent.append((moment, window, school))
    return [_express(chance, *one) for one in sorted(sent, key=lambda one: one[0])]


def _in_the_day(chance: random.Random, moment: dt.datetime) -> dt.datetime:
    """The same day, at an hour at which schools and hubs write."""
    return moment.astimezone(LONDON).replace(hour=chance.randrange(8, 19))


def _fits(school: School, stage_year: StageYear) -> bool:
    low, high = school.low_age or 0, school.high_age or 0
    return low < stage_year.oldest - 2 and high > stage_year.youngest + 2 and school.type_group_code in (4, 10, 11)


def _express(
    chance: random.Random, moment: dt.datetime, window: RecruitmentWindow, school: School
) -> ExpressionOfInterest:
    used: set[str] = set()

    def person() -> tuple[str, str]:
        while True:
            name = f"{chance.choice(GIVEN_NAMES)} {chance.choice(FAMILY_NAMES)}"
            if name not in used:
                used.add(name)
                plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
                local = plain.lower().replace(" ", ".")
                return name, f"{local}@school{school.urn}.example"

    draft = applying.start(window=window, school=school, now=moment)
    name, email = person()
    is_head = chance.random() < 0.4
    role = "Headteacher" if is_head else chance.choice(("Maths lead", "Deputy headteacher", "Assistant headteacher"))
    phone = f"01632 960{chance.randrange(1000):03}"
    contact = applying.Contact(name=name, role=role, email=email, phone=phone, is_head=is_head)
    applying.save_contact(draft=draft, contact=contact, now=moment)
    if not is_head:
        head, _ = person()
        headteacher = applying.Headteacher(name=head, email=f"office@school{school.urn}.example")
        applying.save_headteacher(draft=draft, headteacher=headteacher, now=moment)
    for position, teacher_role in ((1, "Maths lead"), (2, "Class teacher")):
        name, email = person()
        trn = f"{chance.randrange(1_000_000, 9_999_999)}" if chance.random() < 0.5 else ""
        group = chance.choice(("Reception", "Year 2", "Year 4", "Year 6", ""))
        teacher = applying.Teacher(name=name, role=teacher_role, year_group=group, email=email, trn=trn)
        applying.save_lead_teacher(draft=draft, position=position, teacher=teacher, now=moment)
    applying.save_promises(draft=draft, promises=list(window.stage_year.promises.all()), now=moment)
    return applying.submit(draft=draft, now=moment)


def _decide(chance: random.Random, expression: ExpressionOfInterest, actor: Membership, now: dt.datetime) -> None:
    assert expression.submitted_at is not None
    moment = _in_the_day(chance, expression.submitted_at + dt.timedelta(days=chance.uniform(1, 9)))
    if moment > now:
        return
    if chance.random() < 0.82:
        answer_by = moment.astimezone(LONDON).date() + dt.timedelta(days=DAYS_TO_ANSWER)
        deciding.offer(expression=expression, actor=actor, now=moment, answer_by=answer_by)
    else:
        reason = chance.choice((ALL_TAKEN, REASONS.get(expression.stage_year.stage.slug, ALL_TAKEN)))
        deciding.decline(expression=expression, actor=actor, now=moment, reason=reason)


def _deliver_everything(hub: Hub, now: dt.datetime) -> None:
    """The letters of the past have gone out, into the demo's mailbox; what is to come waits."""
    with tenancy.use(hub):
        waiting = Message.objects.filter(state=MessageState.QUEUED, not_before__lte=now).order_by("queued_at")
        queued = list(waiting.values_list("pk", "queued_at"))
    for message_id, queued_at in queued:
        deliver(hub_id=hub.pk, message_id=message_id, now=queued_at + dt.timedelta(seconds=20))
