"""What a browser gets of a template that stands one element a line."""

from django.template import Context, engines
from django.template.loader import get_template

from core.squeeze import squeeze


def test_lines_become_spaces_and_tags_end_where_they_end():
    written = '<p\n    class="a"\n>\n    One\n    and <b>two</b>\n</p>\n<img\n  alt=""\n/>\n'
    assert squeeze(written) == '<p class="a"> One and <b>two</b> </p> <img alt=""/> '


def test_what_is_shown_as_written_stays_as_it_was_written():
    kept = "<pre>\n a\n  b\n</pre><script>\n// one\nx > 1\n</script><textarea>\n\n</textarea>"
    assert squeeze(f"<p>\n{kept}\n</p>") == f"<p> {kept} </p>"


def test_comparisons_in_tags_of_the_template_keep_their_spaces():
    template = engines["django"].from_string(squeeze("{% if n > 1 %}\n  many\n{% endif %}"))
    assert template.template.render(Context({"n": 2})).strip() == "many"


def test_pages_come_squeezed_and_letters_as_text_as_written():
    assert "\n" not in get_template("ui/path.html").template.source.strip()
    assert "\n" in get_template("emails/letter.txt").template.source
