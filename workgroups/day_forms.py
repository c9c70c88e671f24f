"""What forms on which a day is planned have in common: what speaks against it is said once, and then it may be so."""

from __future__ import annotations

import datetime as dt

from django import forms

from hubs.layout import Button


class WarnedForm(forms.Form):
    """A form with a `day` and a helper; `warned_of` is the day that was warned of when it was last shown."""

    warned_of = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def show_again(self, *, submit: str = "", **hidden: object) -> None:
        """Have it sent once more, with what whoever sends it has seen by then."""
        self.data = {**self.data.dict(), **hidden}  # type: ignore[attr-defined]  # a QueryDict, of single values
        if submit:
            self.helper.buttons[0] = Button(submit)  # type: ignore[attr-defined]

    def show_warned(self, *, submit: str) -> None:
        """Have it sent once more, all the same or with another day; `submit` says so."""
        self.show_again(submit=submit, warned_of=self._day.isoformat())

    @property
    def was_warned(self) -> bool:
        """Whether whoever sends it has seen what speaks against the day."""
        return bool(self.cleaned_data["warned_of"] == self._day.isoformat())

    @property
    def _day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        return day
