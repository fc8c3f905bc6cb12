"""How a refund is divided over what is left of a sale."""

from teahorse.settlement import rules


def test_what_a_case_says_goes_back_to_who_bore_it():
    some = rules.reversal(refund_fen=500, paid_left_fen=1000, subsidies_left=[300, 100], fees_left=[140], given_back=[0, 80])
    last = rules.reversal(refund_fen=500, paid_left_fen=500, subsidies_left=[300, 20], fees_left=[82], given_back=[0, 0])

    assert (some.subsidies_fen, some.seller_fen, some.fees_fen) == ([0, 80], 522, [58])
    assert (last.subsidies_fen, last.seller_fen, last.fees_fen) == ([300, 20], 738, [82])
