"""What a browser sends when it made a passkey."""

from django import forms


class PasskeyForm(forms.Form):
    """The credential, as the browser's own JSON (https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson)."""

    credential = forms.JSONField(widget=forms.HiddenInput)
