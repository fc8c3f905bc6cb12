"""The interface's languages: Chinese is whole, Tibetan nearly, and placeholders are what they were."""

import ast
import re

import pytest
from django.conf import settings

from teahorse.common.management.commands.messages import LOCALES, gather, read

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]+>")


def placeholders(text):
    return set(PLACEHOLDER.findall(text))


@pytest.fixture(scope="module")
def wanted():
    return {message.id: message for message in gather() if message.id}


def strings(message):
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_every_string_of_the_interface_is_there_in_chinese(wanted):
    told = {(message.id, message.context) for message in read("zh_Hans") if message.id and all(strings(message)) and strings(message)}

    assert [key for key, message in wanted.items() if (message.id, message.context) not in told] == []


def test_hardly_a_string_is_missing_in_tibetan(wanted):
    told = {message.id for message in read("bo") if message.id and all(strings(message)) and strings(message)}

    assert len(wanted.keys() - told) <= 8


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_keeps_the_placeholders(locale):
    wrong = [
        (message.id, string)
        for message in read(locale)
        if message.id
        for string in strings(message)
        if not placeholders(string) <= placeholders(message.id if isinstance(message.id, str) else "".join(message.id))
    ]

    assert wrong == []


def test_every_word_of_the_code_is_gathered():
    """A word inside the braces of an f-string, or behind a function that nobody named, would be lost from the catalogues."""
    asked = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
    gathered = {word for message in gather() for word in ([message.id] if isinstance(message.id, str) else message.id)}
    lost = []
    for path in (settings.ROOT / "teahorse").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in asked:
                words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                lost += [f"{path.name}: {word}" for word in words[-1:] if word not in gathered]

    assert lost == []
