"""Every sentence of a page goes through gettext: what stands between the tags of a template is
marked for translation, and so are the attributes that are read out or shown.
"""

import ast
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import CharField, JSONField, TextField
from django.template import Context, engines
from django.utils import translation
from django.utils.translation import trans_real
from pypdf import PdfReader

from billing.errors import PART_QUESTION, TERM_QUESTION
from billing.refunds import UNSENT
from core.templatetags.loaf import day_in_words, kept_part
from members.admin.people import badge_of
from members.paper import kept_pdf
from members.permissions import PERMISSIONS
from notices.words import KINDS, sample_of
from tests.doors import OUR_ROOMS, ROUTES, Knocking, path_of
from tests.factories import make_person, make_staff, make_staff_with

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(
    path
    for path in (*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt"))
    if "allauth" not in path.relative_to(TEMPLATES).parts
)
MARKED = re.compile(
    r"\{% blocktranslate.*?\{% endblocktranslate %\}"
    r"|\{% translate .*?%\}"
    r"|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"
    r"|<(script|style)\b.*?</\1>"
    r"|<!--.*?-->|<!DOCTYPE[^>]*>",
    re.DOTALL,
)
READ_OUT = re.compile(
    r"\b(aria-label|placeholder|title|alt|data-once-words|data-auto-words)=\"([^\"]*)\""
)
WORD = re.compile(r"[A-Za-z]{2,}")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
ENTITY = re.compile(r"&#?\w+;")
NAMES = {"LOAF", "AAAA", "BBBB", "CCCC", "DDDD"}
"""Proper names and the code of an invented letter, the same in every language."""
QUICKBOOKS = {"admin:report_journal_file", "admin:report_journal_desktop_file"}
"""Pages that name the columns of a file as QuickBooks wants them called."""


def bare(text):
    """What is left of a template when marked sentences, tags and variables are taken out."""
    return MARKED.sub(" ", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_sentence_of_a_template_is_unmarked(path):
    text = bare(path.read_text(encoding="utf-8"))
    read_out = [value for _, value in READ_OUT.findall(text)]
    shown = ENTITY.sub(" ", TAG.sub(" ", text))
    found = [word for part in (shown, *read_out) for word in WORD.findall(part)]
    assert set(found) - NAMES == set()


class Pseudo(trans_real.DjangoTranslation):
    """A language nobody speaks: every sentence in brackets."""

    def gettext(self, message):
        # The answers of `yesno` stand in one text, with a comma and no blank between.
        return ",".join(f"⟦{part}⟧" for part in re.split(r",(?=\S)", message) if part)

    def ngettext(self, singular, plural, number):
        return f"⟦{singular if number == 1 else plural}⟧"


@pytest.fixture
def pseudo():
    """The site in the language nobody speaks; afterwards as if it had never been."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(trans_real._translations, "en-us", Pseudo("en-us"))
        translation.activate("en-us")
        forget_kept_pages()
        yield
    translation.deactivate()
    forget_kept_pages()


def forget_kept_pages():
    for kept in (kept_part, kept_pdf, day_in_words, badge_of):
        kept.cache_clear()


def test_marked_sentences_are_looked_up_with_their_plurals(pseudo):
    source = (
        "{% translate 'Your profile' %} {{ nothing|default:_('Not said') }} "
        "{% blocktranslate trimmed count found=n %}\n one person\n{% plural %}\n {{ found }} people\n"
        "{% endblocktranslate %}"
    )
    template = engines["django"].from_string(source).template
    assert template.render(Context({"n": 1})) == "⟦Your profile⟧ ⟦Not said⟧ ⟦one person⟧"
    assert template.render(Context({"n": 2})).endswith("⟦2 people⟧")


class Shown(HTMLParser):
    """What a page shows or has read out, in its order."""

    UNSEEN = {"script", "style", "code", "pre", "textarea"}

    def __init__(self):
        super().__init__()
        self.texts, self.read_out, self.unseen = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in self.UNSEEN
        words = dict(attrs)
        names = ["aria-label", "placeholder", "title", "alt", "data-once-words"]
        if tag == "input" and words.get("type") in ("submit", "button"):
            names.append("value")
        self.read_out += [words[name] for name in names if words.get(name)]
        self.texts.append(" ")

    def handle_endtag(self, tag):
        self.unseen -= tag in self.UNSEEN
        self.texts.append("\n")

    def handle_data(self, data):
        if not self.unseen:
            self.texts.append(data)


def outside(text):
    """The pieces of a text no sentence of ours holds."""
    pieces, depth = [""], 0
    for sign in text:
        if sign in "⟦⟧":
            depth += 1 if sign == "⟦" else -1
            pieces.append("")
        elif depth <= 0:
            pieces[-1] += sign
    return [piece for whole in pieces for piece in whole.split("\n")]


def said_by_people():
    """Every word in the database and of the house's own address: names, titles and letters of
    people are in no catalogue.
    """
    found = {word for value in settings.ORG.values() for word in WORD.findall(str(value))}
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.fields
            if isinstance(field, (CharField, TextField, JSONField)) and not field.choices
        ]
        if model._meta.app_label in OUR_ROOMS and names:
            for row in model._default_manager.values_list(*names):
                found.update(word for value in row for word in WORD.findall(str(value or "")))
    roles = " ".join(Group.objects.values_list("name", flat=True))
    return found | {word.capitalize() for word in WORD.findall(roles)}


NO_SENTENCE = re.compile(
    r"[\w.+-]+@[\w.-]+"  # addresses
    r"|https?://\S+|\b[\w-]+\.(?:pdf|csv|xlsx|ods|ics|txt|example|org|test)\b"
    r"|\b[a-z]+_[a-z_]+\b"
)


def untranslated(text, said):
    """The pieces with a word that neither a sentence of ours holds nor anybody has typed."""
    pieces = (NO_SENTENCE.sub(" ", piece).strip(" \t·,.:;–—()/“”") for piece in outside(text))
    return sorted({piece for piece in pieces if set(WORD.findall(piece)) - NAMES - said})


def read(answer):
    """The words of a page or a paper."""
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/pdf"):
        whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(whole)).pages)
    if not kind.startswith("text/html"):
        return ""
    shown = Shown()
    shown.feed(answer.content.decode())
    return "\n".join(["".join(shown.texts), *shown.read_out])


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("kind", ["anonymous", "member", "looks", "superadmin"])
def test_no_page_shows_a_sentence_that_cannot_be_translated(as_user, objects, pseudo, kind):
    user = {
        "anonymous": lambda: None,
        "member": lambda: make_person().user,
        "looks": lambda: make_staff_with(*[name for name in PERMISSIONS if "view" in name]),
        "superadmin": lambda: make_staff("superadmin"),
    }[kind]()
    knocking = Knocking(lambda: as_user(user))
    pages = {
        route.name: read(knocking.client().get(path_of(route, objects)))
        for route in ROUTES
        if "GET" in route.methods and route.name not in QUICKBOOKS
    }
    said = said_by_people()
    found = {name: left for name, text in pages.items() if (left := untranslated(text, said))}
    assert not found, "\n".join(f"{name}: {left}" for name, left in found.items())


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_letter_says_a_sentence_that_cannot_be_translated(pseudo, kind):
    assert untranslated("\n".join(words_of(sample_of(kind))), said_by_people()) == []


def words_of(letter):
    """Everything a letter says."""
    words = [letter.subject, letter.open_subject, letter.heading, *letter.paragraphs, *letter.box]
    return [
        str(each) for each in (*words, *(letter.button or ())[:1], letter.closing, letter.reason)
    ]


ROOMS = ("core", "loaf", "notices", "members", "billing", "events", "donations", "imports")
FOR_OPERATORS = re.compile(
    r"/migrations/|/tests/|/management/|^loaf/(checks|env|settings|whole|worker|demo_words)\.py"
    r"|^core/(schema|sql)\.py|^imports/checks\.py"
)
"""What speaks to whoever runs the site on a console, in English alone."""
LOOKED_UP = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}
NOT_SHOWN = {"debug", "info", "warning", "exception", "critical", "ImproperlyConfigured", "Http404"}
NOT_SHOWN |= {"NotImplementedError", "ValueError", "AssertionError", "RawSQL"}
SENTENCE = re.compile(r"^[A-Z“{][^\n]* [a-z’]+[^\n]*[.?!]$", re.DOTALL)
KEPT_AS_IT_STANDS = {TERM_QUESTION, PART_QUESTION, UNSENT}
"""Marks of an open question, looked for in what was stored."""


def modules():
    """Every module of the product that speaks to members and volunteers."""
    root = Path(settings.BASE_DIR)
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        if not FOR_OPERATORS.search(str(path.relative_to(root))):
            yield path.relative_to(root), ast.parse(path.read_text(encoding="utf-8"))


def sentences(node, *, is_marked=False):
    """The sentences below a node that nothing looks up: (line, text)."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        is_marked = is_marked or name in LOOKED_UP | NOT_SHOWN
    text = written(node)
    if text is not None:
        if SENTENCE.match(text) and not is_marked and text not in KEPT_AS_IT_STANDS:
            yield node.lineno, text
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child, is_marked=is_marked)


def written(node):
    """The text of a literal, with {} for each value in it; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            getattr(part, "value", "") if isinstance(part, ast.Constant) else "{}"
            for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_no_sentence_of_the_code_is_unmarked():
    found = [(str(path), *each) for path, tree in modules() for each in sentences(tree)]
    assert found == []


def test_an_unmarked_sentence_would_be_found():
    tree = ast.parse(
        'a = "Please look again."\nb = _("Please look again.")\nc = f"Line {n} is odd."'
    )
    assert [line for line, _ in sentences(tree)] == [1, 3]


PROTOCOL = re.compile(r"[A-Z]\w*(-[A-Z]\w*)+|[A-Z]{2,}( [A-Z]{2,})+|.*\w=.*")
"""Names of headers, marks of another program's file, settings: the same in every language."""


def test_no_word_of_a_protocol_is_looked_up():
    found = [
        (str(path), node.lineno, words.value)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in LOOKED_UP
        for words in node.args
        if isinstance(words, ast.Constant) and PROTOCOL.fullmatch(str(words.value))
    ]
    assert found == []


def test_templates_name_no_city_no_age_and_no_meal():
    """What a club says of itself is a setting: the next club is another one."""
    words = re.compile(r"houston|texas|\blunch|fifty|\b50 or\b|lgbt|lesbian|loaf\.example", re.I)
    root = Path(__file__).parents[1] / "templates"
    said = {
        str(path.relative_to(root)): words.findall(path.read_text())
        for path in root.rglob("*")
        if path.is_file() and words.search(path.read_text())
    }
    assert not said
