"""Administrative areas from region to village: codes, names in three languages, points and heights."""
