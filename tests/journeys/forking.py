"""
Has everything imported and forks for each module it is told to run: a process of its own, as ``python -m`` makes one.

Starting Python and Django anew costs three seconds of the processor, and the tests that kill something start sixty processes.
A line asks (``["start", [module, word, …], file]`` or ``["wait", pid]``), a line answers: the pid, or how it ended. What a child
says goes to its file, what it complains of to the same with ``.err``.
"""

import json
import os
import runpy
import signal
import sys
import time
import traceback

import django

django.setup()

from django.db import connections  # noqa: E402 - after setup

import teahorse.urls  # noqa: E402, F401 - what children need they find imported
import tests.settlement.making  # noqa: E402, F401

PATIENCE = 60


def become(module, words, out):
    """Be what ``python -m`` would be, in a child; never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, path in ((0, os.devnull), (1, out), (2, f"{out}.err")):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def end_of(pid):
    """Wait for a child, at last with force."""
    deadline = time.monotonic() + PATIENCE
    while (found := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(found[1])


def main():
    """Answer until nobody asks any more."""
    assert not any(connection.connection for connection in connections.all(initialized_only=True)), "no connection may be shared"
    for line in sys.stdin:
        match json.loads(line):
            case ["start", [module, *words], out]:
                answer = os.fork() or become(module, words, out)
            case ["wait", pid]:
                answer = end_of(pid)
        print(answer, flush=True)


if __name__ == "__main__":
    main()
