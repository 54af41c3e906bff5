"""What changes members: status, applications, logins, roles. Every function is keyword-only and
runs in one transaction.
"""
