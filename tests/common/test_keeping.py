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
