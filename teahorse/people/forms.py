"""What is typed to log in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from teahorse.people import rules


class PhoneField(forms.CharField):
    """A mobile number as people type it; its value is E.164."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "maxlength": 24})
    default_error_messages = {
        "required": _("Type your mobile number."),
        "not_a_phone": _("This is no mobile number. In China it has 11 digits, such as 138 0013 8000."),
    }

    def clean(self, value: object) -> str:
        text = super().clean(value)
        try:
            return rules.normal_phone(text)
        except rules.NotAPhone as error:
            raise forms.ValidationError(self.error_messages["not_a_phone"], code="not_a_phone") from error


class PhoneForm(forms.Form):
    """Where a code is to be sent."""

    phone = PhoneField(label=_("Mobile number"))


class CodeForm(forms.Form):
    """The code that came."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*", "autofocus": True}),
        error_messages={"required": _("Type the six digits of the message.")},
    )


class PasswordForm(PhoneForm):
    """How staff log in where no message arrives."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )
