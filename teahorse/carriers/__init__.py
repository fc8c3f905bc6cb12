"""Partners who take parcels on, behind one port: booked, followed and billed; their words mapped to ours."""
