"""The pages on which a school expresses interest: no account, one thing per page, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import HubRequest, TokenRequest, public, token
from hubs.links import Link, LinkExpired, LinkInvalid, make_token, read_token
from hubs.methods import form_page
from hubs.ratelimit import allow, client_of, too_many
from programmes import accepting, applying, journey, queries
from programmes.answers import answers, shares_address
from programmes.forms import (
    ContactForm,
    HeadteacherForm,
    LeadTeacherForm,
    PromisesForm,
)
from programmes.models import ExpressionOfInterest, LeadTeacher, RecruitmentWindow, State
from programmes.views.by_link import for_this_browser, require_current_link, token_of
from programmes.views.choosing import school_page
from schools.models import School

# "Continue where you stopped", on the computer it was started on.
CONTINUE_COOKIE = "expression-draft"
AN_HOUR = 3600
# A hub's offices share an address; a person sends a handful of forms an hour.
STARTS_PER_HOUR = 60
# Each one sends two letters to addresses that somebody has typed.
SENDS_PER_HOUR = 20


@public
@require_safe
@for_this_browser
def hub_public(request: HubRequest) -> HttpResponse:
    """What the hub offers, and until when."""
    now = timezone.now()
    windows = [(window, window.phase_at(now)) for window in queries.windows_to_show(now)]
    draft = _draft_to_continue(request)
    context = {"windows": windows, "draft": draft, "continue_url": _continue_url(request) if draft else ""}
    return render(request, "programmes/hub.html", context)


@public
@require_safe
@for_this_browser
def begin(request: HubRequest, stage_slug: str) -> HttpResponse:
    """What a stage is, and "Start now"."""
    window = _window(stage_slug)
    now = timezone.now()
    draft = _draft_to_continue(request, window)
    context = {
        "window": window,
        "phase": window.phase_at(now),
        "takes": window.takes_expressions_at(now),
        "draft": draft,
        "continue_url": _continue_url(request) if draft else "",
        "back_url": reverse("hub_public", args=[request.hub.slug]),
    }
    return render(request, "programmes/begin.html", context)


@public
@form_page
@for_this_browser
def choose_school(request: HubRequest, stage_slug: str) -> HttpResponse:
    """First question: which school? Answering it begins the draft."""
    window = _window(stage_slug)
    if not window.takes_expressions_at(timezone.now()):
        return redirect("expression_begin", request.hub.slug, stage_slug)

    def chosen(school: School) -> HttpResponse:
        if not allow("expression-start", client=client_of(request), limit=STARTS_PER_HOUR, per_seconds=AN_HOUR):
            return too_many(request, per_seconds=AN_HOUR)
        draft = applying.start(window=window, school=school, now=timezone.now())
        made = make_token("expression-draft", hub_id=request.hub.pk, subject_id=draft.pk)
        return _remember(request, redirect("expression_step", made, "contact"), made)

    here = reverse("expression_school", args=[request.hub.slug, stage_slug])
    back = reverse("expression_begin", args=[request.hub.slug, stage_slug])
    return school_page(request, window, here=here, back=back, chosen=chosen)


@token("expression-draft")
@require_safe
@for_this_browser
def resume(request: TokenRequest) -> HttpResponse:
    """Where a draft was left."""
    draft = _draft(request)
    if draft.state != State.DRAFT:
        return _to_confirmation(request, draft)
    return redirect(_step_url(request, journey.first_open_step(journey.progress_of(draft))))


StepView = Callable[[TokenRequest, ExpressionOfInterest, journey.Progress], HttpResponse]


def _step(name: journey.Step) -> Callable[[StepView], Callable[[TokenRequest], HttpResponse]]:
    """A page of the journey: not before its turn, not after the expression was sent."""

    def decorate(view: StepView) -> Callable[[TokenRequest], HttpResponse]:
        @wraps(view)
        def page(request: TokenRequest) -> HttpResponse:
            draft = _draft(request)
            if draft.state != State.DRAFT:
                return _to_confirmation(request, draft)
            progress = journey.progress_of(draft)
            if not journey.may_open(name, progress):
                return redirect(_step_url(request, journey.first_open_step(progress)))
            try:
                return view(request, draft, progress)
            except applying.AlreadySent:
                return _to_confirmation(request, draft)
            except ExpressionOfInterest.DoesNotExist:
                # Removed in this moment: see `_draft`.
                raise LinkExpired from None

        STEPS[name] = page
        return page

    return decorate


STEPS: dict[journey.Step, Callable[[TokenRequest], HttpResponse]] = {}


@token("expression-draft")
@form_page
@for_this_browser
def step(request: TokenRequest, step_name: journey.Step) -> HttpResponse:
    """One page of the journey, by its name."""
    if step_name not in STEPS:
        raise Http404
    if step_name == "check" and request.method == "POST":
        return _send(request)
    return STEPS[step_name](request)


@_step("school")
def _school(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    def chosen(school: School) -> HttpResponse:
        applying.change_school(draft=draft, school=school, now=timezone.now())
        return _onwards(request)

    return school_page(
        request,
        draft.window,
        here=_step_url(request, "school"),
        back=_step_url(request, journey.first_open_step(progress)),
        chosen=chosen,
        draft=draft,
    )


@_step("contact")
def _contact(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    initial = {
        "name": draft.contact_name,
        "role": draft.contact_role,
        "email": draft.contact_email,
        "phone": draft.contact_phone,
        "is_head": {True: "yes", False: "no", None: ""}[draft.contact_is_head],
    }
    form = ContactForm(request.POST or None, initial=initial)
    if form.is_valid():
        applying.save_contact(draft=draft, contact=form.contact(), now=timezone.now())
        return _onwards(request)
    return _question(request, draft, progress, "contact", form, "Your details")


@_step("headteacher")
def _headteacher(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    form = HeadteacherForm(request.POST or None, initial={"name": draft.head_name, "email": draft.head_email})
    if form.is_valid():
        applying.save_headteacher(draft=draft, headteacher=form.headteacher(), now=timezone.now())
        return _onwards(request)
    return _question(request, draft, progress, "headteacher", form, "Who is the headteacher?")


def _lead_teacher(
    request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress, position: int, title: str
) -> HttpResponse:
    teachers = {teacher.position: teacher for teacher in draft.lead_teachers.all()}
    form = LeadTeacherForm(request.POST or None, initial=_teacher_answers(teachers.get(position)))
    if form.is_valid():
        try:
            applying.save_lead_teacher(draft=draft, position=position, teacher=form.teacher(), now=timezone.now())
        except applying.SameTeacherTwice as refusal:
            form.refuse_same(refusal)
        else:
            return _onwards(request)
    name: journey.Step = "lead-teacher-1" if position == 1 else "lead-teacher-2"
    hint = draft.stage_year.lead_teachers if position == 1 else ""
    return _question(request, draft, progress, name, form, title, hint=hint)


@_step("lead-teacher-1")
def _first_lead_teacher(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    return _lead_teacher(request, draft, progress, 1, "Who is the first lead teacher?")


@_step("lead-teacher-2")
def _second_lead_teacher(
    request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress
) -> HttpResponse:
    return _lead_teacher(request, draft, progress, 2, "Who is the second lead teacher?")


@_step("promises")
def _promises(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    promises = list(draft.stage_year.promises.all())
    agreed = {f"promise_{promise.position}": progress.promises for promise in promises}
    form = PromisesForm(request.POST or None, promises=promises, initial=agreed)
    if form.is_valid():
        applying.save_promises(draft=draft, promises=promises, now=timezone.now())
        return _onwards(request)
    return _question(
        request,
        draft,
        progress,
        "promises",
        form,
        "What your school promises",
        hint="Tick each promise. The headteacher should agree with all of them.",
    )


@_step("check")
def _check(request: TokenRequest, draft: ExpressionOfInterest, progress: journey.Progress) -> HttpResponse:
    takes = draft.window.takes_expressions_at(timezone.now())
    return _check_page(request, draft, "" if takes else "closed")


def _send(request: TokenRequest) -> HttpResponse:
    """The verb itself loads, locks and checks the draft: this page loads it only to show a refusal."""
    if not allow("expression-send", client=client_of(request), limit=SENDS_PER_HOUR, per_seconds=AN_HOUR):
        return too_many(request, per_seconds=AN_HOUR)
    try:
        sent = applying.submit(draft=ExpressionOfInterest(pk=request.link.subject_id), now=timezone.now())
    except ExpressionOfInterest.DoesNotExist:
        raise LinkExpired from None
    except applying.Incomplete as refusal:
        return redirect(_step_url(request, refusal.step))
    except applying.NotTaking:
        return _check_page(request, _draft(request), "closed")
    except applying.SchoolHasOne as refusal:
        # Nothing of it is shown but the school's name: whoever types that is not its sender by that.
        return _check_page(request, _draft(request), "exists", sent_as=refusal.existing.school.name)
    return _to_confirmation(request, sent)


def _check_page(request: TokenRequest, draft: ExpressionOfInterest, problem: str, *, sent_as: str = "") -> HttpResponse:
    context = {
        "draft": draft,
        "sections": answers(draft, change=lambda name: _step_url(request, name)),
        "problem": problem,
        "sent_as": sent_as,
        "back_url": _step_url(request, "promises"),
        "here": request.build_absolute_uri(request.path),
    }
    return render(request, "programmes/check.html", context, status=409 if problem == "exists" else 200)


@token("expression-confirmation")
@require_safe
@for_this_browser
def sent(request: TokenRequest) -> HttpResponse:
    """What was sent, and where it stands; the address is in the confirmation mail."""
    expression = get_object_or_404(
        ExpressionOfInterest.objects.sent().with_stage().prefetch_related("lead_teachers", "agreed_promises"),
        pk=request.link.subject_id,
    )
    require_current_link(request, expression)
    offer = queries.latest_offer(expression.pk)
    response = render(
        request,
        "programmes/sent.html",
        {
            "expression": expression,
            "offer": offer,
            "is_late": bool(offer and offer.is_late_on(timezone.localdate())),
            "answer": accepting.answer_to(offer) if offer else None,
            "sections": answers(expression),
            "just_sent": "new" in request.GET,
            "one_message": shares_address(expression),
        },
    )
    remembered = _remembered(request)
    # The confirmation of an older one says nothing about the draft that this browser is at.
    if remembered and remembered.subject_id == expression.pk:
        response.delete_cookie(CONTINUE_COOKIE)
    return response


# --- The parts the pages share ------------------------------------------------------------------


def _teacher_answers(teacher: LeadTeacher | None) -> dict[str, str]:
    if teacher is None:
        return {}
    return {
        "name": teacher.name,
        "role": teacher.role,
        "year_group": teacher.year_group,
        "email": teacher.email,
        "trn": teacher.trn,
    }


def _window(stage_slug: str) -> RecruitmentWindow:
    now = timezone.now()
    for window in queries.windows_to_show(now):
        if window.stage_year.stage.slug == stage_slug:
            return window
    raise Http404


def _draft(request: TokenRequest) -> ExpressionOfInterest:
    """The draft that the link leads to; raises `LinkExpired` when it was removed meanwhile."""
    found = ExpressionOfInterest.objects.with_stage().with_progress().prefetch_related("lead_teachers")
    draft = found.filter(pk=request.link.subject_id).first()
    if draft is None:
        raise LinkExpired
    return draft


def _remember(request: HubRequest, response: HttpResponse, made: str) -> HttpResponse:
    """Let this browser find the draft again for as long as it is kept untouched."""
    response.set_cookie(
        CONTINUE_COOKIE,
        made,
        max_age=applying.DRAFTS_KEPT_FOR,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _remembered(request: HubRequest) -> Link | None:
    """What the browser's cookie says, if it is genuine, of this hub and not too old."""
    try:
        link = read_token("expression-draft", request.COOKIES.get(CONTINUE_COOKIE, ""))
    except LinkInvalid:
        return None
    return None if link.expired or link.hub_id != request.hub.pk else link


def _draft_to_continue(request: HubRequest, window: RecruitmentWindow | None = None) -> ExpressionOfInterest | None:
    """The draft begun in this browser, for this stage where one is given, if it was not sent yet."""
    link = _remembered(request)
    if link is None:
        return None
    found = ExpressionOfInterest.objects.with_stage().filter(pk=link.subject_id, state=State.DRAFT)
    return (found.filter(window=window) if window else found).first()


def _continue_url(request: HubRequest) -> str:
    return reverse("expression_continue", args=[request.COOKIES[CONTINUE_COOKIE]])


def _step_url(request: TokenRequest, name: journey.Step) -> str:
    return reverse("expression_step", args=[token_of(request), name])


def _onwards(request: TokenRequest) -> HttpResponse:
    """The first question without an answer: after a change, that is "check your answers" again."""
    made = token_of(request)
    return _remember(request, redirect("expression_continue", made), made)


def _to_confirmation(request: TokenRequest, expression: ExpressionOfInterest) -> HttpResponse:
    """By a link as old as the one that leads here: it ends with it."""
    made = make_token(
        "expression-confirmation",
        hub_id=expression.hub_id,
        subject_id=expression.pk,
        made_at=request.link.made_at,
    )
    return redirect(reverse("expression_sent", args=[made]) + "?new")


def _question(
    request: TokenRequest,
    draft: ExpressionOfInterest,
    progress: journey.Progress,
    name: journey.Step,
    form: Any,
    title: str,
    hint: str = "",
) -> HttpResponse:
    before = journey.step_before(name, progress)
    context = {
        "draft": draft,
        "form": form,
        "title": title,
        "hint": hint,
        "back_url": _step_url(request, before) if before else "",
    }
    return render(request, "programmes/question.html", context)
