"""China Post and EMS: the open platform of one address, its content sealed with SM4."""
