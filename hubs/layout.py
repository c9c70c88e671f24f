"""How our forms are laid out: crispy layout objects for the `govuk` template pack.

A form with nothing special needs only ``helper = form_helper("Continue")``; a page with a single
question makes its label the heading: ``form_helper("Continue", Question("name", page_heading=True))``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Fieldset, Layout, LayoutObject

Size = Literal["s", "m", "l", "xl"]
Look = Literal["", "secondary", "warning", "link"]


@dataclass(frozen=True)
class Button:
    """A button at the end of a form; with a `url`, a link that leaves the form instead."""

    label: str
    url: str = ""
    name: str = ""
    value: str = ""
    look: Look = ""


class Question(Field):  # type: ignore[misc]
    """One field. `width` is in characters (2, 3, 4, 5, 10, 20, 30) or a share of the column ("one-half").

    `choice_hints` gives hints to single choices of radios or checkboxes, by their value. `inline`
    puts radios side by side; by default two short ones are.
    """

    def __init__(
        self,
        name: str,
        *,
        page_heading: bool = False,
        size: Size | None = None,
        width: int | str | None = None,
        inline: bool | None = None,
        choice_hints: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.options = {
            "page_heading": page_heading,
            "label_size": size or ("l" if page_heading else "s"),
            "extra_class": _width_class(width),
            "inline": inline,
            "choice_hints": choice_hints,
        }

    def render(self, form: Any, context: Any, template_pack: Any = "govuk", **kwargs: Any) -> Any:
        """The field's HTML, with this question's options in its context."""
        return super().render(form, context, template_pack, extra_context=dict(self.options), **kwargs)


class Group(Fieldset):  # type: ignore[misc]
    """Several questions under one legend. The legend is a template: never put what a person typed into it."""

    def __init__(self, legend: str, *fields: str | LayoutObject, size: Size = "m", page_heading: bool = False) -> None:
        super().__init__(legend, *fields)
        self.size = size
        self.page_heading = page_heading


def form_helper(
    submit: str,
    *fields: str | LayoutObject,
    others: Sequence[Button] = (),
    look: Look = "",
    action: str = "",
    method: Literal["post", "get"] = "post",
) -> FormHelper:
    """A helper whose form ends in a button that says `submit`, then the `others`; without fields it shows them all.

    Hidden fields that the layout does not mention are kept.
    """
    helper = FormHelper()
    helper.form_method = method
    helper.form_action = action
    helper.render_hidden_fields = True
    helper.buttons = [Button(submit, look=look), *others]
    if fields:
        helper.layout = Layout(*fields)
    return helper


def _width_class(width: int | str | None) -> str:
    if width is None:
        return ""
    return f"govuk-input--width-{width}" if isinstance(width, int) else f"govuk-!-width-{width}"
