"""The books: accounts of parties and purposes, balanced entries that are never changed, statements. It knows no order and no payment."""
