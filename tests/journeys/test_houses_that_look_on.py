"""Two houses, each with a database, a key and web processes of its own, cosign each other's logs; who rewrites his finds no cosigner."""

import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import httpx

from checks.running import House, house


@dataclass
class Neighbour:
    """A house that serves, as those see it who have only its address."""

    made: House
    url: str

    def key(self, of):
        return httpx.get(f"{self.url}/{of}/key").raise_for_status().text.strip()

    def keep_log(self, *words, beside):
        """Do something inside; the other house may be reached though it is on this machine."""
        environment = {**self.made.environment, "TEAHORSE_SITE_URL": self.url, "TEAHORSE_TRACE_NEIGHBOURS": beside.url}
        command = [sys.executable, "-m", "tests.journeys.keep_log", *words]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def verify(log, *witnesses, quorum):
    """Read a log as an outsider does; return how that ended and what was said."""
    named = [word for witness in witnesses for word in ("--witness", witness.key("witness"))]
    command = [sys.executable, "-m", "django", "verify_log", f"{log.url}/tlog", "--key", log.key("tlog"), *named, "--quorum", str(quorum)]
    done = subprocess.run(command, env={**os.environ, **log.made.environment}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_two_houses_cosign_each_other_and_a_log_that_was_made_anew_is_refused():
    with ExitStack() as open_houses:
        made = [open_houses.enter_context(house()) for _ in range(2)]
        east, west = (Neighbour(one, f"http://127.0.0.1:{open_houses.enter_context(one.web(workers=1, threads=4)).port}") for one in made)

        for one, other in ((east, west), (west, east)):
            one.keep_log("look", other.key("tlog"), other.key("witness"), f"{other.url}/witness", beside=other)
        told = [one.keep_log("tell", "300", beside=other) for one, other in ((east, west), (west, east))]
        grown = [one.keep_log("tell", "7", beside=other) for one, other in ((east, west), (west, east))]
        sound = [verify(one, other, quorum=1) for one, other in ((east, west), (west, east))]
        too_few = verify(east, west, quorum=2)

        forged = east.keep_log("forge", beside=west)
        unseen, still = verify(east, west, quorum=1), verify(east, quorum=0)

    assert (told, grown) == (["300 ", "300 "], ["307 ", "307 "])
    assert [status for status, _ in sound] == [0, 0]
    assert [
        f"cosigned by 127.0.0.1:{other.url.rpartition(':')[2]}/witness at" in said
        for (_, said), other in zip(sound, (west, east), strict=True)
    ] == [True, True]
    assert too_few[0] == 1
    assert forged == "307 contradicted"
    assert unseen[0] == 1
    assert "unwitnessed" in unseen[1]
    assert still[0] == 0, "it is sound by itself: only who looked on knows that it was another"
