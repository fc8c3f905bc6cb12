"""What is hidden of a person: a character of the name, six digits of the phone, the door number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.people import rules


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("扎西卓玛", "扎**玛"),
        ("王小明", "王*明"),
        ("张三", "张*"),
        ("张", "*"),
        ("བཀྲ་ཤིས་སྒྲོལ་མ", "བཀྲ་*་*་མ"),
        ("བསྟན་འཛིན་", "བསྟན་*"),
        ("རྡོ་རྗེ", "རྡོ་*"),
        ("ཚེ", "*"),
        ("Tashi Dolma", "T**** D****"),
        ("Tenzin", "T*****"),
        ("Dêqên", "D****"),
        ("De\u0302qe\u0302n", "D****"),
        ("X", "*"),
        ("  扎西  ", "扎*"),
        ("", ""),
    ],
)
def test_a_name_hides_at_least_one_character(name, shown):
    assert rules.masked_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+8619900000001", "199******01"),
        ("19900000001", "199******01"),
        ("199 0000 0001", "199******01"),
        ("+15551234567", "+155******67"),
        ("08936212345", "089******45"),
        ("6212345", "******5"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_a_phone_hides_six_digits(phone, shown):
    assert rules.masked_phone(phone) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("上海市杨浦区 演示路 100 号 3 单元 502", "上海市杨浦区 演示路 *** 号 * 单元 ***"),
        ("幸福路十二号甲单元二楼", "幸福路**号*单元*楼"),
        ("一号路", "*号路"),
        ("ལྷ་ས་ ཨང་༡༢", "ལྷ་ས་ ཨང་**"),
        ("12B Barkhor Street", "*** Barkhor Street"),
        ("措麦村党员活动室旁", "措麦村党员活动室旁"),
    ],
)
def test_an_address_hides_its_door_number(line, shown):
    assert rules.masked_line(line) == shown


@pytest.mark.parametrize(
    "typed", ["13800138000", " 138 0013 8000 ", "138-0013-8000", "+86 138 0013 8000", "8613800138000", "１３８００１３８０００"]
)
def test_a_phone_is_kept_in_one_form_however_it_is_typed(typed):
    assert rules.normal_phone(typed) == "+8613800138000"


@pytest.mark.parametrize("typed", ["", "12345", "0893-6212345", "twelve", "10012345678", "+1 555 123 4567"])
def test_what_no_message_reaches_is_no_phone(typed):
    with pytest.raises(rules.NotAPhone):
        rules.normal_phone(typed)


@given(st.from_regex(r"(\+86)?1[0-9]{10}", fullmatch=True))
def test_a_chinese_mobile_number_is_recognised_as_the_library_does(text):
    number = phonenumbers.parse(text, "CN")
    is_mobile = phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE

    assert bool(rules.CHINESE_MOBILE.fullmatch(text.removeprefix("+86"))) == is_mobile
    if is_mobile:
        assert rules.normal_phone(text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
