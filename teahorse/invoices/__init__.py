"""Invoices (fapiao): who asks for one, who issues it, and what takes it back when money went back."""
