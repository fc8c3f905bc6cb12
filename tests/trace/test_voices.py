"""What phones record is let in with its length; what is longer, shows pictures, or only looks like sound is not."""

import pytest

from teahorse.trace.voices import LARGEST_VOICE, Voice, VoiceIsTooLong, VoiceRefused, heard

from .sounds import mp4, ogg, webm


@pytest.mark.parametrize(
    ("sound", "media_type"),
    [(ogg(9), "audio/ogg"), (mp4(9), "audio/mp4"), (webm(9), "audio/webm"), (webm(9, is_live=False), "audio/webm")],
)
def test_a_voice_note_is_heard_with_its_length(sound, media_type):
    assert heard(sound.read()) == Voice(media_type, 9)


@pytest.mark.parametrize("sound", [ogg(125), mp4(125), webm(125)])
def test_two_minutes_are_enough(sound):
    with pytest.raises(VoiceIsTooLong):
        heard(sound.read())


def test_two_megabytes_are_enough():
    with pytest.raises(VoiceIsTooLong):
        heard(ogg(9).read() + bytes(LARGEST_VOICE))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF....WAVE",
        b"\x89PNG\r\n\x1a\n",
        ogg(9, codec=b"\x80theora").read(),
        mp4(9, handler=b"vide").read(),
        webm(9, codec=b"V_VP8").read(),
        webm(9).read()[:50],
        b"\x1aE\xdf\xa3webm" + bytes(100),
        mp4(9).read()[:30],
        b"OggS",
    ],
)
def test_what_is_no_voice_note_is_refused(content):
    with pytest.raises(VoiceRefused):
        heard(content)


@pytest.mark.parametrize("sound", [ogg(9), mp4(9), webm(9)])
def test_a_broken_file_is_refused_and_breaks_nothing(sound):
    content = sound.read()
    for place in range(len(content)):
        for broken in (content[:place], content[:place] + b"\xff" + content[place + 1 :]):
            try:
                voice = heard(broken)
            except (VoiceRefused, VoiceIsTooLong):
                continue
            assert 0 < voice.seconds <= 122
