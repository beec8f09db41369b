import json
from dataclasses import replace
from datetime import date

import pytest

from data.catalogue import load_catalogue
from data.errors import FileError
from data.regulation_json import regulation_from_json, regulation_to_json


@pytest.mark.parametrize("regulation", load_catalogue(), ids=lambda regulation: regulation.id)
def test_there_and_back(regulation):
    dated = replace(regulation, issued=date(2019, 2, 9), effective=None)
    assert regulation_from_json(json.loads(json.dumps(regulation_to_json(dated), ensure_ascii=False))) == dated


@pytest.mark.parametrize("damage", [
    lambda value: [], lambda value: {}, lambda value: {**value, "issued": "gestern"}, lambda value: {**value, "text": "短"},
    lambda value: {**value, "clauses": [{}]}, lambda value: {**value, "more": 1}, lambda value: {**value, "pieces": 3},
])  # fmt: skip
def test_anything_else_says_what_to_do(damage):
    with pytest.raises(FileError, match="已损坏"):
        regulation_from_json(damage(regulation_to_json(load_catalogue()[0])))
