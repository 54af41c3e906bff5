"""Plans, memberships, payments and the one ledger."""
