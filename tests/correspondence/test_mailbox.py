from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail

from correspondence import mailbox


def send(subject: str = "A subject", text: str = "A text", **fields: Any) -> mailbox.Mail:
    EmailMessage(subject, text, "Northvale <no-reply@hub.example>", ["head@school.example"], **fields).send()
    return mailbox.mails()[0]


def test_a_mail_is_one_file_and_no_part_of_it_stays_behind(settings: Any) -> None:
    mail = send()

    assert [path.name for path in Path(settings.MAILBOX_DIR).iterdir()] == [mail.name]


def test_a_mail_can_be_read_as_it_was_written() -> None:
    mail = send("ysgol Llŷn 🎉", "Grüße\nsecond line", reply_to=["hub@hub.example"])

    assert mailbox.mail(mail.name) == mail
    assert (mail.sender, mail.recipients) == ("Northvale <no-reply@hub.example>", "head@school.example")
    assert (mail.subject, mail.reply_to) == ("ysgol Llŷn 🎉", "hub@hub.example")
    assert mail.text.splitlines() == ["Grüße", "second line"]


def test_the_newest_mail_comes_first() -> None:
    for number in range(5):
        send(f"Number {number}")

    assert [mail.subject for mail in mailbox.mails(limit=3)] == ["Number 4", "Number 3", "Number 2"]


def test_the_same_message_id_shows_in_the_name() -> None:
    first = send(headers={"Message-ID": "<1@hub.example>"})
    again = send(headers={"Message-ID": "<1@hub.example>"})

    assert first.name != again.name
    assert first.name.partition("-")[2] == again.name.partition("-")[2]


def test_links_are_found_without_the_full_stop_after_them() -> None:
    mail = send(text="Confirm: http://127.0.0.1:8000/confirm/1.2~a-b~c_d.\n(or https://hub.example/a?b=c&d=e)")

    assert mail.links == ["http://127.0.0.1:8000/confirm/1.2~a-b~c_d", "https://hub.example/a?b=c&d=e"]


def test_the_plain_text_of_a_mail_with_html_is_shown() -> None:
    mail = EmailMultiAlternatives("A subject", "Plain", None, ["head@school.example"])
    mail.attach_alternative("<p>Rich</p>", "text/html")
    mail.send()

    assert mailbox.mails()[0].text.strip() == "Plain"


def test_an_empty_mailbox_has_no_mails() -> None:
    assert mailbox.mails() == []


@pytest.mark.parametrize(
    "name",
    ["../secret.eml", "/etc/passwd", "..", "", "20261121T100000000000Z-0123456789ab.eml/../../secret.eml", ".part"],
)
def test_a_name_that_is_a_path_is_no_mail(name: str, settings: Any) -> None:
    send()
    (Path(settings.MAILBOX_DIR).parent / "secret.eml").write_text("Subject: secret\n\nsecret")

    with pytest.raises(mailbox.NoSuchMail):
        mailbox.mail(name)


def test_a_mail_that_is_gone_is_no_mail() -> None:
    with pytest.raises(mailbox.NoSuchMail):
        mailbox.mail("20261121T100000000000Z-0123456789ab.eml")


def test_a_folder_that_cannot_be_made_is_an_error_not_a_lost_mail(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MAILBOX_DIR = tmp_path / "file" / "mailbox"

    with pytest.raises(OSError):
        send_mail("A subject", "A text", None, ["head@school.example"])
