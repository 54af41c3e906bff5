"""What the stand-in keeps, and how Stripe names it."""

PREFIX = {
    "customers": "cus", "products": "prod", "prices": "price", "checkout/sessions": "cs_test", "payment_intents": "pi",
    "payment_methods": "pm", "charges": "ch", "refunds": "re", "subscriptions": "sub", "subscription_items": "si",
    "invoices": "in", "events": "evt", "webhook_endpoints": "we", "balance_transactions": "txn", "setup_intents": "seti",
    "disputes": "dp", "payouts": "po",
}  # fmt: skip
OBJECT = {
    "customers": "customer", "products": "product", "prices": "price", "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent", "payment_methods": "payment_method", "charges": "charge", "refunds": "refund",
    "subscriptions": "subscription", "subscription_items": "subscription_item", "invoices": "invoice", "events": "event",
    "webhook_endpoints": "webhook_endpoint", "balance_transactions": "balance_transaction", "setup_intents": "setup_intent",
    "disputes": "dispute", "payouts": "payout",
}  # fmt: skip
