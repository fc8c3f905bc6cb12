"""What takes something off a price: discounts, codes and vouchers, their limits and budgets, and who bears them."""
