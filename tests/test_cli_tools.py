import pytest

from ui.cli import main


def run(capsys, *arguments):
    code = main(list(arguments))
    return code, *capsys.readouterr()


def test_personal_data_are_masked_and_counted(capsys):
    code, out, told = run(capsys, "mask", "当事人李建国，身份证号11010519491231002X，电话13812345678，说是李建国自己签的字。")
    assert code == 0
    assert "李建国" not in out and "13812345678" not in out and "11010519491231002X" not in out
    assert out.count("〔某甲〕") == 2
    assert "身份证号 1 处" in told and "可能有遗漏" in told


def test_nothing_to_mask_is_said(capsys):
    assert run(capsys, "mask", "执法人员到现场检查，未见异常。")[1:] == (
        "执法人员到现场检查，未见异常。\n",
        "没有发现个人信息。\n按写法识别，可能有遗漏，请再核对一遍。\n",
    )


def test_time_limits_with_their_last_days(capsys):
    code, out, _ = run(capsys, "deadlines", "巴南", "--from", "2026-02-13")
    assert code == 0
    # five working days after Friday 13 February 2026: Saturday 14 is one by the notice, then the Spring Festival from 15 to 23
    assert "最迟2026年2月27日" in out and "第十六条" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deadlines", "火星"), "火星"),
        (("deadlines", "all"), "先选定一部"),
        (("deadlines", "巴南", "--from", "明天"), "2026-03-02"),
        (("mask", "--file", "none.txt"), "none.txt"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, message):
    code, out, told = run(capsys, *arguments)
    assert (code, out) == (2, "") and message in told and told.count("\n") == 1
