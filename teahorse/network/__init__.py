"""The roads, passes and lines between service points and partners' hubs: how long a way takes, and what is closed."""
