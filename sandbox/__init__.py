"""Small servers that speak the partners' wire protocols, so that nobody needs credentials; imports no teahorse."""
