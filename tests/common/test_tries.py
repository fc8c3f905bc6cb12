from teahorse.common.tries import MOST_PLACES, Tries


def test_a_place_waits_until_its_span_is_over():
    clock = [0.0]
    tries = Tries(most=2, seconds=10, clock=lambda: clock[0])
    tries.count("a")
    before = tries.are_used_up("a")
    clock[0] = 9
    tries.count("a")

    assert (before, tries.are_used_up("a"), tries.are_used_up("b")) == (False, True, False)
    clock[0] = 10
    assert not tries.are_used_up("a")


def test_not_every_place_is_remembered_for_ever():
    tries = Tries(most=1, seconds=10, clock=lambda: 0.0)
    for place in range(MOST_PLACES + 1):
        tries.count(str(place))

    assert not tries.are_used_up("0")
    assert tries.are_used_up("1")
