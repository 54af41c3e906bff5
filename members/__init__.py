"""People: logins, members, roles, applications."""
