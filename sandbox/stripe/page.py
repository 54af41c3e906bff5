"""The hosted payment page of the stand-in. It says plainly what it is."""

from html import escape
from typing import Any

STYLE = """body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#222}
.note{background:#fff3c4;border:2px solid #8a6d00;padding:1rem;border-radius:.5rem}
button{font:inherit;padding:.8rem 1.4rem;margin:.3rem .3rem .3rem 0;border-radius:.5rem;border:2px solid #333;background:#eee;min-height:44px}
button.pay{background:#1a3e6e;color:#fff}input{font:inherit;padding:.6rem;width:100%;box-sizing:border-box;min-height:44px}
li{display:flex;justify-content:space-between}ul{padding:0}.error{color:#86122f;font-weight:bold}"""


def money(amount: int, currency: str) -> str:
    """A plain amount, enough for a stand-in."""
    return f"{amount / 100:.2f} {currency.upper()}"


def render(session: dict[str, Any], *, error: str = "") -> str:
    """The page of one session, open or closed."""
    if session["status"] != "open":
        return _frame(
            f"<h1>This page is {escape(session['status'])}</h1><p><a href='{escape(session['success_url'])}'>Go back to the site</a></p>"
        )
    if session["mode"] == "setup":
        return _frame(
            f"""<h1>Give a card</h1><p>Nothing is charged now.</p>{f"<p class='error' role='alert'>{escape(error)}</p>" if error else ""}
            <form method="post"><p><label for="card">Card number</label>
            <input id="card" name="card" inputmode="numeric" value="4242 4242 4242 4242"></p>
            <p>4000 0000 0000 0341 can be kept, and is declined when it is charged.</p>
            <button class="pay" name="do" value="pay">Save the card</button></form>
            <p><a href='{escape(session["cancel_url"] or "")}'>Back</a></p>"""
        )
    lines = "".join(
        f"<li><span>{escape(i['description'])}</span><span>{money(i['amount_total'], i['currency'])}</span></li>"
        for i in session["_line_items"]
    )
    total = money(session["amount_total"], session["currency"])
    problem = f"<p class='error' role='alert'>{escape(error)}</p>" if error else ""
    back = (
        f"<p><a href='{escape(session['cancel_url'])}'>Back without paying</a></p>"
        if session["cancel_url"]
        else ""
    )
    return _frame(
        f"""<h1>Pay {total}</h1><ul>{lines}</ul>{problem}
        <form method="post"><p><label for="card">Card number</label>
        <input id="card" name="card" inputmode="numeric" value="4242 4242 4242 4242"></p>
        <p>4242 4242 4242 4242 is paid, 4000 0000 0000 0002 is declined.</p>
        <button class="pay" name="do" value="pay">Pay {total}</button></form>{back}"""
    )


def _frame(body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Payment page stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body><main>
<p class="note">This is a stand-in for Stripe’s payment page, for development and tests. No money moves.</p>{body}</main></body></html>"""
