"""A few pages at a time."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from teahorse.common.gate import LARGE_BODY, FewAtATime, Gate

PATIENCE = 10


def asked(application, body=b"", **more):
    return application({"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **more}, lambda *_: None)


def test_no_more_than_so_many_are_inside():
    inside, most, lock = [0], [0], threading.Lock()
    both = threading.Barrier(2)

    def page(_environ, _start):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        both.wait(PATIENCE)
        with lock:
            inside[0] -= 1
        return [b"x"]

    application = FewAtATime(page, Gate(2))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: asked(application), range(16)))

    assert answers == [[b"x"]] * 16
    assert most == [2]


def test_who_waits_for_somebody_else_steps_aside():
    gate, came = Gate(1), threading.Event()

    def waiting(_environ, _start):
        with gate.stepped_aside():
            assert came.wait(PATIENCE)
        return [b"waited"]

    def other(_environ, _start):
        came.set()
        return [b"other"]

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked, FewAtATime(waiting, gate))
        second = pool.submit(asked, FewAtATime(other, gate))

        assert second.result(PATIENCE) == [b"other"]
        assert first.result(PATIENCE) == [b"waited"]


def test_a_place_is_given_back_after_a_fault_and_stepping_aside_needs_none():
    def broken(_environ, _start):
        raise RuntimeError("broken")

    gate = Gate(1)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            asked(FewAtATime(broken, gate))

    with gate.stepped_aside(), gate.passed():
        pass


def test_a_slow_line_holds_nobody_up():
    gate, arrived = Gate(1), threading.Event()

    class SlowLine(io.BytesIO):
        def read(self, *size):
            assert arrived.wait(PATIENCE)
            return super().read(*size)

    def page(environ, _start):
        return [environ["wsgi.input"].read()]

    application = FewAtATime(page, gate)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(application, {"CONTENT_LENGTH": "4", "wsgi.input": SlowLine(b"slow")}, None)
        assert pool.submit(asked, application, b"quick").result(PATIENCE) == [b"quick"]
        arrived.set()
        assert slow.result(PATIENCE) == [b"slow"]


def test_a_photograph_is_read_by_the_application_without_a_place():
    gate = Gate(1)

    def page(environ, _start):
        return [environ["wsgi.input"].read(1)]

    with gate.passed():
        assert FewAtATime(page, gate)({"CONTENT_LENGTH": str(LARGE_BODY + 1), "wsgi.input": io.BytesIO(b"xyz")}, None) == [b"x"]
