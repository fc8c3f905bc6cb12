"""Money coming in and going back through providers: payments, their events, the inbox of notifications, refunds."""
