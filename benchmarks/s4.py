"""S4: the staff members list at 100,000 members, beside the stock admin: first page, a deep page, a
search.
"""

from benchmarks.harness import fresh_database, in_turn, line, rate_of, sign_in, statements
from benchmarks.data import club

from members.actions.roles import assign_role
from members.models import Role

OURS, STOCK = "/admin/members/member/", "/bench/admin/members/member/"


def main() -> None:
    fresh_database()
    user = club(100_000)
    assign_role(user=user, role=Role.objects.get(name="superadmin"), by=None)
    cookie = sign_in(user)
    deep = _deep_cursor()
    rates = in_turn(
        5,
        {
            "ours": lambda: rate_of(OURS, times=40, cookie=cookie),
            "stock": lambda: rate_of(STOCK, times=10, cookie=cookie),
            "ours deep": lambda: rate_of(OURS, times=40, query=f"after={deep}", cookie=cookie),
            "stock deep": lambda: rate_of(STOCK, times=6, query="p=900", cookie=cookie),
            "ours search": lambda: rate_of(OURS, times=40, query="q=ln1999", cookie=cookie),
            "stock search": lambda: rate_of(STOCK, times=6, query="q=ln1999", cookie=cookie),
        },
    )
    cost = statements(OURS, cookie=cookie)
    line(
        "S4",
        f"ours: members list, 50 rows ({cost} statements)",
        rates["ours"],
        rates["ours"],
        "pages/s",
    )
    line(
        "S4", "stock admin, first page (100 rows)", rates["stock"], rates["ours"], "pages/s", "≥ 6"
    )
    line(
        "S4",
        "stock admin, page 900; ours as deep by cursor",
        rates["stock deep"],
        rates["ours deep"],
        "pages/s",
    )
    line(
        "S4",
        "stock admin, search; ours the same word",
        rates["stock search"],
        rates["ours search"],
        "pages/s",
    )


def _deep_cursor() -> str:
    from core.keyset import _encode
    from members.models import Member

    fields = ["last_name", "first_name", "id"]
    row = Member.objects.order_by(*fields).values(*fields)[90_000]
    return _encode(row, fields)


if __name__ == "__main__":
    main()
