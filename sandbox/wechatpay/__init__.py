"""WeChat Pay API v3 for a direct merchant and combined payment, signatures, payer's page and notifications included."""
