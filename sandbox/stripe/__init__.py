"""A small stateful stand-in for Stripe's API, its hosted payment page and its webhooks."""
