from itertools import product

import pytest

from textssl.language.unspaced import cut_words, discover_words, units

PORT = (
    ["貨輪", "碼頭", "船長", "引水人"],
    ["清晨抵達", "颱風來襲", "檢查證件", "等待潮水"],
    ["港口恢復通航", "貨物延遲交付", "登船離去"],
)
PHONE = (
    ["มือถือ", "แบตเตอรี่", "หน้าจอ", "กล้อง"],
    ["ช้ามาก", "หมดเร็ว", "แตกเมื่อวาน", "ใช้งานไม่ได้"],
    ["หลังอัปเดต", "ยังมีประกัน", "ตอนถ่ายรูป"],
)
OFFICE = (["会議", "社員", "部長", "営業"], ["資料", "予定", "電話", "契約"], ["確認", "変更", "延期"])


@pytest.mark.parametrize("slots", [PORT, PHONE, OFFICE], ids=["Chinese", "Thai", "Japanese"])
def test_parts_that_recombine_are_the_words(slots):
    runs = {"".join(parts): 1 for parts in product(*slots)}
    words = discover_words(runs)
    assert set(words) == {part for slot in slots for part in slot}
    for parts in product(*slots):
        assert cut_words("".join(parts), words) == list(parts)


def test_a_run_counts_as_often_as_it_occurs():
    assert discover_words({"恢復通航": 5}) == {"恢復通航": 1.0}
    assert discover_words({"恢復通航": 1, "颱風來襲": 1}) == {}


def test_pairs_that_meet_by_chance_are_no_words():
    runs = {first + second: 1 for first in "天地玄黄宇宙洪荒" for second in "日月盈昃辰宿列張"}
    assert discover_words(runs) == {}


def test_longer_words_come_before_their_parts_and_the_rest_stays_together():
    words = {"共和国": 0.9, "共和": 1.0, "国会": 0.5}
    assert cut_words("共和国会议", words) == ["共和国", "会议"]
    assert cut_words("的共和国", words) == ["共和国"]  # one character is no word
    assert cut_words("基金市场", {}) == ["基金市场"]
    assert cut_words("昨夜狂風驟雨山中", {}) == ["昨夜狂風驟雨山中"]
    assert cut_words("昨夜狂風驟雨山中小", {}) == []  # too long to be a word
    assert cut_words("", words) == []


def test_units_keep_marks_and_vowels_with_their_consonant():
    assert units("恢復") == ["恢", "復"]
    assert units("กี่ปี") == ["กี่", "ปี"]
    assert units("เรือไม่มา") == ["เรื", "อ", "ไม่", "มา"]
    assert units("เ") == ["เ"]


def test_no_runs():
    assert discover_words({}) == {}
