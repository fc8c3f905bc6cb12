"""The mall: the pages on which a buyer finds, trusts, buys, pays and follows."""
