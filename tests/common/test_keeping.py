"""What a process keeps is forgotten together, where the database under it is another one."""

from teahorse.common.drawn_ahead import DrawnAhead
from teahorse.common.keeping import forget_all, kept_for


def test_everything_kept_is_forgotten_together():
    asked = []

    @kept_for(3600, most=2)
    def answer(of):
        asked.append(of)
        return of

    drawn = DrawnAhead(lambda key, _mark: asked.append(key), mark=lambda _key: "", seconds=3600, ahead=1, longest=3600, most=2)
    for _time in range(2):
        answer("area")
        drawn.find("page")
    assert asked == ["area", "page"]

    forget_all()
    answer("area")
    drawn.find("page")

    assert asked == ["area", "page", "area", "page"]


def test_what_was_asked_together_is_not_asked_anew_together(monkeypatch):
    asked = []
    moment = 10_000.0
    monkeypatch.setattr("teahorse.common.keeping.time.monotonic", lambda: moment)

    @kept_for(100, most=1000)
    def answer(of):
        asked.append(of)
        return of

    for second in range(0, 100, 25):
        moment = 10_000.0 + second
        for of in range(200):
            answer(of)

    again = len(asked) - 200
    assert 100 < again < 200
    moment = 10_100.0
    for of in range(200):
        answer(of)
    assert len(asked) == 400
