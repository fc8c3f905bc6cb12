"""Kuaidi100: questions, subscriptions and signed pushes."""
