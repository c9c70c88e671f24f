"""allauth's forms, whose complaints say here what to enter."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.forms import Form

_EMAIL = "Enter your e-mail address, like name@school.sch.uk"
_NO_PASSKEY = "Press the button again and follow what your browser asks: no passkey has arrived"
_REQUIRED = {
    "login": _EMAIL,
    "email": _EMAIL,
    "password": "Enter your password",
    "oldpassword": "Enter the password you have now",
    "password1": "Enter a new password",
    "password2": "Enter the new password again",
    "code": "Enter the code",
    "name": "Enter a name for the passkey",
    "credential": _NO_PASSKEY,
}
_INVALID = {"login": _EMAIL, "email": _EMAIL, "credential": _NO_PASSKEY}


class _SaysWhatToEnter(Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for complaint, sentences in (("required", _REQUIRED), ("invalid", _INVALID)):
            for name in self.fields.keys() & sentences.keys():
                self.fields[name].error_messages[complaint] = sentences[name]


class LoginForm(_SaysWhatToEnter, account.LoginForm):  # type: ignore[misc]
    """Signing in with a password."""


class ReauthenticateForm(_SaysWhatToEnter, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""


class RequestLoginCodeForm(_SaysWhatToEnter, account.RequestLoginCodeForm):  # type: ignore[misc]
    """Asking for a code by e-mail."""


class ConfirmLoginCodeForm(_SaysWhatToEnter, account.ConfirmLoginCodeForm):  # type: ignore[misc]
    """The code from the e-mail."""


class ResetPasswordForm(_SaysWhatToEnter, account.ResetPasswordForm):  # type: ignore[misc]
    """Asking for a link to a new password."""


class ResetPasswordKeyForm(_SaysWhatToEnter, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, after following that link."""


class ChangePasswordForm(_SaysWhatToEnter, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password in place of the one there is."""


class SetPasswordForm(_SaysWhatToEnter, account.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class ChangeEmailForm(_SaysWhatToEnter, account.AddEmailForm):  # type: ignore[misc]
    """Another e-mail address."""


class AuthenticateForm(_SaysWhatToEnter, mfa.AuthenticateForm):  # type: ignore[misc]
    """The second step: a code of the app or a recovery code."""


class ReauthenticateCodeForm(_SaysWhatToEnter, mfa.ReauthenticateForm):  # type: ignore[misc]
    """The second step once more."""


class ActivateTOTPForm(_SaysWhatToEnter, totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""


class AddPasskeyForm(_SaysWhatToEnter, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""


class RenamePasskeyForm(_SaysWhatToEnter, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""
