"""Reading the text of files that people save."""


def text_of(content: bytes) -> str:
    """
    Return the text of a table or a list: UTF-8, else GB 18030, in which Chinese programs save.

    :raises UnicodeDecodeError: if it is neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")
