"""Roads (:mod:`.roads`), what closes them (:mod:`.closing`), shortest ways (:mod:`.ways`), timetables (:mod:`.timetables`)."""
