"""What a draft finds of how rows lie in a file."""

import pytest

ROWS = "2026-03-01;Miete;-900,50\n2026-03-02;Gehalt;2.100,00\n2026-03-03;Strom;-83,45\n2026-03-04;Wasser;-12,00\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "~|~", "^"])
def test_the_separator_is_the_one_that_parts_all_rows(drafted, separator):
    text = "".join(separator.join(("day", "text", "count")) + "\n" for _ in range(1))
    text += "".join(separator.join((f"2026-03-0{day}", "a b", str(day))) + "\n" for day in range(1, 6))
    assert drafted(text).words["separator"] == {"\t": "tab"}.get(separator, separator)


def test_a_decimal_comma_is_no_separator(drafted):
    assert drafted("Tag;Text;Betrag\n" + ROWS).words["separator"] == ";"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_its_mark(drafted, encoding):
    draft = drafted("Tag;Text;Betrag\n" + ROWS, encoding)
    assert (draft.words["encoding"], draft.read) == (encoding, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "big5"])
def test_chinese_is_known_by_its_bytes(drafted, encoding):
    text = "日期,說明,金額\n" + "".join(f"2026-03-0{day},水費與電費通知,{day}.50\n" for day in range(1, 6))
    simplified = "日期,说明,金额\n" + "".join(f"2026-03-0{day},水费和电费的通知,{day}.50\n" for day in range(1, 6))
    assert drafted(text if encoding == "big5" else simplified, encoding).words["encoding"] == encoding


@pytest.mark.parametrize(
    ("encoding", "word"), [("cp1252", "Müßiggang €"), ("iso-8859-1", "Müßiggang"), ("cp1250", "źródło ścieżki")]
)
def test_a_western_file_is_no_chinese_one(drafted, encoding, word):
    text = "day;text;count\n" + "".join(f"2026-03-0{day};{word};{day}\n" for day in range(1, 6))
    assert drafted(text, encoding).words["encoding"] == encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("shift_jis", "振込 ﾔﾏﾀﾞ ﾀﾛｳ"), ("shift_jis", "ﾌﾘｺﾐ ﾀﾛｳ"), ("shift_jis", "振込手数料"), ("cp932", "振込 ㈱東京 ①")],
)
def test_a_japanese_file_is_known_by_its_bytes(drafted, encoding, text):
    rows = "".join(f"2026/01/1{day},{text},{day}\n" for day in range(1, 8))
    assert drafted("取引日,摘要,金額\n" + rows, encoding).words["encoding"] == encoding


def test_lines_of_another_encoding_are_a_question(drafted, sure):
    lines = [f"2026-03-0{day},水费和电费的通知,{day}.50\n" for day in range(1, 6)]
    content = "日期,说明,金额\n".encode("gb18030") + b"".join(
        line.encode("utf-8" if day == 3 else "gb18030") for day, line in enumerate(lines)
    )
    draft = drafted(content)
    assert sure(draft, "encoding") == "unsure"
    assert draft.read is None


def test_the_header_is_found_below_other_lines(drafted):
    draft = drafted("Kontoauszug\nvom 05.03.2026\n\nTag;Text;Betrag\n" + ROWS)
    assert draft.words["header"] == {"starts_with": "Tag"}
    assert draft.read == 4


def test_a_file_without_header_is_a_question(drafted, sure):
    draft = drafted(ROWS)
    assert (draft.words["header"], sure(draft, "header"), sure(draft, "columns")) == ("none", "unsure", "unsure")


def test_a_line_of_totals_is_a_footer(drafted):
    draft = drafted("Tag;Text;Betrag\n" + ROWS + "Summe;;1.104,05\n")
    assert draft.words["footer"] == {"starts_with": "Summe;"}
    assert draft.read == 4
    assert not draft.unsure


def test_a_line_of_totals_is_found_by_its_whole_cell(drafted):
    draft = drafted("Tag;Text;Betrag\n" + ROWS + "Summe;;1.104,05\n")
    again = drafted("Tag;Text;Betrag\n" + ROWS + "Summergesang GmbH;;1.104,05\n")
    assert (draft.read, again.words.get("footer")) == (4, None)


@pytest.mark.parametrize("payee", ["Summit GmbH", "Endress AG", "Saldo AG"])
def test_a_last_row_is_a_row_or_a_question_whatever_its_payee_is_called(drafted, payee):
    rows = "".join(f"P{at};{at:02d}.03.2026;{at},50;x\n" for at in range(1, 13))
    draft = drafted(f"Name;Tag;Betrag;Info\n{rows}{payee};13.03.2026;9,50;\n")
    assert draft.read == 13
    assert payee not in str(draft.words)


def test_balances_after_a_blank_line_are_no_rows(drafted):
    draft = drafted("Tag;Text;Betrag\n" + ROWS + "\n04.03.2026;;1.104,05\n05.03.2026;;0,00\n")
    assert draft.words["footer"] == "blank_line"
    assert draft.read == 4
    assert [one.path for one in draft.unsure] == [("footer",)]


def test_rows_after_a_blank_line_are_a_question(drafted):
    draft = drafted("Tag;Text;Betrag\n" + ROWS + "\n" + ROWS)
    assert draft.words["skip"] == ["blank"]
    assert [one.path for one in draft.unsure] == [("skip", "blank")]


def test_pages_are_read_through(drafted):
    page = "Kontenliste Seite\n----------\nTag;Text;Betrag\n----------\n"
    draft = drafted(page + ROWS + "----------\n" + page + ROWS)
    assert draft.words["skip"] == ["header", {"matches": "^[\\- ]+$"}, {"matches": "^[\\W\\d_]*Kontenliste"}]
    assert draft.read == 8


def test_a_title_of_pages_is_known_by_its_first_word_and_no_name_is_copied(drafted):
    page = "Kontoinhaber: Erika Mustermann Seite 1\nTag;Text;Betrag\n"
    draft = drafted(page + ROWS + page + ROWS)
    assert draft.words["skip"] == ["header", {"matches": "^[\\W\\d_]*Kontoinhaber:"}]
    assert (draft.read, "Mustermann" in str(draft.words)) == (8, False)


def test_quotation_marks_that_would_part_values_are_a_question(drafted):
    rows = "".join(f'0{at}.03.2026;"Zürich AG; Zürich";{at},50\n' for at in range(1, 9))
    draft = drafted(f"Tag;Text;Betrag;\n{rows}")
    assert "quote" in {one.path[0] for one in draft.unsure} or draft.words.get("quote") != "none"


def test_a_line_that_no_rule_explains_is_a_question(drafted):
    draft = drafted("Tag;Text;Betrag\n" + ROWS + "2026-03-05;Kauf;Haus;-5,00\n" + ROWS)
    assert draft.read is None
    assert any("line 6" in one.seen for one in draft.unsure)


def test_a_count_that_is_wrong_is_a_question(drafted, sure):
    right = drafted("count: 4\nTag;Text;Betrag\n" + ROWS)
    wrong = drafted("count: 5\nTag;Text;Betrag\n" + ROWS)
    assert sure(right, "control") == "certain"
    assert (sure(wrong, "control"), wrong.read) == ("unsure", None)


def test_a_file_of_one_width_asks_where_its_fields_end(drafted, sure):
    draft = drafted("".join(f"2026030{day}EUR00000000{day}00\n" for day in range(1, 8)), name="rows.txt")
    assert draft.words["format"] == "fixed"
    assert sure(draft, "columns") == "unsure"


def test_a_large_file_is_looked_at_in_part_and_read_whole(drafted):
    rows = "".join(f"2026-03-01;Miete {number};-{number},50\n" for number in range(250_000))
    draft = drafted("Tag;Text;Betrag\n" + rows + "2026-03-01;Miete;12.3.4\n" + "2026-03-01;Miete;1,50\n" * 5000)
    assert (draft.whole, draft.read) == (False, 255_001)
    assert [one.path for one in draft.unsure] == [("mapping", "Betrag")]


def test_a_table_of_two_rows_is_a_question(drafted):
    draft = drafted("Tag;Text;Betrag\n" + "\n".join(ROWS.splitlines()[:2]) + "\n")
    assert [one.path for one in draft.unsure] == [("rows",)]
