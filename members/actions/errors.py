"""What the actions of the members' room raise."""


class MembersError(Exception):
    """A rule of the members' room was not met; the message may be shown."""
