"""A voice note is recorded on the page itself, by a browser with a made-up microphone, and is one that the house takes."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect, sync_playwright

from teahorse.environment import ROOT
from teahorse.trace.voices import heard

from .conftest import CHROMIUM

PAGE = """<!doctype html><script type="module" src="/voice.js"></script><form>
<input type="file" id="voice" name="voice">
<voice-note for="voice" data-seconds="118" data-record="Record" data-stop="Stop" data-again="Again" data-done="Kept" data-refused="Not let">
</voice-note><button id="send">Send</button></form>"""
SENT = """async () => { const file = document.getElementById("voice").files[0]; return [file.name, file.type,
[...new Uint8Array(await file.arrayBuffer())]] }"""
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture
def address():
    class Quiet(SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/voice.js"):
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT / "teahorse/console/static/console")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(address, request):
    """A page in a browser with a microphone, or with one that it is not let use."""
    with sync_playwright() as playwright:
        more = MICROPHONE if getattr(request, "param", True) else ["--deny-permission-prompts"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *more])
        page = browser.new_page()
        page.goto(address)
        yield page
        browser.close()


def test_what_is_recorded_stands_in_the_field_and_is_a_voice_note(opened):
    opened.get_by_role("button", name="Record").click()
    expect(opened.get_by_role("button", name="Stop")).to_be_visible()
    expect(opened.get_by_role("status")).to_have_text("0:02", timeout=20_000)
    opened.get_by_role("button", name="Stop").click()
    expect(opened.get_by_role("status")).to_contain_text("Kept 0:0")

    name, kind, content = opened.evaluate(SENT)

    voice = heard(bytes(content))
    assert (name, kind, voice.media_type) == ("voice.webm", "audio/webm", "audio/webm")
    assert 1 <= voice.seconds <= 20


def test_it_ends_by_itself_when_it_is_long_enough(opened):
    opened.evaluate("document.querySelector('voice-note').dataset.seconds = 1")
    opened.get_by_role("button", name="Record").click()

    expect(opened.get_by_role("button", name="Again")).to_be_visible(timeout=20_000)
    assert opened.evaluate("document.getElementById('voice').files.length") == 1


def test_whoever_sends_while_it_records_sends_the_note_too(opened):
    opened.evaluate("document.forms[0].addEventListener('submit', event => {event.preventDefault(); window.sent = voice.files.length})")
    opened.get_by_role("button", name="Record").click()
    expect(opened.get_by_role("status")).to_have_text("0:01", timeout=20_000)

    opened.get_by_role("button", name="Send").click()

    opened.wait_for_function("window.sent === 1")


@pytest.mark.parametrize("opened", [False], indirect=True)
def test_who_may_not_record_still_has_the_field(opened):
    opened.get_by_role("button", name="Record").click()

    expect(opened.get_by_role("status")).to_have_text("Not let", timeout=20_000)
    expect(opened.locator("#voice")).to_be_visible()


def test_a_form_that_is_emptied_forgets_the_note(opened):
    opened.evaluate("document.querySelector('voice-note').dataset.seconds = 1")
    opened.get_by_role("button", name="Record").click()
    expect(opened.get_by_role("button", name="Again")).to_be_visible(timeout=20_000)

    opened.evaluate("document.forms[0].reset()")

    expect(opened.get_by_role("status")).to_have_text("")
    assert opened.evaluate("document.getElementById('voice').files.length") == 0
