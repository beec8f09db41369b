import cn2an
import pytest

from data.numerals import number_in_words, number_to_chinese, parse_number


def test_every_number_up_to_9999_agrees_with_cn2an_both_ways() -> None:
    for number in range(10_000):
        label = cn2an.an2cn(number, "low")
        assert parse_number(label) == number
        assert number_to_chinese(number) == label


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("〇", 0),
        ("十", 10),
        ("廿", 20),
        ("廿三", 23),
        ("卅一", 31),
        ("一百廿三", 123),
        ("一百〇二", 102),
        ("一百十五", 115),
        ("两百", 200),
        ("二〇一九", 2019),
        ("一万二千", 12_000),
        ("１２", 12),
        ("007", 7),
        ("十 二", 12),
        ("十　二", 12),
        ("①", 1),
        ("⑳", 20),
        ("㉑", 21),
        ("㊿", 50),
        ("⒊", 3),
        ("⑷", 4),
        ("㈤", 5),
    ],
)
def test_forms_found_in_labels(text: str, number: int) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", " ", "十十", "三百四千", "百百", "一三.五", "条", "十廿", "1.5", "第一"])
def test_what_is_not_one_number_gives_none(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize("number", [-1, 10_000])
def test_labels_end_at_9999(number: int) -> None:
    with pytest.raises(ValueError, match="not a label number"):
        number_to_chinese(number)


def test_beyond_9999_people_read_digits() -> None:
    told = [number_in_words(number) for number in (0, 13, 9999, 10_000, 602_070)]
    assert told == ["零", "十三", "九千九百九十九", "10000", "602070"]
