"""The console's pages on payment lists: make one, hand it to the finance office, mark it as paid."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from funding import paying, payment_files, queries
from funding.forms import PaidForm
from funding.models import Grant, PaymentList
from funding.views.pages import money_pages, number
from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.permissions import may
from hubs.spreadsheets import XLSX
from hubs.wording import pounds
from workgroups.models import MEMBERS

# The page draws the ticks itself, each beside what it pays.
_TICKS = {"grant": forms.MultipleChoiceField()}
KINDS = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}


@member("view_money")
@require_safe
def payment_lists(request: MemberRequest) -> HttpResponse:
    """All lists, latest first, and what waits to be put on one."""
    context = {
        "lists": queries.payment_lists(),
        "waiting": queries.summed(paying.to_pay()),
        "may_pay": may(request.membership, "pay_money"),
        "pages": money_pages(request, "payment_lists"),
        "grants_url": reverse("grant_list", args=[request.hub.slug]),
    }
    return render(request, "funding/payment_lists.html", context)


@member("pay_money")
@form_page
def payment_list_make(request: MemberRequest) -> HttpResponse:
    """Make a list of approved grants: all of them, but for those from which the tick is taken."""
    ticked = _ticked(request)
    if request.method == "POST":
        try:
            made = paying.make_payment_list(
                grants=list(Grant.objects.filter(pk__in=ticked or ())), actor=request.membership, now=timezone.now()
            )
        except paying.CannotPay as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{made} is made. Pay by its file, and mark it as paid afterwards.")
            return redirect("payment_list", request.hub.slug, made.pk)
    grants = list(queries.grants_to_pay())
    context = {
        "grants": grants,
        "ticked": {grant.pk for grant in grants if grant.place.state in MEMBERS} if ticked is None else ticked,
        "sum": queries.Summed(len(grants), sum(grant.amount_pence for grant in grants)),
        "back_url": reverse("payment_lists", args=[request.hub.slug]),
        "back_text": "Payment lists",
    }
    return render(request, "funding/payment_list_make.html", context)


@member("view_money")
@require_safe
def payment_list(request: MemberRequest, pk: int) -> HttpResponse:
    """What is on a list, where it stands, and its files."""
    found = _get(pk)
    lines = queries.lines_of(found)
    context = {
        "payment_list": found,
        "standing": payment_files.standing(found),
        "lines": lines,
        "sum": queries.Summed(len(lines), payment_files.sum_of(lines)),
        "is_open": found.state == PaymentList.State.OPEN,
        "is_taken_back": found.state == PaymentList.State.CANCELLED,
        "kinds": KINDS,
        "may_pay": may(request.membership, "pay_money"),
        "entries": timeline.entries_of(found),
        "back_url": reverse("payment_lists", args=[request.hub.slug]),
        "back_text": "Payment lists",
    }
    return render(request, "funding/payment_list.html", context)


@member("view_money")
@require_safe
def payment_list_file(request: MemberRequest, pk: int, extension: str) -> HttpResponse:
    """The list as a file, not to be kept by anything on the way; one that was taken back has none."""
    found = _get(pk)
    if extension not in KINDS:
        raise Http404
    if found.state == PaymentList.State.CANCELLED:
        messages.info(request, f"{found} was taken back, so there is no file of it to pay by.")
        return redirect("payment_list", request.hub.slug, found.pk)
    lines = queries.lines_of(found)
    if extension == "csv":
        content = payment_files.as_csv(lines)
    else:
        content = payment_files.as_workbook(found, lines, hub_name=request.hub.name)
    response = HttpResponse(content, content_type=KINDS[extension])
    name = f"payment-list-{found.number}-{request.hub.slug}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    add_never_cache_headers(response)
    return response


@member("pay_money")
@form_page
def payment_list_paid(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark the whole list as paid."""
    found = _get(pk)
    back = reverse("payment_list", args=[request.hub.slug, pk])
    now = timezone.now()
    form = PaidForm(
        request.POST or None,
        initial=kept_fields(request, PaidForm.base_fields),
        payment_list=found,
        now=now,
        back=back,
    )
    # Whoever sends something for a list that is paid by now is told below what became of it.
    if found.state != PaymentList.State.OPEN and not form.is_valid():
        messages.info(request, f"{found}: {found.get_state_display().lower()}. {payment_files.standing(found)}")
        return redirect(back)
    lines = queries.lines_of(found)
    if form.is_valid():
        try:
            paying.mark_paid(payment_list=found, actor=request.membership, now=now, **form.cleaned_data)
        except paying.CannotPay as refusal:
            messages.error(request, str(refusal))
        else:
            said = f"{found} is paid: {pounds(payment_files.sum_of(lines))}. Each of its grants is marked as paid."
            messages.success(request, said)
        return redirect(back)
    context = {
        "form": form,
        "payment_list": found,
        "sum": queries.Summed(len(lines), payment_files.sum_of(lines)),
        "back_url": back,
        "back_text": str(found),
    }
    return render(request, "funding/payment_list_paid.html", context)


@member("pay_money")
@form_page
def payment_list_take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a list back that is not paid."""
    found = _get(pk)
    back = reverse("payment_list", args=[request.hub.slug, pk])
    if found.state != PaymentList.State.OPEN:
        messages.info(request, f"{found}: {found.get_state_display().lower()}. {payment_files.standing(found)}")
        return redirect(back)
    if request.method == "POST":
        try:
            paying.take_back(payment_list=found, actor=request.membership, now=timezone.now())
        except paying.CannotPay as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{found} is taken back. Its grants can be put on another list.")
        return redirect(back)
    context = {"payment_list": found, "back_url": back, "back_text": str(found)}
    return render(request, "funding/payment_list_take_back.html", context)


def _ticked(request: MemberRequest) -> set[int] | None:
    """The grants that were ticked, as sent now or put away when the session had ended; None where nothing was sent."""
    sent = request.POST.getlist("grant") if request.method == "POST" else kept_fields(request, _TICKS).get("grant")
    return None if sent is None else {pk for value in sent if (pk := number(value)) is not None}


def _get(pk: int) -> PaymentList:
    found = queries.payment_lists().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
