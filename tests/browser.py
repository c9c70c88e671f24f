"""What a person does in a browser, and how a page is looked at."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1440, 360)

# Given to each context: on a page from which somebody has just gone away, `leaving` is true until the next one is there
# or, where nothing comes but a file, for a while.
NOTE_LEAVING = """
    {
      const leave = event => {
        if (event.defaultPrevented) return
        window.leaving = true
        setTimeout(() => { window.leaving = false }, 10000)
      }
      addEventListener('submit', leave)
      addEventListener('click', event => {
        const link = event.target.closest?.('a[href]')
        const [there, here] = [link?.href ?? '', location.href].map(address => address.split('#')[0])
        if (there && there !== here && link.target !== '_blank') leave(event)
      })
    }
"""


def arrive(page: Page) -> None:
    """Wait until what was pressed or followed has led where it leads: a click waits for no page."""
    page.wait_for_function("() => !window.leaving")
    page.wait_for_load_state()


def press(page: Page, label: str | re.Pattern[str]) -> None:
    """Press the button with this label, and wait for where it leads."""
    page.get_by_role("button", name=label, exact=isinstance(label, str)).click()
    arrive(page)


def follow(page: Page, label: str | re.Pattern[str]) -> None:
    """Follow the link with this label."""
    page.get_by_role("link", name=label, exact=isinstance(label, str)).click()
    arrive(page)


def look_at(page: Page) -> None:
    """Fail when axe finds anything, or when the page is wider than a desk's or a phone's screen."""
    arrive(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than {width}"
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == [], page.url
