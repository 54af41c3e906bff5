"""Who you are, joining, and where an application stands."""

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from loaf.lib.access import open_to_all, signed_in
from loaf.lib.htmx import render_page
from members import actions, limits
from members.doors import SESSION_KEY, current_member, members_of
from members.forms import JoinForm
from members.models import User
from members.models.member import Status
from members.receivers import APPLICATION_KEY

STEPS = [
    ("Say hello", "Ten minutes of questions, online or by phone."),
    ("Confirm your e-mail", "So we know we can reach you."),
    ("Come and meet us", "Be our guest at any event."),
    ("We get to know you", "A volunteer calls to say yes."),
    ("Pay your dues", "By card, check or cash."),
    ("Pull up a chair", "You are a member."),
]
POSITION = {
    Status.PENDING_EMAIL: 1,
    Status.PENDING_VALIDATION: 2,
    Status.PRE_VALIDATED: 3,
    Status.PAYMENT_PENDING: 4,
    Status.ACTIVE: 6,
    Status.INACTIVE: 4,
}
WAITING = {
    Status.PENDING_EMAIL: "It waits for you: please type the six digits we sent.",
    Status.PENDING_VALIDATION: "It waits for a volunteer, who reads it within a week. Come to any open event in the meantime.",
    Status.PRE_VALIDATED: "It waits for a volunteer, who will call you.",
    Status.PAYMENT_PENDING: "It waits for you: your dues are the last step.",
    Status.ACTIVE: "You are a member. There is nothing left to do.",
    Status.INACTIVE: "Your membership is not active at the moment. Paying your dues brings it back.",
    Status.REJECTED: "We could not say yes at this time. Please call us if you would like to talk about it.",
}


def path_to_membership(status: str = "") -> list[dict[str, str]]:
    """The six steps with their state (done, now, next) for a status; all are still to come for a stranger."""
    now = POSITION.get(Status(status), 0) if status else -1
    states = ["done" if n < now else "now" if n == now else "next" for n in range(len(STEPS))]
    words = {"done": "Done", "now": "You are here", "next": "Still to come"}
    return [{"state": s, "words": words[s], "title": t, "text": x} for s, (t, x) in zip(states, STEPS, strict=True)]


@signed_in("GET", "POST")
def who(request: HttpRequest) -> HttpResponse:
    """Ask which of the people who share this login is here."""
    members = members_of(request)
    if request.method == "POST":
        chosen = next((m for m in members if str(m.pk) == request.POST.get("member")), None)
        if chosen:
            request.session[SESSION_KEY] = chosen.pk
            return redirect("dashboard")
    if len(members) < 2:
        return redirect("dashboard" if members else "join_status")
    return render(request, "members/who.html", {"members": members, "current": current_member(request)})


@open_to_all("GET", "POST")
def join(request: HttpRequest) -> HttpResponse:
    """Apply. The answer is the same for an address we know and one we do not: a code goes out, the next page asks for it."""
    if request.user.is_authenticated:
        return redirect("join_status")
    form = JoinForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if form.is_robot:
            return redirect("home")
        if limits.allow("join", limits.client_address(request), limit=10, seconds=3600):
            return _begin(request, form)
        form.add_error(None, f"That was often. Please wait an hour, or call {settings.ORG['phone']}.")
        status = 429
    context = {"form": form, "path": path_to_membership()}
    return render_page(request, "members/join.html", context, status=status if status != 200 or not form.errors else 422)


def _begin(request: HttpRequest, form: JoinForm) -> HttpResponse:
    given = {k: v for k, v in form.cleaned_data.items() if k != "website"}
    application = actions.start_application(**given)
    user = User.objects.filter(email=given["email"]).first() or actions.make_login(email=given["email"])
    request.session[APPLICATION_KEY] = application.pk
    LoginCodeVerificationProcess.initiate(request=request, user=user, email=user.email)
    return redirect(f"{reverse('account_confirm_login_code')}?next={reverse('join_status')}")


@signed_in()
def join_status(request: HttpRequest) -> HttpResponse:
    """Show how far an application is, where it waits and on whom."""
    member = current_member(request)
    if member is None and members_of(request):
        return redirect("who")
    context = {
        "member": member,
        "path": path_to_membership(member.status) if member and member.status != Status.REJECTED else [],
        "waiting": WAITING[Status(member.status)] if member else "",
    }
    return render(request, "members/join_status.html", context)
