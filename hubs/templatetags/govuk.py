"""What the templates of the `govuk` form pack need to know about a field."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.forms.utils import ErrorDict
from django.forms.widgets import Input
from django.utils.safestring import SafeString

from hubs.widgets import PARTS, DateWidget

register = template.Library()

# The first match wins: a date is also a MultiWidget, radios are also a Select.
KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (DateWidget, "date"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.PasswordInput, "password"),
    (forms.FileInput, "file"),
    (Input, "input"),
)
GROUPS = ("date", "checkboxes", "radios")
CLASSES = {
    "input": "govuk-input",
    "password": "govuk-input govuk-password-input__input govuk-js-password-input-input",
    "select": "govuk-select",
    "textarea": "govuk-textarea",
    "file": "govuk-file-upload",
    "checkbox": "govuk-checkboxes__input",
}
ERROR_CLASSES = {
    "input": "govuk-input--error",
    "password": "govuk-input--error",
    "select": "govuk-select--error",
    "textarea": "govuk-textarea--error",
    "file": "govuk-file-upload--error",
}
ATTRIBUTES: dict[str, dict[str, str]] = {
    "email": {"autocomplete": "email", "spellcheck": "false"},
    "tel": {"autocomplete": "tel"},
    "password": {"autocapitalize": "none", "spellcheck": "false"},
}


class DateBox(NamedTuple):
    """One box of a date; its width in characters."""

    id: str
    name: str
    label: str
    value: str
    width: int


class ErrorLine(NamedTuple):
    """A line of the error summary and the id of the control it leads to, if there is one."""

    message: str
    target: str | None


@register.filter
def kind(field: BoundField) -> str:
    """How a field is shown: the stem of a template in `govuk/fields/`; "other" for widgets we do not know."""
    widget = field.field.widget
    return next(
        (name for widget_class, name in KINDS if isinstance(widget, widget_class)),
        "other",
    )


@register.filter
def is_group(field: BoundField) -> bool:
    """Whether a field has several controls, and so a legend instead of a label."""
    return kind(field) in GROUPS


@register.filter
def maximum_length(field: BoundField) -> int | None:
    """How many characters a long text may have, where a limit is worth counting down to."""
    limit = field.field.widget.attrs.get("maxlength") or getattr(field.field, "max_length", None)
    return int(limit) if limit else None


@register.filter
def hint_of(hints: dict[str, str] | None, option: BoundWidget) -> str:
    """The hint of one choice among a question's `choice_hints`, by the choice's value."""
    return (hints or {}).get(str(option.data["value"]), "")


@register.filter
def is_short_pair(field: BoundField) -> bool:
    """Whether a field offers two short choices, such as Yes and No, that can stand side by side."""
    labels = [str(option.choice_label) for option in field]
    return len(labels) == 2 and all(len(label) <= 12 for label in labels)


@register.filter
def date_boxes(field: BoundField) -> list[DateBox]:
    """The three boxes of a date, with what was typed into them."""
    widget = cast(DateWidget, field.field.widget)
    values = widget.decompress(field.value())
    return [
        DateBox(f"{field.auto_id}_{part}", f"{field.html_name}_{part}", part.capitalize(), value, width)
        for part, value, width in zip(PARTS, values, (2, 2, 4), strict=True)
    ]


@register.filter
def described_by(field: BoundField) -> str:
    """The ids of a field's hint and error message, in reading order, for aria-describedby."""
    ids = [f"{field.auto_id}_hint"] if field.help_text else []
    if field.errors:
        ids.append(f"{field.auto_id}_error")
    return " ".join(ids)


@register.simple_tag
def control(field: BoundField, extra_class: str = "") -> SafeString:
    """A field's single control with its classes, described by its hint and error message."""
    name = kind(field)
    widget = field.field.widget
    own_class = widget.attrs.get("class", "")
    classes = [
        CLASSES.get(name, ""),
        own_class,
        extra_class,
        ERROR_CLASSES.get(name, "") if field.errors else "",
    ]
    attributes: dict[str, Any] = dict(ATTRIBUTES.get(getattr(widget, "input_type", None) or "", {}))
    attributes.update(widget.attrs)
    attributes["class"] = " ".join(part for part in classes if part)
    # A placeholder of a library's form would only repeat the label, and vanish when it is needed.
    attributes["placeholder"] = False
    if name == "textarea":
        # The limit is said and counted, not enforced by cutting off what is pasted.
        attributes["maxlength"] = False
    if ids := described_by(field):
        attributes["aria-describedby"] = ids
    return field.as_widget(attrs=attributes)


@register.filter
def first_control(field: BoundField) -> str | None:
    """The id of the control that an error of this field leads to, or None when nothing of it is shown."""
    if field.is_hidden or not field.auto_id:
        return None
    if kind(field) in ("radios", "checkboxes"):
        # Asked of the option itself: grouped choices are numbered differently.
        return next((str(option.id_for_label) for option in field), None)
    return str(field.id_for_label)


@register.filter
def error_lines(form: forms.BaseForm) -> list[ErrorLine]:
    """The error summary in the order of the fields; errors of the whole form lead to its first control."""
    errors: ErrorDict = form.errors
    visible = [field for field in form if not field.is_hidden]
    top = first_control(visible[0]) if visible else None
    lines = [ErrorLine(str(message), top) for message in form.non_field_errors()]
    for field in form:
        target = first_control(field) or top
        lines += [ErrorLine(str(message), target) for message in errors.get(field.name, [])]
    return lines
